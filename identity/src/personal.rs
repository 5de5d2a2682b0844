//! Personal data: sealed under a key per account, opened for those who may see it.
//!
//! The key is made when the account is registered, wrapped by the master key, and put into the vault beside the event. It is
//! not kept in memory: once it is destroyed, nothing opens on any node.

use access::Secret;
use access::seal::{Ciphertext, DataKey, KeyUse, Place, WrappedKey};
use domain::account::Profile;
use domain::value::{AccountId, KeyId, Sealed};
use journal::NewSecret;

use crate::{Identity, IdentityError, kinds};

/// The fields that are sealed in events. Fixed for ever: old events open under the same name only.
pub(crate) const EMAIL: &str = "email";
pub(crate) const NAME: &str = "name";
pub(crate) const PHONE: &str = "phone";
pub(crate) const ADDRESS: &str = "address";

/// What is known of a person, in clear. Overwritten when dropped, printed nowhere.
#[derive(Clone, Debug, Default)]
pub struct Opened {
    /// The address for mail.
    pub email: Option<Secret<String>>,
    /// The name.
    pub name: Option<Secret<String>>,
    /// The telephone number.
    pub phone: Option<Secret<String>>,
    /// The postal address.
    pub address: Option<Secret<String>>,
}

impl Identity {
    /// The key of an account's personal data; none once it was erased, or if it never was.
    pub(crate) async fn data_key(
        &self,
        account: AccountId,
    ) -> Result<Option<DataKey>, IdentityError> {
        let stored = self
            .vault()
            .get(kinds::DATA_KEY, &account.to_string())
            .await?;
        let Some(stored) = stored else {
            return Ok(None);
        };
        let wrapped = WrappedKey::from_bytes(&stored.value)
            .ok_or_else(|| IdentityError::defect("an account's data key is no wrapped key"))?;
        let master = &self.0.options.master;
        let key = master.unwrap(&wrapped, KeyUse::Account(account.0))?;
        Ok(Some(DataKey::from_secret(key)))
    }

    /// The entry of a new account's data key.
    pub(crate) fn data_key_entry(
        &self,
        account: AccountId,
        key: &DataKey,
    ) -> Result<NewSecret, IdentityError> {
        let master = &self.0.options.master;
        let wrapped = master.wrap(key.secret(), KeyUse::Account(account.0))?;
        Ok(NewSecret {
            kind: kinds::DATA_KEY,
            key: account.to_string(),
            owner: kinds::owner_of(account),
            value: wrapped.as_bytes().to_vec(),
            expires_at: None,
            due_at: None,
        })
    }

    /// What is known of the person, in clear; nothing of one who was erased.
    pub(crate) async fn opened(
        &self,
        account: AccountId,
        profile: &Profile,
    ) -> Result<Opened, IdentityError> {
        let Some(key) = self.data_key(account).await? else {
            return Ok(Opened::default());
        };
        let field = |field, sealed: &Option<Sealed>| {
            let sealed = sealed.as_ref();
            sealed
                .map(|sealed| open(&key, account, field, sealed))
                .transpose()
        };
        Ok(Opened {
            email: field(EMAIL, &profile.email)?,
            name: field(NAME, &profile.name)?,
            phone: field(PHONE, &profile.phone)?,
            address: field(ADDRESS, &profile.address)?,
        })
    }
}

/// `text`, sealed as this field of the account's.
pub(crate) fn seal(
    key: &DataKey,
    account: AccountId,
    field: &str,
    text: &str,
) -> Result<Sealed, IdentityError> {
    let account = account.0;
    let sealed = key.seal(Place { account, field }, text.as_bytes())?;
    let data = sealed.to_string().parse();
    let key_id = KeyId::new(format!("account-{account}"));
    match (key_id, data) {
        (Ok(key_id), Ok(data)) => Ok(Sealed::new(key_id, data)),
        _ => Err(IdentityError::defect(
            "sealed data has no place in an event",
        )),
    }
}

/// What was sealed as this field of the account's.
pub(crate) fn open(
    key: &DataKey,
    account: AccountId,
    field: &str,
    sealed: &Sealed,
) -> Result<Secret<String>, IdentityError> {
    let account = account.0;
    let data = Ciphertext::parse(sealed.data.as_str()).map_err(|_| {
        IdentityError::defect("an event holds something sealed that is no ciphertext")
    })?;
    let opened = key.open(Place { account, field }, &data)?;
    let text = String::from_utf8(opened.expose().clone());
    text.map(Secret::new)
        .map_err(|_| IdentityError::defect("what was sealed as a text is none"))
}
