//! The keys that sign access tokens, shared by all nodes through the vault.
//!
//! A key is stored once, wrapped, with the time from which it signs, and never changed. Which key signs now, which one will, and
//! which ones did is a function of what is stored and of the time, so nodes that have read the same agree without a word, and
//! two that make a key at the same moment (a first start) have merely made two: both are published, and the later one signs.
//! A node learns of a key that another made by reading again every few seconds, and at once when a token names a key that it
//! does not know (not more often than [`LOOK_AGAIN_AFTER`]: who makes names up must not make us read).

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use access::seal::{KeyUse, MasterKeys, WrappedKey};
use access::token::{
    KeyRing, LATE_SIGNER_MAX, LEEWAY_SECONDS, LIFETIME_MAX, RetiredKey, SigningKey,
};
use domain::value::Timestamp;
use journal::{NewSecret, SecretWrite, StoredSecret, Vault};
use tokio::sync::Mutex;

use crate::{IdentityError, clock, kinds};

/// Bytes of the time before a wrapped key: microseconds since 1970.
const TIME_BYTES: usize = 8;
/// How long a node rests between readings that unknown names led to.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The keys that sign.
pub struct SigningKeys {
    vault: Vault,
    master: MasterKeys,
    ring: RwLock<Arc<KeyRing>>,
    /// When an unknown name made us read last.
    looked: Mutex<Option<Instant>>,
}

/// A key, for whoever looks after them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyStatus {
    /// Its name, `kid`.
    pub kid: String,
    /// From when it signs.
    pub signs_from: Timestamp,
    /// Until when its tokens may be good; not said of the one that signs and of those that will.
    pub good_until: Option<Timestamp>,
}

struct StoredKey {
    signs_from: Timestamp,
    key: SigningKey,
}

impl SigningKeys {
    /// The keys in this vault; the first one is made if there is none.
    ///
    /// # Errors
    /// [`IdentityError::MasterKey`] if they do not open with `master`; [`IdentityError::Unavailable`].
    pub async fn open(vault: Vault, master: MasterKeys) -> Result<Self, IdentityError> {
        wrap_anew(&vault, &master).await?;
        let mut stored = read(&vault, &master).await?;
        if stored.is_empty() {
            make(&vault, &master, clock::now()).await?;
            stored = read(&vault, &master).await?;
        }
        let ring = arrange(stored, clock::now()).ok_or(IdentityError::Unavailable)?;
        Ok(Self {
            vault,
            master,
            ring: RwLock::new(Arc::new(ring)),
            looked: Mutex::new(None),
        })
    }

    /// The keys as this node knows them.
    pub(crate) fn ring(&self) -> Arc<KeyRing> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads them again.
    pub async fn read_again(&self) -> Result<(), IdentityError> {
        let stored = read(&self.vault, &self.master).await?;
        if let Some(ring) = arrange(stored, clock::now()) {
            *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
        }
        Ok(())
    }

    /// Reads them again because a token names one that is not known here; whether that was done.
    pub(crate) async fn look_again(&self) -> bool {
        let mut looked = self.looked.lock().await;
        if looked.is_some_and(|at| at.elapsed() < LOOK_AGAIN_AFTER) {
            return false;
        }
        *looked = Some(Instant::now());
        self.read_again().await.is_ok()
    }

    /// Makes a key that signs in `announced_for` from now on: long enough, and everybody has it by then.
    pub async fn rotate(&self, announced_for: Duration) -> Result<String, IdentityError> {
        let signs_from = clock::now().saturating_add(announced_for);
        let kid = make(&self.vault, &self.master, signs_from).await?;
        self.read_again().await?;
        Ok(kid)
    }

    /// Takes a key away at once, because somebody else may have it: its tokens are refused on every node as soon as that has
    /// read again. Another one signs from now on.
    ///
    /// # Errors
    /// Whether there is such a key is in the answer.
    pub async fn revoke(&self, kid: &str) -> Result<bool, IdentityError> {
        if self.vault.get(kinds::SIGNING_KEY, kid).await?.is_none() {
            return Ok(false);
        }
        make(&self.vault, &self.master, clock::now()).await?;
        self.destroy(&[kid.to_owned()]).await?;
        self.read_again().await?;
        Ok(true)
    }

