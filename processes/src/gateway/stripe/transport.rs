//! HTTP to Stripe: one request, its attempts, its answer.

use std::time::Duration;

use reqwest::{Client, Method, Response, header, redirect};
use serde_json::Value;

use super::config::{API_VERSION, SetupError};
use super::{Settings, retry};
use crate::gateway::{Doubt, Secret};

/// Longest answer that is read, in bytes: a page of a hundred objects is far below.
const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Most attempts that can be configured.
const ATTEMPTS_MAX: u32 = 10;

/// The names and values of a form, in order.
pub(super) type Form = Vec<(String, String)>;

/// One request of Stripe's API.
pub(super) enum Request<'a> {
    /// Reads.
    Get(Form),
    /// Changes something, at most once for this idempotency key.
    Post { key: &'a str, form: Form },
}

/// An answer of Stripe, good or bad.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) should_retry: Option<bool>,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Value,
}

/// The connection to Stripe.
#[derive(Debug)]
pub(super) struct Transport {
    client: Client,
    settings: Settings,
}

impl Transport {
    pub(super) fn new(settings: Settings) -> Result<Self, SetupError> {
        if !(1..=ATTEMPTS_MAX).contains(&settings.attempts_max) {
            return Err(SetupError::Attempts(settings.attempts_max));
        }
        check_api(&settings.api)?;
        let mut headers = header::HeaderMap::new();
        headers.insert("authorization", authorization(&settings.api_key)?);
        let version = header::HeaderValue::from_static(API_VERSION);
        headers.insert("stripe-version", version);
        let client = Client::builder()
            .default_headers(headers)
            .user_agent(concat!("daybook/", env!("CARGO_PKG_VERSION")))
            .timeout(settings.attempt_timeout)
            .connect_timeout(settings.attempt_timeout.min(Duration::from_secs(5)))
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|error| SetupError::Client(error.without_url().to_string()))?;
        Ok(Self { client, settings })
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Sends until there is an answer that a repeat would not change, or time or attempts run out.
    pub(super) async fn send(&self, path: &str, request: &Request<'_>) -> Result<Answer, Doubt> {
        let within = self.settings.call_timeout;
        tokio::time::timeout(within, self.attempts(path, request))
            .await
            .unwrap_or(Err(Doubt::NoAnswer))
    }

    /// When an earlier attempt stayed without an answer, a later refusal that was given without
    /// looking at the key says nothing about it; [`super::failure`] reckons those as unknown anyway.
    async fn attempts(&self, path: &str, request: &Request<'_>) -> Result<Answer, Doubt> {
        let mut attempt = 0;
        loop {
            let result = self.attempt(path, request).await;
            attempt += 1;
            let (is_final, asked_for) = match &result {
                Ok(answer) => {
                    let is_read = matches!(request, Request::Get(_));
                    (!retry::is_worth_it(answer, is_read), answer.retry_after)
                }
                Err(doubt) => (!matches!(doubt, Doubt::NoAnswer), None),
            };
            if is_final || attempt >= self.settings.attempts_max {
                return result;
            }
            let Settings {
                pause, pause_max, ..
            } = self.settings;
            tokio::time::sleep(retry::pause(attempt, asked_for, pause, pause_max)).await;
        }
    }

    async fn attempt(&self, path: &str, request: &Request<'_>) -> Result<Answer, Doubt> {
        let url = format!("{}{path}", self.settings.api);
        let request = match request {
            Request::Get(form) => self.client.request(Method::GET, url).query(form),
            Request::Post { key, form } => self
                .client
                .request(Method::POST, url)
                .header("idempotency-key", *key)
                .form(form),
        };
        // What went wrong on the way makes no difference: nobody can tell whether it arrived.
        let response = request.send().await.map_err(|_| Doubt::NoAnswer)?;
        read(response).await
    }
}

async fn read(mut response: Response) -> Result<Answer, Doubt> {
    let text = |name: &str| response.headers().get(name)?.to_str().ok();
    let should_retry = text("stripe-should-retry").and_then(|text| text.parse().ok());
    let seconds = text("retry-after").and_then(|text| text.parse().ok());
    let status = response.status().as_u16();
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| Doubt::NoAnswer)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > ANSWER_BYTES_MAX {
            return Err(Doubt::Unreadable("it is too long".to_owned()));
        }
    }
    // An error page of something in between is no JSON; its status says enough.
    let body = match serde_json::from_slice(&bytes) {
        Ok(body) => body,
        Err(_) if status >= 300 => Value::Null,
        Err(error) => return Err(Doubt::Unreadable(error.to_string())),
    };
    Ok(Answer {
        status,
        should_retry,
        retry_after: seconds.map(Duration::from_secs),
        body,
    })
}

fn authorization(key: &Secret) -> Result<header::HeaderValue, SetupError> {
    let key = key.expose();
    let mut value = header::HeaderValue::from_str(&format!("Bearer {key}"))
        .ok()
        .filter(|_| !key.is_empty())
        .ok_or(SetupError::ApiKey)?;
    value.set_sensitive(true);
    Ok(value)
}

/// `https://host`, or `http://` to this machine.
fn check_api(api: &str) -> Result<(), SetupError> {
    let wrong = || SetupError::Api(api.to_owned());
    let url = reqwest::Url::parse(api).map_err(|_| wrong())?;
    let host = url.host_str().unwrap_or_default();
    let is_here = matches!(host, "127.0.0.1" | "[::1]" | "localhost");
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_here);
    let is_bare = url.path() == "/" && !api.ends_with('/') && url.query().is_none();
    if is_safe && is_bare && url.username().is_empty() {
        Ok(())
    } else {
        Err(wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set_up(change: impl FnOnce(&mut Settings)) -> Result<Transport, SetupError> {
        let mut settings = Settings::new(Secret::new("sk_test_hidden"), Vec::new());
        change(&mut settings);
        Transport::new(settings)
    }

    #[test]
    fn the_key_is_not_sent_in_the_clear_and_not_printed() {
        assert!(set_up(|_| {}).is_ok());
        assert!(set_up(|settings| settings.api = "http://127.0.0.1:1".to_owned()).is_ok());
        for api in [
            "http://api.stripe.com",
            "https://api.stripe.com/v1",
            "https://api.stripe.com/",
            "https://a@b",
            "stripe",
            "",
        ] {
            let refused = set_up(|settings| settings.api = api.to_owned());
            assert!(matches!(refused, Err(SetupError::Api(_))), "{api}");
        }
        let printed = format!("{:?}", set_up(|_| {}).unwrap());
        assert!(!printed.contains("hidden"), "{printed}");
    }

    #[test]
    fn settings_that_cannot_work_are_refused() {
        let key = set_up(|settings| settings.api_key = Secret::new("sk\n"));
        assert_eq!(key.unwrap_err(), SetupError::ApiKey);
        let key = set_up(|settings| settings.api_key = Secret::new(""));
        assert_eq!(key.unwrap_err(), SetupError::ApiKey);
        for attempts in [0, 11] {
            let refused = set_up(|settings| settings.attempts_max = attempts);
            assert_eq!(refused.unwrap_err(), SetupError::Attempts(attempts));
        }
    }
}
