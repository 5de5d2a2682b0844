//! What an account answers to a command.

mod session;
mod standing;
mod totp;

use std::sync::Arc;

use super::command::{AccountCommand, RegisterAccount};
use super::event::{AccountEvent, AccountRegistered, PasswordCause, SessionEnd, UnlockReason};
use super::state::{Account, EmailStatus, Profile};
use crate::facts::Facts;
use crate::product::Patch;
use crate::rejection::{Rejection, RejectionCode};
use crate::value::Sealed;

pub use standing::LOCK_FOR_MAX;

type Decision = Result<Vec<AccountEvent>, Rejection>;

/// Decides `command` against `account`. What other streams have a say in is decided by
/// [`decide_with`](super::decide_with).
pub fn decide(account: &Account, command: AccountCommand, facts: &Facts) -> Decision {
    let (command, profile) = match (command, account.profile()) {
        (AccountCommand::RegisterAccount(new), _) => return register(account, &new),
        (_, None) => return Err(Rejection::not_found("there is no such account")),
        (AccountCommand::EraseAccount, Some(_)) => return Ok(standing::erase(account, facts)),
        (_, Some(_)) if account.is_erased() => return Err(erased()),
        (command, Some(profile)) => (command, profile),
    };
    match command {
        // Answered above.
        AccountCommand::RegisterAccount(_) | AccountCommand::EraseAccount => Ok(Vec::new()),
        AccountCommand::ReviseAccount {
            name,
            phone,
            address,
        } => {
            not_barred(account, facts)?;
            Ok(revise(profile, name, phone, address))
        }
        AccountCommand::VerifyEmail => {
            not_barred(account, facts)?;
            Ok(verify_email(account))
        }
        AccountCommand::ChangePassword => change_password(account, facts),
        AccountCommand::ResetPassword => reset_password(account, facts),
        AccountCommand::StartSession(new) => session::start(account, new, facts),
        AccountCommand::RefreshSession {
            session_id,
            generation,
            client_id,
        } => session::refresh(account, session_id, generation, client_id, facts),
        AccountCommand::EndSession { session_id, reason } => {
            session::end(account, session_id, reason)
        }
        AccountCommand::EndAllSessions { reason } => Ok(session::end_all(account, reason)),
        AccountCommand::EnrolTotp { factor_id } => totp::enrol(account, factor_id, facts),
        AccountCommand::ConfirmTotp { factor_id } => totp::confirm(account, factor_id, facts),
        AccountCommand::RemoveTotp => Ok(totp::remove(account)),
        AccountCommand::GrantRole { role } => standing::grant(account, role),
        AccountCommand::RevokeRole { role } => standing::revoke(account, role),
        AccountCommand::LockAccount { reason, until } => {
            standing::lock(account, reason, until, facts)
        }
        AccountCommand::UnlockAccount { reason } => Ok(standing::unlock(account, reason, facts)),
    }
}

fn register(account: &Account, new: &RegisterAccount) -> Decision {
    if let Some(id) = account.id() {
        let detail = format!("account {id} exists already; take a new id");
        return Err(Rejection::invalid("/id", "exists-already", detail));
    }
    let registered = AccountRegistered {
        account_id: new.account_id,
        email_hash: new.email_hash,
        email: new.email.clone(),
        name: new.name.clone(),
        succeeds: new.succeeds,
    };
    Ok(vec![AccountEvent::AccountRegistered(Arc::new(registered))])
}

fn revise(
    profile: &Profile,
    name: Patch<Sealed>,
    phone: Patch<Sealed>,
    address: Patch<Sealed>,
) -> Vec<AccountEvent> {
    let revised = Profile {
        name: name.applied(profile.name.as_ref()),
        phone: phone.applied(profile.phone.as_ref()),
        address: address.applied(profile.address.as_ref()),
        ..profile.clone()
    };
    if revised == *profile {
        return Vec::new();
    }
    vec![AccountEvent::AccountRevised {
        name: revised.name,
        phone: revised.phone,
        address: revised.address,
    }]
}

fn verify_email(account: &Account) -> Vec<AccountEvent> {
    match account.email_status() {
        EmailStatus::Unverified => vec![AccountEvent::EmailVerified {}],
        EmailStatus::Verified => Vec::new(),
    }
}

fn change_password(account: &Account, facts: &Facts) -> Decision {
    not_barred(account, facts)?;
    Ok(with_another_password(
        account,
        PasswordCause::Changed,
        facts,
    ))
}

/// Whoever opened the link reads what is mailed to the address, so the address is verified, and
/// failed log-ins are forgiven: they are what a forgotten password looks like.
fn reset_password(account: &Account, facts: &Facts) -> Decision {
    not_barred(account, facts)?;
    let mut events = standing::unlock(account, UnlockReason::PasswordReset, facts);
    events.extend(verify_email(account));
    events.extend(with_another_password(account, PasswordCause::Reset, facts));
    Ok(events)
}

fn with_another_password(
    account: &Account,
    cause: PasswordCause,
    facts: &Facts,
) -> Vec<AccountEvent> {
    let changed_at = facts.now;
    let mut events = vec![AccountEvent::PasswordChanged { cause, changed_at }];
    events.extend(session::end_all(account, SessionEnd::PasswordChanged));
    events
}

/// A lock by staff bars the person from everything. One that passes by itself bars from logging
/// in only.
fn not_barred(account: &Account, facts: &Facts) -> Result<(), Rejection> {
    match account.lock(facts.now) {
        Some(lock) if !lock.passes() => Err(locked()),
        _ => Ok(()),
    }
}

fn locked() -> Rejection {
    let detail = "the account is locked; ask the shop to unlock it";
    Rejection::new(RejectionCode::AccountLocked, detail)
}

fn erased() -> Rejection {
    let detail = "the account was erased and does not come back";
    Rejection::new(RejectionCode::AccountErased, detail)
}
