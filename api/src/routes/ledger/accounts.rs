//! `GET /v1/ledger/accounts`: every account with its balance per currency and gateway.

use axum::extract::State;
use axum::response::Response;
use projections::payment_ledger::PROJECTION;

use crate::Api;
use crate::answer::{self, Audience};
use crate::problem::Problem;
use crate::request::{Params, Read};

/// Reads the accounts.
pub async fn accounts(
    State(api): State<Api>,
    read: Read,
    params: Params,
) -> Result<Response, Problem> {
    params.only(&[], &[])?;
    let queries = read.caught_up(&api, &PROJECTION).await?;
    let body = answer::text(&queries.ledger_accounts().await?)?;
    Ok(answer::overview(&read, Audience::Client, body))
}
