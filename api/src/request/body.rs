//! A body's bytes: bounded in size and in time. What is not read here is discarded by the connection, once its client was answered.
//! While a body arrives its request takes nobody's seat ([`Seat`]).

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Body as _;

use crate::ApiOptions;
use crate::layers::Seat;
use crate::problem::{Code, Problem};

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
    // What says of itself that it is too large is not read at all, and no client is told to go on (`Expect: 100-continue`).
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(too_large(bytes_max));
    }
    let mut whole: Vec<u8> = Vec::new();
    while let Some(data) = next(&mut body).await? {
        if whole.len() + data.len() > bytes_max {
            return Err(too_large(bytes_max));
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

fn too_large(bytes_max: usize) -> Problem {
    let detail = format!("the body is larger than {bytes_max} bytes, the most that is taken");
    Problem::new(Code::PayloadTooLarge, detail)
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
