//! Who acts. Every deed names its actor; the journal keeps it.
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Parent,
    Doctor,
    /// Staff of this kindergarten.
    Kindergarten(Uuid),
    Operator,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Parent => "parent",
            Self::Doctor => "doctor",
            Self::Kindergarten(_) => "kindergarten",
            Self::Operator => "operator",
        }
    }

    pub fn parse(name: &str, kindergarten: Option<Uuid>) -> Option<Self> {
        match (name, kindergarten) {
            ("parent", None) => Some(Self::Parent),
            ("doctor", None) => Some(Self::Doctor),
            ("operator", None) => Some(Self::Operator),
            ("kindergarten", Some(id)) => Some(Self::Kindergarten(id)),
            _ => None,
        }
    }

    pub fn kindergarten(self) -> Option<Uuid> {
        match self {
            Self::Kindergarten(id) => Some(id),
            _ => None,
        }
    }

    /// Staff always give an SMS code and have shorter sessions.
    pub fn is_staff(self) -> bool {
        self != Self::Parent
    }
}

/// A signed-in person in one role, or the system itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    Person { account: Uuid, role: Role },
    System,
}

impl Actor {
    pub fn is_of_kindergarten(self) -> bool {
        matches!(self, Self::Person { role: Role::Kindergarten(_), .. })
    }

    pub fn account(self) -> Option<Uuid> {
        match self {
            Self::Person { account, .. } => Some(account),
            Self::System => None,
        }
    }

    pub fn role_name(self) -> &'static str {
        match self {
            Self::Person { role, .. } => role.as_str(),
            Self::System => "system",
        }
    }
}
