//! A query's request: what it must at least show, what the client has already, and whose things alone are there for it.

use std::time::Instant;

use axum::extract::FromRequestParts;
use http::header::IF_NONE_MATCH;
use http::request::Parts;
use projections::{Queries, order_detail};

use super::headers;
use crate::Api;
use crate::auth::Allowed;
use crate::problem::Problem;

/// The conditions of a read.
#[derive(Debug)]
pub struct Read {
    only_of: Option<String>,
    min_position: Option<u64>,
    if_none_match: Option<String>,
}

impl FromRequestParts<Api> for Read {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let allowed = Allowed::from_request_parts(parts, api).await?;
        let known = parts.headers.get_all(IF_NONE_MATCH).iter();
        let known: Vec<&str> = known.filter_map(|it| it.to_str().ok()).collect();
        Ok(Self {
            only_of: allowed.only_of(),
            min_position: headers::min_position(&parts.headers)?,
            if_none_match: (!known.is_empty()).then(|| known.join(",")),
        })
    }
}

impl Read {
    /// The readers' handle, once this projection has posted what the client wants to see. To it, what is others' is not there
    /// where the client reaches only their own.
    pub async fn caught_up(
        &self,
        api: &Api,
        projection: &projections::Projection,
    ) -> Result<Queries, Problem> {
        let queries = api.queries()?;
        if let Some(position) = self.min_position {
            let deadline = Instant::now() + api.options().min_position_wait;
            let wait = |name| queries.wait_for(name, position, deadline);
            wait(projection.name).await?;
            // Whose an order is stands there.
            if self.only_of.is_some() {
                wait(order_detail::PROJECTION.name).await?;
            }
        }
        Ok(queries.only_of(self.only_of.clone()))
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
