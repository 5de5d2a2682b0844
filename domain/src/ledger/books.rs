//! Balances of accounts, by adding entries up.

use std::collections::BTreeMap;

use super::{Account, Entry};
use crate::value::{Currency, Text};

/// The balance of every account, per currency and, for clearing, per gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Books(BTreeMap<Key, i128>);

type Key = (Currency, Account, Option<Text>);

impl Books {
    /// Adds an entry. The caller sees to it that each is added once.
    pub fn post(&mut self, entry: &Entry) {
        for line in &entry.lines {
            let key = (line.amount.currency, line.account, line.gateway.clone());
            let balance = self.0.entry(key).or_default();
            *balance = balance.saturating_add(line.amount.minor.into());
        }
    }

    /// The balance of an account, over all gateways: positive where its debits are more.
    #[must_use]
    pub fn balance(&self, account: Account, currency: Currency) -> i128 {
        let of_account = self
            .0
            .iter()
            .filter(|((of, on, _), _)| (*of, *on) == (currency, account));
        of_account.map(|(_, balance)| balance).sum()
    }

    /// What the shop has at a gateway.
    #[must_use]
    pub fn clearing(&self, gateway: &Text, currency: Currency) -> i128 {
        let key = (currency, Account::GatewayClearing, Some(gateway.clone()));
        self.0.get(&key).copied().unwrap_or(0)
    }

    /// The sum over all accounts of each currency: zero, or the books are wrong.
    #[must_use]
    pub fn trial_balance(&self) -> BTreeMap<Currency, i128> {
        let mut sums = BTreeMap::new();
        for ((currency, _, _), balance) in &self.0 {
            *sums.entry(*currency).or_default() += balance;
        }
        sums
    }
}
