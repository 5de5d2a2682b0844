//! What goes on beside requests: following what is revoked, looking after keys, writing down who was refused.

use std::time::Duration;

use journal::TailSource;
use tokio_util::sync::CancellationToken;

use crate::Identity;

impl Identity {
    /// Runs until `shutdown`. Without it nobody but the configured token is let in: what is revoked is not known.
    pub async fn run(self, tail: TailSource, shutdown: CancellationToken) {
        let inner = &*self.0;
        let table = inner.options.tokens.revocations.as_deref();
        tokio::join!(
            inner.revocations.run(&tail, table, &shutdown),
            inner.security.run(&inner.commands, &shutdown),
            self.look_after_keys(&shutdown),
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
