//! What there is in the vault, by kind: one name each, so that nothing is looked for under another.
//!
//! What must hold: an account's secrets have its stream's id as their owner ([`owner_of`]), so that erasing the account destroys
//! all of them in one write.

use domain::value::{AccountId, ClientId};

/// The key of e-mail hashes, wrapped. One for the journal, for ever.
pub const EMAIL_KEY: &str = "email-key";
/// The key that tokens and secrets are derived with, wrapped. One for the journal.
pub const TOKEN_KEY: &str = "token-key";
/// The keys that sign access tokens, wrapped, by `kid`.
pub const SIGNING_KEY: &str = "signing-key";
/// The key of an account's personal data, wrapped, by the account's id.
pub const DATA_KEY: &str = "data-key";
/// An account's password, hashed (a PHC string), by the account's id.
pub const PASSWORD: &str = "password";
/// What a mailed link is for, by the digest of its token.
pub const LINK: &str = "link";
/// The secret of a second factor, sealed under the account's data key, by the account's id.
pub const TOTP: &str = "totp";
/// Steps of one-time codes that were used, by account and step.
pub const TOTP_STEP: &str = "totp-step";
/// Recovery codes that were not used yet, as digests, by account and digest.
pub const RECOVERY: &str = "recovery";
/// Mail under way, sealed under its account's data key.
pub const MAIL: &str = "mail";
/// Requests whose repetition must do nothing, as a keyed hash of what they said, by the claim of their key.
pub const REQUEST: &str = "request";
/// Answers that hold a secret and may be asked for again, sealed under the account's data key, by the claim of the request's key.
pub const ANSWER: &str = "answer";
/// Addresses that nobody is let in under for a while, by the address's hash; whether there is an account or not.
pub const LOG_IN_LOCK: &str = "log-in-lock";
/// Refresh tokens, by their digest.
pub const REFRESH_TOKEN: &str = "refresh-token";
/// Authorization codes, by their digest.
pub const CODE: &str = "code";
/// Browsers that logged in to let a client in, by the digest of their cookie.
pub const BROWSER: &str = "browser";
/// Secrets of clients, as digests, by the client's id.
pub const CLIENT_SECRET: &str = "client-secret";

/// Counts log-ins that failed, by the address's hash.
pub const LOG_IN_FAILURES: &str = "log-in-failures";
/// Counts mails that somebody who may be a stranger asked for, by the address's hash.
pub const MAILS_ASKED_FOR: &str = "mails-asked-for";

/// Whose what belongs to no account is.
pub const OWN: &str = "identity";

/// The owner of an account's secrets: its stream.
#[must_use]
pub fn owner_of(account: AccountId) -> String {
    format!("account-{account}")
}

/// The owner of a client's secrets: its stream.
#[must_use]
pub fn owner_of_client(client: ClientId) -> String {
    format!("client-{client}")
}
