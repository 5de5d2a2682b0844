//! Verifying an address by the link that was mailed to it.

use commands::{Beside, Context, Receipt};
use domain::account::AccountCommand;
use journal::SecretWrite;

use super::in_the_name_of;
use super::link::{Link, Purpose};
use super::register::password_entry;
use crate::{Identity, IdentityError, kinds};

impl Identity {
    /// Verifies the address that a link was mailed to; `token` is the link's. Whether it was a repeat of the same request.
    ///
    /// # Errors
    /// `validation-failed` (`not-valid`) at `/token` if the link was used, has expired, or never was one; `account-locked`.
    pub async fn verify_email(&self, token: &str, context: Context) -> Result<bool, IdentityError> {
        let context = self.guarded(context);
        if self.is_repeat(&context).await? {
            return Ok(true);
        }
        let link = self.link(token, Purpose::Verify).await?;
        let (id, owner) = (link.account, kinds::owner_of(link.account));
        let beside = Beside {
            claims: vec![link.claim()],
            secrets: writes(&link)
                .chain(Self::carried_out(&context, &owner))
                .collect(),
        };
        let context = Context {
            // That it works once is the link's own claim.
            request: None,
            ..in_the_name_of(id, context)
        };
        let receipt: Receipt = self
            .commands()
            .account_beside(id, AccountCommand::VerifyEmail, beside, context)
            .await?;
        if receipt.events == 0 {
            // It was verified before, by another link. This one does nothing more.
            let kind = Some(kinds::LINK);
            self.vault()
                .write(&[SecretWrite::DestroyOwned { kind, owner }])
                .await?;
        }
        Ok(false)
    }
}

fn writes(link: &Link) -> impl Iterator<Item = SecretWrite> {
    let password = link.password.as_deref();
    let password = password.map(|hash| SecretWrite::Put(password_entry(link.account, hash)));
    std::iter::once(link.use_up()).chain(password)
}
