//! The name of a stream: an aggregate's type and id.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One aggregate's stream, written `{aggregate_type}-{aggregate_id}`: `stock-1095275@main`.
///
/// Cheap to clone: both parts are shared.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StreamId {
    /// What kind of aggregate it is: `product`, `stock`, `order`. Holds no hyphen.
    pub aggregate_type: Arc<str>,
    /// Which one of its kind.
    pub aggregate_id: Arc<str>,
}

impl StreamId {
    /// The stream of the aggregate with this type and id.
    pub fn new(aggregate_type: impl Into<Arc<str>>, aggregate_id: impl Into<Arc<str>>) -> Self {
        Self {
            aggregate_type: aggregate_type.into(),
            aggregate_id: aggregate_id.into(),
        }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.aggregate_type, self.aggregate_id)
    }
}

/// The text was not `{aggregate_type}-{aggregate_id}`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a stream id; one looks like `order-0190163d-8694-739b-aea5-966c26f8ad91`")]
pub struct StreamIdError(String);

impl FromStr for StreamId {
    type Err = StreamIdError;

    fn from_str(text: &str) -> Result<Self, StreamIdError> {
        match text.split_once('-') {
            Some((kind, id)) if !kind.is_empty() && !id.is_empty() => Ok(Self::new(kind, id)),
            _ => Err(StreamIdError(text.chars().take(80).collect())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_hyphen_parts_type_and_id() {
        let stream: StreamId = "order-0190-ab".parse().unwrap();
        assert_eq!(
            (&*stream.aggregate_type, &*stream.aggregate_id),
            ("order", "0190-ab")
        );
        assert_eq!(stream.to_string(), "order-0190-ab");
        assert!("order".parse::<StreamId>().is_err());
        assert!("-x".parse::<StreamId>().is_err());
    }
}
