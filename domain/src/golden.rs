//! Golden files: how every event was ever recorded must be readable for ever.
//!
//! `golden/{aggregate}/{Event}.v{version}.json` holds one payload of each kind and version. A
//! released file is never changed. `UPDATE_GOLDEN=1 cargo test -p domain golden` writes those that
//! are missing, and no others.

mod people;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use cqrs_es::persist::SerializedEvent;
use serde_json::Value;

use crate::order::*;
use crate::payment::*;
use crate::product::*;
use crate::stock::*;
use crate::testing::*;
use crate::value::*;
use crate::{CATALOG, Event, EventKind, upcasters};

fn path(aggregate_type: &str, event_type: &str, version: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden");
    root.join(aggregate_type)
        .join(format!("{event_type}.v{version}.json"))
}

fn sample_of(kind: &EventKind) -> Event {
    let matches = |event: &Event| {
        (event.aggregate_type(), event.event_type()) == (kind.aggregate_type, kind.event_type)
    };
    let mut found = samples().into_iter().filter(matches);
    let sample = found
        .next()
        .unwrap_or_else(|| panic!("no sample for {kind:?}: add one to golden.rs"));
    assert!(found.next().is_none(), "two samples for {kind:?}");
    sample
}

#[test]
fn the_catalogue_names_every_kind_once() {
    let mut kinds: Vec<_> = CATALOG
        .iter()
        .map(|k| (k.aggregate_type, k.event_type))
        .collect();
    let count = kinds.len();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds.len(), count, "a kind is listed twice");
    assert_eq!(samples().len(), count, "a sample of no kind, or two of one");
    for kind in CATALOG {
        let sample = sample_of(kind);
        assert_eq!(sample.event_version(), kind.version);
        // The name in the payload is the name in the catalogue.
        let payload: Value = serde_json::from_str(&sample.to_payload()).unwrap();
        assert!(payload.get(kind.event_type).is_some(), "{payload}");
    }
}

#[test]
fn every_kind_has_a_golden_file_that_reads_and_writes_the_same() {
    for kind in CATALOG {
        let (sample, path) = (
            sample_of(kind),
            path(kind.aggregate_type, kind.event_type, kind.version),
        );
        let payload: Value = serde_json::from_str(&sample.to_payload()).unwrap();
        if std::env::var_os("UPDATE_GOLDEN").is_some() && !path.exists() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let pretty = serde_json::to_string_pretty(&payload).unwrap();
            fs::write(&path, pretty + "\n").unwrap();
        }
        let golden = fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}; see golden.rs", path.display()));
        let decoded = Event::decode(kind.aggregate_type, &golden).unwrap();
        assert_eq!(decoded, sample, "{}", path.display());
        let golden: Value = serde_json::from_str(&golden).unwrap();
        assert_eq!(
            payload,
            golden,
            "{} is written otherwise now",
            path.display()
        );
    }
}

#[test]
fn every_golden_file_of_any_version_decodes() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden");
    let mut files = 0;
    for folder in fs::read_dir(root).unwrap() {
        for file in fs::read_dir(folder.unwrap().path()).unwrap() {
            decode_with_upcasters(&file.unwrap().path());
            files += 1;
        }
    }
    assert!(files >= CATALOG.len());
}

fn decode_with_upcasters(path: &std::path::Path) {
    let aggregate_type = path
        .parent()
        .unwrap()
        .file_name()
        .unwrap()
        .to_str()
        .unwrap();
    let (event_type, version) = path
        .file_stem()
        .unwrap()
        .to_str()
        .unwrap()
        .split_once(".v")
        .unwrap();
    let mut event = SerializedEvent::new(
        "id".into(),
        1,
        aggregate_type.into(),
        event_type.into(),
        version.into(),
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap(),
        Value::Null,
    );
    for upcaster in upcasters() {
        if upcaster.can_upcast(&event.event_type, &event.event_version) {
            event = upcaster.upcast(event);
        }
    }
    let decoded = Event::decode(aggregate_type, &event.payload.to_string())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(
        decoded.event_version(),
        event.event_version,
        "{}",
        path.display()
    );
}

#[test]
fn what_cannot_be_read_is_named() {
    let error = Event::decode("cart", "{}").unwrap_err().to_string();
    assert!(error.contains("\"cart\""), "{error}");
    let error = Event::decode("order", r#"{"OrderEaten":{}}"#)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("order") && error.contains("OrderEaten"),
        "{error}"
    );
    let zero = r#"{"StockRestocked":{"quantity":0}}"#;
    assert!(Event::decode("stock", zero).is_err());
}

#[test]
fn a_field_that_is_not_known_is_passed_over() {
    // An older reader meets a newer event: a field was added.
    let payload = r#"{"OrderCompleted":{"by":"someone"}}"#;
    let event = Event::decode("order", payload).unwrap();
    assert_eq!(event, OrderEvent::OrderCompleted {}.into());
}

