//! `GET /readyz`: whether commands and queries can be answered: the journal is reachable and every projection is posted.

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use domain::FieldError;
use projections::{Queries, QueryError, State as Posted, Status};
use serde::Serialize;

use crate::Api;
use crate::answer;
use crate::problem::{Code, Problem};

/// How long finding out may take: those who ask have deadlines of their own.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

#[derive(Serialize)]
struct Body {
    status: &'static str,
}

/// Answers, or says what is missing.
pub async fn ready(State(api): State<Api>) -> Result<Response, Problem> {
    let queries = api.queries().map_err(|_| not_ready(vec![no_journal()]))?;
    let missing = match tokio::time::timeout(ANSWER_WITHIN, missing(queries)).await {
        Ok(Ok(missing)) => missing,
        Ok(Err(_)) | Err(_) => vec![no_journal()],
    };
    if missing.is_empty() {
        answer::json(&Body { status: "ready" })
    } else {
        Err(not_ready(missing))
    }
}

async fn missing(queries: &Queries) -> Result<Vec<FieldError>, QueryError> {
    queries.ready().await?;
    let statuses = queries.projections().await?;
    Ok(statuses.iter().filter_map(missing_of).collect())
}

/// What a projection lacks. Tables of another version are served while they are replaced.
fn missing_of(status: &Status) -> Option<FieldError> {
    let wrong = |fault: &str, detail: String| {
        let pointer = format!("/projections/{}", status.name);
        Some(FieldError::new(pointer, fault, detail))
    };
    let name = status.name;
    match status.state {
        _ if status.built_version.is_none() => {
            wrong("absent", format!("{name} has not been built yet"))
        }
        Posted::Absent => wrong("absent", format!("{name} has not been built yet")),
        Posted::Failed => wrong(
            "failed",
            format!("{name} has stopped at an event; see its status"),
        ),
        // Nobody posting is lag, which `/v1/projections` shows: no reason to refuse commands.
        Posted::Idle | Posted::Posting | Posted::Rebuilding | Posted::Outdated => None,
    }
}

fn no_journal() -> FieldError {
    FieldError::new(
        "/journal",
        "unreachable",
        "the journal's database does not answer",
    )
}

fn not_ready(missing: Vec<FieldError>) -> Problem {
    let details: Vec<&str> = missing.iter().map(|one| one.detail.as_str()).collect();
    Problem::new(Code::NotReady, details.join("; ")).with_errors(missing)
}
