//! `GET /v1/sales?from=&to=&by=`: what was sold in `[from, to)`, summed by one thing.

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::State;
use axum::response::Response;
use domain::value::Timestamp;
use projections::SalesBy;
use projections::sales::PROJECTION;

use crate::Api;
use crate::answer::{self, Audience};
use crate::problem::Problem;
use crate::request::{Params, Read, missing};

/// What can be asked for.
pub const PARAMETERS: &[&str] = &["from", "to", "by"];

/// Sums sales.
pub async fn read(State(api): State<Api>, read: Read, params: Params) -> Result<Response, Problem> {
    let params = params.only(PARAMETERS, &[])?;
    let bound = |name| {
        let bound = params.read::<Bound>(name)?;
        let bound = bound.ok_or_else(|| missing(name, "a date such as 2017-01-31, or RFC 3339"))?;
        Ok::<_, Problem>(bound.0)
    };
    let (from, to) = (bound("from")?, bound("to")?);
    let by = params.read::<SalesBy>("by")?;
    let by = by.ok_or_else(|| missing("by", "day, hour, department, category, sku or channel"))?;
    let queries = read.caught_up(&api, &PROJECTION).await?;
    let report = queries.sales(from, to, by).await?;
    let body = answer::text(&report)?;
    Ok(answer::overview(&read, Audience::Client, body))
}

/// A moment, or a date: then its beginning in UTC.
struct Bound(Timestamp);

impl FromStr for Bound {
    type Err = Box<dyn Display>;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_date = text.len() == "2017-01-31".len();
        let moment = if is_date {
            Timestamp::parse(&format!("{text}T00:00:00Z"))
        } else {
            Timestamp::parse(text)
        };
        moment.map(Self).map_err(|_| {
            let detail =
                "it is neither a date such as 2017-01-31 nor RFC 3339 such as 2017-01-31T17:00:00Z";
            Box::new(detail) as Box<dyn Display>
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_a_date_or_a_moment() {
        let bound = |text: &str| text.parse::<Bound>().ok().map(|bound| bound.0.to_string());
        let midnight = Some("2017-02-01T00:00:00.000000Z".to_owned());
        assert_eq!(bound("2017-02-01"), midnight);
        assert_eq!(bound("2017-02-01T01:00:00+01:00"), midnight);
        for wrong in ["yesterday", "2017-02-30", "2017-2-1", "", "0123456789"] {
            assert_eq!(bound(wrong), None, "{wrong}");
        }
    }
}
