//! `/v1/sessions`: logging in, and out again.

mod end;
mod end_all;
mod end_current;
mod list;
mod start;

pub use end::end;
pub use end_all::end_all;
pub use end_current::end_current;
pub use list::list;
pub use start::start;
