//! Rule 13: the shop has an owner from the first one on, and the owners are the accounts that have
//! the role. None of them is locked for good.

use std::collections::{BTreeSet, HashMap};

use super::breach::{Breaches, Place, RuleId};
use super::stream::Stream;
use super::{RecordedFact, Rule};
use crate::account::AccountEvent;
use crate::event::Event;
use crate::owners::OwnersEvent;
use crate::value::{AccountId, Role};

const RULE: RuleId = RuleId(13, "an-owner-remains");

/// The owners as their own stream says it and as the accounts say it.
#[derive(Debug, Default)]
pub(super) struct Owned {
    listed: BTreeSet<AccountId>,
    with_role: BTreeSet<AccountId>,
    /// The last change of each.
    changed: HashMap<AccountId, Place>,
}

impl Rule for Owned {
    fn post(&mut self, fact: &RecordedFact<'_>, stream: Stream, breaches: &mut Breaches) {
        let changed = match fact.event {
            Event::Owners(event) => Some(self.list(event)),
            Event::Account(event) => {
                let id = fact.aggregate_id.parse::<AccountId>().ok();
                id.and_then(|id| Some((id, self.take(id, event)?)))
            }
            _ => None,
        };
        let Some((id, fault)) = changed else { return };
        self.changed.insert(id, Place::of(fact, stream));
        if let Some(detail) = fault {
            breaches.report(RULE, fact, stream, detail);
        }
    }

    fn finish(&mut self, breaches: &mut Breaches) {
        for id in self.listed.symmetric_difference(&self.with_role) {
            let Some(place) = self.changed.get(id) else {
                continue;
            };
            let detail = if self.listed.contains(id) {
                format!("account {id} is listed as an owner and has not the role")
            } else {
                format!("account {id} has the role of an owner and is not listed")
            };
            breaches.report_at(RULE, place, detail);
        }
    }
}

type Fault = Option<String>;

impl Owned {
    fn list(&mut self, event: &OwnersEvent) -> (AccountId, Fault) {
        match event {
            OwnersEvent::OwnerAdded { account_id: id } => {
                let is_new = self.listed.insert(*id);
                let fault = (!is_new).then(|| format!("account {id} is listed already"));
                (*id, fault)
            }
            OwnersEvent::OwnerRemoved { account_id: id } => {
                let fault = if !self.listed.remove(id) {
                    Some(format!("account {id} is not listed"))
                } else if self.listed.is_empty() {
                    Some(format!("account {id} was the last owner"))
                } else {
                    None
                };
                (*id, fault)
            }
        }
    }

    /// What an event of account `id` changes, if it concerns owners.
    fn take(&mut self, id: AccountId, event: &AccountEvent) -> Option<Fault> {
        match event {
            AccountEvent::RoleGranted { role: Role::Owner } => {
                self.with_role.insert(id);
                Some(None)
            }
            AccountEvent::RoleRevoked { role: Role::Owner } => {
                self.with_role.remove(&id);
                Some(None)
            }
            AccountEvent::AccountErased { .. } => self.with_role.remove(&id).then_some(None),
            AccountEvent::AccountLocked { until: None, .. } if self.with_role.contains(&id) => {
                Some(Some(format!(
                    "account {id} is an owner and locked for good"
                )))
            }
            _ => None,
        }
    }
}
