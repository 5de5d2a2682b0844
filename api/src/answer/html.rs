//! Pages for people: a title, a few sentences, a form. No script, no outside resource, everything escaped by one function.
//!
//! What holds: whatever a value is, it is shown as text ([`escape`] is the only way into a [`Page`]); a page runs no script, is
//! framed by nobody, is kept by no cache, and tells no other site where its reader was.

use axum::response::{IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderValue, StatusCode};

use crate::problem::OwnForm;

/// The style of every page; the policy names it by its hash.
const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:30rem;margin:4rem auto;padding:0 1rem}\
    label{display:block;margin:1rem 0 .25rem}input{width:100%;box-sizing:border-box;font:inherit;padding:.4rem}\
    button{font:inherit;margin:1.5rem .5rem 0 0;padding:.4rem 1.2rem}";

/// SHA-256 of [`STYLE`] in base64; a test keeps the two together.
const STYLE_HASH: &str = "sha256-TPehuO3MXFqX05OjY7uctb0zUvc8MVYNAzcJ0eWNELI=";

/// Text as HTML text, fit for attributes in double quotes too.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A page.
#[derive(Debug)]
pub struct Page {
    status: StatusCode,
    title: String,
    body: String,
    /// Where forms may lead besides this server: the origin that a form's answer redirects to.
    leads_to: Option<String>,
}

impl Page {
    /// A page with this title, which is its heading too.
    #[must_use]
    pub fn new(status: StatusCode, title: &str) -> Self {
        let title = escape(title);
        let body = format!("<h1>{title}</h1>");
        Self {
            status,
            title,
            body,
            leads_to: None,
        }
    }

    /// A sentence or two.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.body.push_str(&format!("<p>{}</p>", escape(text)));
        self
    }

    /// A list.
    #[must_use]
    pub fn list(mut self, items: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.body.push_str("<ul>");
        for item in items {
            self.body
                .push_str(&format!("<li>{}</li>", escape(item.as_ref())));
        }
        self.body.push_str("</ul>");
        self
    }

    /// A form that is posted to `action`.
    #[must_use]
    pub fn form(mut self, action: &str, form: &Form) -> Self {
        let action = escape(action);
        let fields = &form.0;
        self.body.push_str(&format!(
            "<form method=\"post\" action=\"{action}\">{fields}</form>"
        ));
        self
    }

    /// Lets a form's answer redirect to this origin (CSP `form-action` binds redirects too).
    #[must_use]
    pub fn leads_to(mut self, origin: &str) -> Self {
        // An origin has no such characters; with one it would be another policy.
        if !origin.contains([' ', ';', ',', '\r', '\n']) {
            self.leads_to = Some(origin.to_owned());
        }
        self
    }

    fn policy(&self) -> String {
        let leads_to = self.leads_to.as_deref().unwrap_or_default();
        format!(
            "default-src 'none'; style-src '{STYLE_HASH}'; form-action 'self' {leads_to}; base-uri 'none'; \
             frame-ancestors 'none'"
        )
    }
}

/// The fields and buttons of a form.
#[derive(Debug, Default)]
pub struct Form(String);

impl Form {
    /// A value that goes with it unseen.
    #[must_use]
    pub fn hidden(mut self, name: &str, value: &str) -> Self {
        let (name, value) = (escape(name), escape(value));
        self.0.push_str(&format!(
            "<input type=\"hidden\" name=\"{name}\" value=\"{value}\">"
        ));
        self
    }

    /// A field to fill in: `kind` is HTML's (`email`, `password`, `text`), `autocomplete` tells a browser what it may fill in.
    #[must_use]
    pub fn field(mut self, label: &str, name: &str, kind: &str, autocomplete: &str) -> Self {
        let [label, name, kind, autocomplete] = [label, name, kind, autocomplete].map(escape);
        self.0.push_str(&format!(
            "<label for=\"{name}\">{label}</label>\
             <input id=\"{name}\" name=\"{name}\" type=\"{kind}\" autocomplete=\"{autocomplete}\">"
        ));
        self
    }

    /// A button, which sends `name=value`.
    #[must_use]
    pub fn button(mut self, label: &str, name: &str, value: &str) -> Self {
        let [label, name, value] = [label, name, value].map(escape);
        self.0.push_str(&format!(
            "<button name=\"{name}\" value=\"{value}\">{label}</button>"
        ));
        self
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let policy = self.policy();
        let Self {
            status,
            title,
            body,
            ..
        } = self;
        let html = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style>\
             </head><body>{body}</body></html>\n"
        );
        let mut response = (status, html).into_response();
        let headers = response.headers_mut();
        let fixed = [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
            (CACHE_CONTROL, "no-store"),
            (REFERRER_POLICY, "no-referrer"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (X_FRAME_OPTIONS, "DENY"),
        ];
        for (name, value) in fixed {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response.extensions_mut().insert(OwnForm);
        let headers = response.headers_mut();
        let policy = HeaderValue::try_from(policy);
        let nothing = HeaderValue::from_static("default-src 'none'");
        headers.insert(CONTENT_SECURITY_POLICY, policy.unwrap_or(nothing));
        response
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    const HOSTILE: &str = r#"</p><script>alert('x')</script>" onload="y"#;

    #[test]
    fn whatever_is_shown_is_text() {
        let form = Form::default()
            .hidden("state", HOSTILE)
            .field(HOSTILE, "name", "text", "off")
            .button(HOSTILE, "answer", HOSTILE);
        let page = Page::new(StatusCode::OK, HOSTILE)
            .text(HOSTILE)
            .list([HOSTILE])
            .form(HOSTILE, &form);
        assert!(!page.body.contains("<script"));
        assert!(!page.body.contains("\" onload"));
        assert!(!page.title.contains('<'));
    }

    #[test]
    fn the_policy_names_the_style_and_lets_no_other_policy_in() {
        let digest = Sha256::digest(STYLE.as_bytes());
        let base64 = data_encoding::BASE64.encode(&digest);
        assert_eq!(STYLE_HASH, format!("sha256-{base64}"));
        let page = Page::new(StatusCode::OK, "x").leads_to("https://a.example; script-src *");
        assert!(!page.policy().contains("script-src"));
        let page = Page::new(StatusCode::OK, "x").leads_to("https://a.example");
        assert!(
            page.policy()
                .contains("form-action 'self' https://a.example;")
        );
    }
}
