//! What a line of the table says, and the macro that it is written in.

use std::fmt;

use crate::value::{Role, Scope};

/// Who may do an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Everybody, logged in or not. Whoever shows a token shows a good one.
    Anybody,
    /// Whoever proves it within the operation itself: by a signature, a client's secret, a mailed link. Bearer tokens are not
    /// looked at.
    ByItself,
    /// These.
    Those(Those),
}

/// Those who may do an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Those {
    /// These roles, with what is their own.
    pub own: &'static [Role],
    /// These roles, with anything.
    pub any: &'static [Role],
    /// Programs with one of these scopes: on their own behalf with anything, on a person's as far as the person may.
    pub scopes: &'static [Scope],
    /// Programs that a person let in, with one of these scopes; none on its own behalf.
    pub granted: &'static [Scope],
}

impl Those {
    /// Every scope with which a program that a person let in may do it.
    pub fn lent(&self) -> impl Iterator<Item = Scope> + use<> {
        self.scopes.iter().chain(self.granted).copied()
    }
}

/// As it is told to whoever may not: `the role support or finance, or the scope orders:read`.
impl fmt::Display for Those {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let roles: Vec<&str> = self
            .any
            .iter()
            .chain(self.own)
            .map(|r| r.as_str())
            .collect();
        let scopes: Vec<&str> = self.lent().map(Scope::as_str).collect();
        match (roles.is_empty(), scopes.is_empty()) {
            (false, false) => {
                let (roles, scopes) = (roles.join(" or "), scopes.join(" or "));
                write!(out, "the role {roles}, and of a program the scope {scopes}")
            }
            (false, true) => write!(out, "the role {}", roles.join(" or ")),
            (true, false) => write!(out, "the scope {}", scopes.join(" or ")),
            (true, true) => out.write_str("what nobody has"),
        }
    }
}

/// The operations and their rules, from lines of the form `Name "name" "What it does." [who];`, where *who* is `anybody`,
/// `by_itself`, or `own(Role …) any(Role …) scopes(Scope …) granted(Scope …)`, each of which may be left out.
macro_rules! operations {
    ($($name:ident $text:literal $doc:literal [$($who:tt)*];)+) => {
        /// Something that a client can ask for: one for each command and each query.
        ///
        /// Some are asked for within another one, by what its request says: see [`Operation::within`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Operation {
            $(#[doc = $doc] $name),+
        }

        impl Operation {
            /// Every operation, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its name, stable for ever: `orders.place`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// What it does, in a line.
            #[must_use]
            pub const fn summary(self) -> &'static str {
                match self { $(Self::$name => $doc),+ }
            }

            /// Who may do it.
            #[must_use]
            pub const fn rule(self) -> Rule {
                match self { $(Self::$name => who!($($who)*)),+ }
            }
        }
    };
}

/// A rule, as the table words it.
macro_rules! who {
    (anybody) => { Rule::Anybody };
    (by_itself) => { Rule::ByItself };
    (
        $(own($($own:ident)+))? $(any($($any:ident)+))?
        $(scopes($($scope:ident)+))? $(granted($($granted:ident)+))?
    ) => {
        Rule::Those(Those {
            own: &[$($(Role::$own),+)?],
            any: &[$($(Role::$any),+)?],
            scopes: &[$($(Scope::$scope),+)?],
            granted: &[$($(Scope::$granted),+)?],
        })
    };
}

pub(super) use {operations, who};
