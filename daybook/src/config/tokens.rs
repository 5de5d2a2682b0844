//! The settings of tokens: how long they live, how long a key signs, and whose tokens besides our own are accepted.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use domain::value::Scope;
use identity::ForeignOptions;
use serde::Deserialize;

/// Longest life of an access token, in seconds (RFC 9068 leaves it open; ours cannot be taken back one by one).
const ACCESS_TOKEN_SECONDS_MAX: u64 = 600;
/// Longest that a key signs, in days.
const KEY_DAYS_MAX: u64 = 366;

const RIGHT: &str = r#"it is a list such as [{"issuer": "https://id.example.org", "audience": "https://shop.example.org", "scopes": ["orders:read"]}]"#;

/// How tokens are made and accepted, checked.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// How long an access token lives.
    pub access_lifetime: Duration,
    /// How long a key signs.
    pub rotate_keys_every: Duration,
    /// Other issuers whose tokens are accepted.
    pub foreign: Vec<ForeignOptions>,
}

/// A list in the file, or its JSON in the environment.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum ForeignIssuers {
    List(Vec<ForeignIssuer>),
    Json(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ForeignIssuer {
    issuer: String,
    audience: String,
    scopes: Vec<String>,
    #[serde(default)]
    types: Vec<String>,
}

/// The settings as the file has them.
pub(super) struct Raw {
    pub access_token_seconds: u64,
    pub key_days: u64,
    pub foreign_issuers: ForeignIssuers,
}

impl Raw {
    pub fn checked(self) -> Result<Tokens> {
        let (seconds, days) = (self.access_token_seconds, self.key_days);
        if !(1..=ACCESS_TOKEN_SECONDS_MAX).contains(&seconds) {
            bail!(
                "DAYBOOK_ACCESS_TOKEN_SECONDS is {seconds}; it is from 1 to {ACCESS_TOKEN_SECONDS_MAX}"
            );
        }
        if !(1..=KEY_DAYS_MAX).contains(&days) {
            bail!("DAYBOOK_KEY_DAYS is {days}; it is from 1 to {KEY_DAYS_MAX}");
        }
        Ok(Tokens {
            access_lifetime: Duration::from_secs(seconds),
            rotate_keys_every: Duration::from_secs(days * 24 * 3_600),
            foreign: foreign(self.foreign_issuers).context("DAYBOOK_FOREIGN_ISSUERS")?,
        })
    }
}

fn foreign(given: ForeignIssuers) -> Result<Vec<ForeignOptions>> {
    let list = match given {
        ForeignIssuers::List(list) => list,
        ForeignIssuers::Json(text) if text.trim().is_empty() => Vec::new(),
        ForeignIssuers::Json(text) => serde_json::from_str(&text).context(RIGHT)?,
    };
    let mut issuers: Vec<ForeignOptions> = Vec::new();
    for issuer in list {
        let issuer = checked(issuer)?;
        if issuers.iter().any(|known| known.issuer == issuer.issuer) {
            bail!("the issuer {} is there twice", issuer.issuer);
        }
        issuers.push(issuer);
    }
    Ok(issuers)
}

fn checked(given: ForeignIssuer) -> Result<ForeignOptions> {
    if !identity::is_safe_address(&given.issuer) {
        bail!(
            "the issuer `{}` is not an https address (http is for this machine alone)",
            given.issuer
        );
    }
    if given.audience.is_empty() {
        bail!(
            "the issuer {} has no audience; it is what `aud` in its tokens has to be",
            given.issuer
        );
    }
    let scopes = given.scopes.iter().map(|scope| scope.parse::<Scope>());
    Ok(ForeignOptions {
        scopes: scopes.collect::<Result<_, _>>()?,
        issuer: given.issuer,
        audience: given.audience,
        types: given.types,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Result<Vec<ForeignOptions>> {
        foreign(ForeignIssuers::Json(text.to_owned()))
    }

    #[test]
    fn issuers_are_a_list_in_json() {
        assert!(json("").unwrap().is_empty());
        let one = r#"{"issuer": "https://id.example", "audience": "shop", "scopes": ["orders:read"], "types": ["JWT"]}"#;
        let read = json(&format!("[{one}]")).unwrap();
        assert_eq!(read[0].issuer, "https://id.example");
        assert_eq!(read[0].scopes, [Scope::OrdersRead]);
        for (wrong, right) in [
            ("x".to_owned(), "it is a list such as"),
            (format!("[{one},{one}]"), "twice"),
            (
                one.replace("https", "http")
                    .replace("{", "[{")
                    .replace("}", "}]"),
                "https",
            ),
            (
                format!("[{one}]").replace("orders:read", "orders:eat"),
                "a scope is one of",
            ),
            (format!("[{one}]").replace("\"shop\"", "\"\""), "audience"),
        ] {
            let refused = format!("{:#}", json(&wrong).unwrap_err());
            assert!(refused.contains(right), "{wrong}: {refused}");
        }
    }
}