fn samples() -> Vec<Event> {
    let product = product_samples().into_iter().map(Event::Product);
    let stock = stock_samples().into_iter().map(Event::Stock);
    let order = order_samples().into_iter().map(Event::Order);
    let payment = payment_samples().into_iter().map(Event::Payment);
    let shop = product.chain(stock).chain(order).chain(payment);
    shop.chain(people::samples()).collect()
}

fn product_samples() -> Vec<ProductEvent> {
    let sku = sku("AB-1.2_C");
    let attributes = BTreeMap::from([(text("colour"), text("blue"))]);
    vec![
        ProductEvent::ProductCreated {
            product_id: ProductId(uuid(1)),
            slug: Slug::new("frozen-ice").unwrap(),
            name: text("Frozen ice"),
            category: vec![text("GROCERY"), text("FRZN ICE")],
            brand: Some(text("National")),
            description: Some(Prose::new("Cold.\nVery.").unwrap()),
        },
        ProductEvent::ProductRevised {
            name: text("Ice"),
            category: vec![],
            brand: None,
            description: None,
        },
        ProductEvent::VariantAdded {
            sku: sku.clone(),
            name: Some(text("Blue")),
            attributes: attributes.clone(),
            tax_bp: TaxRate::new(1_900).unwrap(),
        },
        ProductEvent::VariantRevised {
            sku: sku.clone(),
            name: None,
            attributes,
            tax_bp: TaxRate::ZERO,
        },
        ProductEvent::VariantDiscontinued { sku: sku.clone() },
        ProductEvent::PriceSet {
            sku,
            price: eur(1_999),
        },
        ProductEvent::ProductPublished {},
        ProductEvent::ProductUnpublished {},
    ]
}

fn stock_samples() -> Vec<StockEvent> {
    let (reservation_id, order_id) = (ReservationId(uuid(2)), OrderId(uuid(3)));
    let (line_id, return_id) = (LineId(uuid(4)), ReturnId(uuid(5)));
    let quantity = qty(3);
    vec![
        StockEvent::StockReceived {
            sku: sku("AB-1"),
            location: Location::default(),
            quantity,
            reference: Some(text("delivery 17")),
        },
        StockEvent::StockAdjusted {
            delta: -2,
            reason: text("counted"),
        },
        StockEvent::StockShortfallDetected {
            shortfall: 2,
            broken: vec![BrokenReservation {
                reservation_id,
                order_id,
                quantity,
            }],
            unnamed: 1,
        },
        StockEvent::StockReserved {
            reservation_id,
            order_id,
            line_id,
            quantity,
            expires_at: at(900).now,
        },
        StockEvent::ReservationExtended {
            reservation_id,
            order_id,
            line_id,
            expires_at: at(1_800).now,
        },
        StockEvent::ReservationCommitted {
            reservation_id,
            order_id,
            line_id,
            quantity,
        },
        StockEvent::ReservationReleased {
            reservation_id,
            order_id,
            line_id,
            quantity,
            from: Hold::Committed,
            reason: ReleaseReason::PaymentDeclined,
        },
        StockEvent::ReservationExpired {
            reservation_id,
            order_id,
            line_id,
            quantity,
        },
        StockEvent::StockDispatched {
            reservation_id,
            order_id,
            line_id,
            shipment_id: ShipmentId(uuid(6)),
            quantity,
        },
        StockEvent::StockRestocked {
            return_id,
            order_id,
            line_id,
            quantity,
        },
        StockEvent::StockWrittenOff {
            return_id,
            order_id,
            line_id,
            quantity,
            reason: text("broken"),
        },
    ]
}

fn order_samples() -> Vec<OrderEvent> {
    let (shipment_id, line_id) = (ShipmentId(uuid(6)), LineId(uuid(4)));
    let share = LineShare {
        line_id,
        sku: sku("AB-1"),
        quantity: qty(1),
        gross: 1_000,
        discount: 100,
        net: 900,
        tax: 171,
    };
    vec![
        OrderEvent::OrderPlaced(Arc::new(placed_sample())),
        OrderEvent::OrderConfirmed {
            authorized: eur(2_642),
            renewed: vec![RenewedReservation {
                line_id,
                reservation_id: ReservationId(uuid(7)),
            }],
        },
        OrderEvent::OrderDeadlineExtended {
            deadline: at(1_800).now,
        },
        OrderEvent::OrderRejected {
            reason: RejectReason::OutOfStock,
        },
        OrderEvent::OrderLinesCancelled {
            lines: vec![share.clone()],
            reason: Some(text("changed my mind")),
        },
        OrderEvent::OrderCancelled {
            shipping: 500,
            reason: Some(text("changed my mind")),
        },
        OrderEvent::OrderShipped {
            shipment_id,
            lines: vec![share.clone()],
            shipping: 0,
            carrier: Some(text("post")),
            tracking: Some(text("RR 1")),
        },
        OrderEvent::ShipmentDelivered {
            shipment_id,
            delivered_at: at(1_800).now,
        },
        OrderEvent::ReturnRequested {
            return_id: ReturnId(uuid(5)),
            lines: vec![ReturnLine {
                line_id,
                sku: sku("AB-1"),
                quantity: qty(1),
            }],
            reason: Some(text("too small")),
        },
        OrderEvent::ReturnReceived {
            return_id: ReturnId(uuid(5)),
            lines: vec![share],
        },
        OrderEvent::ReturnDeclined {
            return_id: ReturnId(uuid(5)),
            reason: Some(text("too late")),
        },
        OrderEvent::OrderCompleted {},
        OrderEvent::OrderNoteAdded {
            note: Prose::new("Called.\nWill call again.").unwrap(),
        },
    ]
}

