//! The vault: what must never be in an event, and must be destroyable (`migrations/0012_vault.sql`).
//!
//! The journal never changes, so a key, a password's hash or a token's hash cannot be in it. They are kept here, in the same
//! Postgres: what belongs to a command is written in the transaction that appends its events
//! ([`PendingCommand::secrets`](crate::PendingCommand)), the rest directly.
//!
//! What holds: whoever puts something here has hashed or sealed it; nothing here can be used by who has only the
//! database. What has expired is given to nobody, whether or not it was swept yet.

use std::fmt;
use std::time::Duration;

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use crate::{Journal, JournalError};

/// How long the database may take over any of this.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(3);

/// Most secrets that one read gives out.
pub const SECRETS_READ_MAX: u32 = 1_000;

/// A change of the vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretWrite {
    /// Keep this; what was under the same kind and key is replaced.
    Put(NewSecret),
    /// Destroy one.
    Destroy {
        /// What it is.
        kind: &'static str,
        /// By what it is found.
        key: String,
    },
    /// Destroy all that is the owner's.
    DestroyOwned {
        /// Of this kind only.
        kind: Option<&'static str>,
        /// Whose.
        owner: String,
    },
}

/// Something to be kept.
#[derive(Clone, PartialEq, Eq)]
pub struct NewSecret {
    /// What it is: `data-key`, `password`.
    pub kind: &'static str,
    /// By what it is found, unique within its kind.
    pub key: String,
    /// Whose it is, as a stream's id.
    pub owner: String,
    /// The thing itself, hashed or sealed.
    pub value: Vec<u8>,
    /// From when it is given to nobody.
    pub expires_at: Option<OffsetDateTime>,
    /// When work with it is due; see [`Vault::take_due`].
    pub due_at: Option<OffsetDateTime>,
}

/// Something that is kept.
#[derive(Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredSecret {
    /// By what it is found.
    pub key: String,
    /// Whose it is.
    pub owner: String,
    /// The thing itself.
    pub value: Vec<u8>,
    /// From when it is given to nobody.
    pub expires_at: Option<OffsetDateTime>,
}

/// A handle on the vault. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Vault {
    pool: PgPool,
}

impl Journal {
    /// The vault beside the journal.
    #[must_use]
    pub fn vault(&self) -> Vault {
        let pool = self.pool().clone();
        Vault { pool }
    }
}

impl Vault {
    /// What is kept under this kind and key, unless it has expired.
    ///
    /// # Errors
    /// This and all that follow: [`JournalError::Unavailable`] if the database does not answer in three seconds.
    pub async fn get(&self, kind: &str, key: &str) -> Result<Option<StoredSecret>, JournalError> {
        in_time(
            sqlx::query_as(
                "select key, owner, value, expires_at from vault.secrets
                 where kind = $1 and key = $2 and (expires_at is null or expires_at > clock_timestamp())",
            )
            .bind(kind)
            .bind(key)
            .fetch_optional(&self.pool),
        )
        .await
    }

    /// The same, and destroys it: of several who come at once one gets it.
    pub async fn take(&self, kind: &str, key: &str) -> Result<Option<StoredSecret>, JournalError> {
        let taken: Option<StoredSecret> = in_time(
            sqlx::query_as(
                "delete from vault.secrets where kind = $1 and key = $2
                 returning key, owner, value, expires_at",
            )
            .bind(kind)
            .bind(key)
            .fetch_optional(&self.pool),
        )
        .await?;
        let now = OffsetDateTime::now_utc();
        Ok(taken.filter(|secret| secret.expires_at.is_none_or(|expires_at| now < expires_at)))
    }

    /// What is kept of this kind, by key, after `after`: at most [`SECRETS_READ_MAX`].
    pub async fn all(&self, kind: &str, after: &str) -> Result<Vec<StoredSecret>, JournalError> {
        in_time(
            sqlx::query_as(
                "select key, owner, value, expires_at from vault.secrets
                 where kind = $1 and key > $2 and (expires_at is null or expires_at > clock_timestamp())
                 order by key limit $3",
            )
            .bind(kind)
            .bind(after)
            .bind(i64::from(SECRETS_READ_MAX))
            .fetch_all(&self.pool),
        )
        .await
    }

    /// What this owner has of this kind: at most [`SECRETS_READ_MAX`].
    pub async fn owned(&self, kind: &str, owner: &str) -> Result<Vec<StoredSecret>, JournalError> {
        in_time(
            sqlx::query_as(
                "select key, owner, value, expires_at from vault.secrets
                 where owner = $2 and kind = $1 and (expires_at is null or expires_at > clock_timestamp())
                 order by key limit $3",
            )
            .bind(kind)
            .bind(owner)
            .bind(i64::from(SECRETS_READ_MAX))
            .fetch_all(&self.pool),
        )
        .await
    }

