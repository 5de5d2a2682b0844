//! What makes an enum of events known by name: one list per aggregate.

use serde::Serialize;

/// A kind of event as it is recorded today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct EventKind {
    /// The aggregate that makes it, for example `order`.
    pub aggregate_type: &'static str,
    /// Its name, for example `OrderPlaced`.
    pub event_type: &'static str,
    /// Its current version. Older ones reach it through [`crate::upcasters`].
    pub version: &'static str,
}

/// Gives an enum of events its `KINDS`, `event_type`, `event_version` and the traits of cqrs-es
/// and [`crate::Event`]. The `match` inside is exhaustive, so the compiler names an event that was
/// not listed.
macro_rules! event_kinds {
    ($enum:ident, $aggregate_type:literal, [$($kind:ident $version:literal),+ $(,)?]) => {
        impl $enum {
            /// Every kind of this enum, at its current version.
            pub const KINDS: &'static [$crate::EventKind] = &[$($crate::EventKind {
                aggregate_type: $aggregate_type,
                event_type: stringify!($kind),
                version: $version,
            }),+];

            /// The name that it is recorded under.
            #[must_use]
            pub const fn event_type(&self) -> &'static str {
                match self { $(Self::$kind { .. } => stringify!($kind)),+ }
            }

            /// The version that it is recorded with.
            #[must_use]
            pub const fn event_version(&self) -> &'static str {
                match self { $(Self::$kind { .. } => $version),+ }
            }
        }

        impl cqrs_es::DomainEvent for $enum {
            fn event_type(&self) -> String {
                Self::event_type(self).to_owned()
            }

            fn event_version(&self) -> String {
                Self::event_version(self).to_owned()
            }
        }
    };
}

pub(crate) use event_kinds;
