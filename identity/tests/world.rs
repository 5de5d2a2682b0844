//! A database of one's own, and nodes on it: each with an executor and identities of its own.

use std::time::Duration;

use access::seal::{MasterKey, MasterKeys};
use commands::{Commands, Context, Executor, ExecutorOptions};
use daybook_tests::{Postgres, eventually};
use domain::CATALOG;
use domain::account::{AccountCommand, RegisterAccount, SessionMethod, StartSession};
use domain::value::{AccountId, Ciphertext, EmailHash, KeyId, Sealed, SessionId, Timestamp};
use identity::{Identity, IdentityError, IdentityOptions, SessionTokens};
use journal::{EventKind, Journal, JournalOptions, TailSource, Upcasters};
use time::OffsetDateTime;
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

/// How soon everything happens that these tests wait for.
pub const SOON: Duration = Duration::from_secs(20);

/// The address of the shop in these tests.
pub const PUBLIC_URL: &str = "https://shop.example";

pub struct World {
    pub master: MasterKeys,
    /// The one that is in it.
    pub first_master: MasterKey,
    // Dropped last: it drops the database.
    postgres: Postgres,
}

pub struct Node {
    pub commands: Commands,
    pub journal: Journal,
    pub identity: Identity,
    _stop: DropGuard,
}

impl World {
    pub async fn new() -> Self {
        let postgres = Postgres::fresh().await;
        Journal::migrate(&postgres.options()).await.unwrap();
        let first_master = MasterKey::generate().unwrap();
        let master = MasterKeys::new(first_master.clone(), Vec::new());
        Self {
            master,
            first_master,
            postgres,
        }
    }

    /// The database itself, to look at what is kept there.
    pub async fn pool(&self) -> sqlx::PgPool {
        self.postgres.pool().await
    }

    pub fn options(&self) -> IdentityOptions {
        IdentityOptions::new(self.master.clone(), PUBLIC_URL)
    }

    pub async fn node(&self) -> Node {
        self.node_with(self.options()).await.unwrap()
    }

    pub async fn node_with(&self, options: IdentityOptions) -> Result<Node, IdentityError> {
        let catalogue = CATALOG.iter().map(|kind| EventKind {
            aggregate_type: kind.aggregate_type.into(),
            event_type: kind.event_type.into(),
            event_version: kind.version.into(),
        });
        let journal = JournalOptions {
            connect: self.postgres.options(),
            connections_max: 4,
            upcasters: Upcasters::new(domain::upcasters()),
            catalogue: catalogue.collect(),
        };
        let journal = Journal::open(journal).await.unwrap();
        let tail = TailSource::new(journal.clone());
        let stop = CancellationToken::new();
        let (executor, commands) =
            Executor::new(journal.clone(), tail.clone(), &ExecutorOptions::default());
        tokio::spawn(executor.run(stop.clone()));
        let identity = Identity::open(commands.clone(), options).await?;
        tokio::spawn(identity.clone().run(tail, stop.clone()));
        Ok(Node {
            commands,
            journal,
            identity,
            _stop: stop.drop_guard(),
        })
    }
}

pub fn now() -> Timestamp {
    Timestamp::try_from(OffsetDateTime::now_utc()).unwrap()
}

/// An account with a session, as log-in would make them, and the session's tokens.
pub struct LoggedIn {
    pub account: AccountId,
    pub session: SessionId,
    pub tokens: SessionTokens,
}

impl Node {
    pub async fn account(&self) -> AccountId {
        let account = AccountId(Uuid::now_v7());
        let mut hash = [0; 32];
        hash[..16].copy_from_slice(account.0.as_bytes());
        let data = Ciphertext::new("c2VhbGVkIGFkZHJlc3M").unwrap();
        let email = Sealed::new(KeyId::new("1").unwrap(), data);
        let new = RegisterAccount {
            account_id: account,
            email_hash: EmailHash::from(hash),
            email,
            name: None,
            succeeds: None,
        };
        self.command(account, AccountCommand::RegisterAccount(new.into()))
            .await;
        account
    }

    pub async fn command(&self, account: AccountId, command: AccountCommand) {
        let done = self.commands.account(account, command, Context::default());
        done.await.unwrap();
    }

    /// Begins a session of the shop's own pages.
    pub async fn log_in(&self) -> LoggedIn {
        let account = self.account().await;
        let session = SessionId(Uuid::now_v7());
        let expires_at = now().saturating_add(Duration::from_secs(3_600));
        let (state, _) = self.commands.account_state(account).await.unwrap();
        let tokens = self.identity.tokens();
        let tokens = tokens
            .for_session(account, &state, session, 1, expires_at)
            .unwrap();
        let beside = commands::Beside {
            claims: Vec::new(),
            secrets: vec![tokens.write.clone()],
        };
        let start = AccountCommand::StartSession(StartSession {
            session_id: session,
            method: SessionMethod::Password,
            second_factor: None,
            password_changed_at: state.password_changed_at(),
            expires_at,
        });
        let started = self
            .commands
            .account_beside(account, start, beside, Context::default());
        started.await.unwrap();
        LoggedIn {
            account,
            session,
            tokens,
        }
    }

    /// Waits until this node accepts the token, which it does once it knows what is revoked.
    pub async fn accepts(&self, token: &str) {
        eventually("the token is accepted", SOON, async || {
            let recognised = self.identity.authenticate(token).await;
            recognised.map(drop).map_err(|error| error.to_string())
        })
        .await;
    }
}
