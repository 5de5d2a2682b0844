//! The authorization endpoint (RFC 6749 3.1): a person logs in, is shown what a client asks for, and says yes or no.
//!
//! Two forms, each with the whole request in it: log in, then decide. Saying yes makes a code. Nobody is logged in for longer
//! than it takes, and no yes is remembered for the next time.

use access::Secret;
use access::opaque::Opaque;
use domain::security::RefusalReason;

use super::browser::FormKind;
use super::{AuthorizationFault, AuthorizationParams, AuthorizationRequest, OAuthCode, OAuthError};
use crate::{Identity, IdentityError};

/// A form that is to be shown.
#[derive(Debug)]
pub struct Shown {
    /// What is asked.
    pub request: AuthorizationRequest,
    /// Goes with the form unseen.
    pub form_token: Opaque,
    /// The browser's new cookie.
    pub cookie: Opaque,
}

/// What a person fills in to log in.
pub struct Ask {
    /// Their address.
    pub email: Secret<String>,
    /// Their password.
    pub password: Secret<String>,
    /// A code of their second factor.
    pub code: Option<Secret<String>>,
}

/// What comes back with a form.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The request, as the form carried it.
    pub params: &'a AuthorizationParams,
    /// The browser's cookie.
    pub cookie: &'a str,
    /// The form's token.
    pub form_token: &'a str,
}

/// What a person decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The client may do what it asks for.
    Allow,
    /// It may not.
    Deny,
}

/// Why a form leads nowhere.
#[derive(Debug)]
pub enum FormFault {
    /// The request is not as it should be.
    Request(AuthorizationFault),
    /// The form is not one that this browser was given for this request, or it took too long: begin again.
    Forged,
    /// The log-in failed; the same form again, with a new token.
    LogIn {
        /// The form.
        again: Box<Shown>,
        /// Why.
        why: IdentityError,
    },
    /// The server cannot answer.
    Failed(OAuthError),
}

impl From<AuthorizationFault> for FormFault {
    fn from(fault: AuthorizationFault) -> Self {
        Self::Request(fault)
    }
}

impl From<IdentityError> for FormFault {
    fn from(error: IdentityError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<OAuthError> for FormFault {
    fn from(error: OAuthError) -> Self {
        Self::Failed(error)
    }
}

impl Identity {
    /// A client has sent somebody here: the form to log in.
    ///
    /// # Errors
    /// See [`AuthorizationFault`].
    pub async fn begin_authorization(
        &self,
        params: &AuthorizationParams,
    ) -> Result<Shown, AuthorizationFault> {
        let request = self.authorization_request(params).await?;
        let shown = self.shown(request, FormKind::LogIn);
        shown.map_err(|error| AuthorizationFault::Failed(error.into()))
    }

    /// Somebody filled in the form to log in: the form to decide.
    ///
    /// # Errors
    /// See [`FormFault`].
    pub async fn log_in_to_authorize(
        &self,
        asked: Asked<'_>,
        ask: &Ask,
    ) -> Result<Shown, FormFault> {
        let request = self.of_form(asked, FormKind::LogIn).await?;
        let code = ask.code.as_ref().map(|code| code.expose().as_str());
        let proven = self.prove(ask.email.expose(), ask.password.expose(), code, None);
        let proven = match proven.await {
            Ok(proven) => proven,
            Err(why) => {
                let again = Box::new(self.shown(request, FormKind::LogIn)?);
                return Err(FormFault::LogIn { again, why });
            }
        };
        let shown = self.shown(request, FormKind::Consent)?;
        self.keep_present(&shown.cookie, &proven, &shown.request)
            .await?;
        Ok(shown)
    }

    /// Somebody decided: the address to send them to.
    ///
    /// # Errors
    /// See [`FormFault`].
    pub async fn decide_authorization(
        &self,
        asked: Asked<'_>,
        decision: Decision,
    ) -> Result<String, FormFault> {
        let request = self.of_form(asked, FormKind::Consent).await?;
        let present = self.take_present(asked.cookie, &request).await?;
        let present = present.ok_or(FormFault::Forged)?;
        let state = request.state.as_deref();
        match decision {
            Decision::Deny => {
                let denied = OAuthError::new(OAuthCode::AccessDenied, "the person said no");
                Ok(self.error_address(&request.redirect_uri, state, &denied))
            }
            Decision::Allow => {
                let code = self.make_code(&present, &request).await?;
                let answer = [("code", code.expose())];
                Ok(self.answer_address(&request.redirect_uri, state, &answer))
            }
        }
    }

    async fn of_form(
        &self,
        asked: Asked<'_>,
        kind: FormKind,
    ) -> Result<AuthorizationRequest, FormFault> {
        let request = self.authorization_request(asked.params).await?;
        if self.is_form_token(asked.cookie, kind, &request, asked.form_token) {
            return Ok(request);
        }
        self.0
            .security
            .note(RefusalReason::FormForged, Some(request.client));
        Err(FormFault::Forged)
    }

    fn shown(&self, request: AuthorizationRequest, kind: FormKind) -> Result<Shown, IdentityError> {
        let cookie = Opaque::generate()?;
        let form_token = self.form_token(cookie.expose(), kind, &request);
        Ok(Shown {
            request,
            form_token,
            cookie,
        })
    }
}
