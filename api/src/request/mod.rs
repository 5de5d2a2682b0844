//! What routes take: extractors that read a request strictly and refuse it by name.
//!
//! [`Write`] is a command's request: principal, idempotency key, expected version and body. [`Read`] is a query's:
//! the position to wait for, the version that the client has. [`Params`] are query parameters, [`Place`] the path.

mod body;
mod fields;
mod given;
mod headers;
mod hidden;
mod json;
mod params;
mod place;
mod prefer;
mod read;
mod write;

pub use body::read as read_body;
pub use fields::{MoneyBody, Nothing, Pairs};
pub use given::{Change, Faults, Given};
pub use hidden::Hidden;
pub use json::Object;
pub use params::{PAGE_PARAMETERS, Params, missing};
pub use place::Place;
pub use prefer::{PREFERENCE_APPLIED, Prefer, Wait};
pub use read::Read;
pub use write::Write;
