//! Requests that outlive a server: sent again under the same key until there is a definite answer.
//!
//! No answer, a broken one, 429, 502, 503, 504 and 409 `idempotency-in-progress` leave the outcome open, and the key makes
//! sending again harmless. The import gives up when nothing at all was answered for [`SILENCE_MAX`].

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use serde_json::Value;

use crate::http_client;
use crate::progress::Progress;

/// A server that nobody can reach for that long will not be back on its own.
pub(super) const SILENCE_MAX: Duration = Duration::from_secs(300);
/// One request among others that get through: it is this request, not the server.
const REQUEST_MAX: Duration = Duration::from_secs(900);
/// An internal error may pass; one that comes every time is a bug to be reported.
const INTERNAL_ERRORS_MAX: u32 = 5;
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);
const PAUSE_MIN: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(2);
const RETRY_AFTER_MAX: Duration = Duration::from_secs(30);
/// How often it says that it is waiting.
const NOTE_EVERY: Duration = Duration::from_secs(5);

/// A client of one Daybook.
pub(super) struct Client {
    http: reqwest::Client,
    base: Url,
    token: String,
    state: Mutex<State>,
}

struct State {
    answered: Instant,
    noted: Instant,
    progress: Option<Progress>,
}

/// A definite answer.
#[derive(Debug)]
pub(super) enum Answer {
    /// Done, now or when the same key was used before.
    Accepted,
    /// Not done, for a reason that is in the request.
    Refused(Problem),
    /// The server fails at this one.
    Failed(String),
}

/// The parts of a problem document that the import uses.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Problem {
    #[serde(skip)]
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) title: String,
    pub(super) detail: String,
    pub(super) errors: Vec<FieldError>,
}

/// What is wrong with one place of the body.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FieldError {
    pub(super) pointer: String,
    pub(super) code: String,
    pub(super) detail: String,
}

/// An attempt that leaves the outcome open.
struct Open {
    why: String,
    pause: Option<Duration>,
    internal: bool,
}

impl Client {
    pub(super) fn new(url: &str, token: &str) -> Result<Self> {
        let now = Instant::now();
        Ok(Self {
            http: http_client::client(ATTEMPT_TIMEOUT)?,
            base: http_client::address(url)?,
            token: token.to_owned(),
            state: Mutex::new(State {
                answered: now,
                noted: now,
                progress: None,
            }),
        })
    }

    /// Where to say that it is waiting.
    pub(super) fn report_to(&self, progress: &Progress) {
        self.state().progress = Some(progress.clone());
    }

    /// `POST`, again and again under the same key until the answer is definite. An error ends the import.
    pub(super) async fn post(&self, path: &str, key: &str, body: &Value) -> Result<Answer> {
        let url = self
            .base
            .join(path)
            .with_context(|| format!("{path} is no path"))?;
        let started = Instant::now();
        let mut internal_errors = 0;
        let mut attempt = 0;
        loop {
            let open = match self.attempt(url.clone(), key, body).await? {
                Ok(answer) => {
                    self.state().answered = Instant::now();
                    return Ok(answer);
                }
                Err(open) => open,
            };
            internal_errors += u32::from(open.internal);
            if internal_errors >= INTERNAL_ERRORS_MAX || started.elapsed() > REQUEST_MAX {
                return Ok(Answer::Failed(open.why));
            }
            self.check_silence(&open.why)?;
            let pause = pause(key, attempt).max(open.pause.unwrap_or_default());
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    async fn attempt(&self, url: Url, key: &str, body: &Value) -> Result<Result<Answer, Open>> {
        let request = self
            .http
            .post(url)
            .bearer_auth(&self.token)
            .header("idempotency-key", key);
        let response = match request.json(body).send().await {
            Ok(response) => response,
            Err(error) if error.is_builder() => {
                return Err(error).context("cannot build a request");
            }
            Err(error) => return Ok(Err(Open::unanswered(&error))),
        };
        let status = response.status();
        let headers = response.headers();
        let pause = headers
            .get(RETRY_AFTER)
            .and_then(|it| it.to_str().ok()?.parse().ok());
        let pause = pause.map(|seconds| Duration::from_secs(seconds).min(RETRY_AFTER_MAX));
        let is_problem = headers
            .get(CONTENT_TYPE)
            .is_some_and(|it| it.as_bytes().starts_with(b"application/problem+json"));
        // Read to the end even when it is not wanted: half an answer is none, and the connection is used again.
        let body = match response.bytes().await {
            Ok(body) => body,
            Err(error) => return Ok(Err(Open::unanswered(&error))),
        };
        if status.is_success() {
            return Ok(Ok(Answer::Accepted));
        }
        let mut problem: Problem = if is_problem {
            serde_json::from_slice(&body).unwrap_or_default()
        } else {
            Problem::default()
        };
        problem.status = status.as_u16();
        judge(status, problem, is_problem, pause)
    }

    fn check_silence(&self, why: &str) -> Result<()> {
        let mut state = self.state();
        let silence = state.answered.elapsed();
        if silence > SILENCE_MAX {
            bail!(
                "{} has not answered for {} s ({why}): start the import again when it is back, nothing will be imported twice",
                self.base,
                silence.as_secs()
            );
        }
        if silence > NOTE_EVERY && state.noted.elapsed() > NOTE_EVERY {
            state.noted = Instant::now();
            if let Some(progress) = &state.progress {
                progress.note(&format!(
                    "waiting for {} ({why}); giving up in {} s",
                    self.base,
                    (SILENCE_MAX - silence).as_secs()
                ));
            }
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an answer other than success means. An error ends the import: every other request would fare the same.
fn judge(
    status: StatusCode,
    problem: Problem,
    is_problem: bool,
    pause: Option<Duration>,
) -> Result<Result<Answer, Open>> {
    let open = |internal| Open {
        why: problem.to_string(),
        pause,
        internal,
    };
    match status.as_u16() {
        401 | 403 => bail!("{problem}: give the token of a sales channel in DAYBOOK_TOKEN"),
        408 | 429 | 502 | 503 | 504 => Ok(Err(open(false))),
        409 if problem.code == "idempotency-in-progress" => Ok(Err(open(false))),
        500.. => Ok(Err(open(true))),
        400..=499 if is_problem => Ok(Ok(Answer::Refused(problem))),
        _ => bail!("{status} without a problem document: is Daybook behind --url?"),
    }
}

impl Open {
    fn unanswered(error: &reqwest::Error) -> Self {
        let mut why = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            why = cause.to_string();
            source = cause.source();
        }
        Self {
            why,
            pause: None,
            internal: false,
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = [&self.detail, &self.title]
            .into_iter()
            .find(|it| !it.is_empty());
        write!(f, "{} {}", self.status, self.code)?;
        match text {
            Some(text) => write!(f, ": {text}"),
            None => Ok(()),
        }
    }
}

/// Doubles up to a limit, less up to a half that differs from request to request: a server that comes back should not meet
/// them all in the same millisecond.
fn pause(key: &str, attempt: u32) -> Duration {
    let full = PAUSE_MIN
        .saturating_mul(1 << attempt.min(10))
        .min(PAUSE_MAX);
    let mut hasher = DefaultHasher::new();
    (key, attempt).hash(&mut hasher);
    let share = (hasher.finish() % 512) as f64 / 1024.0;
    full.mul_f64(1.0 - share)
}
