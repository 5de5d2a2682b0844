//! What there is to ask for, so that a refusal is never for want of the thing.

use std::sync::Arc;

use api::{CustomerAnswer, SandboxPage, WebhookError, WebhookOutcome, Webhooks};
use commands::Context;
use commands::order::OrderingCommand;
use domain::value::OrderId;
use futures::future::BoxFuture;
use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::cast::Cast;
use crate::ask::{Answer, anonymous, ask, empty, with_json};
use crate::world::{World, paid_by_card};

/// The ids of things that are there.
pub struct Stage {
    /// The customer's.
    pub order: OrderId,
    /// A session of the customer's beside the one that asks.
    session: String,
    product: String,
    /// Accounts that nobody needs: one to be locked, one to be erased.
    account: String,
    erased: String,
    client: String,
}

impl Stage {
    pub async fn set(world: &World, cast: &Cast) -> Self {
        world.api.receive_webhooks(Arc::new(NoNews));
        world.api.show_sandbox(Arc::new(OnePayment));
        let product = world.sells("A-1", 500, 1_000_000).await;
        let product = product.json()["id"].as_str().unwrap().to_owned();
        let client = json!({"name": "spare", "kind": "confidential", "scopes": ["stock:read"]});
        let client = world.as_member(&cast.owner, Method::POST, "/v1/clients", Some(&client));
        let client = client.await.expect(201).json()["id"].clone();
        Self {
            order: order(world, cast).await,
            session: spare_session(world).await,
            product,
            account: world.member("spare@example.org").await.id,
            erased: world.member("forgotten@example.org").await.id,
            client: client.as_str().unwrap().to_owned(),
        }
    }

    /// The path with its names filled in.
    pub fn path(&self, operation: &str, path: &str) -> String {
        let filled = path.split('/').map(|part| {
            let name = part.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
            name.map_or_else(|| part.to_owned(), |name| self.value(operation, name))
        });
        filled.collect::<Vec<_>>().join("/")
    }

    fn value(&self, operation: &str, name: &str) -> String {
        let group = operation.split('.').next().unwrap_or_default();
        match (group, name) {
            ("products" | "variants" | "prices", "id" | "id_or_slug") => self.product.clone(),
            ("orders" | "returns" | "shipments", "id") => self.order.to_string(),
            ("payments", "id") | (_, "payment_id") => self.order.payment().to_string(),
            ("streams", "id") => format!("order-{}", self.order),
            ("sessions", "id") => self.session.clone(),
            ("accounts", "id") if operation == "accounts.erase" => self.erased.clone(),
            ("accounts" | "roles", "id") => self.account.clone(),
            ("clients", "id") => self.client.clone(),
            (_, "sku") => "A-1".into(),
            (_, "currency") => "USD".into(),
            (_, "role") => "merchandiser".into(),
            (_, "code") => "not-found".into(),
            ("gateways", "name") => "sandbox".into(),
            ("projections", "name") => "order_detail".into(),
            ("pages", "reference") => "pi_none".into(),
            (_, "shipment_id" | "return_id") => Uuid::now_v7().to_string(),
            (group, name) => panic!("there is no {name} of {group}: add it here"),
        }
    }

    /// What is sent. Mostly a body that makes no sense: whoever may is told so, and nothing happens. Where whose it is must be
    /// asked, one that makes sense and asks for more than there is.
    pub fn body(operation: &str) -> Option<Value> {
        let line = |quantity: u32| json!([{"sku": "A-1", "quantity": quantity}]);
        Some(match operation {
            "sessions.end" | "sessions.end_all" | "sessions.end_current" => return None,
            "orders.cancel" => json!({"lines": line(1_000)}),
            "returns.request" => json!({"lines": line(1)}),
            "orders.place" => json!({"currency": "USD", "lines": line(1)}),
            "orders.place_sold" => json!({
                "currency": "USD", "channel": "store-1", "paid": "external",
                "lines": [{"sku": "A-1", "quantity": 1, "gross": 500}],
            }),
            "payments.refund" => json!({"amount": {"minor": 10_000, "currency": "USD"}}),
            "payments.refund_any_amount" => json!({"amount": {"minor": 10_001, "currency": "USD"}}),
            _ => json!([]),
        })
    }
}

/// An order of the customer's that is paid by card, with its payment.
async fn order(world: &World, cast: &Cast) -> OrderId {
    let body = paid_by_card("A-1", 3);
    let placed = send(
        world,
        Some(cast.customer.token()),
        Method::POST,
        "/v1/orders",
        Some(&body),
    );
    let placed = placed.await.expect(201);
    let order: OrderId = placed.json()["id"].as_str().unwrap().parse().unwrap();
    let begun = world
        .commands
        .ordering(order, OrderingCommand::BeginPayment, Context::default());
    let begun = begun.await.unwrap();
    let position = begun.position.to_string();
    for path in [
        format!("/v1/orders/{order}"),
        format!("/v1/orders/{order}/timeline"),
        format!("/v1/payments/{}", order.payment()),
        "/v1/orders".to_owned(),
    ] {
        let request = crate::ask::request(Method::GET, &path);
        let request = request.header("daybook-min-position", &position);
        ask(&world.router, empty(request)).await.expect(200);
    }
    order
}

async fn spare_session(world: &World) -> String {
    let again = world.logged_in("customer@example.org").await;
    again.session["id"].as_str().unwrap().to_owned()
}

/// A request as it may come: a POST with a fresh key, a PATCH of any version, the same trace each time.
pub async fn send(
    world: &World,
    token: Option<&str>,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Answer {
    let mut request = anonymous(method.clone(), path).header(
        "traceparent",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    );
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if method == Method::POST {
        request = request.header("idempotency-key", Uuid::now_v7().to_string());
    }
    if method == Method::PATCH {
        request = request.header("if-match", "*");
    }
    let request = match body {
        Some(body) => with_json(request, body),
        None => empty(request),
    };
    ask(&world.router, request).await
}

/// A gateway whose signature never fits.
struct NoNews;

impl Webhooks for NoNews {
    fn take<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        _: &'a [u8],
    ) -> BoxFuture<'a, Result<WebhookOutcome, WebhookError>> {
        Box::pin(std::future::ready(Err(WebhookError::InvalidSignature(
            "it never does".into(),
        ))))
    }
}

/// A built-in gateway where whatever is asked for waits for its customer.
struct OnePayment;

impl SandboxPage for OnePayment {
    fn awaits_customer(&self, _: &str) -> Option<String> {
        Some("1.00 USD".to_owned())
    }

    fn answer(&self, _: &str, _: CustomerAnswer) -> bool {
        true
    }
}