    /// Every key, in the order in which they sign.
    pub async fn list(&self) -> Result<Vec<KeyStatus>, IdentityError> {
        let stored = read(&self.vault, &self.master).await?;
        Ok(statuses(&stored, clock::now()))
    }

    /// What is due: a new key when the newest has signed for long enough, and the end of those whose last token is over. Of
    /// several nodes one makes the key.
    pub(crate) async fn look_after(
        &self,
        rotate_every: Duration,
        announced_for: Duration,
    ) -> Result<(), IdentityError> {
        let now = clock::now();
        let keys = self.list().await?;
        let over = |key: &&KeyStatus| key.good_until.is_some_and(|until| until <= now);
        let over: Vec<String> = keys
            .iter()
            .filter(over)
            .map(|key| key.kid.clone())
            .collect();
        if !over.is_empty() {
            self.destroy(&over).await?;
        }
        let Some(newest) = keys.last() else {
            return Ok(());
        };
        let next_signs = newest.signs_from.saturating_add(rotate_every);
        if now.saturating_add(announced_for) >= next_signs {
            let window = announced_for.max(Duration::from_secs(1));
            if self
                .vault
                .count("key-rotation", &newest.kid, window)
                .await?
                == 1
            {
                let kid = self.rotate(announced_for).await?;
                tracing::info!(kid, "announced the next key that signs access tokens");
            }
        }
        Ok(())
    }

    async fn destroy(&self, kids: &[String]) -> Result<(), IdentityError> {
        let destroy = |kid: &String| SecretWrite::Destroy {
            kind: kinds::SIGNING_KEY,
            key: kid.clone(),
        };
        let writes: Vec<_> = kids.iter().map(destroy).collect();
        Ok(self.vault.write(&writes).await?)
    }
}

/// Makes a key that signs from then on; its name.
async fn make(
    vault: &Vault,
    master: &MasterKeys,
    signs_from: Timestamp,
) -> Result<String, IdentityError> {
    let key = SigningKey::generate()?;
    let wrapped = master.wrap(&key.seed(), KeyUse::TokenSigning)?;
    let kid = key.id().as_str().to_owned();
    let mut value = signs_from.as_micros().to_be_bytes().to_vec();
    value.extend_from_slice(wrapped.as_bytes());
    let new = NewSecret {
        kind: kinds::SIGNING_KEY,
        key: kid.clone(),
        owner: kinds::OWN.to_owned(),
        value,
        expires_at: None,
        due_at: None,
    };
    vault.write(&[SecretWrite::Put(new)]).await?;
    Ok(kid)
}

/// Wraps with the current master key what an older one wrapped, so that the older one can be taken away.
async fn wrap_anew(vault: &Vault, master: &MasterKeys) -> Result<(), IdentityError> {
    for row in vault.all(kinds::SIGNING_KEY, "").await? {
        let Some((signs_from, wrapped)) = row.value.split_first_chunk::<TIME_BYTES>() else {
            continue;
        };
        let wrapped = WrappedKey::from_bytes(wrapped);
        let anew = wrapped.map(|wrapped| master.rewrap(&wrapped, KeyUse::TokenSigning));
        if let Some(anew) = anew.transpose()?.flatten() {
            let value = [signs_from.as_slice(), anew.as_bytes()].concat();
            vault
                .replace(kinds::SIGNING_KEY, &row.key, &row.value, &value)
                .await?;
        }
    }
    Ok(())
}

/// What is stored, in the order in which they sign.
async fn read(vault: &Vault, master: &MasterKeys) -> Result<Vec<StoredKey>, IdentityError> {
    let rows = vault.all(kinds::SIGNING_KEY, "").await?;
    let mut keys = rows
        .iter()
        .map(|row| unwrap(row, master))
        .collect::<Result<Vec<_>, _>>()?;
    keys.sort_by(|one, other| {
        let of = |stored: &StoredKey| (stored.signs_from, stored.key.id().clone());
        of(one).cmp(&of(other))
    });
    Ok(keys)
}

