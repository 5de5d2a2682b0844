//! Posts what is revoked, and lets what is over fall out.

use std::collections::BTreeMap;

use domain::Event;
use domain::account::AccountEvent;
use domain::client::ClientEvent;
use domain::security::REVOCATION_MATTERS_FOR;
use domain::value::Timestamp;
use journal::Position;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{CLIENT, SESSION};
use crate::projection::{PostError, Posting, Postings};

type Key = (&'static str, Uuid);

/// Rows as they are after a batch, in the journal's order: what the batch itself let fall out is not among them.
#[derive(Default)]
struct Revoked {
    rows: BTreeMap<Key, (Position, Timestamp)>,
    /// The latest time in the batch.
    latest: Option<Timestamp>,
}

pub(super) async fn post(
    connection: &mut PgConnection,
    postings: &Postings,
) -> Result<(), PostError> {
    let accounts = postings.of(domain::account::TYPE).iter();
    let mut postings: Vec<_> = accounts.chain(postings.of(domain::client::TYPE)).collect();
    postings.sort_by_key(|posting| posting.position);
    let mut revoked = Revoked::default();
    for posting in postings {
        revoked.take(posting)?;
    }
    let Some(latest) = revoked.latest else {
        return Ok(());
    };
    sqlx::query(include_str!("prune.sql"))
        .bind(latest.to_offset_date_time())
        .execute(&mut *connection)
        .await?;
    let rows = &revoked.rows;
    sqlx::query(include_str!("store.sql"))
        .bind(rows.keys().map(|(kind, _)| *kind).collect::<Vec<_>>())
        .bind(rows.keys().map(|(_, id)| *id).collect::<Vec<_>>())
        .bind(
            rows.values()
                .map(|(position, _)| position.cast_signed())
                .collect::<Vec<_>>(),
        )
        .bind(
            rows.values()
                .map(|(_, until)| until.to_offset_date_time())
                .collect::<Vec<_>>(),
        )
        .execute(connection)
        .await?;
    Ok(())
}

impl Revoked {
    fn take(&mut self, posting: &Posting) -> Result<(), PostError> {
        let now = posting.recorded_at;
        self.rows.retain(|_, (_, until)| *until >= now);
        self.latest = self.latest.max(Some(now));
        let row = (posting.position, now.saturating_add(REVOCATION_MATTERS_FOR));
        match &posting.event {
            Event::Account(AccountEvent::SessionRevoked { session_id, .. }) => {
                self.rows.insert((SESSION, session_id.0), row);
            }
            Event::Account(AccountEvent::SessionsRevoked { sessions, .. }) => {
                let ended = sessions.iter().map(|id| ((SESSION, id.0), row));
                self.rows.extend(ended);
            }
            Event::Client(ClientEvent::ClientDisabled {}) => {
                self.rows.insert((CLIENT, posting.id()?), row);
            }
            _ => {}
        }
        Ok(())
    }
}
