//! Every route, grouped by who calls it; each line says what the route does, which is what the policy decides on.

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use domain::policy::Operation as Op;

use crate::Api;
use crate::Routes;
use crate::layers::{Gate, deadline, gate, headers, observe, other_pages, rates};
use crate::problem::{Code, Problem};
use crate::request::PAGE_PARAMETERS as PAGES;
use crate::routes::{
    accounts, attention, clients, discovery, events, gateways, health, ledger, oauth, openapi,
    orders, pages, password_resets, payments, problems, products, projections, returns, sales,
    sandbox, sessions, stock, totp, variants,
};
use crate::table::{Route, Table};

/// All routes under all layers, [`observe`] outermost.
pub fn router(api: &Api) -> Router {
    let options = api.options();
    // Several gates: those whom nobody knows must shut out neither those who work here nor the gateways.
    let public = Gate::new(options.requests_at_once_max / 2);
    let tellers = Gate::new(options.requests_at_once_max / 4);
    // Coming in costs a hash: a flood of log-ins starves nobody who is in.
    let door = Gate::new(options.requests_at_once_max / 4);
    let own = Gate::new(options.requests_at_once_max);
    let behind = |table: Table, through| {
        let routes = table.into_router(api);
        routes.layer(from_fn_with_state(through, gate))
    };
    let clients = match options.routes {
        Routes::All => Router::new()
            .merge(behind(anybody(), public))
            .merge(behind(tellers_of_news(), tellers))
            .merge(behind(arrivals().merge(programs()), door))
            .merge(behind(members(), own)),
        Routes::Watchers => Router::new(),
    };
    let all = clients
        .merge(watchers().into_router(api))
        .fallback(nowhere)
        .method_not_allowed_fallback(not_so)
        .layer(from_fn_with_state(options.request_timeout, deadline))
        .layer(from_fn_with_state(api.rates().clone(), rates));
    other_pages(all, &options.edge.cors_origins)
        .layer(from_fn(headers))
        .layer(from_fn(observe))
        .with_state(api.clone())
}

/// Every route, whatever is served, for those who describe them.
pub fn routes() -> Vec<Route> {
    let all = anybody()
        .merge(tellers_of_news())
        .merge(arrivals())
        .merge(programs())
        .merge(members())
        .merge(watchers());
    all.routes().collect()
}

/// Those who watch the process: never refused, whatever the load.
fn watchers() -> Table {
    Table::new()
        .get("/healthz", Op::ReadHealth, health::alive)
        .get("/readyz", Op::ReadReadiness, health::ready)
        .get("/metrics", Op::ReadMetrics, health::metrics)
}

/// Everybody who looks at the catalogue.
fn anybody() -> Table {
    Table::new()
        .get("/v1/products", Op::ListProducts, products::list)
        .query(products::LIST_PARAMETERS)
        .get("/v1/products/{id_or_slug}", Op::ReadProduct, products::read)
        .get("/openapi.json", Op::ReadOpenApi, openapi::read)
        .get(
            "/.well-known/openid-configuration",
            Op::ReadOpenIdConfiguration,
            discovery::metadata,
        )
        .get(
            "/.well-known/oauth-authorization-server",
            Op::ReadServerMetadata,
            discovery::metadata,
        )
        .get("/.well-known/jwks.json", Op::ReadKeys, discovery::jwks)
        .get("/problems", Op::ListProblems, problems::list)
        .get("/problems/{code}", Op::ReadProblem, problems::read)
}

/// Payment gateways, known by their signature, and the built-in one's page.
fn tellers_of_news() -> Table {
    let page = "/sandbox/payments/{reference}";
    Table::new()
        .post(
            "/v1/gateways/{name}/webhooks",
            Op::ReceiveWebhook,
            gateways::webhook,
        )
        .get(page, Op::ReadSandboxPage, sandbox::page)
        .post(page, Op::SubmitSandboxPage, sandbox::answer)
}

