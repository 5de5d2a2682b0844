//! Query parameters: known names only, each once, read strictly.

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use http::request::Parts;
use projections::PageQuery;

use crate::problem::{Code, Problem};

/// How many items a page holds when the client does not say.
const PAGE_ITEMS_DEFAULT: u32 = 50;

/// Most items of a page.
const PAGE_ITEMS_MAX: u64 = 500;

/// The parameters of a list that takes no others.
pub const PAGE_PARAMETERS: &[&str] = &["limit", "after", "before"];

/// The parameters of a request, as they came.
#[derive(Debug)]
pub struct Params {
    path: String,
    pairs: Vec<(String, String)>,
}

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        for (name, value) in &pairs {
            if value.chars().any(char::is_control) {
                let detail = "control characters are not allowed";
                return Err(wrong(name, "invalid-value", detail));
            }
        }
        let path = parts.uri.path().to_owned();
        Ok(Self { path, pairs })
    }
}

impl Params {
    /// Refuses every parameter that is not among these, and all that come twice unless they are in `repeatable`.
    pub fn only(self, known: &[&str], repeatable: &[&str]) -> Result<Self, Problem> {
        let mut seen: Vec<&str> = Vec::new();
        for (name, _) in &self.pairs {
            if repeatable.contains(&name.as_str()) {
                continue;
            }
            if !known.contains(&name.as_str()) {
                return Err(wrong(
                    name,
                    "unknown-parameter",
                    &possible(known, repeatable),
                ));
            }
            if seen.contains(&name.as_str()) {
                return Err(wrong(name, "duplicate", "it was given twice; give it once"));
            }
            seen.push(name);
        }
        Ok(self)
    }

    /// The value of a parameter, if it was given.
    pub fn text(&self, name: &str) -> Option<String> {
        self.all(name).into_iter().next()
    }

    /// Every value of a parameter, in order.
    pub fn all(&self, name: &str) -> Vec<String> {
        let given = self.pairs.iter().filter(|(known, _)| known == name);
        given.map(|(_, value)| value.clone()).collect()
    }

    /// The value of a parameter, read as `T`.
    pub fn read<T: FromStr<Err: Display>>(&self, name: &str) -> Result<Option<T>, Problem> {
        self.text(name)
            .map(|text| {
                text.parse()
                    .map_err(|error: T::Err| wrong(name, "invalid-value", &error.to_string()))
            })
            .transpose()
    }

    /// The value of a parameter as one of these words.
    pub fn one_of<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Result<Option<T>, Problem> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let found = words.iter().find(|(word, _)| *word == text);
        found.map(|(_, meaning)| Some(*meaning)).ok_or_else(|| {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let detail = format!("one of {} is possible", words.join(", "));
            wrong(name, "invalid-value", &detail)
        })
    }

    /// The whole number of a parameter, from `least` to `most`.
    pub fn number(&self, name: &str, least: u64, most: u64) -> Result<Option<u64>, Problem> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let number: Option<u64> = text.parse().ok();
        let number = number.filter(|number| (least..=most).contains(number));
        number.map(Some).ok_or_else(|| {
            let detail = format!("it must be a whole number from {least} to {most}");
            wrong(name, "out-of-range", &detail)
        })
    }

    /// Which page of a list.
    pub fn page(&self) -> Result<PageQuery, Problem> {
        let limit = self.number("limit", 1, PAGE_ITEMS_MAX)?;
        let limit = limit.and_then(|limit| u32::try_from(limit).ok());
        Ok(PageQuery {
            limit: limit.unwrap_or(PAGE_ITEMS_DEFAULT),
            after: self.text("after"),
            before: self.text("before"),
        })
    }

    /// The same request with `name` set to `value`, and neither `after` nor `before` otherwise: the target of a link.
    pub fn link(&self, name: &str, value: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let kept = self
            .pairs
            .iter()
            .filter(|(known, _)| !matches!(known.as_str(), "after" | "before"));
        for (known, value) in kept {
            query.append_pair(known, value);
        }
        query.append_pair(name, value);
        format!("{}?{}", self.path, query.finish())
    }
}

/// A parameter is wrong.
fn wrong(name: &str, fault: &'static str, detail: &str) -> Problem {
    let name: String = name.chars().take(80).filter(|c| !c.is_control()).collect();
    Problem::at(
        Code::MalformedRequest,
        format!("?{name}"),
        fault,
        format!("query parameter {name}: {detail}"),
    )
}

/// A parameter is needed and was not given.
pub fn missing(name: &str, right: &str) -> Problem {
    wrong(name, "missing", &format!("it is missing; give {right}"))
}

fn possible(known: &[&str], repeatable: &[&str]) -> String {
    let also = repeatable.iter().filter(|name| !known.contains(name));
    let names: Vec<&str> = known.iter().chain(also).copied().collect();
    if names.is_empty() {
        "it is not known here; this route takes none".to_owned()
    } else {
        format!(
            "it is not known here; this route takes {}",
            names.join(", ")
        )
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    async fn params(target: &str) -> Result<Params, Problem> {
        let (mut parts, ()) = Request::get(target).body(()).unwrap().into_parts();
        Params::from_request_parts(&mut parts, &()).await
    }

    #[tokio::test]
    async fn unknown_and_repeated_names_are_refused_with_what_is_possible() {
        let read = params("/v1/products?colour=red").await.unwrap();
        let problem = read.only(&["q", "sort"], &["category"]).unwrap_err();
        let error = &problem.errors()[0];
        assert_eq!(error.pointer, "?colour");
        assert!(
            error.detail.contains("q, sort, category"),
            "{}",
            error.detail
        );
        let twice = params("/v1/products?q=a&q=b").await.unwrap();
        assert!(twice.only(&["q"], &[]).is_err());
        let both = params("/v1/products?category=a&category=b").await.unwrap();
        assert_eq!(
            both.only(&[], &["category"]).unwrap().all("category"),
            ["a", "b"]
        );
        assert!(params("/v1/products?q=%00").await.is_err());
    }

    #[tokio::test]
    async fn a_link_keeps_the_filters_and_moves_the_cursor() {
        let read = params("/v1/products?q=ice+cream&limit=3&after=old")
            .await
            .unwrap();
        assert_eq!(
            read.link("after", "n/w="),
            "/v1/products?q=ice+cream&limit=3&after=n%2Fw%3D"
        );
        assert_eq!(
            read.link("before", "x"),
            "/v1/products?q=ice+cream&limit=3&before=x"
        );
    }

    #[tokio::test]
    async fn numbers_have_a_range() {
        let read = params("/v1/events?limit=1001&after=-1").await.unwrap();
        assert!(read.number("limit", 1, 1_000).is_err());
        assert!(read.number("after", 0, 9).is_err());
        assert_eq!(read.number("other", 0, 9).unwrap(), None);
    }
}
