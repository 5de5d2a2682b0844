//! Rule 8, of addresses that are used again: an account succeeds one that was erased before, and
//! had the same address.

use std::collections::HashMap;

use super::breach::{Breaches, RuleId};
use super::stream::Stream;
use super::{RecordedFact, Rule};
use crate::account::{AccountEvent, AccountRegistered};
use crate::event::Event;
use crate::value::{AccountId, EmailHash};

const RULE: RuleId = RuleId(8, "unique-values");

/// The address of each account, and whether it was erased.
#[derive(Debug, Default)]
pub(super) struct Successor(HashMap<AccountId, Known>);

#[derive(Debug)]
struct Known {
    email_hash: EmailHash,
    is_erased: bool,
}

impl Rule for Successor {
    fn post(&mut self, fact: &RecordedFact<'_>, stream: Stream, breaches: &mut Breaches) {
        match fact.event {
            Event::Account(AccountEvent::AccountRegistered(registered)) => {
                if let Some(detail) = self.fault(registered) {
                    breaches.report(RULE, fact, stream, detail);
                }
                let known = Known {
                    email_hash: registered.email_hash,
                    is_erased: false,
                };
                self.0.insert(registered.account_id, known);
            }
            Event::Account(AccountEvent::AccountErased { .. }) => {
                let id = fact.aggregate_id.parse::<AccountId>();
                if let Some(known) = id.ok().and_then(|id| self.0.get_mut(&id)) {
                    known.is_erased = true;
                }
            }
            _ => {}
        }
    }
}

impl Successor {
    fn fault(&self, registered: &AccountRegistered) -> Option<String> {
        let named = registered.succeeds?;
        match self.0.get(&named) {
            None => Some(format!("it succeeds account {named}, which there is not")),
            Some(known) if known.email_hash != registered.email_hash => Some(format!(
                "it succeeds account {named}, which had another address"
            )),
            Some(known) if !known.is_erased => {
                Some(format!("it succeeds account {named}, which was not erased"))
            }
            Some(_) => None,
        }
    }
}
