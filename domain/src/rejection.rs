//! Why a command was refused: one stable code, one message, and what exactly in the command.
//!
//! A rejection is an answer, not a failure: nothing happened and no event was
//! made. It knows nothing of HTTP; the layer that does maps the code to a status.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::value::{MoneyError, Sku, Slug, ValueError};

/// The stable codes. Clients switch on them, so a released one never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RejectionCode {
    /// Less is available than was asked for.
    OutOfStock,
    /// The total is not what the client expected.
    PriceChanged,
    /// The order's status does not allow it.
    OrderState,
    /// The payment does not allow it.
    PaymentState,
    /// More was to be refunded than was captured and not refunded yet.
    RefundExceedsCaptured,
    /// The hold on stock has ended.
    ReservationExpired,
    /// More than is open on the line.
    QuantityExceedsOpen,
    /// Something in the command is wrong; the fields say what.
    ValidationFailed,
    /// Two currencies where there can be one.
    CurrencyMismatch,
    /// There is no such thing.
    NotFound,
    /// The SKU names a variant already.
    SkuTaken,
    /// The slug names a product already.
    SlugTaken,
    /// The e-mail address belongs to an account already.
    EmailTaken,
    /// The account is locked.
    AccountLocked,
    /// The account was erased.
    AccountErased,
    /// The account has a second factor, which was not shown.
    SecondFactorRequired,
    /// The token has expired.
    TokenExpired,
    /// The token was revoked, or never was one.
    TokenRevoked,
    /// More was asked for than whoever asks may have.
    InsufficientScope,
}

impl RejectionCode {
    /// The code as clients see it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OutOfStock => "out-of-stock",
            Self::PriceChanged => "price-changed",
            Self::OrderState => "order-state",
            Self::PaymentState => "payment-state",
            Self::RefundExceedsCaptured => "refund-exceeds-captured",
            Self::ReservationExpired => "reservation-expired",
            Self::QuantityExceedsOpen => "quantity-exceeds-open",
            Self::ValidationFailed => "validation-failed",
            Self::CurrencyMismatch => "currency-mismatch",
            Self::NotFound => "not-found",
            Self::SkuTaken => "sku-taken",
            Self::SlugTaken => "slug-taken",
            Self::EmailTaken => "email-taken",
            Self::AccountLocked => "account-locked",
            Self::AccountErased => "account-erased",
            Self::SecondFactorRequired => "second-factor-required",
            Self::TokenExpired => "token-expired",
            Self::TokenRevoked => "token-revoked",
            Self::InsufficientScope => "insufficient-scope",
        }
    }
}

/// What is wrong with one field of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// JSON pointer into the command as the client sent it, for example `/lines/3/sku`.
    pub pointer: String,
    /// Stable kebab-case code.
    pub code: String,
    /// What is wrong and what would be right.
    pub detail: String,
}

impl FieldError {
    /// The field at `pointer` is wrong.
    pub fn new(
        pointer: impl Into<String>,
        code: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            pointer: pointer.into(),
            code: code.into(),
            detail: detail.into(),
        }
    }
}

/// A command was refused and nothing happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// Which kind of refusal.
    pub code: RejectionCode,
    /// What, where, and what would be right; for people.
    pub detail: String,
    /// Each field that is to blame; may be empty.
    pub fields: Vec<FieldError>,
}

impl fmt::Display for Rejection {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.detail)
    }
}

impl std::error::Error for Rejection {}

impl Rejection {
    /// A rejection that no single field is to blame for.
    pub fn new(code: RejectionCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            fields: Vec::new(),
        }
    }

    /// The stable kebab-case code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code.as_str()
    }

    /// There is no such thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(RejectionCode::NotFound, detail)
    }

    /// One field is wrong.
    pub fn invalid(
        pointer: impl Into<String>,
        code: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self::validation(vec![FieldError::new(pointer, code, detail)])
    }

    /// Several fields are wrong. The detail is the first one's, and how many more there are.
    #[must_use]
    pub fn validation(fields: Vec<FieldError>) -> Self {
        Self::of_fields(RejectionCode::ValidationFailed, fields)
    }

    /// `code`, for each of `fields`.
    #[must_use]
    pub fn of_fields(code: RejectionCode, fields: Vec<FieldError>) -> Self {
        let detail = match fields.as_slice() {
            [] => format!("the command is refused: {}", code.as_str()),
            [only] => only.detail.clone(),
            [first, rest @ ..] => format!("{} (and {} more)", first.detail, rest.len()),
        };
        Self {
            code,
            detail,
            fields,
        }
    }

    /// `sku` names a variant already; `pointer` is where the command says it.
    pub fn sku_taken(sku: &Sku, pointer: impl Into<String>) -> Self {
        let code = RejectionCode::SkuTaken;
        let detail =
            format!("SKU {sku} names a variant already and is never reused; choose another");
        Self::of_fields(code, vec![FieldError::new(pointer, code.as_str(), detail)])
    }

    /// `slug` names a product already; `pointer` is where the command says it.
    pub fn slug_taken(slug: &Slug, pointer: impl Into<String>) -> Self {
        let code = RejectionCode::SlugTaken;
        let detail = format!("slug {slug} names a product already; choose another");
        Self::of_fields(code, vec![FieldError::new(pointer, code.as_str(), detail)])
    }

    /// An e-mail address belongs to an account already; `pointer` is where the command says it. The
    /// address itself is not repeated. Whoever answers a stranger keeps this to itself.
    pub fn email_taken(pointer: impl Into<String>) -> Self {
        let code = RejectionCode::EmailTaken;
        let detail = "the e-mail address belongs to an account already; log in, or take another";
        Self::of_fields(code, vec![FieldError::new(pointer, code.as_str(), detail)])
    }

    /// A value at `pointer` was refused by its constructor.
    pub fn value(pointer: impl Into<String>, error: &ValueError) -> Self {
        Self::invalid(pointer, "invalid-value", error.to_string())
    }

    /// Arithmetic over amounts at `pointer` has no answer.
    pub fn money(pointer: impl Into<String>, error: &MoneyError) -> Self {
        let code = match error {
            MoneyError::CurrencyMismatch { .. } => RejectionCode::CurrencyMismatch,
            MoneyError::Overflow | MoneyError::NoWeight => RejectionCode::ValidationFailed,
        };
        let field_code = match error {
            MoneyError::CurrencyMismatch { .. } => "currency-mismatch",
            MoneyError::Overflow => "too-large",
            MoneyError::NoWeight => "no-weight",
        };
        Self::of_fields(
            code,
            vec![FieldError::new(pointer, field_code, error.to_string())],
        )
    }
}
