//! Documents fetched together: those that are asked for while others are being fetched leave with the next statement.
//!
//! A statement for each document would be a connection of the pool, a round trip and two changes of process each; under
//! load those are most of what a read costs. A lone reader waits for nobody.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sqlx::pool::PoolConnection;
use sqlx::{FromRow, PgPool, Postgres, Row};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::{QueryError, within_deadline};
use crate::Document;

/// Most documents of one statement.
const TOGETHER_MAX: usize = 256;

/// Most statements of one table on their way at once.
const STATEMENTS_MAX: usize = 2;

type Fetched = Result<Option<Document>, QueryError>;

/// A document that is asked for, and who waits for it.
type Asked = (Uuid, oneshot::Sender<Fetched>);

/// Fetches the documents of one table by their ids. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Fetcher(Arc<Table>);

struct Table {
    pool: PgPool,
    /// Selects `id` and the columns of a [`Document`] for the ids in `$1`.
    sql: &'static str,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    asked: VecDeque<Asked>,
    /// How many places are taken.
    statements: usize,
}

impl Fetcher {
    pub fn new(pool: &PgPool, sql: &'static str) -> Self {
        Self(Arc::new(Table {
            pool: pool.clone(),
            sql,
            waiting: Mutex::default(),
        }))
    }

    /// The document of this id as it is now, or a moment later.
    pub async fn fetch(&self, id: Uuid) -> Fetched {
        let (answer, answered) = oneshot::channel();
        if let Some(place) = self.ask((id, answer)) {
            // A task of its own: whoever happened to begin may go away, and the others still wait.
            tokio::spawn(place.run());
        }
        answered.await.unwrap_or_else(|_| {
            let reason = "the statement that should have fetched the document was given up";
            Err(QueryError::Unavailable(reason.to_owned()))
        })
    }

    /// Waits with the others; with a place if one is free.
    fn ask(&self, asked: Asked) -> Option<Place> {
        let mut waiting = self.0.lock();
        waiting.asked.push_back(asked);
        if waiting.statements == STATEMENTS_MAX {
            return None;
        }
        waiting.statements += 1;
        Some(Place {
            table: Arc::clone(&self.0),
            is_held: true,
        })
    }
}

impl Table {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn fetch(
        &self,
        connection: &mut Option<PoolConnection<Postgres>>,
        ids: Vec<Uuid>,
    ) -> Result<HashMap<Uuid, Document>, sqlx::Error> {
        let connection = match connection {
            Some(connection) => connection,
            None => connection.insert(self.pool.acquire().await?),
        };
        let rows = sqlx::query(self.sql).bind(ids).fetch_all(&mut **connection);
        let document = |row| Ok((Row::try_get(row, "id")?, Document::from_row(row)?));
        rows.await?.iter().map(document).collect()
    }
}

/// One of the statements' places. It is free again when nobody waits, or when its task ends in any other way.
struct Place {
    table: Arc<Table>,
    is_held: bool,
}

impl Place {
    /// Fetches until nobody waits, on one connection: to take one from the pool and to give it back is a round trip more.
    async fn run(mut self) {
        let mut connection = None;
        while let Some(asked) = self.next() {
            let ids = asked.iter().map(|(id, _)| *id).collect();
            let fetched = within_deadline(self.table.fetch(&mut connection, ids)).await;
            if fetched.is_err() {
                connection = None;
            }
            for (id, answer) in asked {
                // Whoever asked may have gone.
                let _ = answer.send(match &fetched {
                    Ok(documents) => Ok(documents.get(&id).cloned()),
                    Err(error) => Err(error.clone()),
                });
            }
        }
    }

    /// Those who have waited longest and still do. When nobody does, the place is given up in the same moment: whoever comes
    /// next begins anew.
    fn next(&mut self) -> Option<Vec<Asked>> {
        let mut waiting = self.table.lock();
        waiting.asked.retain(|(_, answer)| !answer.is_closed());
        let together = waiting.asked.len().min(TOGETHER_MAX);
        if together == 0 {
            waiting.statements -= 1;
            self.is_held = false;
            return None;
        }
        Some(waiting.asked.drain(..together).collect())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.is_held {
            self.table.lock().statements -= 1;
        }
    }
}
