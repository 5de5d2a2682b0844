//! The second factor: enrolled with the password, confirmed by a first right code, and recovery codes for when the device is lost.

use access::Secret;
use access::seal::{Ciphertext, DataKey, Place};
use access::totp::{RecoveryCode, TotpSecret};
use commands::{Beside, Context, Receipt};
use domain::Rejection;
use domain::account::{Account, AccountCommand, Totp};
use domain::value::{AccountId, FactorId};
use journal::{NewSecret, SecretWrite};
use uuid::Uuid;

use crate::{Identity, IdentityError, kinds};

/// The field that a secret is sealed as.
const FIELD: &str = "totp";
/// Under which name the shop shows in the person's app.
const ISSUER: &str = "Daybook";
/// Bytes of the factor's id, before the sealed secret.
const ID_BYTES: usize = 16;

/// A second factor that waits for its first right code.
#[derive(Debug)]
pub struct Enrolment {
    /// Names it.
    pub factor: FactorId,
    /// The secret, to be typed into an app by hand.
    pub secret: Secret<String>,
    /// The same for a QR code.
    pub uri: Secret<String>,
    /// What was appended.
    pub receipt: Receipt,
}

/// Codes that each stand for the second factor once. Shown once.
#[derive(Debug)]
pub struct RecoveryCodes(pub Vec<Secret<String>>);

impl Identity {
    /// Begins to use a second factor.
    ///
    /// # Errors
    /// [`IdentityError::InvalidCredentials`] for a wrong password; `validation-failed` (`exists-already`) if there is one.
    pub async fn enrol_totp(
        &self,
        id: AccountId,
        password: &str,
        context: Context,
    ) -> Result<Enrolment, IdentityError> {
        let context = self.guarded(context);
        let mut beside = Beside::default();
        let repeated = match self.is_repeat(&context).await? {
            true => self.totp_secret(id).await?,
            false => {
                self.confirm_password(id, password).await?;
                None
            }
        };
        let (factor_id, secret) = match repeated {
            Some(known) => known,
            None => (FactorId(Uuid::now_v7()), TotpSecret::generate()?),
        };
        beside.secrets.push(SecretWrite::Put(
            self.totp_entry(id, factor_id, &secret).await?,
        ));
        beside
            .secrets
            .extend(Self::carried_out(&context, &kinds::owner_of(id)));
        let command = AccountCommand::EnrolTotp { factor_id };
        let receipt = self
            .commands()
            .account_beside(id, command, beside, context)
            .await?;
        let (account, _) = self.commands().account_state(id).await?;
        let name = self.mail_address(id, &account).await?;
        let name = name.map(|(_, address)| address);
        let name = name.as_ref().map_or("", |address| address.expose());
        Ok(Enrolment {
            factor: factor_id,
            secret: secret.base32(),
            uri: secret.enrolment_uri(ISSUER, name),
            receipt,
        })
    }

    /// The first right code: from now on it is asked for. Answers with the recovery codes.
    ///
    /// # Errors
    /// `validation-failed` at `/code` for a wrong one; `not-found` if nothing was enrolled.
    pub async fn confirm_totp(
        &self,
        id: AccountId,
        code: &str,
        context: Context,
    ) -> Result<(RecoveryCodes, Receipt), IdentityError> {
        let context = self.guarded(context);
        let (account, _) = self.commands().account_state(id).await?;
        let (Totp::Pending(factor_id) | Totp::Confirmed(factor_id)) = account.totp() else {
            return Err(not_enrolled());
        };
        let repeated = self.answer_again(&context, id).await?;
        if repeated.is_none() && !self.use_totp(id, code).await? {
            let detail =
                "this is not the code of now, or it was used already; is the device's clock right?";
            return Err(IdentityError::invalid("/code", "not-valid", detail));
        }
        let (codes, secrets) = match repeated {
            Some(known) => (RecoveryCodes::read(&known), Vec::new()),
            None => self.new_recovery_codes(id, &context).await?,
        };
        let beside = Beside {
            secrets,
            ..Beside::default()
        };
        let command = AccountCommand::ConfirmTotp { factor_id };
        let receipt = self
            .commands()
            .account_beside(id, command, beside, context)
            .await?;
        Ok((codes, receipt))
    }

    /// Uses no second factor any more.
    ///
    /// # Errors
    /// [`IdentityError::InvalidCredentials`] for a wrong password.
    pub async fn remove_totp(
        &self,
        id: AccountId,
        password: &str,
        context: Context,
    ) -> Result<Receipt, IdentityError> {
        let context = self.guarded(context);
        if !self.is_repeat(&context).await? {
            self.confirm_password(id, password).await?;
        }
        let owner = kinds::owner_of(id);
        let all_of = |kind| SecretWrite::DestroyOwned {
            kind: Some(kind),
            owner: owner.clone(),
        };
        let mut secrets = vec![
            all_of(kinds::TOTP),
            all_of(kinds::RECOVERY),
            all_of(kinds::TOTP_STEP),
        ];
        secrets.extend(Self::carried_out(&context, &owner));
        let beside = Beside {
            secrets,
            ..Beside::default()
        };
        let command = AccountCommand::RemoveTotp;
        Ok(self
            .commands()
            .account_beside(id, command, beside, context)
            .await?)
    }

