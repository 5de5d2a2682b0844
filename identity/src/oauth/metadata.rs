//! Where everything is (RFC 8414, OpenID Connect Discovery 3): what is said here is true, and what is not there is not said.
//!
//! Daybook is no OpenID provider: it issues no ID tokens. The document at the OpenID address is the same one, for clients that
//! look there only; what OpenID requires and Daybook has not (`subject_types_supported`, `id_token_signing_alg_values_supported`)
//! is said as far as it is true.

use domain::value::Scope;
use serde::Serialize;

use crate::Identity;

/// The document.
#[derive(Debug, Serialize)]
pub struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    revocation_endpoint: String,
    introspection_endpoint: String,
    jwks_uri: String,
    scopes_supported: Vec<&'static str>,
    response_types_supported: &'static [&'static str],
    response_modes_supported: &'static [&'static str],
    grant_types_supported: &'static [&'static str],
    token_endpoint_auth_methods_supported: &'static [&'static str],
    revocation_endpoint_auth_methods_supported: &'static [&'static str],
    introspection_endpoint_auth_methods_supported: &'static [&'static str],
    code_challenge_methods_supported: &'static [&'static str],
    authorization_response_iss_parameter_supported: bool,
    subject_types_supported: &'static [&'static str],
    service_documentation: String,
}

impl Identity {
    /// Where everything is.
    #[must_use]
    pub fn metadata(&self) -> Metadata {
        let issuer = self.0.options.public_url.clone();
        let at = |path: &str| format!("{issuer}{path}");
        Metadata {
            authorization_endpoint: at("/oauth/authorize"),
            token_endpoint: at("/oauth/token"),
            revocation_endpoint: at("/oauth/revoke"),
            introspection_endpoint: at("/oauth/introspect"),
            jwks_uri: at("/.well-known/jwks.json"),
            service_documentation: at("/openapi.json"),
            scopes_supported: Scope::ALL.iter().map(|scope| scope.as_str()).collect(),
            response_types_supported: &["code"],
            response_modes_supported: &["query"],
            grant_types_supported: &["authorization_code", "refresh_token", "client_credentials"],
            token_endpoint_auth_methods_supported: &[
                "client_secret_basic",
                "client_secret_post",
                "none",
            ],
            revocation_endpoint_auth_methods_supported: &[
                "client_secret_basic",
                "client_secret_post",
                "none",
            ],
            introspection_endpoint_auth_methods_supported: &[
                "client_secret_basic",
                "client_secret_post",
            ],
            code_challenge_methods_supported: &[access::pkce::METHOD],
            authorization_response_iss_parameter_supported: true,
            subject_types_supported: &["public"],
            issuer,
        }
    }
}
