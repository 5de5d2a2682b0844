//! Links that are mailed: each works once, for what it was made for, and not for long.
//!
//! The vault has the digest of a link's token alone. That it works once is a claim on the digest, made in the transaction of the
//! command that it leads to: of two who open it at once, one is refused.

use std::time::Duration;

use access::opaque::{Opaque, OpaqueDigest};
use commands::{Claim, ClaimKey};
use domain::Rejection;
use domain::value::AccountId;
use journal::{NewSecret, SecretWrite};
use serde::{Deserialize, Serialize};

use crate::{Identity, IdentityError, clock, kinds};

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Purpose {
    /// To verify an address.
    Verify,
    /// To choose another password.
    Reset,
}

impl Purpose {
    const fn works_for(self) -> Duration {
        match self {
            Self::Verify => Duration::from_secs(24 * 3_600),
            Self::Reset => Duration::from_secs(30 * 60),
        }
    }
}

/// A link as the vault has it.
#[derive(Serialize, Deserialize)]
struct Stored {
    purpose: Purpose,
    account: AccountId,
    /// The hash of the password that was chosen in the registration that the link belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

/// A link that was opened.
pub(super) struct Link {
    pub account: AccountId,
    /// See [`Stored::password`].
    pub password: Option<String>,
    digest: String,
}

impl Link {
    /// What the command that it leads to claims.
    pub fn claim(&self) -> Claim {
        Claim {
            key: ClaimKey::new("link", &self.digest),
            taken: spent(),
        }
    }

    /// What it takes with it: every link of the account, so that none is left that does what was done already.
    pub fn use_up(&self) -> SecretWrite {
        SecretWrite::DestroyOwned {
            kind: Some(kinds::LINK),
            owner: kinds::owner_of(self.account),
        }
    }
}

/// The entry of a new link to an account.
pub(super) fn entry(
    account: AccountId,
    purpose: Purpose,
    token: &Opaque,
    password: Option<String>,
) -> Result<NewSecret, IdentityError> {
    let stored = Stored {
        purpose,
        account,
        password,
    };
    let value = serde_json::to_vec(&stored);
    Ok(NewSecret {
        kind: kinds::LINK,
        key: token.digest().to_text(),
        owner: kinds::owner_of(account),
        value: value.map_err(|_| IdentityError::defect("a link cannot be written"))?,
        expires_at: clock::after(purpose.works_for()),
        due_at: None,
    })
}

impl Identity {
    /// The link whose token is shown.
    pub(super) async fn link(&self, token: &str, purpose: Purpose) -> Result<Link, IdentityError> {
        let digest = OpaqueDigest::of(token).map_err(|_| spent())?.to_text();
        let stored = self.vault().get(kinds::LINK, &digest).await?;
        let stored: Stored = match stored {
            Some(stored) => serde_json::from_slice(&stored.value)
                .map_err(|_| IdentityError::defect("a link in the vault cannot be read"))?,
            None => return Err(spent().into()),
        };
        if stored.purpose != purpose {
            return Err(spent().into());
        }
        Ok(Link {
            account: stored.account,
            password: stored.password,
            digest,
        })
    }
}

fn spent() -> Rejection {
    let detail = "the link was used already, has expired or is not one of ours; ask for another";
    Rejection::invalid("/token", "not-valid", detail)
}
