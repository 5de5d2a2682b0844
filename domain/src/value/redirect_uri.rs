//! Where a person is sent back to after they let a client in.
//!
//! An open redirect hands codes to whoever asks, so an address is registered whole and compared
//! whole (RFC 9700, section 2.1). What can be registered is written one way only: it must be
//! exactly what the URL standard makes of it, which leaves no room for a second reading by `@`,
//! `\`, upper case, dots, a default port or an encoded host.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::ValueError;

/// Longest [`RedirectUri`], in characters.
pub const REDIRECT_URI_CHARS_MAX: usize = 500;

const RIGHT: &str = "a redirect URI is https, or http to 127.0.0.1, [::1] or localhost, in its \
                     normal form, without user, password and fragment, at most 500 characters";

/// What is allowed at the front, for the JSON Schemas of events.
#[cfg(test)]
const PATTERN: &str =
    r"^(https://[^/?#@\\]+|http://(127\.0\.0\.1|\[::1\]|localhost)(:[0-9]+)?)([/?][!-~]*)?$";

/// A registered redirect URI: https, or http to this very machine.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(
    with = "String",
    extend("pattern" = PATTERN, "maxLength" = REDIRECT_URI_CHARS_MAX)
))]
pub struct RedirectUri(Arc<str>);

impl RedirectUri {
    /// Checks `text` and keeps it.
    pub fn new(text: impl AsRef<str>) -> Result<Self, ValueError> {
        let text = text.as_ref();
        check(text).map_err(|wrong| ValueError::new("redirect URI", text, wrong, RIGHT))?;
        Ok(Self(Arc::from(text)))
    }

    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a request that names `asked` may be sent there: the same text. Of an address of
    /// this machine, by number, the port may be another (RFC 8252, section 7.3): a native
    /// application takes the one that is free.
    #[must_use]
    pub fn allows(&self, asked: &str) -> bool {
        if *self.0 == *asked {
            return true;
        }
        let Ok(asked) = Self::new(asked) else {
            return false;
        };
        matches!((self.without_port(), asked.without_port()), (Some(own), Some(other)) if own == other)
    }

    /// What is compared of an address of this machine by number; nothing for others.
    fn without_port(&self) -> Option<Url> {
        let mut url = Url::parse(&self.0).ok()?;
        let is_by_number = matches!(url.host()?, Host::Ipv4(_) | Host::Ipv6(_));
        if url.scheme() != "http" || !is_by_number {
            return None;
        }
        url.set_port(None).ok()?;
        Some(url)
    }
}

fn check(text: &str) -> Result<(), String> {
    if text.len() > REDIRECT_URI_CHARS_MAX {
        return Err(format!("it has {} characters", text.len()));
    }
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address == std::net::Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == std::net::Ipv6Addr::LOCALHOST,
        None => return Err("it names no host".into()),
    };
    if !(url.scheme() == "https" || url.scheme() == "http" && is_here) {
        return Err("it is neither https nor to this machine".into());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it names a user".into());
    }
    if url.fragment().is_some() {
        return Err("it has a fragment".into());
    }
    // A bare origin may be written without the slash that stands for its path.
    let normal = url.as_str();
    let is_origin = url.path() == "/" && url.query().is_none();
    if normal == text || is_origin && normal.strip_suffix('/') == Some(text) {
        return Ok(());
    }
    Err(format!("its normal form is {normal}"))
}

impl FromStr for RedirectUri {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        Self::new(text)
    }
}

impl TryFrom<String> for RedirectUri {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, ValueError> {
        Self::new(text)
    }
}

impl From<RedirectUri> for String {
    fn from(uri: RedirectUri) -> Self {
        uri.0.as_ref().to_owned()
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Debug for RedirectUri {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}", &*self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> RedirectUri {
        RedirectUri::new(text).unwrap()
    }

    #[test]
    fn https_and_this_machine_can_be_registered() {
        for text in [
            "https://app.example",
            "https://app.example/back?from=daybook",
            "https://app.example:8443/back",
            "http://127.0.0.1/back",
            "http://[::1]:3000/",
            "http://localhost:3000/back",
        ] {
            assert_eq!(uri(text).as_str(), text);
        }
    }

    #[test]
    fn what_can_be_read_two_ways_cannot_be_registered() {
        for text in [
            "",
            "/back",
            "http://app.example/back",
            "http://127.0.0.1.evil.example/",
            "http://127.1/",
            "http://10.0.0.1/",
            "https://app.example@evil.example/",
            "https://user:word@app.example/",
            "https://app.example/#back",
            "https://app.example\\@evil.example/",
            "https://APP.example/",
            "https://app.example:443/",
            "https://app.example/a/../b",
            "https://app.example/a b",
            "https:///app.example/",
            " https://app.example/",
            "https://app.example/\n",
            "javascript:alert(1)",
            "data:text/html,x",
            "com.example.app:/back",
            &format!("https://app.example/{}", "a".repeat(REDIRECT_URI_CHARS_MAX)),
        ] {
            assert!(RedirectUri::new(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_the_same_text_is_allowed() {
        let registered = uri("https://app.example/back");
        assert!(registered.allows("https://app.example/back"));
        for text in [
            "https://app.example/back/",
            "https://app.example/back?x",
            "https://app.example:8443/back",
            "https://app.example/BACK",
            "https://app.example.evil.example/back",
            "http://app.example/back",
        ] {
            assert!(!registered.allows(text), "{text}");
        }
        assert!(!uri("http://localhost:1/").allows("http://localhost:2/"));
    }

    #[test]
    fn a_native_application_may_come_from_any_port_of_this_machine() {
        let registered = uri("http://127.0.0.1/back");
        assert!(registered.allows("http://127.0.0.1:49152/back"));
        for text in [
            "http://127.0.0.1:49152/other",
            "http://[::1]:49152/back",
            "http://127.0.0.1:49152/back?x",
            "http://127.0.0.1:49152@evil.example/back",
        ] {
            assert!(!registered.allows(text), "{text}");
        }
    }
}
