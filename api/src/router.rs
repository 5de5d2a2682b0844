//! Every route, grouped by who calls it.

use axum::Router;
use axum::middleware::{from_extractor_with_state, from_fn, from_fn_with_state};
use axum::routing::{delete, get, patch, post, put};

use crate::Api;
use crate::Routes;
use crate::auth::Principal;
use crate::layers::{Gate, deadline, gate, observe};
use crate::problem::{Code, Problem};
use crate::routes::{
    events, health, orders, problems, products, projections, sales, stock, variants,
};

/// All routes under all layers, [`observe`] outermost.
pub fn router(api: &Api) -> Router {
    let options = api.options();
    // Two gates: those whom nobody knows must not shut out those who work here.
    let public = Gate::new(options.requests_at_once_max / 2);
    let own = Gate::new(options.requests_at_once_max);
    let clients = match options.routes {
        Routes::All => Router::new()
            .merge(anybody().layer(from_fn_with_state(public, gate)))
            .merge(holders_of_the_token(api).layer(from_fn_with_state(own, gate))),
        Routes::Watchers => Router::new(),
    };
    clients
        .merge(watchers())
        .fallback(nowhere)
        .method_not_allowed_fallback(not_so)
        .layer(from_fn_with_state(options.request_timeout, deadline))
        .layer(from_fn(observe))
        .with_state(api.clone())
}

/// Those who watch the process: never refused, whatever the load.
fn watchers() -> Router<Api> {
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
}

/// Everybody who looks at the catalogue.
fn anybody() -> Router<Api> {
    Router::new()
        .route("/v1/products", get(products::list))
        .route("/v1/products/{id_or_slug}", get(products::read))
        .route("/problems", get(problems::list))
        .route("/problems/{code}", get(problems::read))
}

/// Staff, sales channels and auditors: today whoever holds the token.
fn holders_of_the_token(api: &Api) -> Router<Api> {
    Router::new()
        .merge(merchandisers())
        .merge(warehouse())
        .merge(sellers())
        .merge(auditors())
        .merge(operators())
        .route_layer(from_extractor_with_state::<Principal, Api>(api.clone()))
}

fn merchandisers() -> Router<Api> {
    Router::new()
        .route("/v1/products", post(products::create))
        // The same place as a product's page, whose last part may be a slug as well.
        .route("/v1/products/{id_or_slug}", patch(products::revise))
        .route("/v1/products/{id}/publication", put(products::publish))
        .route("/v1/products/{id}/publication", delete(products::unpublish))
        .route("/v1/products/{id}/variants", post(variants::add))
        .route("/v1/products/{id}/variants/{sku}", patch(variants::revise))
        .route(
            "/v1/products/{id}/variants/{sku}",
            delete(variants::discontinue),
        )
        .route(
            "/v1/products/{id}/variants/{sku}/prices/{currency}",
            put(variants::set_price),
        )
}

fn warehouse() -> Router<Api> {
    Router::new()
        .route("/v1/stock", get(stock::list))
        .route("/v1/stock/{sku}", get(stock::read))
        .route("/v1/stock/{sku}/receipts", post(stock::receive))
        .route("/v1/stock/{sku}/adjustments", post(stock::adjust))
        .route("/v1/stock/{sku}/reservations", get(stock::reservations))
        .route("/v1/orders/{id}/shipments", post(orders::ship))
        .route(
            "/v1/orders/{id}/shipments/{shipment_id}/delivery",
            post(orders::deliver),
        )
}

fn sellers() -> Router<Api> {
    Router::new()
        .route("/v1/orders", post(orders::place))
        .route("/v1/orders", get(orders::list))
        .route("/v1/orders/{id}", get(orders::read))
        .route("/v1/orders/{id}/confirmations", post(orders::confirm))
        .route("/v1/orders/{id}/rejections", post(orders::reject))
        .route("/v1/orders/{id}/cancellations", post(orders::cancel))
        .route("/v1/orders/{id}/completions", post(orders::complete))
        .route("/v1/orders/{id}/notes", post(orders::note))
        .route("/v1/sales", get(sales::read))
}

fn auditors() -> Router<Api> {
    Router::new()
        .route("/v1/events", get(events::list))
        .route("/v1/streams/{id}", get(events::stream))
}

fn operators() -> Router<Api> {
    Router::new()
        .route("/v1/projections", get(projections::list))
        .route("/v1/projections/{name}", get(projections::read))
}

async fn nowhere() -> Problem {
    Problem::not_found("there is no such route")
}

/// The header `Allow` is axum's.
async fn not_so() -> Problem {
    Problem::new(
        Code::MethodNotAllowed,
        "this path does not take this method; the header Allow names those that it takes",
    )
}
