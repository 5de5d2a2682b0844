//! The peer's server: two of Daybook's routes on postgres-es, and a constant for what HTTP alone costs.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use anyhow::Result;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{post, put};
use axum::serve::ListenerExt;
use axum::{Json, Router};
use bytes::Bytes;
use cqrs_es::AggregateError;
use domain::Rejection;
use domain::product::{CreateProduct, NewVariant, Product, ProductCommand};
use domain::value::{Currency, Money, ProductId, Prose, Sku, Slug, TaxRate, Text};
use http::StatusCode;
use postgres_es::PostgresCqrs;
use serde::Deserialize;
use sqlx::postgres::PgConnectOptions;
use tokio::net::TcpListener;
use uuid::Uuid;

use super::store::{Keeps, execute, framework, pool};

type Products = Arc<PostgresCqrs<Product>>;

/// Serves the peer's routes until it is killed; prints `listening on http://…` first.
pub async fn serve(database_url: &str) -> Result<()> {
    let pool = pool(PgConnectOptions::from_str(database_url)?).await?;
    let products: Products = Arc::new(framework(pool, Keeps::Events));
    let routes = Router::new()
        .route("/v1/products", post(create))
        .route(
            "/v1/products/{id}/variants/{sku}/prices/{currency}",
            put(set_price),
        )
        .with_state(products);
    listen(routes).await
}

/// Serves a body of so many bytes on every path.
pub async fn constant(bytes: usize) -> Result<()> {
    let body = Bytes::from(vec![b'x'; bytes]);
    let answer = move || std::future::ready(body.clone());
    listen(Router::new().fallback(answer)).await
}

async fn listen(routes: Router) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    // As Daybook does: an answer must not wait for the client's acknowledgement of the last one.
    let listener = listener.tap_io(|connection| {
        let _ = connection.set_nodelay(true);
    });
    axum::serve(listener, routes).await?;
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProductBody {
    id: Option<Uuid>,
    slug: Slug,
    name: Text,
    #[serde(default)]
    category: Vec<Text>,
    brand: Option<Text>,
    description: Option<Prose>,
    #[serde(default)]
    variants: Vec<VariantBody>,
    #[serde(default)]
    published: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VariantBody {
    sku: Sku,
    name: Option<Text>,
    #[serde(default)]
    attributes: BTreeMap<Text, Text>,
    #[serde(default)]
    tax_bp: u16,
    #[serde(default)]
    prices: Vec<Money>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceBody {
    minor: i64,
}

async fn create(State(products): State<Products>, Json(body): Json<ProductBody>) -> Response {
    let id: ProductId = body.id.unwrap_or_else(Uuid::now_v7).into();
    let variants: Result<Vec<_>, StatusCode> = body
        .variants
        .into_iter()
        .map(VariantBody::checked)
        .collect();
    let variants = match variants {
        Ok(variants) => variants,
        Err(status) => return status.into_response(),
    };
    let command = ProductCommand::CreateProduct(CreateProduct {
        product_id: id,
        slug: body.slug,
        name: body.name,
        category: body.category,
        brand: body.brand,
        description: body.description,
        variants,
        published: body.published,
    });
    match execute(&products, &id.to_string(), command).await {
        Ok(()) => StatusCode::CREATED.into_response(),
        Err(error) => refused(error),
    }
}

impl VariantBody {
    fn checked(self) -> Result<NewVariant, StatusCode> {
        let tax_bp = TaxRate::new(self.tax_bp).map_err(|_| StatusCode::UNPROCESSABLE_ENTITY)?;
        Ok(NewVariant {
            sku: self.sku,
            name: self.name,
            attributes: self.attributes,
            tax_bp,
            prices: self.prices,
        })
    }
}

async fn set_price(
    State(products): State<Products>,
    Path((id, sku, currency)): Path<(Uuid, Sku, Currency)>,
    Json(body): Json<PriceBody>,
) -> Response {
    let price = Money::new(body.minor, currency);
    let command = ProductCommand::SetPrice { sku, price };
    match execute(&products, &ProductId::from(id).to_string(), command).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => refused(error),
    }
}

fn refused(error: AggregateError<Rejection>) -> Response {
    let status = match error {
        AggregateError::UserError(_) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    (status, error.to_string()).into_response()
}
