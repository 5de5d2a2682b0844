//! Pages by keyset: a cursor names the last row seen, so a page costs the same wherever it is,
//! and rows that come and go shift nothing.
//!
//! A cursor is opaque to clients: base64url of JSON `{"list","key","id"}`. It is checked when it
//! comes back, so one of another list, or a made-up one, is an error and never a wrong page.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::QueryError;

/// Most items that a page holds.
pub const PAGE_ITEMS_MAX: u32 = 500;

/// Longest cursor that is looked at, in bytes.
const CURSOR_BYTES_MAX: usize = 2_048;

/// Which page of a list.
#[derive(Clone, Debug, Default)]
pub struct PageQuery {
    /// How many items, at most; from 1 to 500.
    pub limit: u32,
    /// The items that follow this cursor.
    pub after: Option<String>,
    /// The items that precede this cursor. Not together with `after`.
    pub before: Option<String>,
}

/// Some items of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Ready-made JSON, in the order of the list.
    pub items: Vec<String>,
    /// The cursor for `after`, if more follow.
    pub next: Option<String>,
    /// The cursor for `before`, if some precede.
    pub previous: Option<String>,
}

/// On which side of the cursor the page lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    After,
    Before,
}

/// A page query that has been understood: from which key on, and to which side.
#[derive(Debug)]
pub(crate) struct Keyset<K> {
    list: String,
    limit: u32,
    pub side: Side,
    pub from: Option<K>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CursorText<K> {
    list: String,
    key: K,
}

impl<K: Serialize + DeserializeOwned> Keyset<K> {
    /// Understands a page query of `list`, a name that includes its sorting.
    pub fn read(list: impl Into<String>, page: &PageQuery) -> Result<Self, QueryError> {
        let list = list.into();
        let (side, cursor) = match (&page.after, &page.before) {
            (Some(_), Some(_)) => {
                return Err(QueryError::filter(
                    "before",
                    "a page follows `after` or precedes `before`, not both",
                ));
            }
            (None, Some(before)) => (Side::Before, Some(before)),
            (after, None) => (Side::After, after.as_ref()),
        };
        if !(1..=PAGE_ITEMS_MAX).contains(&page.limit) {
            return Err(QueryError::filter(
                "limit",
                format!(
                    "it is {}; from 1 to {PAGE_ITEMS_MAX} are possible",
                    page.limit
                ),
            ));
        }
        let from = cursor.map(|cursor| decode(&list, cursor)).transpose()?;
        Ok(Self {
            list,
            limit: page.limit,
            side,
            from,
        })
    }

    /// One more row than the page shows: it tells whether there are more.
    pub fn rows_wanted(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Makes a page of rows that were fetched from `from` on, away from it.
    pub fn page(&self, mut rows: Vec<(K, String)>) -> Page {
        let more = rows.len() > self.limit as usize;
        rows.truncate(self.limit as usize);
        if self.side == Side::Before {
            rows.reverse();
        }
        let (has_next, has_previous) = match self.side {
            Side::After => (more, self.from.is_some()),
            Side::Before => (true, more),
        };
        let next = rows
            .last()
            .filter(|_| has_next)
            .and_then(|(key, _)| encode(&self.list, key));
        let previous = rows
            .first()
            .filter(|_| has_previous)
            .and_then(|(key, _)| encode(&self.list, key));
        Page {
            items: rows.into_iter().map(|(_, body)| body).collect(),
            next,
            previous,
        }
    }
}

fn encode<K: Serialize>(list: &str, key: &K) -> Option<String> {
    let text = serde_json::to_vec(&CursorText {
        list: list.to_owned(),
        key,
    })
    .ok()?;
    Some(URL_SAFE_NO_PAD.encode(text))
}

fn decode<K: DeserializeOwned>(list: &str, cursor: &str) -> Result<K, QueryError> {
    if cursor.len() > CURSOR_BYTES_MAX {
        return Err(QueryError::InvalidCursor);
    }
    let text = URL_SAFE_NO_PAD
        .decode(cursor)
        .map_err(|_| QueryError::InvalidCursor)?;
    let read: CursorText<K> =
        serde_json::from_slice(&text).map_err(|_| QueryError::InvalidCursor)?;
    if read.list == list {
        Ok(read.key)
    } else {
        Err(QueryError::InvalidCursor)
    }
}
