//! The private Postgres of a Daybook that was given no `DATABASE_URL`: one command, no configuration.
//!
//! It is an ordinary Postgres made of the machine's installed binaries, with durable defaults untouched, its data in
//! `<data_dir>/postgres`, reachable through a Unix socket only. What must hold:
//!
//! - **It survives us.** The postmaster runs in a session of its own, so neither Ctrl-C nor `kill -9` of Daybook reaches it.
//!   A later Daybook, or a command beside a running server, *adopts* a postmaster that it finds alive.
//! - **The last one out turns off the light.** Every user holds a shared lock on `postgres.users`; [`Embedded::stop`] stops
//!   the postmaster only when nobody else holds one. The system drops the locks of killed processes by itself.
//! - **Nothing races.** Making, starting and stopping happen under an exclusive lock on `postgres.lock`.
//! - **A cluster is whole or absent**: `initdb` works in a folder of another name, which is renamed when it is done.
//!
//! Not used: packages that download Postgres (a server should not fetch executables), and a TCP port (a socket folder of
//! mode 0700 keeps other local users out without a password to keep).

mod binaries;
mod cluster;
mod owner;
mod postmaster;
#[cfg(test)]
mod tests;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{Connection, PgConnection};
use tokio::time::sleep;

use cluster::Cluster;
use owner::Owner;

/// The database that Daybook keeps in its private Postgres.
pub const DATABASE: &str = "daybook";
/// The role that made the cluster. Migrations run as it; the server itself uses the lesser role that they create.
pub const OWNER_ROLE: &str = "postgres";

/// Another Daybook may be making the cluster or recovering it; longer than that is no longer a race.
const LOCK_WITHIN: Duration = Duration::from_secs(180);
/// Replay of the write-ahead log after a crash included.
const READY_WITHIN: Duration = Duration::from_secs(120);
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// How often a server looks whether its private Postgres lives.
const SUPERVISE_EVERY: Duration = Duration::from_secs(1);
const POLL: Duration = Duration::from_millis(50);

/// A running private Postgres, and the claim to it that keeps others from stopping it.
#[derive(Debug)]
pub struct Embedded {
    cluster: Cluster,
    socket: PathBuf,
    started_here: bool,
    /// Held, not read: its shared lock says that somebody uses the postmaster.
    users: File,
}

impl Embedded {
    /// Makes the cluster if there is none, starts it if it does not run, and waits until it serves the `daybook` database.
    pub async fn start(data_dir: &Path) -> Result<Self> {
        let data_dir = open_data_dir(data_dir)?;
        let owner = Owner::of(&data_dir.join(cluster::FOLDER)).await?;
        owner.check_access(&data_dir)?;
        let _starting = lock(&data_dir.join("postgres.lock")).await?;

        let cluster = Cluster::open(&data_dir, owner).await?;
        let (socket, started_here) = bring_up(&cluster).await?;
        create_database(&socket).await?;
        let users = open_lock_file(&data_dir.join("postgres.users"))?;
        users
            .try_lock_shared()
            .with_context(|| format!("cannot lock {}/postgres.users", data_dir.display()))?;
        Ok(Self {
            cluster,
            socket,
            started_here,
            users,
        })
    }

    /// How to connect: as [`OWNER_ROLE`] to [`DATABASE`]; set another `username` for another role.
    pub fn connect_options(&self) -> PgConnectOptions {
        options(&self.socket).database(DATABASE)
    }

    /// Whether this call started the postmaster, or adopted one that was running.
    pub fn started_here(&self) -> bool {
        self.started_here
    }

    /// The folder of its data and logs.
    pub fn data(&self) -> &Path {
        self.cluster.data()
    }

    /// Watches the postmaster, and starts it again when it has died. Never returns.
    pub async fn keep_up(&self) {
        loop {
            sleep(SUPERVISE_EVERY).await;
            if let Ok(Some(_)) = self.cluster.running() {
                continue;
            }
            tracing::error!(data = %self.data().display(), "the private Postgres has died; starting it again");
            if let Err(error) = self.start_again().await {
                tracing::error!("the private Postgres did not start: {error:#}");
            }
        }
    }

    async fn start_again(&self) -> Result<()> {
        let _starting = lock(&self.cluster.data_dir().join("postgres.lock")).await?;
        bring_up(&self.cluster).await.map(drop)
    }

