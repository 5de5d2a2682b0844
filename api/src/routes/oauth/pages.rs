//! The pages on which a person logs in and lets a client in.

use domain::value::Scope;
use http::StatusCode;
use identity::oauth::{AuthorizationParams, Shown};

use crate::answer::html::{Form, Page};

/// Where the forms go.
const HERE: &str = "/oauth/authorize";

/// The form to log in; `failed` is why it is shown again.
pub fn log_in(
    shown: &Shown,
    params: &AuthorizationParams,
    failed: Option<(StatusCode, &str)>,
) -> Page {
    let status = failed.map_or(StatusCode::OK, |(status, _)| status);
    let page = Page::new(status, "Log in");
    let page = match failed {
        Some((_, why)) => page.text(why),
        None => page,
    };
    let client = &shown.request.client_name;
    let form = carried(shown, params)
        .field("E-mail address", "email", "email", "username")
        .field("Password", "password", "password", "current-password")
        .field(
            "Code, if you have a second factor",
            "code",
            "text",
            "one-time-code",
        )
        .button("Log in", "answer", "log-in");
    page.text(&format!(
        "{client} asks to use your account. Log in to see what for."
    ))
    .form(HERE, &form)
    .leads_to(&shown.request.leads_to())
}

/// The form to decide.
pub fn consent(shown: &Shown, params: &AuthorizationParams) -> Page {
    let client = &shown.request.client_name;
    let scopes = shown.request.scopes.iter().copied().map(says);
    let form = carried(shown, params)
        .button("Allow", "answer", "allow")
        .button("Deny", "answer", "deny");
    Page::new(StatusCode::OK, &format!("Let {client} in?"))
        .text(&format!("{client} would be able to:"))
        .list(scopes)
        .text("It cannot do more than you can. You can end this at any time under your sessions.")
        .form(HERE, &form)
        .leads_to(&shown.request.leads_to())
}

/// A page that says what is wrong.
pub fn wrong(status: StatusCode, detail: &str) -> Page {
    Page::new(status, "This does not work").text(detail)
}

/// The request and the form's token go with each form unseen.
fn carried(shown: &Shown, params: &AuthorizationParams) -> Form {
    let parameters = [
        ("response_type", &params.response_type),
        ("client_id", &params.client_id),
        ("redirect_uri", &params.redirect_uri),
        ("scope", &params.scope),
        ("state", &params.state),
        ("code_challenge", &params.code_challenge),
        ("code_challenge_method", &params.code_challenge_method),
    ];
    let form = Form::default().hidden("form_token", shown.form_token.expose());
    let given = parameters.into_iter();
    let given = given.filter_map(|(name, value)| Some((name, value.as_deref()?)));
    given.fold(form, |form, (name, value)| form.hidden(name, value))
}

/// A scope, to whoever grants it.
const fn says(scope: Scope) -> &'static str {
    match scope {
        Scope::AccountRead => "read your account: your name, address and sessions",
        Scope::AccountWrite => "change your account",
        Scope::AccountsRead => "search all accounts",
        Scope::AccountsWrite => "lock, unlock and erase accounts and change their roles",
        Scope::CatalogWrite => "change products and prices",
        Scope::ClientsRead => "see which programs are registered",
        Scope::ClientsWrite => "register and change programs",
        Scope::EventsRead => "read the journal",
        Scope::LedgerRead => "read the ledger",
        Scope::OperationsRead => "see how the server is doing",
        Scope::OperationsWrite => "rebuild query tables and settle what needs attention",
        Scope::OrdersChannel => "record orders that were sold and paid elsewhere",
        Scope::OrdersFulfil => "ship orders and receive returns",
        Scope::OrdersRead => "read your orders",
        Scope::OrdersWrite => "place and cancel orders for you",
        Scope::PaymentsRead => "read payments",
        Scope::PaymentsWrite => "capture and refund payments",
        Scope::SalesRead => "read what was sold",
        Scope::StockRead => "read stock",
        Scope::StockWrite => "receive and adjust stock",
    }
}
