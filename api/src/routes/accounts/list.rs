//! `GET /v1/accounts`: accounts, the latest first, with nothing personal; or, with `?email=`, the one that has exactly that address.

use axum::extract::State;
use axum::response::Response;
use projections::Page;
use projections::account_directory::PROJECTION;

use super::sees_personal_data;
use crate::Api;
use crate::answer::{self, Audience};
use crate::auth::Allowed;
use crate::problem::Problem;
use crate::request::{Params, Read};

/// The query parameters.
pub const LIST_PARAMETERS: &[&str] = &["email", "role", "limit", "after", "before"];

/// Lists accounts.
pub async fn list(
    State(api): State<Api>,
    allowed: Allowed,
    read: Read,
    params: Params,
) -> Result<Response, Problem> {
    let params = params.only(LIST_PARAMETERS, &[])?;
    let page = match params.text("email") {
        Some(email) => of_address(&api, &allowed, &email).await?,
        None => {
            let role = params.read("role")?;
            let page = params.page()?;
            let queries = read.caught_up(&api, &PROJECTION).await?;
            queries.accounts(role, &page).await?
        }
    };
    Ok(answer::page(&read, Audience::Client, &params, &page))
}

/// Found by the claim on the address: nobody has to wait for a query table.
async fn of_address(api: &Api, allowed: &Allowed, email: &str) -> Result<Page, Problem> {
    let people = api.people()?;
    let found = match people.account_of(email).await? {
        Some(id) if sees_personal_data(allowed) => Some(people.account_opened(id).await?),
        Some(id) => Some(people.account_sealed(id).await?),
        None => None,
    };
    let items = found.iter().map(answer::text).collect::<Result<_, _>>()?;
    Ok(Page {
        items,
        ..Page::default()
    })
}
