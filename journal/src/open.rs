//! Opening the journal: migrating, refusing what cannot be read, pooling connections.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgPool};
use tokio::sync::watch;

use crate::recent::Recent;
use crate::{EventKind, JournalError, Position, Upcasters, Writer};

/// The role that the server's connections take (`migrations/0009_server_role.sql`).
const SERVER_ROLE: &str = "daybook_server";

/// How long a connection of the pool that nobody used is believed to be alive; after that it is asked first.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// How long a reader waits for a connection of the pool.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// How long Postgres may take over one read.
const STATEMENT_TIMEOUT_MS: &str = "30000";

/// How soon Postgres gives up a client that has silently gone, and with it the locks that it held.
const DEAD_PEER_SETTINGS: [(&str, &str); 5] = [
    ("idle_in_transaction_session_timeout", "30000"),
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "30000"),
];

/// What [`Journal::open`] needs to know.
pub struct JournalOptions {
    /// Where the database is, and its owner.
    pub connect: PgConnectOptions,
    /// Most connections that readers may hold at once.
    pub connections_max: u32,
    /// How stored events are brought to their current versions.
    pub upcasters: Upcasters,
    /// Every kind of event that this program can read, in its current version.
    pub catalogue: Vec<EventKind>,
}

/// A handle on the journal. Cheap to clone.
#[derive(Clone)]
pub struct Journal {
    pool: PgPool,
    connect: Arc<PgConnectOptions>,
    upcasters: Arc<Upcasters>,
    /// What this process appended last, so that its readers need not fetch it.
    appended: Recent,
    /// The last position that this process knows to be durable: wakes its tails.
    durable: watch::Sender<Position>,
}

impl Journal {
    /// Brings the database's schema up to date, as its owner.
    ///
    /// # Errors
    /// [`JournalError::Unavailable`] when the database cannot be reached,
    /// [`JournalError::Migrate`] when it holds something else or the user may not change it.
    pub async fn migrate(owner: &PgConnectOptions) -> Result<(), JournalError> {
        // A connection of its own and not a pool's, whose time-out would hide what was wrong.
        let connecting = tokio::time::timeout(ACQUIRE_TIMEOUT, owner.connect()).await;
        let mut connection = connecting.unwrap_or(Err(sqlx::Error::PoolTimedOut))?;
        let outcome = sqlx::migrate!("../migrations").run(&mut connection).await;
        // What became of the migrations is known; a failed farewell changes nothing.
        let _ = connection.close().await;
        match outcome {
            Err(sqlx::migrate::MigrateError::Execute(error)) => Err(error.into()),
            Err(error) => Err(JournalError::Migrate(Box::new(error))),
            Ok(()) => Ok(()),
        }
    }

    /// Opens a migrated journal as the server's role.
    ///
    /// # Errors
    /// [`JournalError::Unreadable`] when the journal holds a kind of event with no path to the
    /// catalogue: better no server than one that reads its books wrongly.
    pub async fn open(options: JournalOptions) -> Result<Self, JournalError> {
        let connect = options
            .connect
            .options([("role", SERVER_ROLE)])
            .options(DEAD_PEER_SETTINGS);
        let pool = PgPoolOptions::new()
            .max_connections(options.connections_max)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            // A question before every read would double its round trips.
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    let fresh = meta.idle_for < TRUSTED_FOR;
                    Ok(fresh || connection.ping().await.is_ok())
                })
            })
            .connect_with(
                connect
                    .clone()
                    .options([("statement_timeout", STATEMENT_TIMEOUT_MS)]),
            )
            .await?;
        crate::kinds::check(&pool, &options.catalogue, &options.upcasters).await?;
        let (durable, _) = watch::channel(0);
        let journal = Self {
            pool,
            connect: Arc::new(connect),
            upcasters: Arc::new(options.upcasters),
            appended: Recent::default(),
            durable,
        };
        journal.announce(journal.head().await?);
        Ok(journal)
    }

    /// A new writer, with a connection of its own.
    pub fn writer(&self) -> Writer {
        Writer::new(self.clone())
    }

    /// The readers' pool. Its connections have the server's role, which may not write events.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// How to connect as the server's role.
    pub fn connect_options(&self) -> &PgConnectOptions {
        &self.connect
    }

    pub(crate) fn upcasters(&self) -> &Upcasters {
        &self.upcasters
    }

    /// What this process appended last.
    pub(crate) fn appended(&self) -> &Recent {
        &self.appended
    }

    /// Tells this process' tails that events up to `position` are durable.
    pub(crate) fn announce(&self, position: Position) {
        self.durable.send_if_modified(|durable| {
            let moved = position > *durable;
            *durable = position.max(*durable);
            moved
        });
    }

    /// Follows the last position that this process knows to be durable.
    pub fn durable(&self) -> watch::Receiver<Position> {
        self.durable.subscribe()
    }
}
