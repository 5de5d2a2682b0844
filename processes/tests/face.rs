//! Stripe's face on the sandbox's memory: a small HTTP server that takes Stripe's requests, lets the sandbox carry them out
//! and answers as Stripe does. Lost requests and answers become connections that close without an answer.
//!
//! It writes Stripe's JSON from the port's types by itself, so the adapter's reading is not tested by the sandbox's writing.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::value::Timestamp;
use processes::gateway::sandbox::Sandbox;
use processes::gateway::{
    Action, Authorize, Capture, Doubt, Gateway, Method, Movement, MovementKind, MovementsQuery,
    Outcome, PaymentState, Query, Refund, RefundState, Rest, Standing, Void,
};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

use crate::world::{KEY, at, euro};

pub type Form = BTreeMap<String, String>;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Received {
    pub method: String,
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub form: Form,
}

/// A server that lives as long as this value.
pub struct Face {
    port: u16,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Face {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Face {
    pub async fn over(sandbox: Sandbox, now: Timestamp) -> Self {
        Self::answering(move |received| {
            let sandbox = sandbox.clone();
            Box::pin(async move { Stand { sandbox, now }.answer(&received).await })
        })
        .await
    }

    /// A server whose answers `answer` makes: status and body, or none to close without one.
    pub async fn answering<F>(answer: F) -> Self
    where
        F: Fn(Received) -> futures::future::BoxFuture<'static, Option<(u16, Value)>>,
        F: Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let answer = Arc::new(answer);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let answer = answer.clone();
                tokio::spawn(async move { serve(stream, &*answer).await });
            }
        });
        Self { port, task }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

async fn serve<F>(stream: TcpStream, answer: &F)
where
    F: Fn(Received) -> futures::future::BoxFuture<'static, Option<(u16, Value)>>,
{
    let mut stream = BufReader::new(stream);
    while let Some(received) = receive(&mut stream).await {
        let Some((status, body)) = answer(received).await else {
            return;
        };
        let body = body.to_string();
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let whole = [head.as_bytes(), body.as_bytes()].concat();
        if stream.write_all(&whole).await.is_err() {
            return;
        }
    }
}

async fn receive(stream: &mut BufReader<TcpStream>) -> Option<Received> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers
        .get("content-length")
        .and_then(|text| text.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await.ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let fields = if body.is_empty() {
        query.as_bytes()
    } else {
        &body
    };
    let form = form_urlencoded::parse(fields).into_owned().collect();
    Some(Received {
        method,
        path: path.to_owned(),
        headers,
        form,
    })
}

struct Stand {
    sandbox: Sandbox,
    now: Timestamp,
}

impl Stand {
    async fn answer(&self, received: &Received) -> Option<(u16, Value)> {
        let authorization = received.headers.get("authorization");
        assert_eq!(authorization, Some(&format!("Bearer {KEY}")));
        assert!(received.headers.contains_key("stripe-version"));
        let path: Vec<&str> = received.path.split('/').skip(2).collect();
        let form = &received.form;
        match (received.method.as_str(), path.as_slice()) {
            ("POST", ["payment_intents"]) => self.authorize(received).await,
            ("POST", ["payment_intents", reference, "capture"]) => {
                let request = capture(received, reference);
                let outcome = self.sandbox.capture(&request, self.now).await;
                self.changed(outcome, reference).await
            }
            ("POST", ["payment_intents", reference, "cancel"]) => {
                let request = Void {
                    id: key(received),
                    payment: Uuid::nil(),
                    gateway_ref: (*reference).to_owned(),
                    amount: euro(0),
                };
                let outcome = self.sandbox.void(&request, self.now).await;
                self.changed(outcome, reference).await
            }
            ("POST", ["refunds"]) => self.refund(received).await,
            ("GET", ["payment_intents", reference]) => match self.state(reference).await {
                Some(state) => Some((200, intent(&state))),
                None => Some((404, error("resource_missing", None))),
            },
            // The list has what was authorized under any id that is asked for by tests: it is found by the books' order.
            ("GET", ["payment_intents"]) => Some((200, self.intents().await)),
            ("GET", ["refunds"]) => {
                let state = self.state(&form["payment_intent"]).await;
                let refunds = state.map(|state| state.refunds).unwrap_or_default();
                let refunds = refunds.iter().map(|of| refund(of, &form["payment_intent"]));
                Some((200, page(refunds.collect(), form)))
            }
            ("GET", ["balance_transactions"]) => Some((200, self.transactions(form).await)),
            other => panic!("no such route: {other:?}"),
        }
    }