    /// Writes what belongs to no command, all of it or nothing.
    pub async fn write(&self, writes: &[SecretWrite]) -> Result<(), JournalError> {
        let work = async {
            let mut connection = self.pool.acquire().await?;
            put(&mut connection, writes).await
        };
        in_time(work).await
    }

    /// Keeps this unless there is something under the same kind and key, and says what is kept now: of several who come at once
    /// all get what one of them brought.
    pub async fn put_new(&self, new: &NewSecret) -> Result<StoredSecret, JournalError> {
        in_time(
            sqlx::query(
                "insert into vault.secrets (kind, key, owner, value, expires_at, due_at)
                 values ($1, $2, $3, $4, $5, $6)
                 on conflict on constraint secrets_kind_key do nothing",
            )
            .bind(new.kind)
            .bind(&new.key)
            .bind(&new.owner)
            .bind(&new.value)
            .bind(new.expires_at)
            .bind(new.due_at)
            .execute(&self.pool),
        )
        .await?;
        // A new statement: it sees what another committed a moment ago. What had expired there is nobody's.
        let kept = self.get(new.kind, &new.key).await?;
        kept.ok_or(JournalError::Unavailable(sqlx::Error::RowNotFound))
    }

    /// What is due of this kind, at most `limit`. It is due again after `again_after`, unless it was destroyed by then: who
    /// works with it and dies leaves it to another.
    pub async fn take_due(
        &self,
        kind: &str,
        limit: u32,
        again_after: Duration,
    ) -> Result<Vec<StoredSecret>, JournalError> {
        in_time(
            sqlx::query_as(
                "update vault.secrets s
                 set due_at = clock_timestamp() + make_interval(secs => $3)
                 from (select kind, key from vault.secrets
                       where kind = $1 and due_at <= clock_timestamp()
                         and (expires_at is null or expires_at > clock_timestamp())
                       order by due_at limit $2 for update skip locked) due
                 where s.kind = due.kind and s.key = due.key
                 returning s.key, s.owner, s.value, s.expires_at",
            )
            .bind(kind)
            .bind(i64::from(limit))
            .bind(again_after.as_secs_f64())
            .fetch_all(&self.pool),
        )
        .await
    }

    /// The work is due again after this time; nothing if it was destroyed meanwhile.
    pub async fn postpone(
        &self,
        kind: &str,
        key: &str,
        after: Duration,
    ) -> Result<(), JournalError> {
        in_time(
            sqlx::query(
                "update vault.secrets set due_at = clock_timestamp() + make_interval(secs => $3)
                 where kind = $1 and key = $2",
            )
            .bind(kind)
            .bind(key)
            .bind(after.as_secs_f64())
            .execute(&self.pool),
        )
        .await?;
        Ok(())
    }

    /// Puts `new` in the place of `old`, unless something else is there by now; whether it did.
    pub async fn replace(
        &self,
        kind: &str,
        key: &str,
        old: &[u8],
        new: &[u8],
    ) -> Result<bool, JournalError> {
        let done = in_time(
            sqlx::query(
                "update vault.secrets set value = $4 where kind = $1 and key = $2 and value = $3",
            )
            .bind(kind)
            .bind(key)
            .bind(old)
            .bind(new)
            .execute(&self.pool),
        )
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Writes like [`write`](Self::write), but only while something is kept under this kind and key, which stays until that is
    /// done: who destroys it first, and all else of its owner after it, leaves nothing of this behind. Whether it did.
    pub async fn write_while(
        &self,
        (kind, key): (&str, &str),
        writes: &[SecretWrite],
    ) -> Result<bool, JournalError> {
        let work = async {
            let mut transaction = self.pool.begin().await?;
            let held: Option<i32> = sqlx::query_scalar(
                "select 1 from vault.secrets where kind = $1 and key = $2 for key share",
            )
            .bind(kind)
            .bind(key)
            .fetch_optional(&mut *transaction)
            .await?;
            if held.is_none() {
                return Ok(false);
            }
            put(&mut transaction, writes).await?;
            transaction.commit().await?;
            Ok(true)
        };
        in_time(work).await
    }

    /// Counts one more try, and says how many there were since the window began: a first one opens a window of this length.
    pub async fn count(
        &self,
        kind: &str,
        key: &str,
        window: Duration,
    ) -> Result<u32, JournalError> {
        let count: i32 = in_time(
            sqlx::query_scalar(
                "insert into vault.counters as c (kind, key, count, begins, ends)
                 values ($1, $2, 1, clock_timestamp(), clock_timestamp() + make_interval(secs => $3))
                 on conflict on constraint counters_kind_key do update set
                     count  = case when c.ends > clock_timestamp() then least(c.count, 1000000) + 1 else 1 end,
                     begins = case when c.ends > clock_timestamp() then c.begins else excluded.begins end,
                     ends   = case when c.ends > clock_timestamp() then c.ends else excluded.ends end
                 returning count",
            )
            .bind(kind)
            .bind(key)
            .bind(window.as_secs_f64())
            .fetch_one(&self.pool),
        )
        .await?;
        Ok(count.unsigned_abs())
    }

    /// Forgets what was counted.
    pub async fn forget_count(&self, kind: &str, key: &str) -> Result<(), JournalError> {
        in_time(
            sqlx::query("delete from vault.counters where kind = $1 and key = $2")
                .bind(kind)
                .bind(key)
                .execute(&self.pool),
        )
        .await?;
        Ok(())
    }

    /// Destroys what has expired, at most `limit` secrets and as many counters; how many there were.
    pub async fn sweep(&self, limit: u32) -> Result<u64, JournalError> {
        let (secrets, counters): (i64, i64) = in_time(
            sqlx::query_as(
                "with expired as (
                     delete from vault.secrets where (kind, key) in (
                         select kind, key from vault.secrets where expires_at <= clock_timestamp()
                         limit $1 for update skip locked)
                     returning 1),
                 over as (
                     delete from vault.counters where (kind, key) in (
                         select kind, key from vault.counters where ends <= clock_timestamp()
                         limit $1 for update skip locked)
                     returning 1)
                 select (select count(*) from expired), (select count(*) from over)",
            )
            .bind(i64::from(limit))
            .fetch_one(&self.pool),
        )
        .await?;
        Ok(secrets.unsigned_abs() + counters.unsigned_abs())
    }
}