    /// Stops the postmaster and waits for its end, unless another Daybook uses it. Close the pools first: a fast shutdown
    /// ends their connections.
    pub async fn stop(self) -> Result<()> {
        let _stopping = lock(&self.cluster.data_dir().join("postgres.lock")).await?;
        self.users
            .unlock()
            .context("cannot give up postgres.users")?;
        match self.users.try_lock() {
            Ok(()) => self.cluster.stop().await,
            Err(TryLockError::WouldBlock) => Ok(()),
            Err(TryLockError::Error(error)) => Err(error).context("cannot lock postgres.users"),
        }
    }
}

/// Where the data goes when nobody says: `./daybook-data`, or `/var/lib/daybook` for root in a place (a home of mode 0700,
/// say) that user `postgres` cannot reach.
pub async fn default_data_dir() -> PathBuf {
    let here = PathBuf::from("daybook-data");
    let absolute = std::path::absolute(&here).unwrap_or_else(|_| here.clone());
    let reachable = match Owner::of(&absolute.join(cluster::FOLDER)).await {
        Ok(owner) => owner.check_access(&absolute).is_ok(),
        // Left for `start` to report; it knows best what is missing.
        Err(_) => true,
    };
    if reachable {
        here
    } else {
        PathBuf::from("/var/lib/daybook")
    }
}

/// Makes the folder, open for passing through when the postmaster will be another user, private otherwise.
fn open_data_dir(path: &Path) -> Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt;
    let mode = if owner::is_root()? { 0o711 } else { 0o700 };
    let mut builder = std::fs::DirBuilder::new();
    builder
        .recursive(true)
        .mode(mode)
        .create(path)
        .with_context(|| {
            format!(
                "cannot make the data folder {}; DAYBOOK_DATA_DIR names another",
                path.display()
            )
        })?;
    path.canonicalize()
        .with_context(|| format!("cannot open the data folder {}", path.display()))
}

/// Loops because both can change under us: a postmaster found alive may be about to end, one that we start may need
/// minutes to replay its log.
async fn bring_up(cluster: &Cluster) -> Result<(PathBuf, bool)> {
    let deadline = Instant::now() + READY_WITHIN;
    let mut started_here = false;
    loop {
        let socket = match cluster.running()? {
            Some(postmaster) => postmaster.socket,
            None => {
                started_here = true;
                cluster.start(READY_WITHIN).await?
            }
        };
        let missing = match connect(&options(&socket).database("postgres")).await {
            Ok(connection) => {
                // Only a probe: that it could be opened is what counts.
                let _ = connection.close().await;
                return Ok((socket, started_here));
            }
            Err(error) => error,
        };
        if Instant::now() > deadline {
            bail!(
                "the private Postgres in {} does not accept connections after {} s: {missing:#}. {}",
                cluster.data().display(),
                READY_WITHIN.as_secs(),
                cluster.log_hint()
            );
        }
        sleep(POLL).await;
    }
}

async fn create_database(socket: &Path) -> Result<()> {
    let mut connection = connect(&options(socket).database("postgres")).await?;
    let exists: bool =
        sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(DATABASE)
            .fetch_one(&mut connection)
            .await
            .context("cannot look for the daybook database")?;
    if !exists {
        sqlx::query("create database daybook")
            .execute(&mut connection)
            .await
            .context("cannot create the daybook database in the private Postgres")?;
    }
    connection
        .close()
        .await
        .context("cannot close a connection to the private Postgres")
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection> {
    tokio::time::timeout(CONNECT_WITHIN, PgConnection::connect_with(options))
        .await
        .context("no answer to a connection attempt")?
        .context("connection refused")
}

fn options(socket: &Path) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(socket)
        .port(cluster::PORT)
        .username(OWNER_ROLE)
        .ssl_mode(PgSslMode::Disable)
}

/// An exclusive lock on the file, held by the returned handle. Advisory, and gone with the process that holds it.
async fn lock(path: &Path) -> Result<File> {
    let file = open_lock_file(path)?;
    let deadline = Instant::now() + LOCK_WITHIN;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => sleep(POLL).await,
            Err(TryLockError::WouldBlock) => bail!(
                "another Daybook has held {} for {} s: it is starting or stopping the same private Postgres and does not get done",
                path.display(),
                LOCK_WITHIN.as_secs()
            ),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", path.display()));
            }
        }
    }
}

fn open_lock_file(path: &Path) -> Result<File> {
    File::options()
        .create(true)
        .append(true)
        .open(path)
        .with_context(|| format!("cannot open {}", path.display()))
}
