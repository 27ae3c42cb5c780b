//! What each deed does in each stage, as `tests/golden/lifecycle.txt` has it: the machine knows no other law.
use std::collections::BTreeMap;

/// Where the day of a deed stands to the last good day of the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    InTime,
    LastDay,
    After,
}

/// A stage as the file writes it: its code, and for the archive the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    pub stage: String,
    pub reason: Option<String>,
}

impl At {
    fn parse(text: &str) -> Option<Self> {
        if text.starts_with("refused") {
            return None;
        }
        let (stage, reason) = text.split_once(" (").map_or((text, None), |(stage, rest)| (stage, Some(rest)));
        Some(Self { stage: stage.to_owned(), reason: reason.map(|it| it.trim_end_matches(')').to_owned()) })
    }
}

/// By stage and deed: what comes of it in time, on the last day, after it. `None`: refused.
pub struct Law(BTreeMap<(String, String), [Option<At>; 3]>);

impl Law {
    pub fn read() -> Self {
        let mut law = BTreeMap::new();
        let mut stage = "";
        for line in include_str!("../golden/lifecycle.txt").lines().skip(2) {
            let Some((deed, outcome)) = line.strip_prefix("  ").and_then(|line| line.split_once(' ')) else {
                stage = line.trim();
                continue;
            };
            let outcomes: Vec<Option<At>> = outcome
                .trim()
                .split(" | ")
                .map(|part| {
                    ["in time: ", "last day: ", "day after: "]
                        .iter()
                        .fold(part, |part, it| part.trim_start_matches(it))
                })
                .map(At::parse)
                .collect();
            let three = match outcomes.as_slice() {
                [one] => [one.clone(), one.clone(), one.clone()],
                [early, last, after] => [early.clone(), last.clone(), after.clone()],
                other => panic!("{stage} {deed}: {other:?}"),
            };
            law.insert((stage.to_owned(), deed.to_owned()), three);
        }
        assert!(law.len() > 40, "lifecycle.txt is not understood: {}", law.len());
        Self(law)
    }

    /// `None`: refused, or the deed does not exist in this stage.
    pub fn outcome(&self, stage: &str, deed: &str, when: When) -> Option<&At> {
        self.0.get(&(stage.to_owned(), deed.to_owned()))?[when as usize].as_ref()
    }

    /// Every deed that changes something somewhere.
    pub fn deeds(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(|(_, three)| three.iter().any(Option::is_some))
            .map(|((_, deed), _)| deed.as_str())
    }
}
