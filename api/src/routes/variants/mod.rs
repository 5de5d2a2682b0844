//! `/v1/products/{id}/variants`: what exactly is sold, and for how much.

mod add;
mod discontinue;
mod revise;
mod set_price;

pub use add::{VariantBody, add};
pub use discontinue::discontinue;
pub use revise::revise;
pub use set_price::set_price;