fn unwrap(row: &StoredSecret, master: &MasterKeys) -> Result<StoredKey, IdentityError> {
    let not_ours = || {
        tracing::error!(
            kid = row.key,
            "a signing key in the vault is not one that was put there"
        );
        IdentityError::Defect
    };
    let (signs_from, wrapped) = row
        .value
        .split_first_chunk::<TIME_BYTES>()
        .ok_or_else(not_ours)?;
    let signs_from =
        Timestamp::from_micros(i64::from_be_bytes(*signs_from)).map_err(|_| not_ours())?;
    let wrapped = WrappedKey::from_bytes(wrapped).ok_or_else(not_ours)?;
    let seed = master.unwrap(&wrapped, KeyUse::TokenSigning)?;
    let key = SigningKey::from_seed(&seed);
    if key.id().as_str() != row.key {
        return Err(not_ours());
    }
    Ok(StoredKey { signs_from, key })
}

/// Which one signs at `now`: the last whose time has come; of a set whose time has not come at all, the first.
fn current_at(stored: &[StoredKey], now: Timestamp) -> usize {
    let begun = stored.iter().take_while(|key| key.signs_from <= now);
    begun.count().saturating_sub(1)
}

/// When the last token of a key is over whose successor signs from then on.
fn good_until(successor: Timestamp) -> Timestamp {
    let leeway = Duration::from_secs(LEEWAY_SECONDS.unsigned_abs());
    successor.saturating_add(LIFETIME_MAX + LATE_SIGNER_MAX + leeway)
}

fn statuses(stored: &[StoredKey], now: Timestamp) -> Vec<KeyStatus> {
    let current = current_at(stored, now);
    let of = |(index, key): (usize, &StoredKey)| KeyStatus {
        kid: key.key.id().as_str().to_owned(),
        signs_from: key.signs_from,
        good_until: (index < current)
            .then(|| stored.get(index + 1))
            .flatten()
            .map(|successor| good_until(successor.signs_from)),
    };
    stored.iter().enumerate().map(of).collect()
}

fn arrange(stored: Vec<StoredKey>, now: Timestamp) -> Option<KeyRing> {
    let current = current_at(&stored, now);
    let retired = stored
        .windows(2)
        .take(current)
        .map(|pair| RetiredKey {
            key: pair[0].key.public().clone(),
            until: good_until(pair[1].signs_from),
        })
        .filter(|retired| now < retired.until)
        .collect();
    let mut signing = stored.into_iter().skip(current).map(|stored| stored.key);
    let current = signing.next()?;
    Some(KeyRing::restore(current, signing.next(), retired))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000).unwrap()
    }

    fn stored(times: &[i64]) -> Vec<StoredKey> {
        let key = |seconds: &i64| StoredKey {
            signs_from: at(*seconds),
            key: SigningKey::generate().unwrap(),
        };
        times.iter().map(key).collect()
    }

    fn names(keys: &[StoredKey]) -> Vec<String> {
        keys.iter()
            .map(|key| key.key.id().as_str().into())
            .collect()
    }

    #[test]
    fn the_time_alone_says_which_key_signs() {
        for (now, signs, follows, retired) in [
            (5, 0, Some(1), 0),
            (1_000, 1, Some(2), 1),
            (1_500, 1, Some(2), 1),
        ] {
            let keys = stored(&[0, 1_000, 2_000]);
            let names = names(&keys);
            let ring = arrange(keys, at(now)).unwrap();
            assert_eq!(ring.current().id().as_str(), names[signs], "at {now}");
            let next = ring.next().map(|key| key.id().as_str().to_owned());
            assert_eq!(next, follows.map(|index: usize| names[index].clone()));
            assert_eq!(ring.retired().len(), retired, "at {now}");
        }
    }

    #[test]
    fn a_retired_key_is_good_until_its_last_token_is_over() {
        let over = good_until(at(1_000));
        assert!(over > at(1_000 + 600));
        let keys = stored(&[0, 1_000]);
        let first = names(&keys)[0].clone();
        let before = Timestamp::from_micros(over.as_micros() - 1).unwrap();
        let ring = arrange(keys, before).unwrap();
        assert!(ring.find(&first, before).is_some());
        assert!(ring.find(&first, over).is_none());
        assert!(
            arrange(stored(&[0, 1_000]), over)
                .unwrap()
                .retired()
                .is_empty()
        );
    }

    #[test]
    fn without_a_key_there_is_no_ring_and_before_its_time_the_first_signs() {
        assert!(arrange(Vec::new(), at(0)).is_none());
        let keys = stored(&[100, 200]);
        let first = names(&keys)[0].clone();
        assert_eq!(arrange(keys, at(0)).unwrap().current().id().as_str(), first);
    }
}
