//! `/v1/orders`: from placing to delivery.

mod cancel;
mod complete;
mod conclude;
mod confirm;
mod deliver;
mod lines;
mod list;
mod note;
mod place;
mod read;
mod reject;
mod ship;
mod stated;
mod timeline;

pub use cancel::cancel;
pub use complete::complete;
pub use confirm::confirm;
pub use deliver::deliver;
pub use lines::{LineBody, quantities};
pub use list::{LIST_PARAMETERS, list};
pub use note::note;
pub use place::place;
pub use read::read;
pub use reject::reject;
pub use ship::ship;
pub use timeline::timeline;

use commands::Receipt;
use domain::value::OrderId;

use crate::answer::Accepted;

/// Where orders are.
const COLLECTION: &str = "/v1/orders";

/// The answer to a command to an order: the order itself is where its effect can be read.
fn recorded(receipt: Receipt, id: OrderId) -> Accepted {
    Accepted::created_at(receipt, format!("{COLLECTION}/{id}"))
}
