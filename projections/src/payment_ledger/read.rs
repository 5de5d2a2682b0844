//! Reads the books: accounts, entries, and the trial balance.

use std::collections::BTreeMap;

use domain::ledger::Account;
use domain::value::{Currency, OrderId, PaymentId, ValueError};
use serde::Serialize;
use sqlx::{Postgres, QueryBuilder};

use crate::queries::{Keyset, Side};
use crate::{Page, PageQuery, Queries, QueryError};

/// Which entries. Nothing set: all.
#[derive(Clone, Copy, Debug, Default)]
pub struct LedgerFilter {
    /// With a line on this account.
    pub account: Option<Account>,
    /// Of this order.
    pub order: Option<OrderId>,
    /// Of this payment.
    pub payment: Option<PaymentId>,
}

/// Every account with its balances. Serialises as the answer to `GET /v1/ledger/accounts`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LedgerAccounts {
    /// In the order of the books.
    pub accounts: Vec<LedgerAccount>,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LedgerAccount {
    /// Which.
    pub account: Account,
    /// One per gateway and currency; none where nothing ever moved.
    pub balances: Vec<LedgerBalance>,
}

/// What an account holds in one currency, and of one gateway where it has gateways.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LedgerBalance {
    /// At which gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
    /// In which currency.
    pub currency: Currency,
    /// What was debited.
    pub debits: LedgerAmount,
    /// What was credited.
    pub credits: LedgerAmount,
    /// Debits less credits.
    pub balance: LedgerAmount,
}

/// A sum of amounts: it may be larger than any amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LedgerAmount {
    /// Minor units.
    pub minor: i128,
    /// Of which currency.
    pub currency: Currency,
}

/// The sums of all accounts. Serialises as the answer to `GET /v1/ledger/trial-balance`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrialBalance {
    /// Whether the balances of every currency sum to zero. If not, the books are wrong.
    pub balanced: bool,
    /// One per account and currency.
    pub accounts: Vec<LedgerSum>,
    /// One per currency, over all accounts.
    pub totals: Vec<LedgerSum>,
}

/// A line of the trial balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LedgerSum {
    /// Of which account; of all of them if not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
    /// In which currency.
    pub currency: Currency,
    /// What was debited.
    pub debits: LedgerAmount,
    /// What was credited.
    pub credits: LedgerAmount,
    /// Debits less credits.
    pub balance: LedgerAmount,
}

/// A balance as it is stored.
struct Stored {
    account: Account,
    gateway: Option<String>,
    sums: Sums,
}

#[derive(Clone, Copy)]
struct Sums {
    currency: Currency,
    debits: i128,
    credits: i128,
}

impl Queries {
    /// Every account with its balance per gateway and currency.
    pub async fn ledger_accounts(&self) -> Result<LedgerAccounts, QueryError> {
        let mut balances = self.balances().await?;
        let account = |account: Account| {
            let own = balances.extract_if(.., |stored| stored.account == account);
            LedgerAccount {
                account,
                balances: own.map(Stored::into_balance).collect(),
            }
        };
        Ok(LedgerAccounts {
            accounts: Account::ALL.into_iter().map(account).collect(),
        })
    }

    /// A page of entries, the latest first.
    pub async fn ledger_entries(
        &self,
        filter: &LedgerFilter,
        page: &PageQuery,
    ) -> Result<Page, QueryError> {
        let keyset: Keyset<i64> = Keyset::read("ledger-entries", page)?;
        let mut sql = statement(filter, &keyset);
        let rows = sql.build_query_as().persistent(false);
        let rows: Vec<(i64, String)> = self.bounded(rows.fetch_all(self.pool())).await?;
        Ok(keyset.page(rows))
    }

    /// The sum of each account in each currency, and of all of them: zero.
    pub async fn trial_balance(&self) -> Result<TrialBalance, QueryError> {
        let (mut accounts, mut totals) = (BTreeMap::new(), BTreeMap::new());
        for Stored { account, sums, .. } in self.balances().await? {
            let currency = sums.currency;
            add(accounts.entry((account, currency)), sums);
            add(totals.entry(currency), sums);
        }
        let accounts = accounts.into_iter();
        Ok(TrialBalance {
            balanced: totals.values().all(|sums| sums.debits == sums.credits),
            accounts: accounts
                .map(|((account, _), sums)| sums.of(Some(account)))
                .collect(),
            totals: totals.into_values().map(|sums| sums.of(None)).collect(),
        })
    }

