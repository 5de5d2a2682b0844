//! Who sends a request, and whether they may: the door of every route.
//!
//! [`guard`] stands before each handler, put there by the route's line in the table (`router.rs`), together with the route's
//! [`Operation`]. It finds out who asks, has [`domain::policy::permit`] decide, and hands the handler what was decided
//! ([`Allowed`]). A handler that was reached without it answers nobody.
//!
//! A token that is not good is refused everywhere, also where none is needed: whoever shows one believes to be somebody.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use domain::policy::{Operation, Principal, Reach, Rule, permit};
use domain::value::Scope;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use subtle::ConstantTimeEq;

use crate::Api;
use crate::problem::{Code, Problem};

/// The name of the service that holds the configured token.
const TOKEN_HOLDER: &str = "token";

/// Who asks, proven, and how far they reach in what they ask for.
#[derive(Clone, Debug)]
pub struct Allowed {
    /// Who asks.
    pub principal: Arc<Principal>,
    /// With what the route's operation may be done.
    pub reach: Reach,
}

impl Allowed {
    /// Whether they may do something besides: what a request says may need more than the request itself.
    pub fn may(&self, operation: Operation) -> bool {
        permit(&self.principal, operation).is_ok()
    }

    /// Refuses what they may not do besides.
    pub fn require(&self, operation: Operation) -> Result<Reach, Problem> {
        Ok(permit(&self.principal, operation)?)
    }

    /// Whose things alone are there.
    pub fn only_of(&self) -> Option<String> {
        self.reach.only_of()
    }
}

impl FromRequestParts<Api> for Allowed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        let allowed = parts.extensions.get::<Self>().cloned();
        allowed.ok_or_else(|| {
            tracing::error!("a route has no operation: nobody was asked whether this is allowed");
            Problem::internal()
        })
    }
}

/// Lets those through who may do this.
#[derive(Clone)]
pub struct Guard {
    /// Who knows the tokens.
    pub api: Api,
    /// What the route does.
    pub operation: Operation,
}

/// Stands before a handler.
pub async fn guard(
    State(guard): State<Guard>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let principal = match guard.operation.rule() {
        Rule::ByItself => Principal::Anonymous,
        Rule::Anybody | Rule::Those(_) => authenticate(&guard.api, request.headers()).await?,
    };
    let reach = permit(&principal, guard.operation)?;
    let principal = Arc::new(principal);
    let allowed = Allowed {
        principal: Arc::clone(&principal),
        reach,
    };
    request.extensions_mut().insert(allowed);
    Ok(guard.api.rates().run(&principal, request, next).await)
}

/// Who shows these headers; nobody where they show no token.
async fn authenticate(api: &Api, headers: &HeaderMap) -> Result<Principal, Problem> {
    let Some(bearer) = bearer(headers)? else {
        return Ok(Principal::Anonymous);
    };
    if let Some(token) = &api.options().token
        && bool::from(bearer.as_bytes().ct_eq(token.as_bytes()))
    {
        return Ok(Principal::Service {
            name: TOKEN_HOLDER.to_owned(),
            scopes: Scope::ALL.iter().copied().collect(),
        });
    }
    match api.identity()? {
        Some(identity) => Ok(identity.authenticate(bearer).await?),
        None => Err(Problem::invalid_token(Code::AuthenticationRequired)),
    }
}

/// The bearer token of a request (RFC 6750, 2.1). Neither bodies nor addresses are looked into for one.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let refused = |detail| Err(Problem::new(Code::AuthenticationRequired, detail));
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let header = match (given.next(), given.next()) {
        (None, _) => return Ok(None),
        (Some(header), None) => header.to_str().unwrap_or_default(),
        _ => return refused("there are several Authorization headers; send one"),
    };
    match header.split_at_checked("bearer ".len()) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer ") => Ok(Some(token.trim())),
        _ => refused("the Authorization header is not of the form `Bearer TOKEN`"),
    }
}
