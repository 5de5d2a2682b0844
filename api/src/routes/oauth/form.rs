//! What programs and browsers send to OAuth's endpoints: a form, each parameter once (RFC 6749 3.1, 3.2), and who a client is.

use std::collections::BTreeMap;

use access::Secret;
use axum::extract::{FromRequest, Request};
use data_encoding::BASE64;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;
use identity::oauth::{AuthorizationParams, ClientCredentials, OAuthCode, OAuthError};

use super::answer::Refusal;
use crate::Api;
use crate::request::read_body;

const WRONG_TYPE: &str = "the body is application/x-www-form-urlencoded";
const TWICE: &str = "a parameter is there twice; send each once";
const TWO_WAYS: &str = "the client shows who it is in the header or in the body, not in both";
const BASIC: &str =
    "the Authorization header is Basic, base64 of client_id:client_secret, both form-encoded";

/// Parameters, each there once; overwritten when dropped, for passwords and secrets are among them.
#[derive(Default)]
pub struct Fields(BTreeMap<String, Secret<String>>);

impl Fields {
    /// Reads `name=value&…`.
    pub fn read(text: &[u8]) -> Result<Self, OAuthError> {
        let mut fields = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(text) {
            let value = Secret::new(value.into_owned());
            if fields.insert(name.into_owned(), value).is_some() {
                return Err(OAuthError::new(OAuthCode::InvalidRequest, TWICE));
            }
        }
        Ok(Self(fields))
    }

    /// A parameter. One without a value is as good as not there (RFC 6749 3.1).
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name).map(|value| value.expose().as_str());
        value.filter(|value| !value.is_empty())
    }

    /// A parameter, to be kept.
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// A parameter that nobody is to see.
    pub fn secret(&self, name: &str) -> Secret<String> {
        let value = self.0.get(name).cloned();
        value.unwrap_or_else(|| Secret::new(String::new()))
    }

    /// The authorization request among them.
    pub fn authorization(&self) -> AuthorizationParams {
        AuthorizationParams {
            response_type: self.text("response_type"),
            client_id: self.text("client_id"),
            redirect_uri: self.text("redirect_uri"),
            scope: self.text("scope"),
            state: self.text("state"),
            code_challenge: self.text("code_challenge"),
            code_challenge_method: self.text("code_challenge_method"),
        }
    }
}

/// A form that a program sent.
pub struct ProgramForm {
    /// Its parameters.
    pub fields: Fields,
    /// Who sent it.
    pub client: ClientCredentials,
}

impl FromRequest<Api> for ProgramForm {
    type Rejection = Refusal;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        check_type(&parts)?;
        let fields = Fields::read(&read_body(body, api.options()).await?)?;
        let client = client(&parts, &fields)?;
        Ok(Self { fields, client })
    }
}

/// Refuses a body that is no form.
pub fn check_type(parts: &Parts) -> Result<(), OAuthError> {
    let given = parts.headers.get(CONTENT_TYPE);
    let given = given
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Ok(());
    }
    Err(OAuthError::new(OAuthCode::InvalidRequest, WRONG_TYPE))
}

/// Who a client says to be, in one of two ways (RFC 6749 2.3.1).
fn client(parts: &Parts, fields: &Fields) -> Result<ClientCredentials, OAuthError> {
    let in_body = ClientCredentials {
        id: fields.text("client_id"),
        secret: fields.text("client_secret"),
    };
    let mut headers = parts.headers.get_all(AUTHORIZATION).iter();
    let header = match (headers.next(), headers.next()) {
        (None, _) => return Ok(in_body),
        (Some(header), None) => header.to_str().unwrap_or_default(),
        _ => return Err(OAuthError::new(OAuthCode::InvalidRequest, TWO_WAYS)),
    };
    let in_header = basic(header).ok_or(OAuthError::new(OAuthCode::InvalidClient, BASIC))?;
    let is_same = in_body.id.is_none() || in_body.id == in_header.id;
    if in_body.secret.is_some() || !is_same {
        return Err(OAuthError::new(OAuthCode::InvalidRequest, TWO_WAYS));
    }
    Ok(in_header)
}

fn basic(header: &str) -> Option<ClientCredentials> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = BASE64.decode(encoded.trim().as_bytes()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some(ClientCredentials {
        id: Some(form_decoded(id)),
        secret: Some(form_decoded(secret)),
    })
}

/// The id and the secret are form-encoded before they are put together. Ours have no character that this changes.
fn form_decoded(text: &str) -> String {
    let pair = format!("x={text}");
    let mut pairs = form_urlencoded::parse(pair.as_bytes());
    pairs
        .next()
        .map_or_else(String::new, |(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn parts(authorization: Option<&str>) -> Parts {
        let mut request = Request::builder();
        if let Some(value) = authorization {
            request = request.header(AUTHORIZATION, value);
        }
        request.body(Body::empty()).unwrap().into_parts().0
    }

    #[test]
    fn a_parameter_that_is_there_twice_is_refused() {
        assert!(Fields::read(b"code=a&code=a").is_err());
        let fields = Fields::read(b"code=a&state=").unwrap();
        assert_eq!((fields.get("code"), fields.get("state")), (Some("a"), None));
    }

    #[test]
    fn a_client_shows_who_it_is_in_one_way() {
        let body = Fields::read(b"client_id=a&client_secret=s").unwrap();
        let none = Fields::default();
        let header = format!("Basic {}", BASE64.encode(b"a%2Fb:s+t"));
        let given = client(&parts(Some(&header)), &none).unwrap();
        assert_eq!(
            (given.id.as_deref(), given.secret.as_deref()),
            (Some("a/b"), Some("s t"))
        );
        let given = client(&parts(None), &body).unwrap();
        assert_eq!(
            (given.id.as_deref(), given.secret.as_deref()),
            (Some("a"), Some("s"))
        );
        assert!(client(&parts(Some(&header)), &body).is_err());
        for wrong in ["Bearer x", "Basic", "Basic ???", "Basic YQ=="] {
            let refused = client(&parts(Some(wrong)), &none).err().unwrap();
            assert_eq!(refused.code, OAuthCode::InvalidClient, "{wrong}");
        }
    }
}
