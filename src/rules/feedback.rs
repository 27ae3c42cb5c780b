//! Letters of the public: what they are about, how the answer is wanted, how far the answer is.

/// Declares a closed list with its codes, in the order of the form.
macro_rules! closed_list {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $one:ident = $code:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$of])* $one,)* }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$one,)*];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$one => $code,)* }
            }

            pub fn parse(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == code)
            }
        }
    };
}

pub(super) use closed_list;

closed_list! {
    /// What a letter, or a published question, is about.
    Topic {
        Queue = "queue",
        Voucher = "voucher",
        Documents = "documents",
        Kindergarten = "kindergarten",
        Contract = "contract",
        /// Something on the portal does not work, or cannot be used.
        Portal = "portal",
        Other = "other",
    }
}

closed_list! {
    /// How the sender learns that the answer is there. The answer itself always stands under the letter's number.
    Reply {
        Sms = "sms",
        /// For those who are signed in.
        Cabinet = "cabinet",
        None = "none",
    }
}

closed_list! {
    /// How far the answer is.
    LetterState {
        Received = "received",
        BeingAnswered = "being_answered",
        Answered = "answered",
    }
}

impl LetterState {
    /// What the moments of a letter say: whether somebody took it, whether it is answered.
    pub fn of(taken: bool, answered: bool) -> Self {
        match (taken, answered) {
            (_, true) => Self::Answered,
            (true, false) => Self::BeingAnswered,
            (false, false) => Self::Received,
        }
    }
}

/// A letter shorter than this says nothing, in characters.
pub const SHORTEST_LETTER: usize = 10;
/// The longest letter and the longest answer, in characters.
pub const LONGEST_LETTER: usize = 2_000;
/// An answer shorter than this is none, in characters.
pub const SHORTEST_ANSWER: usize = 2;
/// The longest published question, in characters.
pub const LONGEST_QUESTION: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_read_back_and_no_other() {
        for topic in Topic::ALL {
            assert_eq!(Topic::parse(topic.as_str()), Some(*topic));
        }
        for reply in Reply::ALL {
            assert_eq!(Reply::parse(reply.as_str()), Some(*reply));
        }
        assert_eq!((Topic::parse(""), Topic::parse("QUEUE"), LetterState::parse("open")), (None, None, None));
    }

    #[test]
    fn an_answered_letter_is_answered_whoever_took_it() {
        assert_eq!(LetterState::of(false, false), LetterState::Received);
        assert_eq!(LetterState::of(true, false), LetterState::BeingAnswered);
        assert_eq!(LetterState::of(true, true), LetterState::Answered);
    }
}
