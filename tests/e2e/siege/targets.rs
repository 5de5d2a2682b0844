//! Every route, with one well-formed request to it, from which the places to attack are derived.
//!
//! `$name` in a path or body is filled in from the route's stage ([`crate::stages`]); `$n` is another number and `$uuid`
//! another id each time.

use crate::stages::Stage;

/// In what form a route refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refuses {
    /// As a problem (RFC 9457).
    Problem,
    /// As a page for people, or as a problem.
    Page,
    /// As JSON with `error` (RFC 6749, 5.2), or as a problem.
    OAuth,
}

/// One route.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub method: &'static str,
    /// As in the router.
    pub path: &'static str,
    /// What must be there before.
    pub stage: Stage,
    /// Query parameters with a value that is right.
    pub parameters: &'static [(&'static str, &'static str)],
    /// A body that is right; empty: none.
    pub body: &'static str,
    /// Pointers to what is kept as it came.
    pub free: &'static [&'static str],
    /// Where what was kept can be read, other than in the journal.
    pub shown_at: Option<&'static str>,
    /// The request changes what the next one would need: a new stage after each that is accepted.
    pub consumes: bool,
    /// The well-formed request is refused all the same: its stage cannot be set by a client.
    pub is_refused: bool,
    /// Nobody needs to be known.
    pub is_public: bool,
    /// Its headers are attacked as well.
    pub with_headers: bool,
    /// What it accepts is sealed: the journal may not hold it as it came.
    pub is_sealed: bool,
    /// The body is sent as a form.
    pub is_form: bool,
    pub refuses: Refuses,
}

impl Target {
    const fn read(path: &'static str) -> Self {
        Self {
            method: "GET",
            path,
            stage: Stage::Nothing,
            parameters: &[],
            body: "",
            free: &[],
            shown_at: None,
            consumes: false,
            is_refused: false,
            is_public: false,
            with_headers: false,
            is_sealed: false,
            is_form: false,
            refuses: Refuses::Problem,
        }
    }

    const fn write(method: &'static str, path: &'static str, body: &'static str) -> Self {
        Self {
            method,
            body,
            ..Self::read(path)
        }
    }

    const fn at(self, stage: Stage) -> Self {
        Self { stage, ..self }
    }

    const fn asks(self, parameters: &'static [(&'static str, &'static str)]) -> Self {
        Self { parameters, ..self }
    }

    const fn keeps(self, free: &'static [&'static str]) -> Self {
        Self { free, ..self }
    }

    const fn shown_at(self, path: &'static str) -> Self {
        Self {
            shown_at: Some(path),
            ..self
        }
    }

    const fn consumes(self) -> Self {
        Self {
            consumes: true,
            ..self
        }
    }

    const fn refused(self) -> Self {
        Self {
            is_refused: true,
            ..self
        }
    }

    const fn public(self) -> Self {
        Self {
            is_public: true,
            ..self
        }
    }

    const fn sealed(self) -> Self {
        Self {
            is_sealed: true,
            ..self
        }
    }

    const fn form(self, refuses: Refuses) -> Self {
        Self {
            is_form: true,
            refuses,
            ..self
        }
    }

    const fn page(self) -> Self {
        Self {
            refuses: Refuses::Page,
            ..self
        }
    }

    const fn with_headers(self) -> Self {
        Self {
            with_headers: true,
            ..self
        }
    }
}

