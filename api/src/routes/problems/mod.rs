//! `/problems`: a short page for every kind of problem, as the problems' `type` names it.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HeaderValue};

use crate::problem::{Code, Problem};
use crate::request::Place;

const MARKDOWN: HeaderValue = HeaderValue::from_static("text/markdown; charset=utf-8");

/// `GET /problems`: all of them.
pub async fn list() -> Response {
    let lines = Code::ALL.iter().map(|code| {
        let (name, status) = (code.as_str(), code.status().as_u16());
        format!(
            "- [{name}](/problems/{name}) ({status}): {}\n",
            code.title()
        )
    });
    let page = format!("# Problems\n\n{}", lines.collect::<String>());
    ([(CONTENT_TYPE, MARKDOWN)], page).into_response()
}

/// `GET /problems/{code}`: one of them.
pub async fn read(Place(code): Place<String>) -> Result<Response, Problem> {
    let code = Code::find(&code).ok_or_else(|| {
        Problem::not_found("there is no problem of this name; /problems lists them all")
    })?;
    let page = format!(
        "# {}\n\nCode `{}`, status {}.\n\n{}\n",
        code.title(),
        code.as_str(),
        code.status(),
        code.explanation()
    );
    Ok(([(CONTENT_TYPE, MARKDOWN)], page).into_response())
}
