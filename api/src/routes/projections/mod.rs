//! `/v1/projections`: how far the query tables are.

mod list;
mod read;

pub use list::list;
pub use read::read;

use projections::Status;
use serde::Serialize;

/// A projection's status, with its position under the name that every position has.
#[derive(Serialize)]
struct StatusBody<'a> {
    position: u64,
    #[serde(flatten)]
    status: &'a Status,
}

impl<'a> From<&'a Status> for StatusBody<'a> {
    fn from(status: &'a Status) -> Self {
        Self {
            position: status.position_low,
            status,
        }
    }
}