/// Routes that read.
pub const READS: &[Target] = &[
    Target::read("/v1/products").public().asks(&[
        ("q", "thing"),
        ("currency", "USD"),
        ("price_min", "1"),
        ("price_max", "1000"),
        ("in_stock", "true"),
        ("sort", "price"),
        ("publication", "published"),
        ("category", "SIEGE"),
        ("limit", "5"),
    ]),
    Target::read("/v1/products")
        .asks(&[("after", ""), ("publication", "all")])
        .refused(),
    Target::read("/v1/products")
        .asks(&[("before", "")])
        .refused(),
    Target::read("/v1/products/{id_or_slug}")
        .at(Stage::Product)
        .public()
        .with_headers(),
    Target::read("/problems").public(),
    Target::read("/problems/{code}").at(Stage::Code).public(),
    Target::read("/v1/stock").asks(&[("below", "5"), ("limit", "5")]),
    Target::read("/v1/stock").asks(&[("after", "")]).refused(),
    Target::read("/v1/stock/{sku}")
        .at(Stage::Product)
        .asks(&[("location", "main")]),
    Target::read("/v1/stock/{sku}/reservations")
        .at(Stage::Placed)
        .asks(&[("limit", "5")]),
    Target::read("/v1/stock/{sku}/reservations")
        .at(Stage::Placed)
        .asks(&[("after", "")])
        .refused(),
    Target::read("/v1/orders").asks(&[
        ("customer", "somebody"),
        ("status", "placed"),
        ("channel", "somewhere"),
        ("limit", "5"),
    ]),
    Target::read("/v1/orders").asks(&[("after", "")]).refused(),
    Target::read("/v1/orders/{id}")
        .at(Stage::Placed)
        .with_headers(),
    Target::read("/v1/orders/{id}/timeline").at(Stage::Placed),
    Target::read("/v1/sales").asks(&[("from", "2026-01-01"), ("to", "2026-01-02"), ("by", "day")]),
    Target::read("/v1/payments/{id}").at(Stage::Paid),
    Target::read("/v1/ledger/accounts"),
    Target::read("/v1/ledger/entries").asks(&[("account", "gateway_clearing"), ("limit", "5")]),
    Target::read("/v1/ledger/entries")
        .at(Stage::Paid)
        .asks(&[("order", "$order"), ("payment", "$id")]),
    Target::read("/v1/ledger/entries")
        .asks(&[("after", "")])
        .refused(),
    Target::read("/v1/ledger/trial-balance"),
    Target::read("/v1/events").at(Stage::Placed).asks(&[
        ("after", "0"),
        ("limit", "5"),
        ("stream", "order-$id"),
        ("type", "OrderPlaced"),
        ("correlation", "somewhat"),
    ]),
    Target::read("/v1/streams/{id}")
        .at(Stage::Stream)
        .asks(&[("after", "0"), ("limit", "5")]),
    Target::read("/v1/projections"),
    Target::read("/v1/projections/{name}").at(Stage::Table),
    Target::read("/v1/attention").asks(&[("limit", "5")]),
    Target::read("/v1/attention")
        .asks(&[("after", ""), ("before", "")])
        .refused(),
    Target::read("/v1/accounts").asks(&[("email", "nobody@example.org"), ("limit", "5")]),
    Target::read("/v1/accounts")
        .asks(&[("after", ""), ("before", "")])
        .refused(),
    Target::read("/v1/accounts/{id}").at(Stage::Person),
    Target::read("/v1/accounts/me").at(Stage::LoggedIn),
    Target::read("/v1/accounts/me/sessions").at(Stage::LoggedIn),
    Target::read("/v1/clients").asks(&[("limit", "5")]),
    Target::read("/v1/clients").asks(&[("after", "")]).refused(),
    Target::read("/v1/clients/{id}").at(Stage::Client),
    Target::read("/openapi.json").public(),
    Target::read("/.well-known/jwks.json").public(),
    Target::read("/.well-known/openid-configuration").public(),
    Target::read("/.well-known/oauth-authorization-server").public(),
    Target::read("/verify")
        .public()
        .page()
        .asks(&[("token", "a-token")]),
    Target::read("/reset")
        .public()
        .page()
        .asks(&[("token", "a-token")]),
    Target::read("/sandbox/payments/{reference}")
        .at(Stage::Reference)
        .public()
        .page()
        .refused(),
    Target::read("/oauth/authorize")
        .at(Stage::Client)
        .public()
        .page()
        .with_headers()
        .asks(&[
            ("response_type", "code"),
            ("client_id", "$id"),
            ("redirect_uri", "https%3A%2F%2Fclient.example%2Fback"),
            ("scope", "orders%3Aread"),
            ("state", "a-state"),
            (
                "code_challenge",
                "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            ),
            ("code_challenge_method", "S256"),
        ]),
    Target::read("/healthz").public(),
    Target::read("/readyz").public(),
    Target::read("/metrics").public(),
];

const PRODUCT: &str = "/v1/products/$id";
const ORDER: &str = "/v1/orders/$id";

/// Routes that write.
pub const WRITES: &[Target] = &[
    Target::write(
        "POST",
        "/v1/products",
        r#"{"id":"$uuid","slug":"siege-$n","name":"A name","category":["ONE","TWO"],"brand":"A brand","description":"Some prose",
        "variants":[{"sku":"SIEGE-$n","name":"A variant","attributes":{"colour":"red"},"tax_bp":700,
        "prices":[{"minor":100,"currency":"USD"}]}],"published":true}"#,
    )
    .keeps(&["/name", "/category/0", "/category/1", "/brand", "/description", "/variants/0/name", "/variants/0/attributes",
        "/variants/0/attributes/colour"])
    .shown_at(PRODUCT),
    Target::write(
        "PATCH",
        "/v1/products/{id_or_slug}",
        r#"{"name":"Another","category":["THREE"],"brand":"Another brand","description":"Other prose"}"#,
    )
    .at(Stage::Product)
    .keeps(&["/name", "/category/0", "/brand", "/description"])
    .shown_at(PRODUCT),
    Target::write("PUT", "/v1/products/{id}/publication", "").at(Stage::Product),
    Target::write("DELETE", "/v1/products/{id}/publication", "").at(Stage::Product).consumes(),
    Target::write(
        "POST",
        "/v1/products/{id}/variants",
        r#"{"sku":"SIEGE-$n","name":"A variant","attributes":{"size":"large"},"tax_bp":700,"prices":[{"minor":5,"currency":"USD"}]}"#,
    )
    .at(Stage::Product)
    .keeps(&["/name", "/attributes", "/attributes/size"])
    .shown_at(PRODUCT),
    Target::write(
        "PATCH",
        "/v1/products/{id}/variants/{sku}",
        r#"{"name":"Another","attributes":{"size":"small"},"tax_bp":1900}"#,
    )
    .at(Stage::Product)
    .keeps(&["/name", "/attributes", "/attributes/size"])
    .shown_at(PRODUCT),
    Target::write("DELETE", "/v1/products/{id}/variants/{sku}", "").at(Stage::Product).consumes(),
    Target::write("PUT", "/v1/products/{id}/variants/{sku}/prices/{currency}", r#"{"minor":7}"#).at(Stage::Product),
    Target::write("POST", "/v1/stock/{sku}/receipts", r#"{"quantity":1,"reference":"A reference","location":"main"}"#)
        .at(Stage::Product)
        .keeps(&["/reference"]),
    Target::write("POST", "/v1/stock/{sku}/adjustments", r#"{"delta":1,"reason":"A reason","location":"main","force":false}"#)
        .at(Stage::Product)
        .keeps(&["/reason"]),
    Target::write(
        "POST",
        "/v1/orders",
        r#"{"id":"$uuid","currency":"USD","lines":[{"sku":"$sku","quantity":1,"gross":100,"discount":10,"net":90,"coupon":1}],
        "customer":"A customer","channel":"A channel","location":"main","placed_at":"2026-01-01T00:00:00Z","paid":"external",
        "shipping":{"minor":1,"currency":"USD"},"expected_total":{"minor":91,"currency":"USD"}}"#,
    )
    .at(Stage::Product)
    .keeps(&["/customer", "/channel"])
    .shown_at(ORDER)
    .with_headers(),
    Target::write(
        "POST",
        "/v1/orders",
        r#"{"currency":"USD","lines":[{"sku":"$sku","quantity":1}],"payment":{"gateway":"sandbox","method":"pm_card_visa"}}"#,
    )
    .at(Stage::Product),
    Target::write("POST", "/v1/orders/{id}/confirmations", r#"{"authorized":{"minor":100000,"currency":"USD"}}"#)
        .at(Stage::Placed)
        .consumes(),
    Target::write("POST", "/v1/orders/{id}/rejections", r#"{"reason":"timeout"}"#).at(Stage::Placed).consumes(),
    Target::write(
        "POST",
        "/v1/orders/{id}/cancellations",
        r#"{"lines":[{"sku":"$sku","quantity":1}],"reason":"A reason"}"#,
    )
    .at(Stage::Placed)
    .keeps(&["/reason"]),
    Target::write("POST", "/v1/orders/{id}/completions", "").at(Stage::Delivered).consumes(),
    Target::write("POST", "/v1/orders/{id}/notes", r#"{"note":"A note"}"#)
        .at(Stage::Placed)
        .keeps(&["/note"]),
    Target::write(
        "POST",
        "/v1/orders/{id}/shipments",
        r#"{"shipment_id":"$uuid","lines":[{"sku":"$sku","quantity":1}],"carrier":"A carrier","tracking":"A number"}"#,
    )
    .at(Stage::Confirmed)
    .keeps(&["/carrier", "/tracking"])
    .shown_at(ORDER),
    Target::write("POST", "/v1/orders/{id}/shipments/{shipment_id}/delivery", r#"{"delivered_at":"$now"}"#)
        .at(Stage::Shipped)
        .consumes(),
    Target::write(
        "POST",
        "/v1/orders/{id}/returns",
        r#"{"return_id":"$uuid","lines":[{"sku":"$sku","quantity":1}],"reason":"A reason"}"#,
    )
    .at(Stage::Shipped)
    .keeps(&["/reason"])
    .consumes(),
    Target::write(
        "POST",
        "/v1/orders/{id}/returns/{return_id}/receipt",
        r#"{"lines":[{"sku":"$sku","quantity":1,"condition":"damaged","reason":"A reason"}]}"#,
    )
    .at(Stage::Returned)
    .keeps(&["/lines/0/reason"])
    .consumes(),
    Target::write("POST", "/v1/orders/{id}/returns/{return_id}/declines", r#"{"reason":"A reason"}"#)
        .at(Stage::Returned)
        .keeps(&["/reason"])
        .consumes(),
    Target::write("POST", "/v1/payments/{id}/captures", r#"{"amount":{"minor":100,"currency":"USD"}}"#)
        .at(Stage::Paid)
        .consumes(),
    Target::write("POST", "/v1/payments/{id}/voids", r#"{"reason":"A reason"}"#)
        .at(Stage::Paid)
        .keeps(&["/reason"])
        .consumes(),
    Target::write(
        "POST",
        "/v1/payments/{id}/refunds",
        r#"{"amount":{"minor":1,"currency":"USD"},"reason":"goodwill","note":"A note","lines":[]}"#,
    )
    .at(Stage::Captured)
    .keeps(&["/note"])
    .consumes(),
    Target::write("POST", "/v1/attention/{payment_id}/decisions", r#"{"decision":"leave","reason":"A reason"}"#)
        .at(Stage::Paid)
        .refused(),
    Target::write("POST", "/v1/accounts", r#"{"email":"$uuid@example.org","password":"a long enough secret","name":"A name"}"#)
        .public()
        .sealed(),
    Target::write("POST", "/v1/accounts/verification-mails", r#"{"email":"$uuid@example.org"}"#).public().sealed(),
    Target::write("POST", "/v1/accounts/verifications", r#"{"token":"a-token"}"#).public().sealed().refused(),
    Target::write("POST", "/v1/sessions", r#"{"email":"$uuid@example.org","password":"not the secret","code":"123456"}"#)
        .public()
        .sealed()
        .refused(),
    Target::write("POST", "/v1/password-resets", r#"{"email":"$uuid@example.org"}"#).public().sealed(),
    Target::write("POST", "/v1/password-resets/completions", r#"{"token":"a-token","password":"a long enough secret"}"#)
        .public()
        .sealed()
        .refused(),
    Target::write("PATCH", "/v1/accounts/me", r#"{"name":"Another name","phone":"+1 555 0100","address":"A street"}"#)
        .at(Stage::LoggedIn)
        .sealed()
        .keeps(&["/name", "/phone", "/address"])
        .shown_at("/v1/accounts/me"),
    Target::write("POST", "/v1/accounts/me/totp/confirmation", r#"{"code":"123456"}"#).at(Stage::LoggedIn).sealed().refused(),
    Target::write("DELETE", "/v1/accounts/me/sessions/{id}", "").at(Stage::LoggedIn).sealed(),
    Target::write("PUT", "/v1/accounts/{id}/roles/{role}", "").at(Stage::Person),
    Target::write("DELETE", "/v1/accounts/{id}/roles/{role}", "").at(Stage::Person),
    Target::write("PUT", "/v1/accounts/{id}/lock", r#"{"reason":"abuse"}"#).at(Stage::Person).refused(),
    Target::write("DELETE", "/v1/accounts/{id}/lock", "").at(Stage::Person),
    Target::write(
        "POST",
        "/v1/clients",
        r#"{"name":"A client","kind":"confidential","redirect_uris":["https://client.example/back"],"scopes":["orders:read"]}"#,
    )
    .keeps(&["/name"])
    .shown_at("/v1/clients/$id"),
    Target::write("POST", "/v1/clients/{id}/secret", "").at(Stage::Client),
    Target::write("PUT", "/v1/clients/{id}/scopes", r#"{"scopes":["orders:write"]}"#).at(Stage::Client),
    Target::write("DELETE", "/v1/clients/{id}", "").at(Stage::Client).consumes(),
    Target::write("POST", "/oauth/token", r#"{"grant_type":"client_credentials","client_id":"$id","client_secret":"wrong","scope":"orders:read"}"#)
        .at(Stage::Client)
        .public()
        .form(Refuses::OAuth)
        .refused(),
    Target::write("POST", "/oauth/token", r#"{"grant_type":"authorization_code","client_id":"$id","code":"a-code","code_verifier":"a-verifier","redirect_uri":"https://client.example/back"}"#)
        .at(Stage::Client)
        .public()
        .form(Refuses::OAuth)
        .refused(),
    Target::write("POST", "/oauth/token", r#"{"grant_type":"refresh_token","refresh_token":"a-token"}"#)
        .public()
        .form(Refuses::OAuth)
        .refused(),
    Target::write("POST", "/oauth/revoke", r#"{"token":"a-token","token_type_hint":"refresh_token"}"#)
        .public()
        .sealed()
        .form(Refuses::OAuth),
    Target::write("POST", "/oauth/introspect", r#"{"token":"a-token"}"#).public().form(Refuses::OAuth).refused(),
    Target::write("POST", "/oauth/authorize", r#"{"client_id":"$id","form_token":"a-token","answer":"allow","email":"e","password":"p"}"#)
        .at(Stage::Client)
        .public()
        .form(Refuses::Page)
        .sealed()
        .refused(),
    Target::write("POST", "/verify", r#"{"token":"a-token"}"#).public().form(Refuses::Page).refused(),
    Target::write("POST", "/reset", r#"{"token":"a-token","password":"a long enough secret"}"#)
        .public()
        .form(Refuses::Page)
        .refused(),
    Target::write("POST", "/sandbox/payments/{reference}", r#"{"answer":"approve"}"#)
        .at(Stage::Reference)
        .public()
        .form(Refuses::Page)
        .refused(),
    Target::write("POST", "/v1/gateways/{name}/webhooks", r#"{"id":"evt_1","type":"payment_intent.succeeded"}"#)
        .at(Stage::Gateway)
        .public()
        .refused(),
];
