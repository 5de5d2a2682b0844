//! The one connection of a process that appends, and what it does when that connection dies.
//!
//! A connection that dies between the commit and its reply leaves an unknown outcome. It is
//! never retried blindly: the writer waits until the old backend is gone (so that nothing can
//! be committed behind its back), then looks each command up by the stream position and event id of
//! its first event. A batch is one transaction, but the careful path may have dropped
//! some of its commands, so each is looked up by itself.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, Row};

use crate::append::{Answer, AnswerRow, Columns};
use crate::{AppendError, Batch, CommandOutcome, Journal, Outcomes, Position};

/// How long a connection attempt may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long Postgres may take over one batch before it gives it up (and rolls it back).
const STATEMENT_TIMEOUT_MS: &str = "10000";

/// How long the client waits for Postgres: longer, so that a slow batch is ended by the server,
/// which knows its outcome, and not by us, who do not.
const APPEND_TIMEOUT: Duration = Duration::from_secs(12);

/// How long an unknown outcome is looked into before it is answered as unknown.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(8);

/// How long to wait between looks.
const RESOLVE_PAUSE_MIN: Duration = Duration::from_millis(20);
const RESOLVE_PAUSE_MAX: Duration = Duration::from_millis(500);

/// Appends batches, one at a time.
pub struct Writer {
    journal: Journal,
    options: PgConnectOptions,
    /// The live connection and its backend's process id.
    connection: Option<(PgConnection, i32)>,
}

impl Writer {
    pub(crate) fn new(journal: Journal) -> Self {
        let options = journal
            .connect_options()
            .clone()
            .options([("statement_timeout", STATEMENT_TIMEOUT_MS)]);
        Self {
            journal,
            options,
            connection: None,
        }
    }

    /// Takes a batch through the door. Returns when it is durable.
    ///
    /// # Errors
    /// [`AppendError`] says whether nothing was appended, or whether that could not be learnt.
    pub async fn append(&mut self, batch: Batch) -> Result<Outcomes, AppendError> {
        let (mut connection, backend) = match self.connection.take() {
            Some(live) => live,
            None => connect(&self.options)
                .await
                .map_err(AppendError::Unavailable)?,
        };
        let columns = Columns::of(&batch);
        let answer = tokio::time::timeout(APPEND_TIMEOUT, call(&mut connection, &columns)).await;
        match answer {
            Ok(Ok(answer)) => {
                self.connection = Some((connection, backend));
                let answer = Answer::read(&batch, &columns.claim_command, answer);
                let last = last_appended(&batch, &answer.outcomes);
                let recorded = answer.recorded(batch, self.journal.upcasters());
                self.journal.appended().keep(&recorded);
                self.announce(last);
                Ok(answer.outcomes)
            }
            Ok(Err(error)) if is_definite(&error) => {
                self.connection = Some((connection, backend));
                Err(match crate::JournalError::from(error) {
                    // Out of disk or memory, or no longer the primary: passes by itself.
                    crate::JournalError::Unavailable(error) => AppendError::Unavailable(error),
                    crate::JournalError::Refused(error) => AppendError::Refused(error),
                    other => AppendError::Refused(sqlx::Error::Protocol(other.to_string())),
                })
            }
            // Dropped first: the old backend must see that nobody is there any more, and leave.
            Ok(Err(error)) => {
                drop(connection);
                self.resolve(&batch, backend, error).await
            }
            Err(_) => {
                drop(connection);
                self.resolve(&batch, backend, sqlx::Error::PoolTimedOut)
                    .await
            }
        }
    }

