//! `/v1/accounts/me/totp`: the second factor.

mod confirm;
mod enrol;
mod recovery_codes;
mod remove;

pub use confirm::confirm;
pub use enrol::enrol;
pub use recovery_codes::renew;
pub use remove::remove;

use identity::RecoveryCodes;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::request::Hidden;

/// The password: what concerns the second factor is not for whoever finds a session open.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithPassword {
    password: Hidden,
}

fn shown(codes: &RecoveryCodes) -> Value {
    let codes: Vec<&str> = codes.0.iter().map(|code| code.expose().as_str()).collect();
    json!({ "recovery_codes": codes })
}
