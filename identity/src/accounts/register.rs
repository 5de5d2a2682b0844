//! Registering, without telling strangers who has an account.
//!
//! Whoever registers is answered alike, and after the same time, whether the address is free or taken: the password is hashed in
//! both cases, and what follows (a command and a mail, or a mail alone) is waited for no shorter than [`ANSWER_AFTER`]. What there
//! is to tell is told by mail, to whoever reads what is mailed to the address.
//!
//! An address that is not verified yet may be somebody else's, registered in advance with a password that they know. So each
//! link that is mailed carries the hash of the password that was chosen in *its* registration, and verifying the address takes
//! that one over.

use std::time::Duration;

use access::Secret;
use access::opaque::Opaque;
use access::password::{Password, PasswordHash};
use access::seal::{DataKey, NormalEmail};
use commands::account::Address;
use commands::{Beside, Context};
use domain::account::{Account, AccountCommand, EmailStatus, RegisterAccount};
use domain::value::{AccountId, EmailHash};
use domain::{FieldError, Rejection, RejectionCode};
use journal::{NewSecret, SecretWrite};
use uuid::Uuid;

use super::link::{self, Purpose};
use super::{Job, in_the_name_of};
use crate::mail::{outbox, texts};
use crate::{Identity, IdentityError, kinds, personal};

/// How long what follows on the hashing takes at least, so that its time tells nothing.
const ANSWER_AFTER: Duration = Duration::from_millis(60);
/// How often a registration is tried again that another one came before.
const TRIES_MAX: u32 = 3;

/// Who wants an account.
#[derive(Clone)]
pub struct Registration {
    /// The address, as it was typed.
    pub email: Secret<String>,
    /// The password, as it was typed.
    pub password: Secret<String>,
    /// The name, if one was given.
    pub name: Option<Secret<String>>,
}

/// The same, checked.
struct Checked {
    email: NormalEmail,
    password: Password,
}

impl Registration {
    fn checked(&self) -> Result<Checked, IdentityError> {
        let email = NormalEmail::parse(self.email.expose());
        let password = Password::chosen(self.password.expose());
        let mut faults = Vec::new();
        if let Err(fault) = &email {
            faults.push(FieldError::new(
                "/email",
                "invalid-value",
                fault.to_string(),
            ));
        }
        if let Err(fault) = &password {
            faults.push(FieldError::new(
                "/password",
                "invalid-value",
                fault.to_string(),
            ));
        }
        match (email, password) {
            (Ok(email), Ok(password)) => Ok(Checked { email, password }),
            _ => Err(Rejection::validation(faults).into()),
        }
    }
}

impl Identity {
    /// Registers an account, or mails whoever has it; whether it was a repeat of the same request.
    ///
    /// # Errors
    /// `validation-failed` for an address or a password that cannot be taken; nothing that depends on whether there is an account.
    pub async fn register(
        &self,
        new: Registration,
        context: Context,
    ) -> Result<bool, IdentityError> {
        let context = self.guarded(context);
        let checked = new.checked()?;
        if self.is_repeat(&context).await? {
            return Ok(true);
        }
        let hash = self.0.hasher.hash(checked.password).await?;
        let name = new.name.as_ref().map(|name| name.expose().as_str());
        let work = self.register_or_tell(&checked.email, &hash, name, &context);
        let (done, ()) = tokio::join!(work, tokio::time::sleep(ANSWER_AFTER));
        done?;
        self.remember(&context).await?;
        Ok(false)
    }

    /// Mails the link that verifies an address again, behind the answer; whether it was a repeat of the same request.
    ///
    /// # Errors
    /// `validation-failed` for what is no address; [`commands::CommandError::Overloaded`].
    pub async fn mail_verification_again(
        &self,
        email: &str,
        context: Context,
    ) -> Result<bool, IdentityError> {
        let context = self.guarded(context);
        let hash = self.hash_of_typed(email)?;
        if self.is_repeat(&context).await? {
            return Ok(true);
        }
        self.behind_the_answer(Job::MailVerification(hash))?;
        self.remember(&context).await?;
        Ok(false)
    }