    async fn authorize(&self, received: &Received) -> Option<(u16, Value)> {
        let form = &received.form;
        assert_eq!(form["capture_method"], "manual");
        assert_eq!(form["metadata[auth_id]"], key(received).to_string());
        let method = form.get("payment_method").cloned();
        assert_eq!(form.contains_key("confirm"), method.is_some());
        let request = Authorize {
            id: key(received),
            payment: form["metadata[payment_id]"].parse().unwrap(),
            order: form["metadata[order_id]"].parse().unwrap(),
            amount: euro(form["amount"].parse().unwrap()),
            method: method.map_or(Method::InBrowser, Method::Token),
            return_url: form.get("return_url").cloned(),
        };
        AUTHORIZED.lock().unwrap().push(request.id);
        match self.sandbox.authorize(&request, self.now).await {
            Outcome::Done(receipt) => self.found(&receipt.gateway_ref).await,
            Outcome::ActionRequired { gateway_ref, .. } => self.found(&gateway_ref).await,
            other => self.refused(other, None).await,
        }
    }

    async fn refund(&self, received: &Received) -> Option<(u16, Value)> {
        let form = &received.form;
        let id = key(received);
        assert_eq!(form["metadata[refund_id]"], id.to_string());
        let request = Refund {
            id,
            payment: form["metadata[payment_id]"].parse().unwrap(),
            gateway_ref: form["payment_intent"].clone(),
            amount: euro(form["amount"].parse().unwrap()),
        };
        match self.sandbox.refund(&request, self.now).await {
            Outcome::Done(_) => {
                let state = self.state(&request.gateway_ref).await.unwrap();
                let ours = state.refunds.iter().rev().find(|of| of.id == Some(id));
                Some((200, refund(ours.unwrap(), &request.gateway_ref)))
            }
            other => self.refused(other, None).await,
        }
    }

    async fn changed(&self, outcome: Outcome, reference: &str) -> Option<(u16, Value)> {
        match outcome {
            Outcome::Done(_) => self.found(reference).await,
            other => self.refused(other, Some(reference)).await,
        }
    }

    async fn found(&self, reference: &str) -> Option<(u16, Value)> {
        Some((200, intent(&self.state(reference).await?)))
    }

    async fn refused(&self, outcome: Outcome, reference: Option<&str>) -> Option<(u16, Value)> {
        match outcome {
            Outcome::Unknown(Doubt::NoAnswer) => None,
            Outcome::Unknown(Doubt::GatewayError(status)) => {
                Some((status, json!({"error": {"type": "api_error"}})))
            }
            Outcome::Unknown(Doubt::KeyReused) => {
                Some((400, json!({"error": {"type": "idempotency_error"}})))
            }
            Outcome::Declined(refusal) => Some((
                402,
                json!({"error": {"type": "card_error", "code": "card_declined",
                    "decline_code": refusal.code, "message": refusal.message}}),
            )),
            Outcome::Failed(refusal) => {
                let state = match reference {
                    Some(reference) => self.state(reference).await,
                    None => None,
                };
                Some((400, error(&refusal.code, state.as_ref())))
            }
            other => panic!("nothing that Stripe would say: {other:?}"),
        }
    }

    async fn state(&self, reference: &str) -> Option<PaymentState> {
        let query = Query {
            auth_id: Uuid::nil(),
            gateway_ref: Some(reference.to_owned()),
            requested_at: at(0),
        };
        self.sandbox.state(&query, self.now).await.ok().flatten()
    }

    /// Of all tests' payments those that this sandbox knows.
    async fn intents(&self) -> Value {
        let ids: Vec<Uuid> = AUTHORIZED.lock().unwrap().clone();
        let mut found = Vec::new();
        for auth_id in ids {
            let query = Query {
                auth_id,
                gateway_ref: None,
                requested_at: at(0),
            };
            let state = self.sandbox.state(&query, self.now).await;
            found.extend(state.unwrap().iter().map(intent));
        }
        json!({"object": "list", "data": found, "has_more": false})
    }

