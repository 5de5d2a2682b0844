//! The settings of payments: which gateways there are, and when money is taken.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use domain::ordering::{CapturePolicy, HOLD_MAX};
use processes::gateway::{Secret, stripe};

/// How payments are made, checked.
#[derive(Clone, Debug)]
pub struct Payments {
    /// The built-in gateway, if it is on.
    pub sandbox: Option<Sandbox>,
    /// Stripe, if there is a key.
    pub stripe: Option<stripe::Settings>,
    /// When money is taken.
    pub capture: CapturePolicy,
    /// How long an order waits, and its stock is held, for payment.
    pub order_hold: Duration,
    /// How much longer an order may take whose customer is busy paying.
    pub extension: Duration,
    /// Where the customer's browser goes back to.
    pub return_url: Option<String>,
}

/// The built-in gateway.
#[derive(Clone, Debug)]
pub struct Sandbox {
    /// Where it keeps its memory, if that was said.
    pub file: Option<PathBuf>,
    /// Signs its webhooks, if that was said.
    pub webhook_secret: Option<Secret>,
    /// How many of a thousand calls meet each kind of fault.
    pub faults_per_mille: u16,
}

/// The settings as the file has them.
pub(super) struct Raw {
    pub sandbox: String,
    pub sandbox_file: String,
    pub sandbox_webhook_secret: String,
    pub sandbox_faults_per_mille: u32,
    pub stripe_key: String,
    pub stripe_webhook_secrets: String,
    pub stripe_api: String,
    pub capture: String,
    pub order_hold_seconds: u64,
    pub payment_extension_seconds: u64,
    pub payment_return_url: String,
}

impl Raw {
    pub fn checked(self) -> Result<Payments> {
        let has_stripe = !self.stripe_key.is_empty();
        let is_on = match self.sandbox.as_str() {
            "on" => true,
            "off" => false,
            "auto" => !has_stripe,
            other => bail!("DAYBOOK_SANDBOX is `{other}`; it is on, off or auto"),
        };
        let capture = match self.capture.as_str() {
            "on_confirm" => CapturePolicy::OnConfirm,
            "on_ship" => CapturePolicy::OnShip,
            other => bail!("DAYBOOK_CAPTURE is `{other}`; it is on_confirm or on_ship"),
        };
        let faults_per_mille = u16::try_from(self.sandbox_faults_per_mille)
            .ok()
            .filter(|faults| *faults <= 250)
            .with_context(|| {
                let faults = self.sandbox_faults_per_mille;
                format!("DAYBOOK_SANDBOX_FAULTS_PER_MILLE is {faults}; it is from 0 to 250")
            })?;
        let said = |text: String| (!text.is_empty()).then_some(text);
        Ok(Payments {
            stripe: has_stripe.then(|| {
                stripe(
                    self.stripe_key,
                    &self.stripe_webhook_secrets,
                    self.stripe_api,
                )
            }),
            sandbox: is_on.then(|| Sandbox {
                file: said(self.sandbox_file).map(PathBuf::from),
                webhook_secret: said(self.sandbox_webhook_secret).map(Secret::new),
                faults_per_mille,
            }),
            capture,
            order_hold: seconds("DAYBOOK_ORDER_HOLD_SECONDS", self.order_hold_seconds)?,
            extension: seconds(
                "DAYBOOK_PAYMENT_EXTENSION_SECONDS",
                self.payment_extension_seconds,
            )?,
            return_url: said(self.payment_return_url),
        })
    }
}

fn stripe(key: String, webhook_secrets: &str, api: String) -> stripe::Settings {
    let secrets = webhook_secrets
        .split(',')
        .map(str::trim)
        .filter(|secret| !secret.is_empty());
    let settings = stripe::Settings::new(Secret::new(key), secrets.map(Secret::new).collect());
    if api.is_empty() {
        return settings;
    }
    stripe::Settings { api, ..settings }
}

fn seconds(variable: &str, seconds: u64) -> Result<Duration> {
    let most = HOLD_MAX.as_secs();
    if !(1..=most).contains(&seconds) {
        bail!("{variable} is {seconds}; it is from 1 to {most}, seven days");
    }
    Ok(Duration::from_secs(seconds))
}
