//! A query's request: what it must at least show, and what the client has already.

use std::time::Instant;

use axum::extract::FromRequestParts;
use http::header::IF_NONE_MATCH;
use http::request::Parts;
use projections::Queries;

use super::headers;
use crate::Api;
use crate::problem::Problem;

/// The conditions of a read.
#[derive(Debug)]
pub struct Read {
    min_position: Option<u64>,
    if_none_match: Option<String>,
}

impl FromRequestParts<Api> for Read {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        let known = parts.headers.get_all(IF_NONE_MATCH).iter();
        let known: Vec<&str> = known.filter_map(|it| it.to_str().ok()).collect();
        Ok(Self {
            min_position: headers::min_position(&parts.headers)?,
            if_none_match: (!known.is_empty()).then(|| known.join(",")),
        })
    }
}

impl Read {
    /// The readers' handle, once this projection has posted what the client wants to see.
    pub async fn caught_up<'a>(
        &self,
        api: &'a Api,
        projection: &projections::Projection,
    ) -> Result<&'a Queries, Problem> {
        let queries = api.queries()?;
        if let Some(position) = self.min_position {
            let deadline = Instant::now() + api.options().min_position_wait;
            queries
                .wait_for(projection.name, position, deadline)
                .await?;
        }
        Ok(queries)
    }

    /// Whether the client has what this `ETag` names.
    pub fn has_already(&self, etag: &str) -> bool {
        let known = self.if_none_match.as_deref();
        known.is_some_and(|known| headers::has_already(known, etag))
    }

    /// A position that the answer shows for certain, where one is known.
    pub fn position(&self) -> Option<u64> {
        self.min_position
    }
}
