//! What tests of accounts share: short names for values, and accounts with their owners.

use super::{World, at, uuid};
use crate::account::{
    self, Account, AccountCommand, Others, RegisterAccount, SecondFactor, SessionMethod,
    StartSession,
};
use crate::owners;
use crate::value::*;
use crate::{Facts, Rejection};

pub fn account_id(number: u128) -> AccountId {
    AccountId(uuid(number))
}

pub fn session_id(number: u128) -> SessionId {
    SessionId(uuid(number))
}

pub fn factor_id(number: u128) -> FactorId {
    FactorId(uuid(number))
}

pub fn email_hash(number: u8) -> EmailHash {
    EmailHash::from([number; 32])
}

/// Not really sealed: nothing in here could tell.
pub fn sealed(data: &str) -> Sealed {
    let key_id = KeyId::new("data-1").unwrap();
    Sealed::new(key_id, Ciphertext::new(data).unwrap())
}

pub fn registration(number: u8) -> RegisterAccount {
    RegisterAccount {
        account_id: account_id(number.into()),
        email_hash: email_hash(number),
        email: sealed("c2VhbGVk"),
        name: None,
        succeeds: None,
    }
}

pub fn register(number: u8) -> AccountCommand {
    AccountCommand::RegisterAccount(registration(number).into())
}

/// A log-in by password that lasts for 30 days from the beginning of time.
pub fn log_in(session: u128, second_factor: Option<SecondFactor>) -> AccountCommand {
    AccountCommand::StartSession(StartSession {
        session_id: session_id(session),
        method: SessionMethod::Password,
        second_factor,
        password_changed_at: None,
        expires_at: at(30 * 86_400).now,
    })
}

/// The same with a password that was changed then.
pub fn log_in_since(session: u128, password_changed_at: Option<Timestamp>) -> AccountCommand {
    AccountCommand::StartSession(StartSession {
        session_id: session_id(session),
        method: SessionMethod::Password,
        second_factor: None,
        password_changed_at,
        expires_at: at(30 * 86_400).now,
    })
}

pub fn refresh(session: u128, generation: u32) -> AccountCommand {
    AccountCommand::RefreshSession {
        session_id: session_id(session),
        generation,
        client_id: None,
    }
}

pub const GRANT_OWNER: AccountCommand = AccountCommand::GrantRole { role: Role::Owner };
pub const REVOKE_OWNER: AccountCommand = AccountCommand::RevokeRole { role: Role::Owner };

impl World {
    pub fn account(&self, number: u128) -> Account {
        let account = self.accounts.get(&account_id(number));
        account.cloned().unwrap_or_default()
    }

    /// Decides a command to an account together with all that have a say, and appends what comes
    /// out.
    pub fn account_command(
        &mut self,
        number: u128,
        command: AccountCommand,
        facts: &Facts,
    ) -> Result<usize, Rejection> {
        let id = account_id(number);
        let named = match &command {
            AccountCommand::RegisterAccount(new) => new.succeeds,
            _ => None,
        };
        let others = Others {
            owners: &self.owners,
            predecessor: named.and_then(|id| self.accounts.get(&id)),
        };
        let outcome = account::decide_with(&self.account(number), &others, command, facts)?;
        let count = outcome.account.len() + outcome.owners.len();
        for event in outcome.account {
            self.accounts.entry(id).or_default().evolve(&event);
            self.append(account::TYPE, id.aggregate_id(), event);
        }
        for event in outcome.owners {
            self.owners.evolve(&event);
            self.append(owners::TYPE, owners::ID.to_owned(), event);
        }
        Ok(count)
    }

    /// So many accounts, from 1, whose addresses are verified.
    pub fn with_accounts(count: u8) -> Self {
        let mut world = Self::default();
        for number in 1..=count {
            let verify = AccountCommand::VerifyEmail;
            for command in [register(number), verify] {
                world
                    .account_command(number.into(), command, &at(0))
                    .unwrap();
            }
        }
        world
    }
}