async fn put(connection: &mut PgConnection, writes: &[SecretWrite]) -> Result<(), sqlx::Error> {
    let columns = SecretColumns::of(writes.iter().map(|write| (0, write)));
    sqlx::query(
        "select vault.write(operation, kind, key, owner, value, expires_at, due_at)
         from unnest($1, $2, $3, $4, $5, $6, $7)
             with ordinality as s (operation, kind, key, owner, value, expires_at, due_at, ordinality)
         order by ordinality",
    )
    .bind(&columns.operation)
    .bind(&columns.kind)
    .bind(&columns.key)
    .bind(&columns.owner)
    .bind(&columns.value)
    .bind(&columns.expires_at)
    .bind(&columns.due_at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes as the database takes them, one vector per parameter.
#[derive(Default)]
pub(crate) struct SecretColumns<'a> {
    pub command: Vec<i32>,
    pub operation: Vec<&'static str>,
    pub kind: Vec<&'static str>,
    pub key: Vec<&'a str>,
    pub owner: Vec<&'a str>,
    pub value: Vec<&'a [u8]>,
    pub expires_at: Vec<Option<OffsetDateTime>>,
    pub due_at: Vec<Option<OffsetDateTime>>,
}

impl<'a> SecretColumns<'a> {
    pub fn of(writes: impl Iterator<Item = (i32, &'a SecretWrite)>) -> Self {
        let mut columns = Self::default();
        for (command, write) in writes {
            columns.command.push(command);
            columns.push(write);
        }
        columns
    }

    pub fn is_empty(&self) -> bool {
        self.command.is_empty()
    }

    fn push(&mut self, write: &'a SecretWrite) {
        let (operation, kind, key, owner) = match write {
            SecretWrite::Put(new) => ("put", new.kind, &*new.key, &*new.owner),
            SecretWrite::Destroy { kind, key } => ("destroy", *kind, &**key, ""),
            SecretWrite::DestroyOwned { kind, owner } => {
                ("destroy_owned", kind.unwrap_or_default(), "", &**owner)
            }
        };
        let new = match write {
            SecretWrite::Put(new) => Some(new),
            _ => None,
        };
        self.operation.push(operation);
        self.kind.push(kind);
        self.key.push(key);
        self.owner.push(owner);
        self.value.push(new.map_or(&[], |new| &new.value));
        self.expires_at.push(new.and_then(|new| new.expires_at));
        self.due_at.push(new.and_then(|new| new.due_at));
    }
}

/// What is kept is not for logs.
impl fmt::Debug for NewSecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "NewSecret({} of {})", self.kind, self.owner)
    }
}

impl fmt::Debug for StoredSecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "StoredSecret(of {})", self.owner)
    }
}

async fn in_time<T>(
    query: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, JournalError> {
    let answer = tokio::time::timeout(DATABASE_TIMEOUT, query).await;
    Ok(answer.unwrap_or(Err(sqlx::Error::PoolTimedOut))?)
}
