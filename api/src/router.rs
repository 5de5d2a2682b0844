//! Every route, grouped by who calls it.

use axum::Router;
use axum::middleware::{from_extractor_with_state, from_fn, from_fn_with_state};
use axum::routing::{delete, get, patch, post, put};

use crate::Api;
use crate::Routes;
use crate::auth::Principal;
use crate::layers::{Gate, deadline, gate, headers, observe, other_pages, rates};
use crate::problem::{Code, Problem};
use crate::routes::{
    attention, events, gateways, health, ledger, orders, payments, problems, products, projections,
    returns, sales, stock, variants,
};

/// All routes under all layers, [`observe`] outermost.
pub fn router(api: &Api) -> Router {
    let options = api.options();
    // Several gates: those whom nobody knows must shut out neither those who work here nor the gateways.
    let public = Gate::new(options.requests_at_once_max / 2);
    let tellers = Gate::new(options.requests_at_once_max / 4);
    let own = Gate::new(options.requests_at_once_max);
    let clients = match options.routes {
        Routes::All => Router::new()
            .merge(anybody().layer(from_fn_with_state(public, gate)))
            .merge(tellers_of_news().layer(from_fn_with_state(tellers, gate)))
            .merge(holders_of_the_token(api).layer(from_fn_with_state(own, gate))),
        Routes::Watchers => Router::new(),
    };
    let all = clients
        .merge(watchers())
        .fallback(nowhere)
        .method_not_allowed_fallback(not_so)
        .layer(from_fn_with_state(options.request_timeout, deadline))
        .layer(from_fn_with_state(api.rates().clone(), rates));
    other_pages(all, &options.edge.cors_origins)
        .layer(from_fn(headers))
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

/// Payment gateways, known by their signature.
fn tellers_of_news() -> Router<Api> {
    Router::new().route("/v1/gateways/{name}/webhooks", post(gateways::webhook))
}

/// Staff, sales channels and auditors: today whoever holds the token.
fn holders_of_the_token(api: &Api) -> Router<Api> {
    Router::new()
        .merge(merchandisers())
        .merge(warehouse())
        .merge(sellers())
        .merge(finance())
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
        .route(
            "/v1/orders/{id}/returns/{return_id}/receipt",
            post(returns::receive),
        )
        .route(
            "/v1/orders/{id}/returns/{return_id}/declines",
            post(returns::decline),
        )
}

fn sellers() -> Router<Api> {
    Router::new()
        .route("/v1/orders", post(orders::place))
        .route("/v1/orders", get(orders::list))
        .route("/v1/orders/{id}", get(orders::read))
        .route("/v1/orders/{id}/timeline", get(orders::timeline))
        .route("/v1/orders/{id}/confirmations", post(orders::confirm))
        .route("/v1/orders/{id}/rejections", post(orders::reject))
        .route("/v1/orders/{id}/cancellations", post(orders::cancel))
        .route("/v1/orders/{id}/completions", post(orders::complete))
        .route("/v1/orders/{id}/notes", post(orders::note))
        .route("/v1/orders/{id}/returns", post(returns::request))
        .route("/v1/sales", get(sales::read))
}

fn finance() -> Router<Api> {
    Router::new()
        .route("/v1/payments/{id}", get(payments::read))
        .route("/v1/payments/{id}/captures", post(payments::capture))
        .route("/v1/payments/{id}/voids", post(payments::void))
        .route("/v1/payments/{id}/refunds", post(payments::refund))
        .route("/v1/ledger/accounts", get(ledger::accounts))
        .route("/v1/ledger/entries", get(ledger::entries))
        .route("/v1/ledger/trial-balance", get(ledger::trial_balance))
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
        .route("/v1/attention", get(attention::list))
        .route(
            "/v1/attention/{payment_id}/decisions",
            post(attention::decide),
        )
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
