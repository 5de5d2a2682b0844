//! What time it is. One place, so that everything else takes it as a value.

use std::time::Duration;

use domain::value::Timestamp;
use time::OffsetDateTime;

/// Now.
pub(crate) fn now() -> Timestamp {
    Timestamp::try_from(OffsetDateTime::now_utc()).unwrap_or(Timestamp::EPOCH)
}

/// The moment that is this much later than now, as the vault takes it.
pub(crate) fn after(length: Duration) -> Option<OffsetDateTime> {
    Some(OffsetDateTime::now_utc() + length)
}
