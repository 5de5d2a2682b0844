//! How every projection is, as the database shows it: the same from any process.

use journal::Position;
use serde::Serialize;
use sqlx::PgPool;

use crate::projection::{self, Projection};
use crate::{Queries, QueryError};

/// How a projection is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Its name.
    pub name: &'static str,
    /// The version that this program would build.
    pub version: i32,
    /// The version that its tables were built in, once they are.
    pub built_version: Option<i32>,
    /// Everything at or below has been posted, in every partition.
    pub position_low: Position,
    /// Nothing above has been posted.
    pub position_high: Position,
    /// How many partitions its feed has.
    pub partitions: u32,
    /// The position of the journal's last event.
    pub head: Position,
    /// How many events the slowest partition may be behind.
    pub lag: u64,
    /// How it is.
    pub state: State,
    /// How far a rebuild is, while one runs.
    pub rebuild_position: Option<Position>,
    /// Why posting has stopped, while it has.
    pub failure: Option<String>,
}

/// How a projection is, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It has no tables yet.
    Absent,
    /// A worker posts what comes.
    Posting,
    /// It is built anew; the old tables, if any, are served.
    Rebuilding,
    /// An event cannot be posted; the tables stand still before it.
    Failed,
    /// Its tables were built by another version of the program.
    Outdated,
    /// No worker posts it.
    Idle,
}

impl State {
    /// As in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Posting => "posting",
            Self::Rebuilding => "rebuilding",
            Self::Failed => "failed",
            Self::Outdated => "outdated",
            Self::Idle => "idle",
        }
    }
}

#[derive(sqlx::FromRow)]
struct Found {
    built_version: Option<i32>,
    position_low: Option<i64>,
    position_high: Option<i64>,
    partitions: i64,
    head: i64,
    failure: Option<String>,
    has_worker: bool,
    is_rebuilding: bool,
    rebuild_position: Option<i64>,
}

/// How every projection of this program is.
pub async fn list(pool: &PgPool) -> Result<Vec<Status>, QueryError> {
    let names: Vec<&str> = projection::ALL
        .iter()
        .map(|projection| projection.name)
        .collect();
    let found: Vec<Found> = sqlx::query_as(include_str!("status.sql"))
        .bind(names)
        .fetch_all(pool)
        .await?;
    let statuses = projection::ALL.iter().zip(found);
    Ok(statuses
        .map(|(projection, found)| found.status(projection))
        .collect())
}

impl Found {
    fn status(self, projection: &'static Projection) -> Status {
        let state = self.state(projection.version);
        let position = |found: Option<i64>| found.map_or(0, i64::cast_unsigned);
        let (low, head) = (position(self.position_low), self.head.cast_unsigned());
        Status {
            name: projection.name,
            version: projection.version,
            built_version: self.built_version,
            position_low: low,
            position_high: position(self.position_high),
            partitions: u32::try_from(self.partitions).unwrap_or(0),
            head,
            lag: head.saturating_sub(low),
            state,
            rebuild_position: self
                .rebuild_position
                .filter(|_| self.is_rebuilding)
                .map(i64::cast_unsigned),
            failure: self.failure,
        }
    }

    fn state(&self, version: i32) -> State {
        match self.built_version {
            _ if self.is_rebuilding => State::Rebuilding,
            None => State::Absent,
            Some(_) if self.failure.is_some() => State::Failed,
            Some(built) if built != version => State::Outdated,
            Some(_) if self.has_worker => State::Posting,
            Some(_) => State::Idle,
        }
    }
}

impl Queries {
    /// How every projection is.
    pub async fn projections(&self) -> Result<Vec<Status>, QueryError> {
        self.bounded(list(self.pool())).await
    }

    /// How one projection is.
    pub async fn projection(&self, name: &str) -> Result<Status, QueryError> {
        let found = self
            .projections()
            .await?
            .into_iter()
            .find(|status| status.name == name);
        found.ok_or_else(|| QueryError::UnknownProjection(name.to_owned()))
    }
}
