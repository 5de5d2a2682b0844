//! Whether and when a request is attempted again.
//!
//! Every request may be repeated: reading changes nothing, and what changes something carries an
//! idempotency key. So the question is only whether a repeat can get another answer.

use std::time::Duration;

use super::transport::Answer;

/// Whether another attempt may get another answer. As Stripe's own libraries decide it: what
/// `Stripe-Should-Retry` says; a conflict with ourselves (409), too many requests (429) and 503;
/// other 5xx only for reading, because Stripe keeps a 500 under the idempotency key and repeats it.
pub(super) fn is_worth_it(answer: &Answer, is_read: bool) -> bool {
    answer.should_retry.unwrap_or(match answer.status {
        409 | 429 | 503 => true,
        500..=599 => is_read,
        _ => false,
    })
}

/// The pause before attempt number `attempt` (the second is 1): anything up to a limit that doubles
/// each time, so that many clients do not come back together; not less than the gateway asked for,
/// and never more than `pause_max`.
pub(super) fn pause(
    attempt: u32,
    asked_for: Option<Duration>,
    first: Duration,
    pause_max: Duration,
) -> Duration {
    let doubled = first.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)));
    let jittered = doubled.min(pause_max).mul_f64(fastrand::f64());
    jittered.max(asked_for.unwrap_or_default()).min(pause_max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, should_retry: Option<bool>) -> Answer {
        Answer {
            status,
            should_retry,
            retry_after: None,
            body: serde_json::Value::Null,
        }
    }

    #[test]
    fn what_the_gateway_says_goes_first() {
        assert!(is_worth_it(&answer(500, Some(true)), false));
        assert!(!is_worth_it(&answer(503, Some(false)), true));
    }

    #[test]
    fn a_kept_500_is_not_repeated_and_a_read_one_is() {
        assert!(!is_worth_it(&answer(500, None), false));
        assert!(is_worth_it(&answer(500, None), true));
        for status in [409, 429, 503] {
            assert!(is_worth_it(&answer(status, None), false));
        }
        for status in [200, 400, 401, 402, 404] {
            assert!(!is_worth_it(&answer(status, None), true));
        }
    }

    #[test]
    fn pauses_grow_up_to_their_limit() {
        let (first, most) = (Duration::from_millis(100), Duration::from_millis(300));
        for _ in 0..100 {
            assert!(pause(1, None, first, most) <= first);
            assert!(pause(2, None, first, most) <= 2 * first);
            assert!(pause(40, None, first, most) <= most);
            assert_eq!(pause(1, Some(most * 9), first, most), most);
            assert!(pause(1, Some(first), first, most) >= first);
        }
    }
}
