//! Foreign issuers: tokens of a configured OIDC server are accepted by the keys that it publishes.
//!
//! Where its keys are is learnt from its own discovery document, at the address that was configured, never from a token. They
//! are fetched when the first token comes, again when a token names a key that is not among them (not more often than every
//! [`FETCH_AGAIN_AFTER`]), and when they are old ([`KEYS_AGE_MAX`]), so that a key that the issuer took back is not good for
//! ever; when it cannot be reached, those that were fetched before stay.
//!
//! A foreign token speaks for a program: it may do what it says and what its issuer's tokens may do here at most. We cannot
//! revoke it; its issuer's lifetimes are what bounds it.

mod fetch;

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use access::opaque::Opaque;
use access::token::{
    FOREIGN_LEEWAY_SECONDS, ForeignAccess, ForeignIssuer, Jwks, TokenRefusal, claimed_issuer,
};
use domain::policy::Principal;
use domain::value::{Scope, Timestamp};
use lru::LruCache;
use sha2::{Digest as _, Sha256};

use crate::tokens::ForeignOptions;
use crate::{IdentityError, Tokens};
use fetch::Fetcher;
pub use fetch::is_safe_address;

/// How long a node rests between two fetches of an issuer's keys.
const FETCH_AGAIN_AFTER: Duration = Duration::from_secs(30);
/// How old keys may become before they are fetched again.
const KEYS_AGE_MAX: Duration = Duration::from_secs(600);
/// How many tokens of an issuer are remembered, the longest unused forgotten first.
const REMEMBERED_MAX: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();

/// The foreign issuers that are trusted.
#[derive(Default)]
pub(crate) struct ForeignIssuers(Vec<Foreign>);

pub(crate) struct Foreign {
    issuer: ForeignIssuer,
    scopes: BTreeSet<Scope>,
    fetcher: Fetcher,
    tokens: Arc<Tokens>,
    keys: RwLock<Option<Arc<Keys>>>,
    /// Held by whoever fetches; when that was done last.
    fetched: tokio::sync::Mutex<Option<Instant>>,
    remembered: Mutex<LruCache<[u8; 32], Remembered>>,
}

struct Keys {
    jwks: Jwks,
    since: Instant,
}

#[derive(Clone)]
struct Remembered {
    principal: Principal,
    expires_at: i64,
    /// By which keys it was verified: others, and it is verified again.
    since: Instant,
}

impl ForeignIssuers {
    /// These issuers.
    ///
    /// # Errors
    /// [`IdentityError::Defect`] if no HTTP client can be made.
    pub fn open(options: &[ForeignOptions], tokens: &Arc<Tokens>) -> Result<Self, IdentityError> {
        let open = |options| Foreign::open(options, tokens);
        options.iter().map(open).collect::<Result<_, _>>().map(Self)
    }

    /// Who should verify this token, by what it claims.
    pub fn issuer_of(&self, token: &str) -> Option<&Foreign> {
        if self.0.is_empty() {
            return None;
        }
        let claimed = claimed_issuer(token)?;
        self.0
            .iter()
            .find(|foreign| foreign.issuer.issuer() == claimed)
    }
}

impl Foreign {
    fn open(options: &ForeignOptions, tokens: &Arc<Tokens>) -> Result<Self, IdentityError> {
        let issuer = ForeignIssuer::new(&options.issuer, &options.audience);
        let issuer = options.types.iter().fold(issuer, ForeignIssuer::with_type);
        Ok(Self {
            issuer,
            scopes: options.scopes.iter().copied().collect(),
            fetcher: Fetcher::new(&options.issuer)?,
            tokens: Arc::clone(tokens),
            keys: RwLock::default(),
            fetched: tokio::sync::Mutex::default(),
            remembered: Mutex::new(LruCache::new(REMEMBERED_MAX)),
        })
    }

    /// Who shows this token.
    pub async fn authenticate(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Principal, IdentityError> {
        let keys = match self.known() {
            Some(keys) if keys.since.elapsed() < KEYS_AGE_MAX => keys,
            _ => self.fetch_again().await.ok_or(IdentityError::Unavailable)?,
        };
        let digest: [u8; 32] = Sha256::digest(token).into();
        if let Some(principal) = self.recall(&digest, &keys, now) {
            return Ok(principal);
        }
        let (keys, access) = match self.issuer.verify(&keys.jwks, token, now) {
            Err(TokenRefusal::UnknownKey) => {
                let keys = self.fetch_again().await.ok_or(IdentityError::Unavailable)?;
                let access = self.issuer.verify(&keys.jwks, token, now)?;
                (keys, access)
            }
            verified => (keys, verified?),
        };
        let principal = self.principal_of(&access);
        let remembered = Remembered {
            principal: principal.clone(),
            expires_at: access.expires_at,
            since: keys.since,
        };
        self.lock().put(digest, remembered);
        Ok(principal)
    }

    /// Named after the issuer and a keyed hash of the subject, which may be an address.
    fn principal_of(&self, access: &ForeignAccess) -> Principal {
        let parts = [access.issuer.as_bytes(), access.subject.as_bytes()];
        let subject: Opaque = self.tokens.derive("foreign-subject", &parts);
        let named = access.scopes.iter().filter_map(|scope| scope.parse().ok());
        Principal::Service {
            name: format!("{}#{}", access.issuer, &subject.expose()[..16]),
            scopes: named.filter(|scope| self.scopes.contains(scope)).collect(),
        }
    }

    fn recall(&self, digest: &[u8; 32], keys: &Keys, now: Timestamp) -> Option<Principal> {
        let remembered = self.lock().get(digest).cloned()?;
        let seconds = now.as_micros().div_euclid(1_000_000);
        let is_good = remembered.since == keys.since
            && seconds < remembered.expires_at.saturating_add(FOREIGN_LEEWAY_SECONDS);
        is_good.then_some(remembered.principal)
    }

    fn known(&self) -> Option<Arc<Keys>> {
        self.keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The keys as they are published now, unless they were fetched a moment ago or cannot be: then those that are known.
    async fn fetch_again(&self) -> Option<Arc<Keys>> {
        let mut fetched = self.fetched.lock().await;
        if fetched.is_some_and(|at| at.elapsed() < FETCH_AGAIN_AFTER) {
            return self.known();
        }
        *fetched = Some(Instant::now());
        match self.fetcher.jwks().await {
            Ok(jwks) => {
                let since = Instant::now();
                let keys = Arc::new(Keys { jwks, since });
                let mut known = self.keys.write().unwrap_or_else(PoisonError::into_inner);
                *known = Some(keys);
            }
            Err(error) => {
                tracing::warn!(issuer = self.issuer.issuer(), %error, "a foreign issuer's keys cannot be fetched");
            }
        }
        self.known()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, LruCache<[u8; 32], Remembered>> {
        // Nothing is half done in it when a thread panics.
        self.remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