    async fn register_or_tell(
        &self,
        email: &NormalEmail,
        password: &PasswordHash,
        name: Option<&str>,
        context: &Context,
    ) -> Result<(), IdentityError> {
        let hash = EmailHash::from(self.0.email_key.hash(email));
        for _ in 0..TRIES_MAX {
            match self.whose(hash).await? {
                Some(Address::Free { succeeds }) => {
                    let done = self.register_new(hash, email, password, name, succeeds, context);
                    match done.await {
                        // Another one was a moment earlier: look again.
                        Err(error) if is_taken(&error) => {}
                        outcome => return outcome,
                    }
                }
                Some(Address::Taken { id, account, .. }) => {
                    return self.tell_holder(id, &account, hash, Some(password)).await;
                }
                None => return Ok(()),
            }
        }
        Err(IdentityError::overloaded())
    }

    async fn register_new(
        &self,
        email_hash: EmailHash,
        email: &NormalEmail,
        password: &PasswordHash,
        name: Option<&str>,
        succeeds: Option<AccountId>,
        context: &Context,
    ) -> Result<(), IdentityError> {
        let account_id = AccountId(Uuid::now_v7());
        let key = DataKey::generate()?;
        let token = Opaque::generate()?;
        let mail = texts::verify(&self.0.options.public_url, email.expose(), &token);
        let seal = |field, text| personal::seal(&key, account_id, field, text);
        let command = RegisterAccount {
            account_id,
            email_hash,
            email: seal(personal::EMAIL, email.expose())?,
            name: name.map(|name| seal(personal::NAME, name)).transpose()?,
            succeeds,
        };
        let secrets = [
            self.data_key_entry(account_id, &key)?,
            password_entry(account_id, password.as_str()),
            link::entry(
                account_id,
                Purpose::Verify,
                &token,
                Some(password.as_str().to_owned()),
            )?,
            outbox::entry(account_id, &key, &mail)?,
        ];
        let beside = Beside {
            secrets: secrets.into_iter().map(SecretWrite::Put).collect(),
            ..Beside::default()
        };
        // The request's key is remembered apart, so that a repeat is answered alike for an address that was taken.
        let context = Context {
            request: None,
            ..in_the_name_of(account_id, context.clone())
        };
        let command = AccountCommand::RegisterAccount(command.into());
        self.commands()
            .account_beside(account_id, command, beside, context)
            .await?;
        self.0.mail_waits.notify_one();
        Ok(())
    }

    /// Tells whoever reads the mail of an address that somebody registered with it: the link, while it is not verified, and else
    /// that they have an account already. `password` is of the registration; none: the link is wanted again.
    pub(super) async fn tell_holder(
        &self,
        id: AccountId,
        account: &Account,
        hash: EmailHash,
        password: Option<&PasswordHash>,
    ) -> Result<(), IdentityError> {
        if self.too_many_mails(hash).await? {
            return Ok(());
        }
        let Some((key, to)) = self.mail_address(id, account).await? else {
            return Ok(());
        };
        let public_url = &self.0.options.public_url;
        let mut secrets = Vec::new();
        let mail = match account.email_status() {
            EmailStatus::Verified => texts::have_one_already(public_url, to.expose()),
            EmailStatus::Unverified => {
                let token = Opaque::generate()?;
                let chosen = match password {
                    Some(hash) => Some(hash.as_str().to_owned()),
                    None => self.password_of(id).await?,
                };
                secrets.extend(password.map(|hash| password_entry(id, hash.as_str())));
                secrets.push(link::entry(id, Purpose::Verify, &token, chosen)?);
                texts::verify(public_url, to.expose(), &token)
            }
        };
        secrets.push(outbox::entry(id, &key, &mail)?);
        self.put_while_it_stands(id, secrets).await
    }
}

fn is_taken(error: &IdentityError) -> bool {
    error
        .rejection()
        .is_some_and(|rejection| rejection.code == RejectionCode::EmailTaken)
}

/// The entry of an account's password.
pub(super) fn password_entry(account: AccountId, hash: &str) -> NewSecret {
    NewSecret {
        kind: kinds::PASSWORD,
        key: account.to_string(),
        owner: kinds::owner_of(account),
        value: hash.as_bytes().to_vec(),
        expires_at: None,
        due_at: None,
    }
}
