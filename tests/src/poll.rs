//! Waiting without sleeping blindly: ask again until it holds, or fail with what was last seen.

use std::time::{Duration, Instant};

/// Asks `probe` every few milliseconds until it answers `Ok`, and returns that. Its `Err` says what is still missing; when
/// the deadline has passed the test fails with the last one.
///
/// ```text
/// let order = eventually("the order is listed", Duration::from_secs(5), async || {
///     let reply = http.get("/v1/orders").await;
///     if reply.status == 200 { Ok(reply.json()) } else { Err(reply.describe()) }
/// }).await;
/// ```
pub async fn eventually<T>(
    what: &str,
    within: Duration,
    mut probe: impl AsyncFnMut() -> Result<T, String>,
) -> T {
    const PAUSE_MAX: Duration = Duration::from_millis(100);
    let started = Instant::now();
    let mut pause = Duration::from_millis(2);
    loop {
        // The probe itself may hang; it gets no more than what is left, and a second at the very end.
        let left = within.saturating_sub(started.elapsed()) + Duration::from_secs(1);
        let missing = match tokio::time::timeout(left, probe()).await {
            Ok(Ok(value)) => return value,
            Ok(Err(missing)) => missing,
            Err(_) => "the probe did not return".to_owned(),
        };
        assert!(
            started.elapsed() < within,
            "not within {within:?}: {what}. Last seen: {missing}"
        );
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}