/// People and programs that come in: they register, log in, open a mailed link, ask for tokens.
#[rustfmt::skip]
fn arrivals() -> Table {
    Table::new()
        .post("/v1/accounts", Op::RegisterAccount, accounts::register)
        .post("/v1/accounts/verifications", Op::VerifyEmail, accounts::verify)
        .post("/v1/accounts/verification-mails", Op::ResendVerification, accounts::resend)
        .post("/v1/sessions", Op::StartSession, sessions::start)
        .post("/v1/password-resets", Op::RequestPasswordReset, password_resets::request)
        .post("/v1/password-resets/completions", Op::ResetPassword, password_resets::complete)
        .get("/verify", Op::ReadVerifyPage, pages::verify).query(pages::PARAMETERS)
        .post("/verify", Op::SubmitVerifyPage, pages::submit_verify)
        .get("/reset", Op::ReadResetPage, pages::reset).query(pages::PARAMETERS)
        .post("/reset", Op::SubmitResetPage, pages::submit_reset)
}

/// Programs that ask for tokens, and browsers that let them in.
#[rustfmt::skip]
fn programs() -> Table {
    Table::new()
        .get("/oauth/authorize", Op::ReadAuthorizePage, oauth::authorize).query(oauth::PARAMETERS)
        .post("/oauth/authorize", Op::SubmitAuthorizePage, oauth::submit)
        .post("/oauth/token", Op::ExchangeToken, oauth::token)
        .post("/oauth/revoke", Op::RevokeToken, oauth::revoke)
        .post("/oauth/introspect", Op::IntrospectToken, oauth::introspect)
}

/// Programs, for whoever looks after them.
#[rustfmt::skip]
fn keepers_of_clients() -> Table {
    Table::new()
        .post("/v1/clients", Op::RegisterClient, clients::register)
        .get("/v1/clients", Op::ListClients, clients::list).query(PAGES)
        .get("/v1/clients/{id}", Op::ReadClient, clients::read)
        .post("/v1/clients/{id}/secret", Op::RotateClientSecret, clients::rotate_secret)
        .put("/v1/clients/{id}/scopes", Op::ChangeClientScopes, clients::change_scopes)
        .delete("/v1/clients/{id}", Op::DisableClient, clients::disable)
}

/// One's own account.
#[rustfmt::skip]
fn persons() -> Table {
    Table::new()
        .get("/v1/accounts/me", Op::ReadOwnAccount, accounts::read_own)
        .patch("/v1/accounts/me", Op::ReviseOwnAccount, accounts::revise_own)
        .delete("/v1/accounts/me", Op::EraseOwnAccount, accounts::erase_own)
        .post("/v1/accounts/me/password", Op::ChangePassword, accounts::change_password)
        .post("/v1/accounts/me/totp", Op::EnrolTotp, totp::enrol)
        .delete("/v1/accounts/me/totp", Op::RemoveTotp, totp::remove)
        .post("/v1/accounts/me/totp/confirmation", Op::ConfirmTotp, totp::confirm)
        .post("/v1/accounts/me/totp/recovery-codes", Op::RenewRecoveryCodes, totp::renew)
        .get("/v1/accounts/me/sessions", Op::ListSessions, sessions::list)
        .delete("/v1/accounts/me/sessions", Op::EndAllSessions, sessions::end_all)
        .delete("/v1/accounts/me/sessions/{id}", Op::EndSession, sessions::end)
        .delete("/v1/sessions/current", Op::EndCurrentSession, sessions::end_current)
}

/// Other people's accounts.
#[rustfmt::skip]
fn keepers_of_accounts() -> Table {
    Table::new()
        .get("/v1/accounts", Op::ListAccounts, accounts::list).query(accounts::LIST_PARAMETERS)
        .get("/v1/accounts/{id}", Op::ReadAccount, accounts::read)
        .delete("/v1/accounts/{id}", Op::EraseAccount, accounts::erase)
        .put("/v1/accounts/{id}/lock", Op::LockAccount, accounts::lock)
        .delete("/v1/accounts/{id}/lock", Op::UnlockAccount, accounts::unlock)
        .put("/v1/accounts/{id}/roles/{role}", Op::GrantRole, accounts::grant)
        .delete("/v1/accounts/{id}/roles/{role}", Op::RevokeRole, accounts::revoke)
}

/// Customers, staff, sales channels and auditors.
fn members() -> Table {
    Table::new()
        .merge(merchandisers())
        .merge(warehouse())
        .merge(buyers())
        .merge(finance())
        .merge(auditors())
        .merge(operators())
        .merge(persons())
        .merge(keepers_of_accounts())
        .merge(keepers_of_clients())
}

