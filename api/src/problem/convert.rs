//! Where the errors of the layers below become problems. Nothing else converts them.

use access::token::TokenRefusal;
use commands::CommandError;
use domain::policy::Denied;
use domain::value::Scope;
use domain::{Rejection, RejectionCode};
use identity::IdentityError;
use projections::QueryError;

use super::{Code, Problem};

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        Self::new(code_of(rejection.code), rejection.detail).with_errors(rejection.fields)
    }
}

/// A new kind of rejection does not compile until it has a code here.
const fn code_of(code: RejectionCode) -> Code {
    match code {
        RejectionCode::OutOfStock => Code::OutOfStock,
        RejectionCode::PriceChanged => Code::PriceChanged,
        RejectionCode::OrderState => Code::OrderState,
        RejectionCode::PaymentState => Code::PaymentState,
        RejectionCode::RefundExceedsCaptured => Code::RefundExceedsCaptured,
        RejectionCode::ReservationExpired => Code::ReservationExpired,
        RejectionCode::QuantityExceedsOpen => Code::QuantityExceedsOpen,
        RejectionCode::ValidationFailed => Code::ValidationFailed,
        RejectionCode::CurrencyMismatch => Code::CurrencyMismatch,
        RejectionCode::NotFound => Code::NotFound,
        RejectionCode::SkuTaken => Code::SkuTaken,
        RejectionCode::SlugTaken => Code::SlugTaken,
        RejectionCode::EmailTaken => Code::EmailTaken,
        RejectionCode::AccountLocked => Code::AccountLocked,
        RejectionCode::AccountErased => Code::AccountErased,
        RejectionCode::SecondFactorRequired => Code::SecondFactorRequired,
        RejectionCode::TokenExpired => Code::TokenExpired,
        RejectionCode::TokenRevoked => Code::TokenRevoked,
        RejectionCode::InsufficientScope => Code::InsufficientScope,
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        let detail = denied.to_string();
        match denied {
            Denied::AuthenticationRequired => Self::new(Code::AuthenticationRequired, detail),
            Denied::InsufficientScope { .. } => {
                let scopes: Vec<&str> = denied.scopes().into_iter().map(Scope::as_str).collect();
                Self::insufficient_scope(detail, scopes.join(" "))
            }
        }
    }
}

impl From<IdentityError> for Problem {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Token(TokenRefusal::Expired) => Self::invalid_token(Code::TokenExpired),
            // What else is wrong with a token is the attacker's to find out.
            IdentityError::Token(_) => Self::invalid_token(Code::AuthenticationRequired),
            IdentityError::Revoked => Self::invalid_token(Code::TokenRevoked),
            IdentityError::InvalidCredentials => {
                Self::new(Code::InvalidCredentials, error.to_string())
            }
            IdentityError::Command(error) => error.into(),
            IdentityError::Unavailable => Self::new(Code::Unavailable, error.to_string()),
            IdentityError::MasterKey(_) | IdentityError::Defect => {
                tracing::error!(%error, "identity met a defect");
                Self::internal()
            }
        }
    }
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        let detail = error.to_string();
        let code = match error {
            CommandError::Rejected(rejection) => return (*rejection).into(),
            CommandError::VersionMismatch { .. } => Code::VersionMismatch,
            CommandError::KeyReused => Code::IdempotencyKeyReused,
            CommandError::KeyInProgress => Code::IdempotencyInProgress,
            // Contention and waiting too long pass with the load that makes them.
            CommandError::Contended | CommandError::Overloaded | CommandError::TimedOut => {
                Code::Overloaded
            }
            CommandError::Unavailable => Code::Unavailable,
            CommandError::OutcomeUnknown => Code::OutcomeUnknown,
            CommandError::Defect => Code::InternalError,
        };
        Self::new(code, detail)
    }
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        let detail = error.to_string();
        match error {
            QueryError::Unavailable(cause) => {
                tracing::debug!(%cause, "the query tables cannot be read");
                Self::new(
                    Code::Unavailable,
                    "the query tables cannot be read at the moment; try again shortly",
                )
            }
            QueryError::Behind(_) => Self::new(Code::ProjectionBehind, detail),
            QueryError::InvalidCursor => Self::new(Code::InvalidCursor, detail),
            QueryError::InvalidFilter { field, .. } => Self::at(
                Code::MalformedRequest,
                format!("?{field}"),
                "invalid-value",
                detail,
            ),
            QueryError::UnknownProjection(_) => Self::not_found(detail),
            QueryError::Internal(cause) => {
                tracing::error!(%cause, "a query failed");
                Self::internal()
            }
        }
    }
}
