//! What time it is. One place, so that everything else takes it as a value.

use domain::value::Timestamp;
use time::OffsetDateTime;

/// Now.
pub(crate) fn now() -> Timestamp {
    Timestamp::try_from(OffsetDateTime::now_utc()).unwrap_or(Timestamp::EPOCH)
}
