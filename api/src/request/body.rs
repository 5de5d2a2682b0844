//! A body's bytes: bounded in size and in time. While they arrive the request takes nobody's seat ([`Seat`]).

use axum::body::{Body, HttpBody as _};
use bytes::Bytes;
use http_body_util::BodyExt;

use crate::ApiOptions;
use crate::layers::Seat;
use crate::problem::{Code, Problem};

/// How much of a body that is too large is still read, so that the client gets to read the refusal: a connection that is closed
/// on unread bytes is reset.
const DISCARDED_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A larger body needs room that all share ([`Seat::room_for`]), and gets all of its memory at once: growing in steps leaves
/// holes behind, and takes more than was accounted for.
const SMALL_BYTES_MAX: usize = 8 * 1024;

/// The whole body, or why not.
pub async fn read(body: Body, options: &ApiOptions) -> Result<Bytes, Problem> {
    let (bytes_max, within) = (options.body_bytes_max, options.body_timeout);
    Seat::leave();
    match tokio::time::timeout(within, collect(body, bytes_max)).await {
        Ok(outcome) => outcome.and_then(|bytes| Seat::return_to().map(|()| bytes)),
        Err(_) => Err(Problem::new(
            Code::RequestTimeout,
            format!("the body did not arrive within {} s", within.as_secs()),
        )),
    }
}

async fn collect(mut body: Body, bytes_max: usize) -> Result<Bytes, Problem> {
    let mut whole: Vec<u8> = Vec::new();
    // It said so itself: nothing of it is kept.
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(too_large(body, bytes_max).await);
    }
    while let Some(data) = next(&mut body).await? {
        if whole.len() + data.len() > bytes_max {
            drop(whole);
            return Err(too_large(body, bytes_max).await);
        }
        let length = whole.len() + data.len();
        if length > SMALL_BYTES_MAX && length > whole.capacity() {
            let follows = body.size_hint().upper().unwrap_or(u64::MAX);
            let follows = usize::try_from(follows).unwrap_or(usize::MAX);
            let all = length.saturating_add(follows).min(bytes_max);
            Seat::room_for(all)?;
            whole.reserve_exact(all - whole.len());
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.into())
}

async fn next(body: &mut Body) -> Result<Option<Bytes>, Problem> {
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Err(_)) => {
                let detail = "the body broke off before its end";
                return Err(Problem::new(Code::MalformedRequest, detail));
            }
            // Trailers are of no interest.
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

async fn too_large(body: Body, bytes_max: usize) -> Problem {
    discard(body).await;
    Problem::new(
        Code::PayloadTooLarge,
        format!("the body is larger than {bytes_max} bytes, the most that is taken"),
    )
}

async fn discard(mut body: Body) {
    let mut discarded = 0;
    while let Ok(Some(data)) = next(&mut body).await {
        discarded += data.len();
        if discarded > DISCARDED_BYTES_MAX {
            return;
        }
    }
}
