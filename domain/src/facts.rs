//! What a decision may know besides state and command.

use std::fmt;

use crate::value::Timestamp;

/// The facts of the moment, gathered by the caller. Ids arrive inside commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The moment that the decision is made at.
    pub now: Timestamp,
}

impl Facts {
    /// Facts at `now`.
    #[must_use]
    pub const fn at(now: Timestamp) -> Self {
        Self { now }
    }
}

/// Where a `CqrsFramework` over these aggregates gets its [`Facts`]: the clock stays outside.
pub struct FactSource(Box<dyn Fn() -> Facts + Send + Sync>);

impl FactSource {
    /// Facts from `source`, asked once per command.
    pub fn new(source: impl Fn() -> Facts + Send + Sync + 'static) -> Self {
        Self(Box::new(source))
    }

    /// The same facts every time.
    #[must_use]
    pub fn fixed(facts: Facts) -> Self {
        Self::new(move || facts)
    }

    /// The facts of this moment.
    #[must_use]
    pub fn facts(&self) -> Facts {
        (self.0)()
    }
}

impl fmt::Debug for FactSource {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("FactSource")
    }
}
