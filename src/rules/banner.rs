//! What the operator has to say on every page, from one moment to another.
use super::person::Language;

/// How loud it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BannerKind {
    Info,
    Warning,
}

impl BannerKind {
    pub const ALL: [Self; 2] = [Self::Info, Self::Warning];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == code)
    }
}

/// A banner in force, in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Banner {
    pub kind: BannerKind,
    pub text_kk: String,
    pub text_ru: String,
}

impl Banner {
    pub fn text(&self, language: Language) -> &str {
        match language {
            Language::Kk => &self.text_kk,
            Language::Ru => &self.text_ru,
        }
    }

    pub fn warns(&self) -> bool {
        self.kind == BannerKind::Warning
    }
}

/// The longest banner, in characters: it stands above everything else.
pub const LONGEST_BANNER: usize = 400;
