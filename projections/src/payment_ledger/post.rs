//! Makes entries of events, and adds them up.

mod store;
mod terms;

use domain::Event;
use domain::ledger::{self, Entry};
use domain::value::Timestamp;
use journal::Position;
use sqlx::PgConnection;

use crate::projection::{PostError, Posting, Postings};
use terms::Terms;

/// An entry, and where and when its event was recorded.
struct Posted {
    position: Position,
    recorded_at: Timestamp,
    entry: Entry,
}

pub(super) async fn post(
    connection: &mut PgConnection,
    postings: &Postings,
) -> Result<(), PostError> {
    let orders = postings.of(domain::order::TYPE);
    let payments = postings.of(domain::payment::TYPE);
    let mut terms = Terms::load(connection, orders, payments).await?;
    let mut posted = Vec::new();
    for posting in orders.iter().chain(payments) {
        terms.learn(posting)?;
        if let Some(entry) = entry_of(posting, &terms)? {
            posted.push(Posted {
                position: posting.position,
                recorded_at: posting.recorded_at,
                entry,
            });
        }
    }
    terms.store(connection).await?;
    posted.sort_unstable_by_key(|posted| posted.position);
    store::store(connection, &posted).await
}

fn entry_of(posting: &Posting, terms: &Terms) -> Result<Option<Entry>, PostError> {
    if !terms::are_needed(&posting.event) {
        return Ok(None);
    }
    let unknown = || posting.poison("the first event of its stream has not been posted");
    let id = posting.id()?;
    Ok(match &posting.event {
        Event::Order(event) => {
            let terms = terms.order(id).ok_or_else(unknown)?;
            ledger::of_order(posting.event_id(), &terms, event)
        }
        Event::Payment(event) => {
            let terms = terms.payment(id).ok_or_else(unknown)?;
            ledger::of_payment(posting.event_id(), terms, event)
        }
        Event::Product(_)
        | Event::Stock(_)
        | Event::Account(_)
        | Event::Client(_)
        | Event::Owners(_)
        | Event::Security(_) => None,
    })
}