fn payment_samples() -> Vec<PaymentEvent> {
    let (auth_id, capture_id) = (AuthorizationId(uuid(11)), CaptureId(uuid(12)));
    let (void_id, refund_id) = (VoidId(uuid(13)), RefundId(uuid(14)));
    let (code, detail) = (text("processing-error"), text("no answer within 10 s"));
    let share = LineShare {
        line_id: LineId(uuid(4)),
        sku: sku("AB-1"),
        quantity: qty(1),
        gross: 1_000,
        discount: 100,
        net: 900,
        tax: 171,
    };
    vec![
        PaymentEvent::PaymentRequested(Arc::new(PaymentRequested {
            payment_id: PaymentId(uuid(10)),
            order_id: OrderId(uuid(3)),
            amount: eur(2_642),
            gateway: text("sandbox"),
            method: text("card"),
        })),
        PaymentEvent::AuthorizationRequested { auth_id },
        PaymentEvent::PaymentActionRequired {
            auth_id,
            gateway_ref: Some(text("pi_1")),
            next_url: Some(Prose::new("https://gateway.example/confirm/1").unwrap()),
        },
        PaymentEvent::PaymentAuthorized {
            auth_id,
            amount: eur(2_642),
            expires_at: Some(at(604_800).now),
            gateway_ref: text("pi_1"),
        },
        PaymentEvent::PaymentDeclined {
            auth_id,
            code: text("insufficient-funds"),
        },
        PaymentEvent::AuthorizationOutcomeUnknown {
            auth_id,
            detail: detail.clone(),
        },
        PaymentEvent::CaptureRequested {
            capture_id,
            amount: eur(2_642),
        },
        PaymentEvent::PaymentCaptured {
            capture_id,
            amount: eur(2_642),
            gateway_ref: Some(text("ch_1")),
        },
        PaymentEvent::CaptureFailed {
            capture_id,
            definite: true,
            code: code.clone(),
        },
        PaymentEvent::CaptureOutcomeUnknown {
            capture_id,
            detail: detail.clone(),
        },
        PaymentEvent::VoidRequested {
            void_id,
            reason: Some(text("ordered twice")),
        },
        PaymentEvent::PaymentVoided {
            void_id: Some(void_id),
        },
        PaymentEvent::VoidFailed {
            void_id,
            definite: false,
            code: code.clone(),
        },
        PaymentEvent::RefundRequested(RefundRequested {
            refund_id,
            amount: eur(1_071),
            reason: RefundReason::Returned,
            lines: vec![share.clone()],
            note: Some(text("too small")),
        }),
        PaymentEvent::PaymentRefunded {
            refund_id,
            amount: eur(1_071),
            reason: RefundReason::Returned,
            lines: vec![share],
            gateway_ref: Some(text("re_1")),
        },
        PaymentEvent::RefundFailed {
            refund_id,
            definite: true,
            code,
        },
        PaymentEvent::RefundOutcomeUnknown { refund_id, detail },
        PaymentEvent::PaymentAttentionRaised {
            what: text("the gateway refuses to refund the payment"),
            tried: text("3 refunds, the last refused as charge_disputed"),
        },
        PaymentEvent::PaymentAttentionSettled {
            decision: AttentionDecision::Retry,
            reason: text("the dispute was withdrawn"),
        },
    ]
}

fn placed_sample() -> OrderPlaced {
    OrderPlaced {
        order_id: OrderId(uuid(3)),
        customer: Some(text("household-900")),
        channel: Some(text("store-330")),
        currency: Currency::EUR,
        location: Location::default(),
        lines: vec![PlacedLine {
            line_id: LineId(uuid(4)),
            sku: sku("AB-1"),
            product_id: ProductId(uuid(1)),
            product_version: 7,
            quantity: qty(2),
            gross: 2_000,
            discount: 200,
            net: 1_800,
            tax_bp: TaxRate::new(1_900).unwrap(),
            tax: 342,
            coupon: 50,
            reservation_id: ReservationId(uuid(2)),
        }],
        shipping: 500,
        placed_at: at(0).now,
        deadline: at(900).now,
        paid: Some(Paid::External),
        payment: Some(PaymentChoice {
            gateway: text("sandbox"),
            method: text("card"),
        }),
    }
}
