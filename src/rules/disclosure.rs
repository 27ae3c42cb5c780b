//! What may be said of how many (`rules.md` §6): counts of children and applications under five are hidden, counts of
//! places are not.

/// Counts of families under this are hidden.
pub const HIDDEN_UNDER: i64 = 5;

/// The count, if it may be shown.
pub fn shown(count: i64) -> Option<i64> {
    (count >= HIDDEN_UNDER).then_some(count)
}

/// The total that may stand beside these counts: of those that are shown alone. A total over all of them, less those
/// that anybody can read, would give the hidden ones away.
pub fn total(counts: impl IntoIterator<Item = i64>) -> Option<i64> {
    counts.into_iter().filter_map(shown).reduce(|sum, count| sum + count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_are_hidden_and_five_are_shown() {
        assert_eq!([0, 4, 5, 600].map(shown), [None, None, Some(5), Some(600)]);
    }

    #[test]
    fn a_total_tells_nothing_of_what_is_hidden() {
        let totals: Vec<_> = (0..HIDDEN_UNDER).map(|hidden| total([7, hidden, 12])).collect();
        assert_eq!(totals, [Some(19); 5]);
        assert_eq!(total([4, 4, 0]), None);
        assert_eq!(total([]), None);
    }
}
