//! The OIDC server that `make test` started (`scripts/oidc/server.js`). It keeps nothing, so all tests share it.

/// Its issuer, from `OIDC_ISSUER`.
pub fn oidc_issuer() -> String {
    std::env::var("OIDC_ISSUER").unwrap_or_else(|_| {
        panic!(
            "OIDC_ISSUER is not set: run through `make test`, or start one with scripts/oidc/up.sh"
        )
    })
}
