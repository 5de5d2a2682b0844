//! What goes on beside requests: following what is revoked, looking after keys, writing down who was refused.

use std::time::Duration;

use journal::TailSource;
use tokio_util::sync::CancellationToken;

use crate::mail::outbox;
use crate::{Identity, accounts};

impl Identity {
    /// Runs until `shutdown`. Without it nobody but the configured token is let in: what is revoked is not known.
    pub async fn run(self, tail: TailSource, shutdown: CancellationToken) {
        let inner = &*self.0;
        let table = inner.options.tokens.revocations.as_deref();
        tokio::join!(
            inner.revocations.run(&tail, table, &shutdown),
            inner.security.run(&inner.commands, &shutdown),
            self.look_after_keys(&shutdown),
            self.look_after_accounts(&shutdown),
        );
    }

    /// Mail, what is done behind the answers, and the sweep of the vault.
    async fn look_after_accounts(&self, shutdown: &CancellationToken) {
        let waiting = self.0.waiting_jobs.lock();
        let jobs = waiting.ok().and_then(|mut jobs| jobs.take());
        let work = async {
            match jobs {
                Some(jobs) => accounts::run(self, jobs, shutdown).await,
                None => tracing::error!("identities were run twice; the first one goes on"),
            }
        };
        tokio::join!(
            work,
            outbox::run(self, shutdown),
            accounts::sweep(self, shutdown),
        );
    }

    async fn look_after_keys(&self, shutdown: &CancellationToken) {
        let options = &self.0.options.tokens;
        let (every, announce) = (options.rotate_keys_every, options.announce_keys_for);
        let pause = options.read_keys_every.max(Duration::from_millis(10));
        while tokio::time::timeout(pause, shutdown.cancelled())
            .await
            .is_err()
        {
            let keys = self.tokens().keys();
            let done = async {
                keys.read_again().await?;
                keys.look_after(every, announce).await
            };
            if let Err(error) = done.await {
                tracing::warn!(%error, "the keys that sign access tokens could not be looked after; trying again");
            }
        }
    }
}
