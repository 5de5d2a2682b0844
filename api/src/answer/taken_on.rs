//! The answer to what is taken on and done behind the answer, or that must look as if it was: the same bytes whatever becomes of it.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue};

use super::accepted::REPLAYED;
use super::document::{APPLICATION_JSON, NO_STORE};

/// What was asked for is taken on.
#[derive(Clone, Copy, Debug)]
pub struct TakenOn {
    status: StatusCode,
    body: &'static str,
    repeated: bool,
}

impl TakenOn {
    /// Whoever reads the mail of the address will see what came of it. `repeated`: this very request was taken on before.
    pub fn by_mail(repeated: bool) -> Self {
        Self {
            status: StatusCode::ACCEPTED,
            body: r#"{"next":"read the mail that was sent to the address"}"#,
            repeated,
        }
    }

    /// It is done.
    pub fn done(repeated: bool) -> Self {
        Self {
            status: StatusCode::OK,
            body: r#"{"next":"log in"}"#,
            repeated,
        }
    }
}

impl IntoResponse for TakenOn {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, APPLICATION_JSON);
        headers.insert(CACHE_CONTROL, NO_STORE);
        if self.repeated {
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
        }
        (self.status, headers, self.body).into_response()
    }
}
