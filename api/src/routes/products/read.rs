//! `GET /v1/products/{id-or-slug}`: one product. What is not for sale is there for staff only.

use axum::extract::State;
use axum::response::Response;
use domain::policy::Operation;
use projections::product_page::PROJECTION;

use crate::Api;
use crate::answer::{self, Audience};
use crate::auth::Allowed;
use crate::problem::Problem;
use crate::request::{Params, Place, Read};

/// Reads a product.
pub async fn read(
    State(api): State<Api>,
    Place(id_or_slug): Place<String>,
    allowed: Allowed,
    read: Read,
    params: Params,
) -> Result<Response, Problem> {
    params.only(&[], &[])?;
    let queries = read.caught_up(&api, &PROJECTION).await?;
    let page = queries.product_page(&id_or_slug).await?;
    let page = page.filter(|page| page.published || allowed.may(Operation::ReadUnpublished));
    let page = page.ok_or_else(|| Problem::not_found("there is no product of this id or slug"))?;
    let audience = if page.published {
        Audience::Everybody
    } else {
        Audience::Client
    };
    Ok(answer::document(&read, audience, page))
}