#[rustfmt::skip]
fn merchandisers() -> Table {
    Table::new()
        .post("/v1/products", Op::CreateProduct, products::create)
        // The same place as a product's page, whose last part may be a slug as well.
        .patch("/v1/products/{id_or_slug}", Op::ReviseProduct, products::revise)
        .put("/v1/products/{id}/publication", Op::PublishProduct, products::publish)
        .delete("/v1/products/{id}/publication", Op::UnpublishProduct, products::unpublish)
        .post("/v1/products/{id}/variants", Op::AddVariant, variants::add)
        .patch("/v1/products/{id}/variants/{sku}", Op::ReviseVariant, variants::revise)
        .delete("/v1/products/{id}/variants/{sku}", Op::DiscontinueVariant, variants::discontinue)
        .put("/v1/products/{id}/variants/{sku}/prices/{currency}", Op::SetPrice, variants::set_price)
}

#[rustfmt::skip]
fn warehouse() -> Table {
    Table::new()
        .get("/v1/stock", Op::ListStock, stock::list).query(stock::LIST_PARAMETERS)
        .get("/v1/stock/{sku}", Op::ReadStock, stock::read).query(stock::READ_PARAMETERS)
        .post("/v1/stock/{sku}/receipts", Op::ReceiveStock, stock::receive)
        .post("/v1/stock/{sku}/adjustments", Op::AdjustStock, stock::adjust)
        .get("/v1/stock/{sku}/reservations", Op::ListReservations, stock::reservations).query(PAGES)
        .post("/v1/orders/{id}/shipments", Op::ShipOrder, orders::ship)
        .post("/v1/orders/{id}/shipments/{shipment_id}/delivery", Op::RecordDelivery, orders::deliver)
        .post("/v1/orders/{id}/returns/{return_id}/receipt", Op::ReceiveReturn, returns::receive)
        .post("/v1/orders/{id}/returns/{return_id}/declines", Op::DeclineReturn, returns::decline)
}

#[rustfmt::skip]
fn buyers() -> Table {
    Table::new()
        .post("/v1/orders", Op::PlaceOrder, orders::place)
        .get("/v1/orders", Op::ListOrders, orders::list).query(orders::LIST_PARAMETERS)
        .get("/v1/orders/{id}", Op::ReadOrder, orders::read)
        .get("/v1/orders/{id}/timeline", Op::ReadTimeline, orders::timeline)
        .post("/v1/orders/{id}/confirmations", Op::ConfirmOrder, orders::confirm)
        .post("/v1/orders/{id}/rejections", Op::RejectOrder, orders::reject)
        .post("/v1/orders/{id}/cancellations", Op::CancelOrder, orders::cancel)
        .post("/v1/orders/{id}/completions", Op::CompleteOrder, orders::complete)
        .post("/v1/orders/{id}/notes", Op::AddNote, orders::note)
        .post("/v1/orders/{id}/returns", Op::RequestReturn, returns::request)
        .get("/v1/sales", Op::ReadSales, sales::read).query(sales::PARAMETERS)
}

#[rustfmt::skip]
fn finance() -> Table {
    Table::new()
        .get("/v1/payments/{id}", Op::ReadPayment, payments::read)
        .post("/v1/payments/{id}/captures", Op::CapturePayment, payments::capture)
        .post("/v1/payments/{id}/voids", Op::VoidPayment, payments::void)
        .post("/v1/payments/{id}/refunds", Op::RefundPayment, payments::refund)
        .get("/v1/ledger/accounts", Op::ListLedgerAccounts, ledger::accounts)
        .get("/v1/ledger/entries", Op::ListLedgerEntries, ledger::entries).query(ledger::ENTRIES_PARAMETERS)
        .get("/v1/ledger/trial-balance", Op::ReadTrialBalance, ledger::trial_balance)
}

#[rustfmt::skip]
fn auditors() -> Table {
    Table::new()
        .get("/v1/events", Op::ListEvents, events::list).query(events::LIST_PARAMETERS)
        .get("/v1/streams/{id}", Op::ReadStream, events::stream).query(events::STREAM_PARAMETERS)
}

#[rustfmt::skip]
fn operators() -> Table {
    Table::new()
        .get("/v1/projections", Op::ListProjections, projections::list)
        .get("/v1/projections/{name}", Op::ReadProjection, projections::read)
        .get("/v1/attention", Op::ListAttention, attention::list).query(PAGES)
        .post("/v1/attention/{payment_id}/decisions", Op::DecideAttention, attention::decide)
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
