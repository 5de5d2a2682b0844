//! How Stripe is reached.

use std::time::Duration;

use crate::gateway::Secret;

/// Where Stripe's API is.
pub const API: &str = "https://api.stripe.com";

/// The version of Stripe's API that this adapter speaks, sent with every request so that an account's
/// default does not matter. It is the one of the stripe-mock that the tests run against.
pub const API_VERSION: &str = "2026-08-26.dahlia";

/// Settings of the adapter. Secrets come from configuration only.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The secret or restricted API key (`sk_…`, `rk_…`).
    pub api_key: Secret,
    /// The webhook endpoint's secrets (`whsec_…`): one, or two while it is rotated; any of them fits.
    pub webhook_secrets: Vec<Secret>,
    /// The API's address without a path; [`API`], except in tests. Plain HTTP is accepted for this
    /// machine alone.
    pub api: String,
    /// How long one attempt may take.
    pub attempt_timeout: Duration,
    /// How long a call may take in all, attempts and pauses.
    pub call_timeout: Duration,
    /// How often a call is attempted at most, 1 to 10.
    pub attempts_max: u32,
    /// The longest pause before the second attempt; it doubles with each further one.
    pub pause: Duration,
    /// The longest pause before any attempt.
    pub pause_max: Duration,
}

impl Settings {
    /// Settings for the real API: three attempts of 10 seconds, 25 seconds in all.
    #[must_use]
    pub fn new(api_key: Secret, webhook_secrets: Vec<Secret>) -> Self {
        Self {
            api_key,
            webhook_secrets,
            api: API.to_owned(),
            attempt_timeout: Duration::from_secs(10),
            call_timeout: Duration::from_secs(25),
            attempts_max: 3,
            pause: Duration::from_millis(500),
            pause_max: Duration::from_secs(5),
        }
    }
}

/// Why the adapter could not be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// The API key is empty or holds what a header cannot.
    #[error("the Stripe API key is empty or malformed; it begins with sk_ or rk_")]
    ApiKey,
    /// No address, or one that would send the key over a network in the clear.
    #[error("{0:?} is no address of Stripe's API; it begins with https:// and has no path")]
    Api(String),
    /// No attempt, or too many.
    #[error("{0} attempts are not possible; 1 to 10 are")]
    Attempts(u32),
    /// The HTTP client did not come up.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(String),
}
