//! Requests that are repeated: what a key stands for, so that a repeat changes nothing and is answered alike.
//!
//! The journal remembers request keys by itself, with a hash of what was asked. Here what is asked holds passwords, and a plain
//! hash of it could be tried out by whoever has the journal: so it is replaced by a keyed one ([`Identity::guarded`]) before it
//! gets there. And where a request is checked against something that it changes itself (the old password, a link that works
//! once), the vault remembers that it was carried out, in the same transaction.

use std::time::Duration;

use access::Secret;
use access::seal::{Ciphertext, DataKey, Place};
use commands::{CommandError, Context};
use domain::value::AccountId;
use journal::{NewSecret, SecretWrite};

use crate::{Identity, IdentityError, clock, kinds};

/// How long a request is remembered.
const REMEMBERED_FOR: Duration = Duration::from_secs(24 * 3_600);
/// How long an answer with a secret in it can be asked for again.
const ANSWER_KEPT_FOR: Duration = Duration::from_secs(3_600);
/// The field that an answer is sealed as.
const FIELD: &str = "answer";

impl Identity {
    /// The same context, with what was asked as a keyed hash. Every request of this crate passes through here first.
    pub(crate) fn guarded(&self, mut context: Context) -> Context {
        // An account is addressed by who asks or by who may ask for any; nobody's but an order is judged by its customer.
        context.only_of = None;
        if let Some(request) = &mut context.request {
            let keyed = self
                .0
                .tokens
                .keyed("request", &[request.body_hash.as_bytes()]);
            keyed.expose().clone_into(&mut request.body_hash);
        }
        context
    }

    /// Whether this very request was carried out before.
    ///
    /// # Errors
    /// [`CommandError::KeyReused`] if another one was, under its key.
    pub(crate) async fn is_repeat(&self, context: &Context) -> Result<bool, IdentityError> {
        let Some(request) = &context.request else {
            return Ok(false);
        };
        let key = request.claim.as_uuid().to_string();
        match self.vault().get(kinds::REQUEST, &key).await? {
            None => Ok(false),
            Some(known) if known.value == request.body_hash.as_bytes() => Ok(true),
            Some(_) => Err(CommandError::KeyReused.into()),
        }
    }

    /// What is written when it is carried out.
    pub(crate) fn carried_out(context: &Context, owner: &str) -> Option<SecretWrite> {
        let request = context.request.as_ref()?;
        Some(SecretWrite::Put(NewSecret {
            kind: kinds::REQUEST,
            key: request.claim.as_uuid().to_string(),
            owner: owner.to_owned(),
            value: request.body_hash.clone().into_bytes(),
            expires_at: clock::after(REMEMBERED_FOR),
            due_at: None,
        }))
    }

    /// Remembers that it was, where nothing else is written.
    pub(crate) async fn remember(&self, context: &Context) -> Result<(), IdentityError> {
        if let Some(write) = Self::carried_out(context, kinds::OWN) {
            self.vault().write(&[write]).await?;
        }
        Ok(())
    }

    /// The entry of an answer that may be asked for again.
    pub(crate) fn answer_entry(
        context: &Context,
        account: AccountId,
        key: &DataKey,
        answer: &str,
    ) -> Result<Option<SecretWrite>, IdentityError> {
        let Some(request) = &context.request else {
            return Ok(None);
        };
        let sealed = key.seal(place(account), answer.as_bytes())?;
        Ok(Some(SecretWrite::Put(NewSecret {
            kind: kinds::ANSWER,
            key: request.claim.as_uuid().to_string(),
            owner: kinds::owner_of(account),
            value: sealed.as_bytes().to_vec(),
            expires_at: clock::after(ANSWER_KEPT_FOR),
            due_at: None,
        })))
    }

    /// The answer that this request got before; none if that is too long ago.
    pub(crate) async fn answer_again(
        &self,
        context: &Context,
        account: AccountId,
    ) -> Result<Option<Secret<String>>, IdentityError> {
        let Some(request) = &context.request else {
            return Ok(None);
        };
        let key = request.claim.as_uuid().to_string();
        let stored = self.vault().get(kinds::ANSWER, &key).await?;
        let (Some(stored), Some(key)) = (stored, self.data_key(account).await?) else {
            return Ok(None);
        };
        let sealed = Ciphertext::from_bytes(stored.value)
            .map_err(|_| IdentityError::defect("an answer that was kept is no ciphertext"))?;
        let opened = key.open(place(account), &sealed)?;
        let text = String::from_utf8(opened.expose().clone());
        let text = text.map_err(|_| IdentityError::defect("an answer that was kept is no text"))?;
        Ok(Some(Secret::new(text)))
    }
}

const fn place(account: AccountId) -> Place<'static> {
    Place {
        account: account.0,
        field: FIELD,
    }
}
