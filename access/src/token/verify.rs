//! Verifying a token of our own, and remembering that it was.
//!
//! A signature takes some fifty microseconds to check and a client shows the same token for minutes, so what was checked is
//! remembered by the SHA-256 of the whole token. Remembered is only what the signature and the unchanging claims said: time,
//! and whether the key is still good, are asked at every use. What fails is not remembered, so nobody can crowd others out.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use domain::value::Timestamp;
use lru::LruCache;
use sha2::{Digest as _, Sha256};

use super::access::{Claims, Header};
use super::{Access, KeyRing, Kid, TOKEN_BYTES_MAX, TokenRefusal, jws};

/// How many tokens are remembered, the longest unused forgotten first: about 10 MiB when full.
const REMEMBERED_MAX: NonZeroUsize = NonZeroUsize::new(16_384).unwrap();

/// Verifies tokens of our own. One for a process.
pub struct Verifier {
    issuer: String,
    audience: String,
    remembered: Mutex<LruCache<[u8; 32], Remembered>>,
}

#[derive(Clone)]
struct Remembered {
    key: Kid,
    access: Arc<Access>,
}

impl Verifier {
    /// Accepts tokens with exactly this `iss` and `aud`.
    #[must_use]
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            audience: audience.into(),
            remembered: Mutex::new(LruCache::new(REMEMBERED_MAX)),
        }
    }

    /// Who `token` speaks for at `now`. Ask then whether [`Access::session`] still stands.
    pub fn verify(
        &self,
        keys: &KeyRing,
        token: &str,
        now: Timestamp,
    ) -> Result<Arc<Access>, TokenRefusal> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenRefusal::TooLong);
        }
        let digest: [u8; 32] = Sha256::digest(token).into();
        let known = self.lock().get(&digest).cloned();
        if let Some(Remembered { key, access }) = known
            && keys.has(&key, now)
        {
            access.check_time(now)?;
            return Ok(access);
        }
        let (key, access) = self.check(keys, token, now)?;
        access.check_time(now)?;
        let access = Arc::new(access);
        let remembered = Remembered {
            key,
            access: Arc::clone(&access),
        };
        self.lock().put(digest, remembered);
        Ok(access)
    }

    fn check(
        &self,
        keys: &KeyRing,
        token: &str,
        now: Timestamp,
    ) -> Result<(Kid, Access), TokenRefusal> {
        let jws = jws::split(token, TOKEN_BYTES_MAX)?;
        let header: Header =
            serde_json::from_slice(&jws.header).map_err(|_| TokenRefusal::Header)?;
        header.check()?;
        let key = keys
            .find(&header.kid, now)
            .ok_or(TokenRefusal::UnknownKey)?;
        if !key.verify(jws.signed, &jws.signature) {
            return Err(TokenRefusal::Signature);
        }
        let claims: Claims =
            serde_json::from_slice(&jws.payload).map_err(|_| TokenRefusal::Claims)?;
        let access = claims.check(&self.issuer, &self.audience)?;
        Ok((key.id().clone(), access))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, LruCache<[u8; 32], Remembered>> {
        // Nothing is half done in it when a thread panics.
        self.remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            issuer, audience, ..
        } = self;
        write!(out, "Verifier({issuer} for {audience})")
    }
}
