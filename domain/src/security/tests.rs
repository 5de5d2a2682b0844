//! Given, when, then.

use cqrs_es::test::TestFramework;

use super::*;
use crate::testing::at;
use crate::value::ClientId;
use crate::{FactSource, Facts};

type SecurityTest = TestFramework<Security>;

fn refusal(reason: RefusalReason, times: u32) -> Refusal {
    let client_id = None;
    Refusal {
        reason,
        times,
        client_id,
    }
}

fn framework() -> SecurityTest {
    SecurityTest::with(FactSource::fixed(at(0)))
}

#[test]
fn each_reason_is_one_event_however_often_it_came() {
    let of_client = Refusal {
        client_id: Some(ClientId::default()),
        ..refusal(RefusalReason::ClientSecret, 3)
    };
    let flood = refusal(RefusalReason::TokenSignature, 100_000);
    let refusals = vec![flood, of_client];
    framework()
        .given_no_previous_events()
        .when(SecurityCommand::RecordRefusals { refusals })
        .then_expect_events(vec![
            SecurityEvent::AccessRefused(flood),
            SecurityEvent::AccessRefused(of_client),
        ]);
}

#[test]
fn nothing_is_recorded_of_nothing_and_too_much_is_refused() {
    let never = vec![refusal(RefusalReason::TokenExpired, 0)];
    let command = SecurityCommand::RecordRefusals { refusals: never };
    assert_eq!(decide(command).unwrap(), []);
    let refusals = vec![refusal(RefusalReason::TokenExpired, 1); REFUSALS_PER_COMMAND_MAX + 1];
    let rejection = decide(SecurityCommand::RecordRefusals { refusals }).unwrap_err();
    assert_eq!(rejection.fields[0].code, "too-many");
}

#[test]
fn a_day_counts_its_refusals() {
    let mut day = Security::default();
    for times in [2, 5] {
        day.evolve(&SecurityEvent::AccessRefused(refusal(
            RefusalReason::CodeReplay,
            times,
        )));
    }
    assert_eq!(day.refused(), 7);
}

#[test]
fn names_are_the_same_in_texts_and_in_json() {
    for reason in RefusalReason::ALL {
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
    }
}

#[test]
fn a_day_is_a_stream() {
    let Facts { now } = at(0);
    assert_eq!(id_of_day(now).len(), "2026-11-21".len());
}
