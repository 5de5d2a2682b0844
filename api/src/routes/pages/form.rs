//! What a page's form sends (`application/x-www-form-urlencoded`), and what is told when it does not go through.

use std::collections::BTreeMap;

use access::Secret;
use axum::extract::{FromRequest, Request};
use commands::Context;
use http::StatusCode;

use crate::Api;
use crate::answer::html::Page;
use crate::problem::Problem;
use crate::request::read_body;
use crate::trace::Trace;

/// The fields of a form that was sent.
pub struct Sent {
    fields: BTreeMap<String, Secret<String>>,
    /// What is recorded beside the events.
    pub context: Context,
}

impl Sent {
    /// A field; empty if it was not sent.
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |value| value.expose())
    }
}

impl FromRequest<Api> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = read_body(body, api.options()).await?;
        let fields = form_urlencoded::parse(&bytes);
        let fields =
            fields.map(|(name, value)| (name.into_owned(), Secret::new(value.into_owned())));
        Ok(Self {
            fields: fields.collect(),
            context: Context {
                actor: "anonymous".to_owned(),
                traceparent: Trace::of_request(&parts).traceparent,
                ..Context::default()
            },
        })
    }
}

/// The page that says what went wrong.
pub fn refused(title: &str, problem: &Problem) -> Page {
    let status = problem.code().status();
    let page = Page::new(status, title);
    match status {
        StatusCode::INTERNAL_SERVER_ERROR => {
            page.text("Something went wrong on our side. Please try again later.")
        }
        _ => page.text(problem.detail()),
    }
}
