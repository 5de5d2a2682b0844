//! `GET /v1/stock/{sku}`: a SKU's stock at every location, or with `?location=` at one, as its stream's document.

use axum::extract::State;
use axum::response::Response;
use domain::value::{Location, Sku};
use projections::Document;
use projections::stock_level::PROJECTION;

use crate::Api;
use crate::answer::{self, Audience};
use crate::problem::Problem;
use crate::request::{Params, Place, Read};

/// What can be asked for.
pub const READ_PARAMETERS: &[&str] = &["location"];

/// Reads a SKU's stock.
pub async fn read(
    State(api): State<Api>,
    Place(sku): Place<Sku>,
    read: Read,
    params: Params,
) -> Result<Response, Problem> {
    let params = params.only(READ_PARAMETERS, &[])?;
    let location = params.read::<Location>("location")?;
    let queries = read.caught_up(&api, &PROJECTION).await?;
    let none = || Problem::not_found(format!("nothing of SKU {sku} was ever received here"));
    if let Some(location) = location {
        let item = queries.stock_at(&sku, &location).await?.ok_or_else(none)?;
        return Ok(answer::document(&read, Audience::Client, item));
    }
    let items = queries.stock(&sku).await?;
    if items.is_empty() {
        return Err(none());
    }
    Ok(answer::overview(
        &read,
        Audience::Client,
        everywhere(&sku, &items),
    ))
}

fn everywhere(sku: &Sku, items: &[Document]) -> String {
    let bodies = items.iter().map(|item| String::from_utf8_lossy(&item.body));
    let bodies: Vec<_> = bodies.collect();
    // A SKU's alphabet needs no escaping.
    format!(r#"{{"sku":"{sku}","locations":[{}]}}"#, bodies.join(","))
}