    /// Learns what became of a batch whose connection died.
    async fn resolve(
        &mut self,
        batch: &Batch,
        backend: i32,
        cause: sqlx::Error,
    ) -> Result<Outcomes, AppendError> {
        tracing::warn!(error = %cause, commands = batch.commands.len(), "looking up a batch whose outcome is unknown");
        let looking = async {
            let mut pause = RESOLVE_PAUSE_MIN;
            loop {
                if let Ok((mut connection, new_backend)) = connect(&self.options).await
                    && let Ok(Some(outcomes)) = look_up(&mut connection, batch, backend).await
                {
                    return (connection, new_backend, outcomes);
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(RESOLVE_PAUSE_MAX);
            }
        };
        let Ok((connection, new_backend, outcomes)) =
            tokio::time::timeout(RESOLVE_TIMEOUT, looking).await
        else {
            return Err(AppendError::Unknown(cause));
        };
        self.connection = Some((connection, new_backend));
        self.announce(last_appended(batch, &outcomes));
        let is_appended = |outcome: &CommandOutcome| matches!(outcome, CommandOutcome::Appended(_));
        // Nothing is there and the old backend is gone: a definite failure.
        if outcomes.commands.iter().any(is_appended) {
            Ok(outcomes)
        } else {
            Err(AppendError::Unavailable(cause))
        }
    }

    /// Wakes this process' tails.
    fn announce(&self, last: Option<Position>) {
        if let Some(last) = last {
            self.journal.announce(last);
        }
    }
}

/// The position of the last event of a batch that was appended.
fn last_appended(batch: &Batch, outcomes: &Outcomes) -> Option<Position> {
    let commands = outcomes.commands.iter().zip(&batch.commands);
    let lasts = commands.filter_map(|(outcome, command)| match outcome {
        CommandOutcome::Appended(first) => Some(first + command.events.len() as Position - 1),
        _ => None,
    });
    lasts.max()
}

/// Whether Postgres said that it rolled the batch back, and the connection lives on. What it says
/// when it is ending (class 57) may reach us after a commit, so that is looked up.
fn is_definite(error: &sqlx::Error) -> bool {
    let refusal = error.as_database_error().and_then(|error| error.code());
    refusal.is_some_and(|code| !code.starts_with("57"))
}

async fn connect(options: &PgConnectOptions) -> Result<(PgConnection, i32), sqlx::Error> {
    let attempt = async {
        let mut connection = options.connect().await?;
        let backend: i32 = sqlx::query_scalar("select pg_backend_pid()")
            .fetch_one(&mut connection)
            .await?;
        Ok((connection, backend))
    };
    tokio::time::timeout(CONNECT_TIMEOUT, attempt)
        .await
        .unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

async fn call(
    connection: &mut PgConnection,
    columns: &Columns<'_>,
) -> Result<Vec<AnswerRow>, sqlx::Error> {
    let secrets = &columns.secrets;
    // Most batches have none, and pass the door by the shorter way.
    let statement = if secrets.is_empty() {
        include_str!("append.sql")
    } else {
        include_str!("append_with_secrets.sql")
    };
    let append = sqlx::query_as(statement)
        .bind(&columns.event_command)
        .bind(&columns.event_aggregate_type)
        .bind(&columns.event_aggregate_id)
        .bind(&columns.event_sequence)
        .bind(&columns.event_type)
        .bind(&columns.event_version)
        .bind(&columns.event_payload)
        .bind(&columns.event_metadata)
        .bind(&columns.claim_command)
        .bind(&columns.claim_key)
        .bind(&columns.claim_offset)
        .bind(&columns.seen_aggregate_type)
        .bind(&columns.seen_aggregate_id)
        .bind(&columns.seen_version);
    let append = if secrets.is_empty() {
        append
    } else {
        append
            .bind(&secrets.command)
            .bind(&secrets.operation)
            .bind(&secrets.kind)
            .bind(&secrets.key)
            .bind(&secrets.owner)
            .bind(&secrets.value)
            .bind(&secrets.expires_at)
            .bind(&secrets.due_at)
    };
    append.fetch_all(connection).await
}

/// The batch's outcomes as the journal shows them, or `None` while the old backend still lives.
async fn look_up(
    connection: &mut PgConnection,
    batch: &Batch,
    backend: i32,
) -> Result<Option<Outcomes>, sqlx::Error> {
    let alive: bool =
        sqlx::query_scalar("select exists (select from pg_stat_activity where pid = $1)")
            .bind(backend)
            .fetch_one(&mut *connection)
            .await?;
    if alive {
        return Ok(None);
    }
    let mut outcomes = Outcomes {
        commands: Vec::with_capacity(batch.commands.len()),
        stale: Vec::new(),
    };
    for command in &batch.commands {
        outcomes.commands.push(match command.events.first() {
            Some(first) => match position_of(connection, first).await? {
                Some(position) => CommandOutcome::Appended(position),
                None => CommandOutcome::Conflict {
                    current: first.sequence - 1,
                },
            },
            // Its question was not answered: to be asked again, like a conflict.
            None => CommandOutcome::Conflict { current: 0 },
        });
    }
    connection.ping().await?;
    Ok(Some(outcomes))
}

/// The position of this very event (and not of another that took its place in the stream).
async fn position_of(
    connection: &mut PgConnection,
    event: &crate::NewEvent,
) -> Result<Option<Position>, sqlx::Error> {
    let row = sqlx::query(
        "select position from journal.events
         where aggregate_type = $1 and aggregate_id = $2 and sequence = $3 and metadata::text = $4",
    )
    .bind(&*event.stream.aggregate_type)
    .bind(&*event.stream.aggregate_id)
    .bind(event.sequence as i64)
    .bind(&event.metadata)
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        row.try_get::<i64, _>(0)
            .map(|position| position as Position)
    })
    .transpose()
}
