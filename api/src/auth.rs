//! Who sends a request. For now there is one principal, who holds the configured token.
//!
//! [`Principal`] is the only door: the guarded part of the router takes it as a layer, handlers take it as an
//! argument. When accounts come, it will say which account, session and scopes, and the check "may this
//! principal send this command" will stand where the command is made from the request, with the command's type.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::header::AUTHORIZATION;
use http::request::Parts;
use subtle::ConstantTimeEq;

use crate::Api;
use crate::problem::{Code, Problem};

/// Who sent the request, proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// As recorded beside events.
    pub actor: String,
}

impl Principal {
    fn of(parts: &Parts, token: &str) -> Result<Option<Self>, Problem> {
        let mut given = parts.headers.get_all(AUTHORIZATION).iter();
        let (Some(header), None) = (given.next(), given.next()) else {
            return if parts.headers.contains_key(AUTHORIZATION) {
                Err(refused("there are several Authorization headers; send one"))
            } else {
                Ok(None)
            };
        };
        let bearer = header.as_bytes().split_at_checked("bearer ".len());
        match bearer {
            Some((scheme, given)) if scheme.eq_ignore_ascii_case(b"bearer ") => {
                if bool::from(given.trim_ascii().ct_eq(token.as_bytes())) {
                    Ok(Some(Self {
                        actor: "service:token".to_owned(),
                    }))
                } else {
                    Err(refused(
                        "the bearer token is not one that this server accepts",
                    ))
                }
            }
            _ => Err(refused(
                "the Authorization header is not of the form `Bearer TOKEN`",
            )),
        }
    }
}

fn refused(detail: &str) -> Problem {
    Problem::new(Code::AuthenticationRequired, detail)
}

impl FromRequestParts<Api> for Principal {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        Self::of(parts, &api.options().token)?
            .ok_or_else(|| refused("this needs the header `Authorization: Bearer TOKEN`"))
    }
}

impl OptionalFromRequestParts<Api> for Principal {
    type Rejection = Problem;

    /// Nobody is fine where anonymous clients may go; a wrong token is wrong everywhere.
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Option<Self>, Problem> {
        Self::of(parts, &api.options().token)
    }
}
