//! `GET /v1/ledger/entries?account=&order=&payment=`: journal entries, the latest first.

use axum::extract::State;
use axum::response::Response;
use domain::ledger::Account;
use domain::value::{OrderId, PaymentId};
use projections::LedgerFilter;
use projections::payment_ledger::PROJECTION;

use crate::Api;
use crate::answer::{self, Audience};
use crate::problem::Problem;
use crate::request::{Params, Read};

/// What can be asked for.
pub const ENTRIES_PARAMETERS: &[&str] =
    &["account", "order", "payment", "limit", "after", "before"];

/// Lists entries.
pub async fn entries(
    State(api): State<Api>,
    read: Read,
    params: Params,
) -> Result<Response, Problem> {
    let params = params.only(ENTRIES_PARAMETERS, &[])?;
    let accounts = Account::ALL.map(|account| (account.as_str(), account));
    let filter = LedgerFilter {
        account: params.one_of("account", &accounts)?,
        order: params.read::<OrderId>("order")?,
        payment: params.read::<PaymentId>("payment")?,
    };
    let page = params.page()?;
    let queries = read.caught_up(&api, &PROJECTION).await?;
    let page = queries.ledger_entries(&filter, &page).await?;
    Ok(answer::page(&read, Audience::Client, &params, &page))
}
