//! Every entry balances, and an order that is over leaves nothing owed.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::testing::*;
use crate::value::*;

fn share(net: i64, tax: i64) -> LineShare {
    LineShare {
        line_id: LineId(uuid(4)),
        sku: sku("A"),
        quantity: qty(1),
        gross: net,
        discount: 0,
        net,
        tax,
    }
}

fn order_terms() -> OrderTerms {
    OrderTerms {
        order_id: OrderId(uuid(1)),
        currency: Currency::EUR,
    }
}

fn payment_terms() -> PaymentTerms {
    PaymentTerms {
        payment_id: PaymentId(uuid(2)),
        order_id: OrderId(uuid(1)),
        gateway: text("sandbox"),
    }
}

fn captured(minor: i64) -> PaymentEvent {
    PaymentEvent::PaymentCaptured {
        capture_id: CaptureId(uuid(3)),
        amount: eur(minor),
        gateway_ref: None,
    }
}

fn refunded(minor: i64, reason: RefundReason, lines: Vec<LineShare>) -> PaymentEvent {
    PaymentEvent::PaymentRefunded {
        refund_id: RefundId(uuid(5)),
        amount: eur(minor),
        reason,
        lines,
        gateway_ref: None,
    }
}

fn shipped(lines: Vec<LineShare>, shipping: i64) -> OrderEvent {
    OrderEvent::OrderShipped {
        shipment_id: ShipmentId(uuid(6)),
        lines,
        shipping,
        carrier: None,
        tracking: None,
    }
}

fn lines_of(entry: Option<Entry>) -> Vec<(&'static str, i64)> {
    let entry = entry.unwrap();
    assert!(entry.is_balanced(), "{entry:?}");
    let lines = entry.lines.iter();
    lines
        .map(|l| (l.account.as_str(), l.amount.minor))
        .collect()
}

#[test]
fn a_capture_is_owed_to_the_customer() {
    let entry = of_payment(uuid(9), &payment_terms(), &captured(2_642)).unwrap();
    assert_eq!((entry.entry_id, entry.kind), (uuid(9), EntryKind::Captured));
    assert_eq!(entry.payment_id, Some(PaymentId(uuid(2))));
    assert_eq!(entry.lines[0].gateway, Some(text("sandbox")));
    assert_eq!(
        lines_of(Some(entry)),
        [
            ("gateway_clearing", 2_642),
            ("customer_prepayments", -2_642)
        ]
    );
}

#[test]
fn a_shipment_earns_what_its_units_carry() {
    let event = shipped(vec![share(900, 171), share(101, 0)], 500);
    assert_eq!(
        lines_of(of_order(uuid(9), &order_terms(), &event)),
        [
            ("customer_prepayments", 1_672),
            ("sales_revenue", -1_001),
            ("tax_payable", -171),
            ("shipping_revenue", -500),
        ]
    );
    // Nothing moves, so there is no entry.
    let free = shipped(vec![share(0, 0)], 0);
    assert_eq!(of_order(uuid(9), &order_terms(), &free), None);
}

#[test]
fn a_refund_is_borne_by_what_it_is_for() {
    let of = |event| lines_of(of_payment(uuid(9), &payment_terms(), &event));
    assert_eq!(
        of(refunded(
            1_071,
            RefundReason::Cancelled,
            vec![share(900, 171)]
        )),
        [
            ("customer_prepayments", 1_071),
            ("gateway_clearing", -1_071)
        ]
    );
    assert_eq!(
        of(refunded(
            1_071,
            RefundReason::Returned,
            vec![share(900, 171)]
        )),
        [
            ("sales_returns", 900),
            ("tax_payable", 171),
            ("gateway_clearing", -1_071)
        ]
    );
    // Half of it was all that was left.
    assert_eq!(
        of(refunded(535, RefundReason::Returned, vec![share(900, 171)])),
        [
            ("sales_returns", 450),
            ("tax_payable", 85),
            ("gateway_clearing", -535)
        ]
    );
    assert_eq!(
        of(refunded(300, RefundReason::Goodwill, vec![])),
        [("sales_returns", 300), ("gateway_clearing", -300)]
    );
}

#[test]
fn what_was_paid_outside_is_cleared_outside() {
    let mut world = World::with(&[("A", 1_000, 5)]);
    let till = crate::ordering::PlaceOrder {
        channel: Some(text("store-330")),
        paid: Some(crate::order::Paid::External),
        ..crate::ordering::PlaceOrder::new(
            OrderId(uuid(1)),
            Currency::EUR,
            vec![paid_line("A", 2, 1_999, 99)],
            HOLD,
        )
    };
    world.place(till, &at(0)).unwrap();
    let books = world.books();
    assert_eq!(books.clearing(&text(PAID_OUTSIDE), Currency::EUR), 1_900);
    assert_eq!(
        books.balance(Account::CustomerPrepayments, Currency::EUR),
        0
    );
    assert_eq!(books.balance(Account::SalesRevenue, Currency::EUR), -1_900);
}

#[test]
fn other_events_have_no_entry() {
    let nothing = OrderEvent::OrderCompleted {};
    assert_eq!(of_order(uuid(9), &order_terms(), &nothing), None);
    let void = PaymentEvent::PaymentVoided { void_id: None };
    assert_eq!(of_payment(uuid(9), &payment_terms(), &void), None);
}

#[test]
fn an_entry_of_two_currencies_balances_in_each() {
    let line = |account, minor, currency| EntryLine {
        account,
        gateway: None,
        amount: Money::new(minor, currency),
    };
    let mut entry = Entry {
        entry_id: Uuid::nil(),
        kind: EntryKind::Captured,
        order_id: OrderId(uuid(1)),
        payment_id: None,
        lines: vec![
            line(Account::GatewayClearing, 5, Currency::EUR),
            line(Account::CustomerPrepayments, -5, Currency::JPY),
        ],
    };
    assert!(!entry.is_balanced());
    entry.lines[1].amount.currency = Currency::EUR;
    assert!(entry.is_balanced());
}

fn any_share() -> impl Strategy<Value = LineShare> {
    (0..=1_000_000_i64, 0..=200_000_i64).prop_map(|(net, tax)| share(net, tax))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Invariant 7: every entry sums to zero per currency, and so does the trial balance.
    #[test]
    fn every_entry_sums_to_zero(
        shares in prop::collection::vec(any_share(), 0..6),
        shipping in 0..=10_000_i64,
        amount in 1..=2_000_000_i64,
        reason in prop_oneof![
            Just(RefundReason::Cancelled),
            Just(RefundReason::Returned),
            Just(RefundReason::Goodwill),
        ],
    ) {
        let mut books = Books::default();
        let entries = [
            of_order(uuid(1), &order_terms(), &shipped(shares.clone(), shipping)),
            of_payment(uuid(2), &payment_terms(), &captured(amount)),
            of_payment(uuid(3), &payment_terms(), &refunded(amount, reason, shares)),
        ];
        for entry in entries.iter().flatten() {
            prop_assert!(entry.is_balanced(), "{:?}", entry);
            prop_assert!(entry.lines.iter().all(|line| line.amount.minor != 0));
            books.post(entry);
        }
        prop_assert!(books.trial_balance().values().all(|sum| *sum == 0));
        prop_assert_eq!(books.clearing(&text("sandbox"), Currency::EUR), 0);
    }
}
