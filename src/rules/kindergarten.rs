//! What the portal says of a kindergarten: who owns it, whom its groups take, how its name is found.
use super::correction::CorrectionType;
use super::queue_order::QueueType;

/// The city of this portal (`rules.md` §2, 1: «Алматы қ.»).
pub const CITY: &str = "almaty";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    State,
    Private,
}

impl Ownership {
    pub const ALL: [Self; 2] = [Self::State, Self::Private];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Private => "private",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ownership| ownership.as_str() == code)
    }
}

/// Whom a group takes: children of the general queue, or of one correction type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupKind {
    General,
    Special(CorrectionType),
}

impl GroupKind {
    /// The general kind first, then the correction types in the order of their list.
    pub fn all() -> impl Iterator<Item = Self> {
        std::iter::once(Self::General).chain(CorrectionType::all().map(Self::Special))
    }

    /// As forms and addresses name it.
    pub fn as_str(self) -> &'static str {
        self.correction_type().unwrap_or("general")
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::all().find(|kind| kind.as_str() == code)
    }

    /// As the database stores it: none for the general queue.
    pub fn correction_type(self) -> Option<&'static str> {
        match self {
            Self::General => None,
            Self::Special(correction) => Some(correction.code()),
        }
    }

    pub fn of(correction_type: Option<&str>) -> Option<Self> {
        Self::all().find(|kind| kind.correction_type() == correction_type)
    }

    pub fn queue_type(self) -> QueueType {
        match self {
            Self::General => QueueType::General,
            Self::Special(_) => QueueType::Special,
        }
    }
}

/// What a search sees of a name: people type without Kazakh letters (`rules.md` §7). `db::kindergarten` folds alike.
pub fn fold(text: &str) -> String {
    let plain = |letter| match letter {
        'ә' => 'а',
        'ғ' => 'г',
        'қ' => 'к',
        'ң' => 'н',
        'ө' => 'о',
        'ұ' | 'ү' => 'у',
        'һ' => 'х',
        'і' => 'и',
        'ё' => 'е',
        other => other,
    };
    text.chars().flat_map(char::to_lowercase).map(plain).collect()
}

/// An organisation's number, landlines included: `+7 727 339 7222`. `None`: not a number of this country.
pub fn office_phone(typed: &str) -> Option<String> {
    let spacing = |c: char| c.is_whitespace() || "()-–.".contains(c);
    let digits: String = typed.trim().trim_start_matches('+').chars().filter(|c| !spacing(*c)).collect();
    let national = match (digits.len(), digits.as_bytes().first()) {
        (11, Some(b'7' | b'8')) => &digits[1..],
        _ => return None,
    };
    let kazakh = national.bytes().all(|digit| digit.is_ascii_digit()) && national.starts_with(['6', '7']);
    kazakh.then(|| format!("+7 {} {} {}", &national[..3], &national[3..6], &national[6..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_without_kazakh_letters() {
        assert_eq!(
            fold("Әсем ҒАЛЫМ Қаңбақ Өрен Ұлан Үміт Һәкім Іңкәр Ёлка"),
            "асем галым канбак орен улан умит хаким инкар елка"
        );
        assert_eq!(fold("Балбұлақ"), fold("БАЛБУЛАК"));
        assert_eq!(fold("Kid's №1"), "kid's №1");
    }

    #[test]
    fn kinds_and_owners_are_read_back() {
        assert_eq!(GroupKind::all().count(), 1 + CorrectionType::all().count());
        for kind in GroupKind::all() {
            assert_eq!(GroupKind::parse(kind.as_str()), Some(kind));
            assert_eq!(GroupKind::of(kind.correction_type()), Some(kind));
            assert_eq!(kind.queue_type() == QueueType::General, kind.correction_type().is_none());
        }
        for ownership in Ownership::ALL {
            assert_eq!(Ownership::parse(ownership.as_str()), Some(ownership));
        }
        assert_eq!(
            (GroupKind::parse(""), GroupKind::of(Some("general")), Ownership::parse("x")),
            (None, None, None)
        );
    }

    #[test]
    fn an_office_may_have_a_landline() {
        for typed in ["87273397222", "+7 (727) 339-72-22", "7 727 339 72 22"] {
            assert_eq!(office_phone(typed).as_deref(), Some("+7 727 339 7222"), "{typed}");
        }
        for wrong in [
            "",
            "+",
            "339-72-22",
            "+7 926 339 72 22",
            "8727339722a",
            "870712345678",
            "қққққ",
            "+77273397222 доб. 1",
        ] {
            assert_eq!(office_phone(wrong), None, "{wrong}");
        }
    }
}
