//! `GET /v1/ledger/trial-balance`: the sum of each account in each currency, and of all of them, which is zero.

use axum::extract::State;
use axum::response::Response;
use projections::payment_ledger::PROJECTION;

use crate::Api;
use crate::answer::{self, Audience};
use crate::problem::Problem;
use crate::request::{Params, Read};

/// Reads the trial balance.
pub async fn trial_balance(
    State(api): State<Api>,
    read: Read,
    params: Params,
) -> Result<Response, Problem> {
    params.only(&[], &[])?;
    let queries = read.caught_up(&api, &PROJECTION).await?;
    let body = answer::text(&queries.trial_balance().await?)?;
    Ok(answer::overview(&read, Audience::Client, body))
}
