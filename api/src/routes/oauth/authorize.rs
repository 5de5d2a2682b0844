//! `GET|POST /oauth/authorize`: a person logs in and lets a client in (RFC 6749 3.1, 4.1). One form to log in, one to decide; both
//! are posted here.

use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, HeaderValue, LOCATION, REFERRER_POLICY, SET_COOKIE};
use http::{HeaderMap, StatusCode, Uri};
use identity::oauth::{
    Ask, Asked, AuthorizationFault, AuthorizationParams, Decision, FormFault, OAuthError, Shown,
};

use super::answer::status;
use super::cookie::Cookie;
use super::form::{Fields, check_type};
use super::pages;
use crate::Api;
use crate::answer::html::Page;
use crate::problem::Problem;
use crate::request::read_body;

const BEGIN_AGAIN: &str = "This form is not one that your browser was given a moment ago. Go back to the program that sent you \
                           here, and begin again.";

/// A client has sent somebody here.
pub async fn authorize(State(api): State<Api>, uri: Uri) -> Result<Response, Problem> {
    let people = api.people()?;
    let cookie = Cookie::of(people.issuer());
    let fields = match Fields::read(uri.query().unwrap_or_default().as_bytes()) {
        Ok(fields) => fields,
        Err(error) => return Ok(failed(&error).into_response()),
    };
    let params = fields.authorization();
    Ok(match people.begin_authorization(&params).await {
        Ok(shown) => with_cookie(
            pages::log_in(&shown, &params, None),
            cookie.set(shown.cookie.expose()),
        ),
        Err(fault) => refused(fault),
    })
}

/// Somebody has filled in one of the forms.
pub async fn submit(State(api): State<Api>, form: BrowserForm) -> Result<Response, Problem> {
    let people = api.people()?;
    let cookie = Cookie::of(people.issuer());
    let fields = match form.fields {
        Ok(fields) => fields,
        Err(error) => return Ok(failed(&error).into_response()),
    };
    let params = fields.authorization();
    let brought = cookie.read(&form.headers).unwrap_or_default();
    let asked = Asked {
        params: &params,
        cookie: &brought,
        form_token: fields.get("form_token").unwrap_or_default(),
    };
    let decision = match fields.get("answer") {
        Some("allow") => Decision::Allow,
        Some("deny") => Decision::Deny,
        _ => {
            let outcome = people.log_in_to_authorize(asked, &ask(&fields)).await;
            return Ok(logged_in(outcome, &params, cookie));
        }
    };
    Ok(match people.decide_authorization(asked, decision).await {
        Ok(to) => with_cookie(sent_to(&to), cookie.clear()),
        Err(fault) => unanswered(fault, &params, cookie),
    })
}

fn ask(fields: &Fields) -> Ask {
    Ask {
        email: fields.secret("email"),
        password: fields.secret("password"),
        code: fields.get("code").map(|_| fields.secret("code")),
    }
}

fn logged_in(
    outcome: Result<Shown, FormFault>,
    params: &AuthorizationParams,
    cookie: Cookie,
) -> Response {
    match outcome {
        Ok(shown) => with_cookie(
            pages::consent(&shown, params),
            cookie.set(shown.cookie.expose()),
        ),
        Err(fault) => unanswered(fault, params, cookie),
    }
}

fn unanswered(fault: FormFault, params: &AuthorizationParams, cookie: Cookie) -> Response {
    match fault {
        FormFault::Request(fault) => refused(fault),
        FormFault::Forged => pages::wrong(StatusCode::FORBIDDEN, BEGIN_AGAIN).into_response(),
        FormFault::Failed(error) => failed(&error).into_response(),
        FormFault::LogIn { again, why } => {
            let problem = Problem::from(why);
            let why = (problem.code().status(), problem.detail());
            let page = pages::log_in(&again, params, Some(why));
            with_cookie(page, cookie.set(again.cookie.expose()))
        }
    }
}

fn refused(fault: AuthorizationFault) -> Response {
    match fault {
        AuthorizationFault::Shown { detail } => {
            pages::wrong(StatusCode::BAD_REQUEST, detail).into_response()
        }
        AuthorizationFault::Redirected { to } => sent_to(&to).into_response(),
        AuthorizationFault::Failed(error) => failed(&error).into_response(),
    }
}

fn failed(error: &OAuthError) -> Page {
    pages::wrong(status(error.code), error.description)
}

/// Sends the browser on with a GET (RFC 9700 4.12: 303, so that no form goes with it).
fn sent_to(address: &str) -> (StatusCode, HeaderMap) {
    let mut headers = HeaderMap::new();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    match HeaderValue::try_from(address) {
        Ok(address) => {
            headers.insert(LOCATION, address);
            (StatusCode::SEE_OTHER, headers)
        }
        Err(_) => {
            tracing::error!("an address to be sent back to cannot be written into a header");
            (StatusCode::INTERNAL_SERVER_ERROR, headers)
        }
    }
}

fn with_cookie(response: impl IntoResponse, cookie: Option<HeaderValue>) -> Response {
    let mut response = response.into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

/// A form that a browser sent. What is wrong with it is for a page.
pub struct BrowserForm {
    headers: HeaderMap,
    fields: Result<Fields, OAuthError>,
}

impl FromRequest<Api> for BrowserForm {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = read_body(body, api.options()).await?;
        let fields = check_type(&parts).and_then(|()| Fields::read(&bytes));
        let headers = parts.headers;
        Ok(Self { headers, fields })
    }
}
