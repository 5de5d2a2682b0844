//! `/v1/products`: the catalogue.

mod create;
mod list;
mod publish;
mod read;
mod revise;
mod unpublish;

pub use create::create;
pub use list::{LIST_PARAMETERS, list};
pub use publish::publish;
pub use read::read;
pub use revise::revise;
pub use unpublish::unpublish;
