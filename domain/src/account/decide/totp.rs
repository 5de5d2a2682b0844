//! The second factor: enrolled, confirmed by a first right code, removed. Whether a code is right
//! is judged outside, where the secret is.

use super::{Decision, not_barred};
use crate::account::event::AccountEvent;
use crate::account::state::{Account, Totp};
use crate::facts::Facts;
use crate::rejection::Rejection;
use crate::value::FactorId;

/// One that is not confirmed yet gives way to the new one.
pub(super) fn enrol(account: &Account, factor_id: FactorId, facts: &Facts) -> Decision {
    not_barred(account, facts)?;
    match account.totp() {
        Totp::Pending(known) if known == factor_id => Ok(Vec::new()),
        Totp::None | Totp::Pending(_) => Ok(vec![AccountEvent::TotpEnrolled { factor_id }]),
        Totp::Confirmed(_) => {
            let detail = "the account has a second factor already; remove that first";
            Err(Rejection::invalid("", "exists-already", detail))
        }
    }
}

pub(super) fn confirm(account: &Account, factor_id: FactorId, facts: &Facts) -> Decision {
    not_barred(account, facts)?;
    match account.totp() {
        Totp::Pending(known) if known == factor_id => {
            Ok(vec![AccountEvent::TotpConfirmed { factor_id }])
        }
        Totp::Confirmed(known) if known == factor_id => Ok(Vec::new()),
        Totp::None | Totp::Pending(_) | Totp::Confirmed(_) => {
            let detail = format!("there is no enrolment {factor_id} to confirm; enrol again");
            Err(Rejection::not_found(detail))
        }
    }
}

pub(super) fn remove(account: &Account) -> Vec<AccountEvent> {
    match account.totp() {
        Totp::None => Vec::new(),
        Totp::Pending(factor_id) | Totp::Confirmed(factor_id) => {
            vec![AccountEvent::TotpRemoved { factor_id }]
        }
    }
}
