//! Hashing off the runtime's threads, so many at a time and so many waiting, and the same work for who does not exist.
//!
//! Why two limits: each hash that runs takes its memory ([`Cost`]) and a core for tens of milliseconds, so few may run; each
//! that waits takes a client's connection, so not many may wait, and who comes after those is told at once. A request that is
//! given up while it runs keeps its place until the work is done: giving up in a loop does not make more work than the limit.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Cost, HashFault, Password, PasswordHash};
use crate::random::{self, NoRandomness};

/// Why there is no answer about a password. None of these says anything about the password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// As many wait as may. Answer 503 or 429 with `Retry-After`.
    #[error("too many passwords are waiting to be checked; try again in a moment")]
    Busy,
    /// No salt could be drawn.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The stored hash cannot be used.
    #[error(transparent)]
    Hash(#[from] HashFault),
    /// The thread that hashed is gone: the runtime stops, or the hash function failed.
    #[error(
        "the work on a password was broken off; if the server is not stopping, this is a fault of Daybook"
    )]
    BrokenOff,
}

/// What came of checking a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the password.
    Right {
        /// The hash was made with another cost: [`Hasher::hash`] the password again and store that.
        needs_rehash: bool,
    },
    /// It is not, or there is no such account.
    Wrong,
}

/// Hashes and checks passwords; a cheap handle, the limits are shared by its clones.
#[derive(Debug, Clone)]
pub struct Hasher {
    cost: Cost,
    nobody: Arc<PasswordHash>,
    /// One for each that runs or waits.
    admitted: Arc<Semaphore>,
    /// One for each that runs.
    running: Arc<Semaphore>,
}

impl Hasher {
    /// Hashes with `cost`, `running_max` at a time (each takes the cost's memory; cores are a good number), with at most
    /// `waiting_max` behind them. Both limits are at least one.
    pub fn new(cost: Cost, running_max: usize, waiting_max: usize) -> Result<Self, HashError> {
        let running_max = running_max.clamp(1, Semaphore::MAX_PERMITS / 2);
        let waiting_max = waiting_max.clamp(1, Semaphore::MAX_PERMITS / 2);
        let nobody = PasswordHash::of_nobody(cost, random::bytes()?, random::bytes()?)?;
        Ok(Self {
            cost,
            nobody: Arc::new(nobody),
            admitted: Arc::new(Semaphore::new(running_max + waiting_max)),
            running: Arc::new(Semaphore::new(running_max)),
        })
    }

    /// The hash to store for `password`, under a fresh salt.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, HashError> {
        let (cost, salt) = (self.cost, random::bytes()?);
        self.work(move || PasswordHash::of(&password, cost, salt))
            .await
    }

    /// Checks `password` against the account's `hash`.
    pub async fn verify(
        &self,
        password: Password,
        hash: &PasswordHash,
    ) -> Result<Verdict, HashError> {
        let stored = hash.clone();
        let right = self.work(move || stored.is_of(&password)).await?;
        let needs_rehash = hash.needs_rehash(self.cost);
        Ok(match right {
            true => Verdict::Right { needs_rehash },
            false => Verdict::Wrong,
        })
    }

    /// The same work for an account that does not exist, is locked, or has no password. Always [`Verdict::Wrong`].
    ///
    /// It takes as long as [`Hasher::verify`] of a hash of today's cost; after the cost was raised, accounts that have not
    /// logged in since can be told by the time.
    pub async fn verify_nobody(&self, password: Password) -> Result<Verdict, HashError> {
        let nobody = Arc::clone(&self.nobody);
        self.work(move || nobody.is_of(&password)).await?;
        Ok(Verdict::Wrong)
    }

    async fn work<T: Send + 'static>(
        &self,
        hash: impl FnOnce() -> Result<T, HashFault> + Send + 'static,
    ) -> Result<T, HashError> {
        let admitted = Arc::clone(&self.admitted)
            .try_acquire_owned()
            .map_err(|_| HashError::Busy)?;
        let running = Arc::clone(&self.running)
            .acquire_owned()
            .await
            .map_err(|_| HashError::BrokenOff)?;
        let places: (OwnedSemaphorePermit, OwnedSemaphorePermit) = (admitted, running);
        let work = tokio::task::spawn_blocking(move || {
            let done = hash();
            drop(places);
            done
        });
        Ok(work.await.map_err(|_| HashError::BrokenOff)??)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn password(raw: &str) -> Password {
        Password::presented(raw).unwrap()
    }

    fn hasher() -> Hasher {
        Hasher::new(Cost::of_tests(), 2, 2).unwrap()
    }

    #[tokio::test]
    async fn the_right_password_is_right_and_others_are_wrong() {
        let hasher = hasher();
        let hash = hasher.hash(password("correct horse")).await.unwrap();
        let right = hasher.verify(password("correct horse"), &hash).await;
        assert_eq!(
            right,
            Ok(Verdict::Right {
                needs_rehash: false
            })
        );
        let wrong = soon(hasher.verify(password("Correct horse"), &hash)).await;
        assert_eq!(wrong, Ok(Verdict::Wrong));
        let nobodys = soon(hasher.verify_nobody(password("correct horse"))).await;
        assert_eq!(nobodys, Ok(Verdict::Wrong));
    }

    #[tokio::test]
    async fn the_same_password_has_another_hash_each_time() {
        let hasher = hasher();
        let first = hasher.hash(password("correct horse")).await.unwrap();
        let second = hasher.hash(password("correct horse")).await.unwrap();
        assert_ne!(first.as_str(), second.as_str());
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_is_right_and_is_to_be_made_again() {
        let hash = hasher().hash(password("correct horse")).await.unwrap();
        let dearer = Hasher::new(Cost::default(), 1, 1).unwrap();
        let verdict = dearer.verify(password("correct horse"), &hash).await;
        assert_eq!(verdict, Ok(Verdict::Right { needs_rehash: true }));
    }

    async fn soon<T>(work: impl Future<Output = T>) -> T {
        let done = tokio::time::timeout(Duration::from_secs(30), work).await;
        done.expect("an answer within half a minute")
    }

    /// Keeps every place busy until the sender is dropped, and shows who gets one.
    #[tokio::test]
    async fn so_many_run_so_many_wait_and_the_next_is_told_at_once() {
        let hasher = Hasher::new(Cost::of_tests(), 1, 1).unwrap();
        let (release, held) = std::sync::mpsc::channel::<()>();
        let (started, has_started) = tokio::sync::oneshot::channel();
        let holder = hasher.clone();
        let running = tokio::spawn(async move {
            let hold = move || {
                let _ = started.send(());
                let _ = held.recv();
                Ok(())
            };
            holder.work(hold).await
        });
        has_started.await.unwrap();
        // Whoever asked is gone; the work goes on and keeps its place.
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());
        let waiter = hasher.clone();
        let waiting = tokio::spawn(async move { waiter.hash(password("correct horse")).await });
        while hasher.admitted.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let refused = soon(hasher.verify_nobody(password("correct horse"))).await;
        assert_eq!(refused, Err(HashError::Busy));
        drop(release);
        assert!(soon(waiting).await.unwrap().is_ok());
        assert!(soon(hasher.verify_nobody(password("x"))).await.is_ok());
    }
}
