//! A page of a list: items between the cursors of its neighbours, also as links.

use axum::response::Response;
use http::header::{HeaderValue, LINK};
use projections::Page;
use serde_json::json;

use super::document::{Audience, overview};
use crate::request::{Params, Read};

/// Answers with a page: `{"items":[…],"next":cursor|null,"previous":cursor|null}`.
pub fn page(read: &Read, audience: Audience, params: &Params, page: &Page) -> Response {
    let body = format!(
        r#"{{"items":[{}],"next":{},"previous":{}}}"#,
        page.items.join(","),
        json!(page.next),
        json!(page.previous)
    );
    let mut response = overview(read, audience, body);
    if let Some(links) = links(params, page) {
        response.headers_mut().insert(LINK, links);
    }
    response
}

fn links(params: &Params, page: &Page) -> Option<HeaderValue> {
    let link = |cursor: &Option<String>, name, relation| {
        let target = params.link(name, cursor.as_deref()?);
        Some(format!("<{target}>; rel=\"{relation}\""))
    };
    let next = link(&page.next, "after", "next");
    let previous = link(&page.previous, "before", "prev");
    let links: Vec<String> = next.into_iter().chain(previous).collect();
    if links.is_empty() {
        return None;
    }
    HeaderValue::from_str(&links.join(", ")).ok()
}

#[cfg(test)]
mod tests {
    use axum::extract::FromRequestParts;
    use http::Request;

    use super::*;

    #[tokio::test]
    async fn links_lead_to_both_neighbours() {
        let target = "/v1/orders?limit=2&before=x";
        let (mut parts, ()) = Request::get(target).body(()).unwrap().into_parts();
        let params = Params::from_request_parts(&mut parts, &()).await.unwrap();
        let both = Page {
            items: vec![],
            next: Some("n".into()),
            previous: Some("p".into()),
        };
        assert_eq!(
            links(&params, &both).unwrap(),
            "</v1/orders?limit=2&after=n>; rel=\"next\", </v1/orders?limit=2&before=p>; rel=\"prev\""
        );
        assert!(links(&params, &Page::default()).is_none());
    }
}
