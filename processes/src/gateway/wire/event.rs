//! An event: the body of a webhook.

use serde::Deserialize;
use serde_json::Value;

use super::{Intent, Refund, Unreadable, from_seconds};
use crate::gateway::{News, Notice};

#[derive(Deserialize)]
struct Event {
    id: String,
    created: i64,
    #[serde(rename = "type")]
    kind: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Value,
}

/// Reads the body of a webhook whose signature was right.
pub(in crate::gateway) fn event(body: &[u8]) -> Result<Notice, Unreadable> {
    let event: Event =
        serde_json::from_slice(body).map_err(|error| Unreadable(format!("event: {error}")))?;
    let (payment, news) = news(event.kind, event.data.object)?;
    Ok(Notice {
        event_id: event.id,
        at: from_seconds(event.created)?,
        payment,
        news,
    })
}

fn news(kind: String, object: Value) -> Result<(Option<uuid::Uuid>, News), Unreadable> {
    let of_a_refund = kind.starts_with("refund.") || kind == "charge.refund.updated";
    if kind.starts_with("payment_intent.") {
        let intent = Intent::read(object)?;
        Ok((
            intent.payment_id(),
            News::Payment(intent.state(Vec::new())?),
        ))
    } else if of_a_refund {
        let refund = Refund::read(object)?;
        let news = News::Refund {
            payment_ref: refund.payment_ref(),
            refund: refund.state()?,
        };
        Ok((refund.payment_id(), news))
    } else {
        Ok((None, News::Other(kind)))
    }
}
