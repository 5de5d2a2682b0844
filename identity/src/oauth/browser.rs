//! The browser of a person who is asked whether to let a client in.
//!
//! It is known by a cookie of 256 random bits that lives for minutes and is new after the log-in. A form carries a token that is
//! derived from the cookie and from what the form is for, so that a form of another site, of another request or of another
//! browser is none. That a person logged in is kept in the vault under the cookie's digest, for that one request, once.

use access::opaque::{Opaque, OpaqueDigest};
use domain::account::SecondFactor;
use domain::value::{AccountId, Timestamp};
use journal::{NewSecret, SecretWrite};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::AuthorizationRequest;
use crate::accounts::Proven;
use crate::{Identity, IdentityError, clock, kinds};

/// How long a person may take with a form.
pub const FORM_LIFETIME: std::time::Duration = std::time::Duration::from_secs(600);

/// Which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FormKind {
    LogIn,
    Consent,
}

/// A person who logged in to answer one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Present {
    pub account: AccountId,
    pub second_factor: Option<SecondFactor>,
    /// Since when the password was what they showed.
    pub password_changed_at: Option<Timestamp>,
    /// The request that it was for.
    request: [u8; 32],
}

impl Identity {
    /// The token of a form in this browser.
    pub(super) fn form_token(
        &self,
        cookie: &str,
        kind: FormKind,
        request: &AuthorizationRequest,
    ) -> Opaque {
        let purpose = match kind {
            FormKind::LogIn => "form-log-in",
            FormKind::Consent => "form-consent",
        };
        let parts = [cookie.as_bytes(), &request.digest()];
        self.0.tokens.derive(purpose, &parts)
    }

    /// Whether this is the token of that form.
    pub(super) fn is_form_token(
        &self,
        cookie: &str,
        kind: FormKind,
        request: &AuthorizationRequest,
        shown: &str,
    ) -> bool {
        let right = self.form_token(cookie, kind, request);
        OpaqueDigest::of(cookie).is_ok()
            && bool::from(right.expose().as_bytes().ct_eq(shown.as_bytes()))
    }

    /// Remembers that the person in the browser of this cookie is logged in for this request.
    pub(super) async fn keep_present(
        &self,
        cookie: &Opaque,
        proven: &Proven,
        request: &AuthorizationRequest,
    ) -> Result<(), IdentityError> {
        let present = Present {
            account: proven.id,
            second_factor: proven.second_factor,
            password_changed_at: proven.account.password_changed_at(),
            request: request.digest(),
        };
        let value = serde_json::to_vec(&present).map_err(|_| IdentityError::Defect)?;
        let expires_at: Timestamp = clock::now().saturating_add(FORM_LIFETIME);
        let new = NewSecret {
            kind: kinds::BROWSER,
            key: cookie.digest().to_text(),
            owner: kinds::owner_of(proven.id),
            value,
            expires_at: Some(expires_at.to_offset_date_time()),
            due_at: None,
        };
        Ok(self.0.vault.write(&[SecretWrite::Put(new)]).await?)
    }

    /// Who is logged in in the browser of this cookie for this request. Told once.
    pub(super) async fn take_present(
        &self,
        cookie: &str,
        request: &AuthorizationRequest,
    ) -> Result<Option<Present>, IdentityError> {
        let Ok(digest) = OpaqueDigest::of(cookie) else {
            return Ok(None);
        };
        let Some(kept) = self.0.vault.take(kinds::BROWSER, &digest.to_text()).await? else {
            return Ok(None);
        };
        let present: Present =
            serde_json::from_slice(&kept.value).map_err(|_| IdentityError::Defect)?;
        Ok(Some(present).filter(|present| present.request == request.digest()))
    }
}
