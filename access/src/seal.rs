//! Sealing: personal data that only its account's key opens, so that destroying the key erases it while the journal stays whole.
//!
//! Three layers. A **field** (name, e-mail, address, phone, TOTP secret) is sealed with the [`DataKey`] of its account. A data key
//! is stored **wrapped** by the master key. The [`MasterKey`] comes from configuration or from a file that only its owner can
//! read, and is never in the database. Erasure deletes the wrapped data key; rotating the master key wraps the data keys anew
//! and touches no event.
//!
//! XChaCha20-Poly1305 by RustCrypto (audited by NCC Group): its nonces of 192 bits may be drawn at random without counting.
//! Associated data binds what is sealed to its account and field, and a wrapped key to its account or use: moved elsewhere it
//! does not open. AES-256-GCM-SIV was not taken: without AES instructions it is slow or not constant in time, and what it adds,
//! safety when a nonce is repeated, is not needed with random ones of this size.
//!
//! What does show: how long a text is, to the byte; that two fields belong to one account (the event says so anyway).

mod cipher;
mod email;
mod field;
mod key_file;
mod master;

pub use email::{EmailFault, EmailKey, NormalEmail};
pub use field::{Ciphertext, CiphertextFault, DataKey, PLAIN_BYTES_MAX, Place};
pub use key_file::{KeyFileFault, load_or_create};
pub use master::{KeyUse, MasterKey, MasterKeyFault, MasterKeyId, MasterKeys, WrappedKey};

use crate::random::NoRandomness;

/// Why something was not sealed, opened, wrapped or unwrapped. None of these says what was inside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Another key, account or field, or changed bytes: which of them cannot be told.
    #[error(
        "it does not open: the key, the account or the field is another, or its bytes were changed"
    )]
    DoesNotOpen,
    /// It was wrapped by a master key that is not configured.
    #[error(
        "it was wrapped by master key {0}, which is not configured; add that key to the older ones"
    )]
    UnknownMasterKey(MasterKeyId),
    /// Too long to be sealed.
    #[error("{0} bytes are too many to seal; the limit is {PLAIN_BYTES_MAX}")]
    TooLong(usize),
    /// No nonce or key could be drawn.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

#[cfg(test)]
mod tests;
