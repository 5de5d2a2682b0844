//! The cookie of the browser in which a person lets a client in: it lives for minutes, no script reads it, no other site's form
//! brings it along, and over https no other host can set it (`__Host-`, RFC 6265bis 4.1.3.2).

use http::HeaderMap;
use http::header::{COOKIE, HeaderValue};

const SECURE: &str = "__Host-daybook-authorize";
const PLAIN: &str = "daybook-authorize";
/// How long a browser keeps it, in seconds: as long as a form is good.
const AGE_MAX_SECONDS: u32 = 600;

/// The cookie of a shop at this address.
#[derive(Clone, Copy, Debug)]
pub struct Cookie {
    is_secure: bool,
}

impl Cookie {
    pub fn of(issuer: &str) -> Self {
        let is_secure = issuer.starts_with("https://");
        Self { is_secure }
    }

    /// What the browser brought; nothing if it brought none, or two.
    pub fn read(self, headers: &HeaderMap) -> Option<String> {
        let headers = headers.get_all(COOKIE).iter();
        let pairs = headers.filter_map(|header| header.to_str().ok());
        let pairs = pairs.flat_map(|header| header.split(';'));
        let named = pairs.filter_map(|pair| pair.trim().split_once('='));
        let mut values = named.filter(|(name, _)| *name == self.name());
        match (values.next(), values.next()) {
            (Some((_, value)), None) => Some(value.to_owned()),
            _ => None,
        }
    }

    /// Gives the browser this value.
    pub fn set(self, value: &str) -> Option<HeaderValue> {
        self.header(value, AGE_MAX_SECONDS)
    }

    /// Has the browser forget it.
    pub fn clear(self) -> Option<HeaderValue> {
        self.header("", 0)
    }

    const fn name(self) -> &'static str {
        if self.is_secure { SECURE } else { PLAIN }
    }

    fn header(self, value: &str, age_seconds: u32) -> Option<HeaderValue> {
        let name = self.name();
        let secure = if self.is_secure { "; Secure" } else { "" };
        let text = format!(
            "{name}={value}; Path=/; Max-Age={age_seconds}; HttpOnly; SameSite=Strict{secure}"
        );
        HeaderValue::try_from(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_https_it_is_of_this_host_alone() {
        let set = Cookie::of("https://shop.example").set("x").unwrap();
        assert_eq!(
            set,
            "__Host-daybook-authorize=x; Path=/; Max-Age=600; HttpOnly; SameSite=Strict; Secure"
        );
        let plain = Cookie::of("http://127.0.0.1:8080").set("x").unwrap();
        assert!(!plain.to_str().unwrap().contains("Secure"));
    }

    #[test]
    fn two_are_none() {
        let cookie = Cookie::of("http://127.0.0.1");
        let read = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, HeaderValue::from_static(text));
            cookie.read(&headers)
        };
        assert_eq!(read("a=b; daybook-authorize=x").as_deref(), Some("x"));
        assert_eq!(read("daybook-authorize=x; daybook-authorize=y"), None);
        assert_eq!(read("other=x"), None);
    }
}
