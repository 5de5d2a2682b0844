//! Keys of the shop's own: one of each kind, made at the first start and shared by all nodes through the vault.
//!
//! Which node is first does not matter: each makes a key and puts it into the vault *if none is there*
//! ([`Vault::put_new`], decided by the primary key of the table), and then takes whichever is there. A key that came second was
//! never used and is forgotten with this call.

use access::Secret;
use access::seal::{KeyUse, MasterKeys, WrappedKey};
use journal::{NewSecret, Vault};

use crate::{IdentityError, kinds};

/// There is one of each kind.
const ONLY: &str = "1";

/// The bytes of a key.
pub(crate) type KeyBytes = Secret<[u8; 32]>;

/// The key of this kind; `generated` unless there is one.
pub(crate) async fn own_key(
    vault: &Vault,
    master: &MasterKeys,
    (kind, key_use): (&'static str, KeyUse),
    generated: &KeyBytes,
) -> Result<KeyBytes, IdentityError> {
    let stored = match vault.get(kind, ONLY).await? {
        Some(stored) => stored,
        None => {
            let wrapped = master.wrap(generated, key_use)?;
            let new = NewSecret {
                kind,
                key: ONLY.to_owned(),
                owner: kinds::OWN.to_owned(),
                value: wrapped.as_bytes().to_vec(),
                expires_at: None,
                due_at: None,
            };
            vault.put_new(&new).await?
        }
    };
    let wrapped = WrappedKey::from_bytes(&stored.value)
        .ok_or_else(|| IdentityError::defect("a key of the shop's own is no wrapped key"))?;
    // So that an older master key can be taken away one day.
    if let Some(anew) = master.rewrap(&wrapped, key_use)? {
        vault
            .replace(kind, ONLY, &stored.value, anew.as_bytes())
            .await?;
    }
    Ok(master.unwrap(&wrapped, key_use)?)
}
