//! The keys that are good now: the one that signs, the one that will, and those that did until the last of their tokens is over.
//!
//! A rotation in three steps, none of which refuses a good token: [`KeyRing::announce`] the next key and wait until every node
//! and every client's copy of `jwks.json` has it; [`KeyRing::rotate`]; [`KeyRing::prune`] what is over. A key that became known
//! is [`KeyRing::replace`]d instead: its tokens are refused from then on, and who has one logs in again or refreshes.

use std::time::Duration;

use domain::value::Timestamp;
use serde::Serialize;

use super::{Jwk, Kid, LEEWAY_SECONDS, LIFETIME_MAX, SigningKey, VerifyingKey};

/// How long after a rotation another node may still sign with the old key, because it has not heard yet.
pub const LATE_SIGNER_MAX: Duration = Duration::from_secs(60);
/// Most retired keys that are kept; a rotation a minute would not reach it.
const RETIRED_MAX: usize = 16;

/// A key that signs no more but whose tokens may still be good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetiredKey {
    /// The key.
    pub key: VerifyingKey,
    /// When the last of its tokens is over.
    pub until: Timestamp,
}

/// The keys of our own tokens.
#[derive(Debug)]
pub struct KeyRing {
    current: SigningKey,
    next: Option<SigningKey>,
    retired: Vec<RetiredKey>,
}

/// Why the keys were not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RingFault {
    /// There is nothing to rotate to.
    #[error("no next key was announced; announce one, and rotate when everybody has it")]
    NoNext,
    /// Rotated so often that retired keys pile up.
    #[error("{RETIRED_MAX} retired keys are not over yet; rotate again when some are")]
    TooManyRetired,
    /// The key is on the ring already.
    #[error("this key is on the ring already; announce another")]
    Known,
}

/// `jwks.json` (RFC 7517 5).
#[derive(Debug, Serialize)]
pub struct OwnJwks {
    keys: Vec<Jwk>,
}

impl KeyRing {
    /// A ring of one key.
    #[must_use]
    pub const fn new(current: SigningKey) -> Self {
        Self::restore(current, None, Vec::new())
    }

    /// A ring as it was stored.
    #[must_use]
    pub const fn restore(
        current: SigningKey,
        next: Option<SigningKey>,
        retired: Vec<RetiredKey>,
    ) -> Self {
        Self {
            current,
            next,
            retired,
        }
    }

    /// The key that signs.
    #[must_use]
    pub const fn current(&self) -> &SigningKey {
        &self.current
    }

    /// The key that will sign after the next rotation.
    #[must_use]
    pub const fn next(&self) -> Option<&SigningKey> {
        self.next.as_ref()
    }

    /// The keys that signed.
    #[must_use]
    pub fn retired(&self) -> &[RetiredKey] {
        &self.retired
    }

    /// Publishes the key that will sign next, in place of one that was announced before.
    pub fn announce(&mut self, next: SigningKey) -> Result<(), RingFault> {
        let mut retired = self.retired.iter().map(|retired| &retired.key);
        if self.current.id() == next.id() || retired.any(|key| key.id() == next.id()) {
            return Err(RingFault::Known);
        }
        self.next = Some(next);
        Ok(())
    }

    /// Signs with the announced key from now on, and keeps the old one for as long as its tokens may live.
    pub fn rotate(&mut self, now: Timestamp) -> Result<(), RingFault> {
        self.prune(now);
        if self.retired.len() >= RETIRED_MAX {
            return Err(RingFault::TooManyRetired);
        }
        let next = self.next.take().ok_or(RingFault::NoNext)?;
        let old = std::mem::replace(&mut self.current, next);
        let leeway = Duration::from_secs(LEEWAY_SECONDS.unsigned_abs());
        let until = now
            .saturating_add(LIFETIME_MAX)
            .saturating_add(LATE_SIGNER_MAX)
            .saturating_add(leeway);
        self.retired.push(RetiredKey {
            key: old.public().clone(),
            until,
        });
        Ok(())
    }

    /// Takes the current key away at once, because somebody else may have it: its tokens are refused from now on.
    pub fn replace(&mut self, new: SigningKey) {
        self.retired.retain(|retired| retired.key.id() != new.id());
        self.next.take_if(|next| next.id() == new.id());
        self.current = new;
    }

    /// Forgets retired keys that are over.
    pub fn prune(&mut self, now: Timestamp) {
        self.retired.retain(|retired| now < retired.until);
    }

    /// The key of that name, if it is good at `now`. The name is compared and used for nothing else.
    #[must_use]
    pub fn find(&self, kid: &str, now: Timestamp) -> Option<&VerifyingKey> {
        self.good(now).find(|key| key.id().as_str() == kid)
    }

    /// Whether that key is still good: for what was checked with it before.
    pub(super) fn has(&self, id: &Kid, now: Timestamp) -> bool {
        self.find(id.as_str(), now).is_some()
    }

    /// What `/.well-known/jwks.json` answers: every key that a token may be signed with, the next one included.
    #[must_use]
    pub fn jwks(&self, now: Timestamp) -> OwnJwks {
        let keys = self.good(now).map(VerifyingKey::jwk).collect();
        OwnJwks { keys }
    }

    /// The next key too: another node may have rotated a moment ago.
    fn good(&self, now: Timestamp) -> impl Iterator<Item = &VerifyingKey> {
        let signing = std::iter::once(&self.current).chain(&self.next);
        let retired = self
            .retired
            .iter()
            .filter(move |retired| now < retired.until);
        signing
            .map(SigningKey::public)
            .chain(retired.map(|retired| &retired.key))
    }
}