    async fn transactions(&self, form: &Form) -> Value {
        let time = |name: &str| {
            let seconds: i64 = form[name].parse().unwrap();
            Timestamp::from_micros(seconds * 1_000_000).unwrap()
        };
        let mut query = MovementsQuery {
            from: time("created[gte]"),
            until: time("created[lt]"),
            cursor: None,
        };
        let mut all = Vec::new();
        loop {
            let part = self.sandbox.movements(&query, self.now).await.unwrap();
            for movement in part.movements {
                let state = self.state(movement.gateway_ref.as_ref().unwrap()).await;
                all.push(transaction(&movement, &state.unwrap(), all.len()));
            }
            query.cursor = part.next;
            if query.cursor.is_none() {
                return page(all, form);
            }
        }
    }
}

/// Every authorization that any face was asked for.
static AUTHORIZED: std::sync::Mutex<Vec<Uuid>> = std::sync::Mutex::new(Vec::new());

fn key(received: &Received) -> Uuid {
    received.headers["idempotency-key"].parse().unwrap()
}

fn capture(received: &Received, reference: &str) -> Capture {
    let form = &received.form;
    let amount = &form["amount_to_capture"];
    let id = key(received);
    assert_eq!(form[&format!("metadata[capture_{}]", id.simple())], *amount);
    let is_last = form.get("final_capture").is_none_or(|text| text == "true");
    Capture {
        id,
        payment: Uuid::nil(),
        gateway_ref: reference.to_owned(),
        amount: euro(amount.parse().unwrap()),
        rest: if is_last { Rest::Release } else { Rest::Keep },
    }
}

fn page(mut objects: Vec<Value>, form: &Form) -> Value {
    if let Some(after) = form.get("starting_after") {
        let place = objects.iter().position(|of| of["id"] == **after).unwrap();
        objects.drain(..=place);
    }
    let limit = form["limit"].parse().unwrap();
    let has_more = objects.len() > limit;
    objects.truncate(limit);
    json!({"object": "list", "data": objects, "has_more": has_more})
}

fn error(code: &str, state: Option<&PaymentState>) -> Value {
    json!({"error": {"type": "invalid_request_error", "code": code, "message": "no",
        "payment_intent": state.map(intent)}})
}

fn intent(state: &PaymentState) -> Value {
    let mut metadata = json!({"auth_id": state.auth_id});
    for capture in &state.captures {
        let key = format!("capture_{}", capture.id.unwrap().simple());
        metadata[key] = capture.amount.minor.to_string().into();
    }
    let (mut status, mut action, mut failure) = ("requires_action", Value::Null, Value::Null);
    match &state.standing {
        Standing::Authorized { .. } => status = "requires_capture",
        Standing::Captured => status = "succeeded",
        Standing::Voided => status = "canceled",
        Standing::Pending => status = "processing",
        Standing::Declined(refusal) => {
            status = "requires_payment_method";
            failure = json!({"type": "card_error", "code": "card_declined", "decline_code": refusal.code});
        }
        Standing::ActionRequired(Action::Redirect(url)) => {
            action = json!({"type": "redirect_to_url", "redirect_to_url": {"url": url.expose()}});
        }
        Standing::ActionRequired(Action::Token(_)) => status = "requires_payment_method",
    }
    let received: i64 = state.captures.iter().map(|of| of.amount.minor).sum();
    json!({"id": state.gateway_ref, "object": "payment_intent", "status": status,
        "amount": state.amount.minor, "currency": "eur", "amount_received": received,
        "created": at(0).as_micros() / 1_000_000, "client_secret": "pi_secret",
        "metadata": metadata, "next_action": action, "last_payment_error": failure,
        "latest_charge": "ch_1"})
}

fn refund(refund: &RefundState, payment: &str) -> Value {
    json!({"id": refund.gateway_ref, "object": "refund", "status": "succeeded",
        "amount": refund.amount.minor, "currency": "eur", "payment_intent": payment,
        "metadata": {"refund_id": refund.id}})
}

fn transaction(movement: &Movement, state: &PaymentState, number: usize) -> Value {
    let (kind, sign, source) = match movement.kind {
        MovementKind::Captured => (
            "charge",
            1,
            json!({"object": "charge", "currency": "eur", "payment_intent": intent(state)}),
        ),
        _ => {
            let of = state.refunds.iter().find(|of| of.id == movement.id);
            ("refund", -1, refund(of.unwrap(), &state.gateway_ref))
        }
    };
    json!({"id": format!("txn_{number}"), "type": kind, "amount": sign * movement.amount.minor,
        "currency": "eur", "created": movement.at.as_micros() / 1_000_000, "source": source})
}