    /// New recovery codes in the place of all older ones.
    ///
    /// # Errors
    /// [`IdentityError::InvalidCredentials`] for a wrong password; `not-found` if there is no second factor.
    pub async fn renew_recovery_codes(
        &self,
        id: AccountId,
        password: &str,
        context: Context,
    ) -> Result<RecoveryCodes, IdentityError> {
        let context = self.guarded(context);
        if let Some(known) = self.answer_again(&context, id).await? {
            return Ok(RecoveryCodes::read(&known));
        }
        let account: Account = self.confirm_password(id, password).await?;
        let Totp::Confirmed(_) = account.totp() else {
            return Err(not_enrolled());
        };
        let (codes, writes) = self.new_recovery_codes(id, &context).await?;
        self.vault()
            .write_while((kinds::DATA_KEY, &id.to_string()), &writes)
            .await?;
        Ok(codes)
    }

    /// New codes, and what keeps them and their answer.
    async fn new_recovery_codes(
        &self,
        id: AccountId,
        context: &Context,
    ) -> Result<(RecoveryCodes, Vec<SecretWrite>), IdentityError> {
        let owner = kinds::owner_of(id);
        let codes = RecoveryCode::generate()?;
        let mut writes = vec![SecretWrite::DestroyOwned {
            kind: Some(kinds::RECOVERY),
            owner: owner.clone(),
        }];
        writes.extend(codes.iter().map(|code| {
            let digest = code.digest();
            SecretWrite::Put(NewSecret {
                kind: kinds::RECOVERY,
                key: format!("{id}:{}", data_encoding::HEXLOWER.encode(digest.as_bytes())),
                owner: owner.clone(),
                value: digest.as_bytes().to_vec(),
                expires_at: None,
                due_at: None,
            })
        }));
        let codes = codes
            .iter()
            .map(|code| Secret::new(code.expose().to_owned()));
        let codes = RecoveryCodes(codes.collect());
        let key = self.key_of_standing(id).await?;
        let answer = codes.write();
        writes.extend(Self::answer_entry(context, id, &key, answer.expose())?);
        Ok((codes, writes))
    }

    async fn totp_entry(
        &self,
        id: AccountId,
        factor: FactorId,
        secret: &TotpSecret,
    ) -> Result<NewSecret, IdentityError> {
        let key: DataKey = self.key_of_standing(id).await?;
        let sealed = key.seal(place(id), secret.expose())?;
        Ok(NewSecret {
            kind: kinds::TOTP,
            key: id.to_string(),
            owner: kinds::owner_of(id),
            value: [factor.0.as_bytes(), sealed.as_bytes()].concat(),
            expires_at: None,
            due_at: None,
        })
    }

    /// The account's second factor, as it is in the vault.
    pub(super) async fn totp_secret(
        &self,
        id: AccountId,
    ) -> Result<Option<(FactorId, TotpSecret)>, IdentityError> {
        let stored = self.vault().get(kinds::TOTP, &id.to_string()).await?;
        let (Some(stored), Some(key)) = (stored, self.data_key(id).await?) else {
            return Ok(None);
        };
        let broken = || IdentityError::defect("the secret of a second factor is none");
        let (factor, sealed) = stored.value.split_at_checked(ID_BYTES).ok_or_else(broken)?;
        let factor = Uuid::from_slice(factor).map_err(|_| broken())?;
        let sealed = Ciphertext::from_bytes(sealed.to_vec()).map_err(|_| broken())?;
        let opened = key.open(place(id), &sealed)?;
        let secret = TotpSecret::from_bytes(opened.expose()).map_err(|_| broken())?;
        Ok(Some((FactorId(factor), secret)))
    }

    async fn key_of_standing(&self, id: AccountId) -> Result<DataKey, IdentityError> {
        let key = self.data_key(id).await?;
        key.ok_or_else(|| Rejection::not_found("there is no such account").into())
    }
}

impl RecoveryCodes {
    fn write(&self) -> Secret<String> {
        let codes: Vec<&str> = self.0.iter().map(|code| code.expose().as_str()).collect();
        Secret::new(codes.join("\n"))
    }

    fn read(text: &Secret<String>) -> Self {
        let codes = text
            .expose()
            .lines()
            .map(|code| Secret::new(code.to_owned()));
        Self(codes.collect())
    }
}

const fn place(id: AccountId) -> Place<'static> {
    Place {
        account: id.0,
        field: FIELD,
    }
}

fn not_enrolled() -> IdentityError {
    Rejection::not_found("the account has no second factor; enrol one first").into()
}