    async fn balances(&self) -> Result<Vec<Stored>, QueryError> {
        let rows = sqlx::query_as(include_str!("balances.sql"));
        let rows: Vec<(String, String, String, String, String)> =
            self.bounded(rows.fetch_all(self.pool())).await?;
        let stored = |(account, gateway, currency, debits, credits): (String, _, String, _, _)| {
            let known = Account::ALL
                .into_iter()
                .find(|known| known.as_str() == account);
            let unknown = || QueryError::Internal(format!("there is no account {account}"));
            let currency = currency
                .parse()
                .map_err(|error: ValueError| QueryError::Internal(error.to_string()))?;
            Ok(Stored {
                account: known.ok_or_else(unknown)?,
                gateway: Some(gateway).filter(|gateway: &String| !gateway.is_empty()),
                sums: Sums {
                    currency,
                    debits: number(debits)?,
                    credits: number(credits)?,
                },
            })
        };
        rows.into_iter().map(stored).collect()
    }
}

#[expect(clippy::needless_pass_by_value, reason = "as rows are read")]
fn number(text: String) -> Result<i128, QueryError> {
    text.parse()
        .map_err(|_| QueryError::Internal(format!("{text} is no sum of minor units")))
}

fn add<K: Ord>(sum: std::collections::btree_map::Entry<'_, K, Sums>, added: Sums) {
    let sum = sum.or_insert(Sums {
        debits: 0,
        credits: 0,
        ..added
    });
    sum.debits += added.debits;
    sum.credits += added.credits;
}

/// With an order or a payment the entries are few and looked at one by one; those of an account
/// alone are met in the order of its own index.
fn statement<'a>(filter: &LedgerFilter, keyset: &Keyset<i64>) -> QueryBuilder<'a, Postgres> {
    let mut sql = QueryBuilder::new("select e.position, e.body from query.payment_ledger e");
    let narrow = filter.order.is_some() || filter.payment.is_some();
    match filter.account {
        Some(account) if !narrow => {
            sql.push(" where e.position in (select distinct l.position from query.payment_ledger_line l where l.account = ")
                .push_bind(account.as_str());
            within(&mut sql, "l.position", keyset);
            sql.push(")");
        }
        Some(account) => {
            sql.push(" where exists (select from query.payment_ledger_line l where l.position = e.position and l.account = ")
                .push_bind(account.as_str())
                .push(")");
        }
        None => {
            sql.push(" where true");
        }
    }
    if let Some(order) = filter.order {
        sql.push(" and e.order_id = ").push_bind(order.0);
    }
    if let Some(payment) = filter.payment {
        sql.push(" and e.payment_id = ").push_bind(payment.0);
    }
    within(&mut sql, "e.position", keyset);
    sql
}

/// As many positions as the page needs, from its cursor on.
fn within(sql: &mut QueryBuilder<'_, Postgres>, position: &str, keyset: &Keyset<i64>) {
    let (beyond, order) = match keyset.side {
        Side::After => ("<", "desc"),
        Side::Before => (">", "asc"),
    };
    if let Some(from) = keyset.from {
        sql.push(format!(" and {position} {beyond} "))
            .push_bind(from);
    }
    sql.push(format!(" order by {position} {order} limit "))
        .push_bind(keyset.rows_wanted());
}

impl Stored {
    fn into_balance(self) -> LedgerBalance {
        let [debits, credits, balance] = self.sums.amounts();
        LedgerBalance {
            gateway: self.gateway,
            currency: self.sums.currency,
            debits,
            credits,
            balance,
        }
    }
}

impl Sums {
    /// Debits, credits, and the one less the other.
    fn amounts(self) -> [LedgerAmount; 3] {
        let currency = self.currency;
        let amount = |minor| LedgerAmount { minor, currency };
        [self.debits, self.credits, self.debits - self.credits].map(amount)
    }

    fn of(self, account: Option<Account>) -> LedgerSum {
        let [debits, credits, balance] = self.amounts();
        LedgerSum {
            account,
            currency: self.currency,
            debits,
            credits,
            balance,
        }
    }
}
