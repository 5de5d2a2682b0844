//! Lanes beside each other: what is slow or fails holds up its own lane, and the checkpoint.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use commands::order::OrderingCommand;
use commands::{CommandError, Context, Receipt};
use domain::order::Order;
use domain::payment::{Payment, PaymentCommand};
use domain::value::{OrderId, Timestamp};
use futures::future::{BoxFuture, pending, ready};
use journal::StreamId;
use uuid::Uuid;

use super::*;
use crate::{Gateways, ProcessOptions, Shop};

/// How long a test waits for what is to come.
const SOON: Duration = Duration::from_secs(10);

/// A shop without payments. It hangs when asked for some, and fails as often as it is told to for others.
#[derive(Default)]
struct Stub {
    hangs: Vec<PaymentId>,
    failures: BTreeMap<PaymentId, AtomicU32>,
}

impl Shop for Stub {
    fn now(&self) -> Timestamp {
        Timestamp::EPOCH
    }

    fn order(&self, _: OrderId) -> BoxFuture<'_, Result<Order, CommandError>> {
        ready(Ok(Order::default())).boxed()
    }

    fn payment(&self, id: PaymentId) -> BoxFuture<'_, Result<Payment, CommandError>> {
        if self.hangs.contains(&id) {
            return pending().boxed();
        }
        let one_less = |left: u32| left.checked_sub(1);
        let failures = self.failures.get(&id);
        let fails = failures.is_some_and(|left| {
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less)
                .is_ok()
        });
        let answer = if fails {
            Err(CommandError::Unavailable)
        } else {
            Ok(Payment::default())
        };
        ready(answer).boxed()
    }

    fn ordering(
        &self,
        _: OrderId,
        _: OrderingCommand,
        _: Context,
    ) -> BoxFuture<'_, Result<Receipt, CommandError>> {
        ready(Err(CommandError::Unavailable)).boxed()
    }

    fn pay(
        &self,
        _: PaymentId,
        _: PaymentCommand,
        _: Context,
    ) -> BoxFuture<'_, Result<Receipt, CommandError>> {
        ready(Err(CommandError::Unavailable)).boxed()
    }
}

fn lanes(stub: Stub) -> Lanes {
    let worker = Worker::new(
        Arc::new(stub),
        Gateways::default(),
        ProcessOptions::default(),
    );
    Lanes::new(worker)
}

fn payment(number: u128) -> PaymentId {
    PaymentId(Uuid::from_u128(number))
}

fn voided(of: PaymentId, position: Position) -> Arc<RecordedEvent> {
    Arc::new(RecordedEvent {
        position,
        recorded_at: Timestamp::EPOCH.to_offset_date_time(),
        stream: StreamId::new("payment", of.to_string()),
        sequence: position,
        event_type: "PaymentVoided".into(),
        event_version: "1".into(),
        payload: r#"{"PaymentVoided":{}}"#.into(),
        metadata: "{}".into(),
    })
}

async fn settle(lanes: &mut Lanes) {
    lanes.start();
    tokio::time::timeout(SOON, lanes.settle())
        .await
        .expect("something is settled");
}

#[tokio::test]
async fn one_that_hangs_holds_up_its_own_lane_and_the_checkpoint() {
    let (slow, quick) = (payment(1), payment(2));
    let mut lanes = lanes(Stub {
        hangs: vec![slow],
        ..Stub::default()
    });
    lanes.put(slow, 0, voided(slow, 5));
    lanes.put(quick, 0, voided(quick, 6));
    lanes.put(slow, 0, voided(slow, 7));
    lanes.put(quick, 0, voided(quick, 8));
    settle(&mut lanes).await;
    assert_eq!((lanes.first_open(0), lanes.open_count()), (Some(5), 2));
    assert!(lanes.is_busy());
    // Its shard is another's now.
    lanes.give_up(0);
    assert_eq!(
        (lanes.first_open(0), lanes.open_count(), lanes.waiting),
        (None, 0, 0)
    );
}

#[tokio::test]
async fn one_that_fails_is_tried_again_until_it_is_handled() {
    let of = payment(3);
    let failures = BTreeMap::from([(of, AtomicU32::new(2))]);
    let mut lanes = lanes(Stub {
        failures,
        ..Stub::default()
    });
    lanes.put(of, 4, voided(of, 1));
    settle(&mut lanes).await;
    assert_eq!((lanes.first_open(4), lanes.is_busy()), (None, false));
}

#[tokio::test]
async fn no_more_is_put_in_than_there_is_room_for() {
    let of = payment(4);
    let mut lanes = lanes(Stub::default());
    for position in 0..WAITING_MAX as Position {
        assert!(lanes.has_room());
        lanes.put(of, 0, voided(of, position + 1));
    }
    assert!(!lanes.has_room());
    settle(&mut lanes).await;
    assert!(lanes.has_room());
    assert_eq!(lanes.first_open(0), Some(TOGETHER_MAX as Position + 1));
}
