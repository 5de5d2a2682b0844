//! One suite for every gateway with a memory: the sandbox itself, and the Stripe adapter over HTTP to a server that has
//! Stripe's face and the sandbox's memory.

use std::sync::Arc;

use futures::future::join_all;
use processes::gateway::sandbox::{CallFault, Card, CustomerAnswer, Faults, Operation, Sandbox};
use processes::gateway::stripe::Stripe;
use processes::gateway::{
    Action, Doubt, Gateway, Method, MovementKind, MovementsQuery, Outcome, Query, RefundStanding,
    Rest, Standing,
};
use uuid::Uuid;

use crate::face::Face;
use crate::world::{
    at, authorize, by_id, capture, done, euro, failed, refund, stripe_settings, void,
};

/// A gateway, and the books behind it.
struct World {
    gateway: Arc<dyn Gateway>,
    books: Sandbox,
    _face: Option<Face>,
}

impl World {
    fn sandbox() -> Self {
        let books = Sandbox::default();
        Self {
            gateway: Arc::new(books.clone()),
            books,
            _face: None,
        }
    }

    async fn stripe() -> Self {
        let books = Sandbox::default();
        let face = Face::over(books.clone(), at(0)).await;
        let stripe = Stripe::new(stripe_settings(face.url())).unwrap();
        Self {
            gateway: Arc::new(stripe),
            books,
            _face: Some(face),
        }
    }

    /// How many movements there are under one of our ids.
    fn movements_of(&self, id: Uuid) -> usize {
        let books = self.books.books();
        books.movements().filter(|of| of.id == Some(id)).count()
    }
}

macro_rules! suite {
    ($($name:ident),+ $(,)?) => {
        mod sandbox {
            $(#[tokio::test] async fn $name() { super::$name(super::World::sandbox()).await; })+
        }
        mod stripe {
            $(#[tokio::test] async fn $name() { super::$name(super::World::stripe().await).await; })+
        }
    };
}

suite!(
    money_is_held_taken_and_given_back,
    the_same_id_moves_money_once,
    one_id_at_once_moves_money_once,
    two_refunds_of_one_amount_are_two,
    a_refused_card_is_declined_and_stays_so,
    a_customer_approves_or_refuses,
    a_customer_chooses_in_the_browser,
    what_is_void_is_void,
    no_more_is_taken_or_given_than_there_is,
    the_rest_can_be_kept_for_another_capture,
    a_definite_failure_closes_its_id,
    a_lost_answer_is_found_again,
    a_kept_error_is_solved_by_asking,
    an_id_for_another_request_is_not_trusted,
    what_never_arrived_is_not_there,
    the_books_come_in_pages,
);

async fn money_is_held_taken_and_given_back(world: World) {
    let gateway = &world.gateway;
    let request = authorize("pm_card_visa", 1_999);
    let held = done(gateway.authorize(&request, at(0)).await);
    assert_eq!(held.amount, euro(1_999));
    assert!(held.expires_at.unwrap() > at(6 * 24 * 3_600));
    let take = capture(&request, &held.gateway_ref, 1_500);
    assert_eq!(
        done(gateway.capture(&take, at(0)).await).amount,
        euro(1_500)
    );
    let back = refund(&request, &held.gateway_ref, 501);
    let receipt = done(gateway.refund(&back, at(0)).await);
    assert_ne!(receipt.gateway_ref, held.gateway_ref);

    let mut query = by_id(&request);
    for gateway_ref in [None, Some(held.gateway_ref.clone())] {
        query.gateway_ref = gateway_ref;
        let state = gateway.state(&query, at(0)).await.unwrap().unwrap();
        assert_eq!(state.auth_id, Some(request.id));
        assert_eq!(state.standing, Standing::Captured);
        assert_eq!(state.captures[0].id, Some(take.id));
        assert_eq!(state.captures[0].amount, euro(1_500));
        assert_eq!(state.refunds[0].id, Some(back.id));
        assert_eq!(state.refunds[0].standing, RefundStanding::Settled);
    }
    let totals = world.books.books().totals(euro(0).currency);
    assert_eq!((totals.captured, totals.refunded), (1_500, 501));
}

async fn the_same_id_moves_money_once(world: World) {
    let gateway = &world.gateway;
    let request = authorize("pm_card_visa", 900);
    let held = done(gateway.authorize(&request, at(0)).await);
    assert_eq!(done(gateway.authorize(&request, at(0)).await), held);
    let take = capture(&request, &held.gateway_ref, 900);
    let back = refund(&request, &held.gateway_ref, 300);
    let first = done(gateway.capture(&take, at(0)).await);
    assert_eq!(done(gateway.capture(&take, at(0)).await), first);
    let first = done(gateway.refund(&back, at(0)).await);
    assert_eq!(done(gateway.refund(&back, at(0)).await), first);
    assert_eq!(world.movements_of(take.id), 1);
    assert_eq!(world.movements_of(back.id), 1);
}

async fn one_id_at_once_moves_money_once(world: World) {
    let gateway = &world.gateway;
    let request = authorize("pm_card_visa", 900);
    let held = done(gateway.authorize(&request, at(0)).await);
    let take = capture(&request, &held.gateway_ref, 900);
    done(gateway.capture(&take, at(0)).await);
    let back = refund(&request, &held.gateway_ref, 300);
    let refunds = join_all((0..8).map(|_| gateway.refund(&back, at(0)))).await;
    for outcome in refunds {
        done(outcome);
    }
    assert_eq!(world.movements_of(back.id), 1);
}

async fn two_refunds_of_one_amount_are_two(world: World) {
    let gateway = &world.gateway;
    let request = authorize("pm_card_visa", 900);
    let held = done(gateway.authorize(&request, at(0)).await);
    done(
        gateway
            .capture(&capture(&request, &held.gateway_ref, 900), at(0))
            .await,
    );
    let one = refund(&request, &held.gateway_ref, 300);
    let other = refund(&request, &held.gateway_ref, 300);
    let one = done(gateway.refund(&one, at(0)).await);
    let other = done(gateway.refund(&other, at(0)).await);
    assert_ne!(one.gateway_ref, other.gateway_ref);
    let state = gateway.state(&by_id(&request), at(0)).await.unwrap();
    assert_eq!(state.unwrap().refunds.len(), 2);
}

async fn a_refused_card_is_declined_and_stays_so(world: World) {
    for (card, code) in [
        ("pm_card_visa_chargeDeclined", "card_declined"),
        (
            "pm_card_visa_chargeDeclinedInsufficientFunds",
            "insufficient_funds",
        ),
    ] {
        let request = authorize(card, 900);
        for _ in 0..2 {
            match world.gateway.authorize(&request, at(0)).await {
                Outcome::Declined(refusal) => assert_eq!(refusal.code, code),
                other => panic!("not declined: {other:?}"),
            }
        }
        let state = world.gateway.state(&by_id(&request), at(0)).await;
        let standing = state.unwrap().unwrap().standing;
        assert!(matches!(standing, Standing::Declined(refusal) if refusal.code == code));
    }
    assert_eq!(world.books.books().movements().count(), 0);
}

async fn a_customer_approves_or_refuses(world: World) {
    for (answer, is_held) in [
        (CustomerAnswer::Approves, true),
        (CustomerAnswer::Refuses, false),
    ] {
        let request = authorize("pm_card_authenticationRequired", 900);
        let outcome = world.gateway.authorize(&request, at(0)).await;
        let Outcome::ActionRequired {
            gateway_ref,
            action,
        } = outcome
        else {
            panic!("no action required: {outcome:?}");
        };
        assert!(matches!(action, Action::Redirect(url) if url.expose().starts_with("https://")));
        world.books.customer(&gateway_ref, answer, at(0)).unwrap();
        let state = world.gateway.state(&by_id(&request), at(0)).await;
        let standing = state.unwrap().unwrap().standing;
        assert_eq!(matches!(standing, Standing::Authorized { .. }), is_held);
        assert_eq!(matches!(standing, Standing::Declined(_)), !is_held);
    }
}

async fn a_customer_chooses_in_the_browser(world: World) {
    let mut request = authorize("", 900);
    request.method = Method::InBrowser;
    let outcome = world.gateway.authorize(&request, at(0)).await;
    let Outcome::ActionRequired {
        gateway_ref,
        action,
    } = outcome
    else {
        panic!("no action required: {outcome:?}");
    };
    assert!(matches!(action, Action::Token(_)));
    let answer = CustomerAnswer::Chooses(Card::Good);
    world.books.customer(&gateway_ref, answer, at(0)).unwrap();
    done(
        world
            .gateway
            .capture(&capture(&request, &gateway_ref, 900), at(0))
            .await,
    );
}

async fn what_is_void_is_void(world: World) {
    let gateway = &world.gateway;
    let request = authorize("pm_card_visa", 900);
    let held = done(gateway.authorize(&request, at(0)).await);
    for _ in 0..2 {
        // Each with an id of its own: voiding what is void is done.
        done(
            gateway
                .void(&void(&request, &held.gateway_ref), at(0))
                .await,
        );
    }
    let take = capture(&request, &held.gateway_ref, 900);
    let code = failed(gateway.capture(&take, at(0)).await);
    assert_eq!(code, "payment_intent_unexpected_state");
    let state = gateway.state(&by_id(&request), at(0)).await.unwrap();
    assert_eq!(state.unwrap().standing, Standing::Voided);

    let request = authorize("pm_card_visa", 900);
    let held = done(gateway.authorize(&request, at(0)).await);
    done(
        gateway
            .capture(&capture(&request, &held.gateway_ref, 900), at(0))
            .await,
    );
    failed(
        gateway
            .void(&void(&request, &held.gateway_ref), at(0))
            .await,
    );
}

async fn no_more_is_taken_or_given_than_there_is(world: World) {
    let gateway = &world.gateway;
    let request = authorize("pm_card_visa", 900);
    let held = done(gateway.authorize(&request, at(0)).await);
    failed(
        gateway
            .capture(&capture(&request, &held.gateway_ref, 901), at(0))
            .await,
    );
    failed(
        gateway
            .refund(&refund(&request, &held.gateway_ref, 1), at(0))
            .await,
    );
    done(
        gateway
            .capture(&capture(&request, &held.gateway_ref, 800), at(0))
            .await,
    );
    done(
        gateway
            .refund(&refund(&request, &held.gateway_ref, 700), at(0))
            .await,
    );
    failed(
        gateway
            .refund(&refund(&request, &held.gateway_ref, 101), at(0))
            .await,
    );
    failed(
        gateway
            .refund(&refund(&request, "pi_nobody", 1), at(0))
            .await,
    );
    failed(
        gateway
            .authorize(&authorize("pm_card_visa", 0), at(0))
            .await,
    );
    failed(
        gateway
            .authorize(&authorize("pm_card_nobody", 1), at(0))
            .await,
    );
}

async fn the_rest_can_be_kept_for_another_capture(world: World) {
    let gateway = &world.gateway;
    let request = authorize("pm_card_visa", 900);
    let held = done(gateway.authorize(&request, at(0)).await);
    let mut first = capture(&request, &held.gateway_ref, 400);
    first.rest = Rest::Keep;
    done(gateway.capture(&first, at(0)).await);
    let state = gateway
        .state(&by_id(&request), at(0))
        .await
        .unwrap()
        .unwrap();
    assert!(matches!(state.standing, Standing::Authorized { .. }));
    let second = capture(&request, &held.gateway_ref, 500);
    done(gateway.capture(&second, at(0)).await);
    let state = gateway
        .state(&by_id(&request), at(0))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(state.standing, Standing::Captured);
    let mut ids: Vec<_> = state.captures.iter().map(|of| of.id.unwrap()).collect();
    ids.sort();
    assert_eq!(ids, [first.id, second.id]);
}

async fn a_definite_failure_closes_its_id(world: World) {
    let gateway = &world.gateway;
    let request = authorize("pm_sandbox_captureFailsOnce", 900);
    let held = done(gateway.authorize(&request, at(0)).await);
    let take = capture(&request, &held.gateway_ref, 900);
    failed(gateway.capture(&take, at(0)).await);
    failed(gateway.capture(&take, at(0)).await);
    done(
        gateway
            .capture(&capture(&request, &held.gateway_ref, 900), at(0))
            .await,
    );

    let request = authorize("pm_sandbox_refundFailsOnce", 900);
    let held = done(gateway.authorize(&request, at(0)).await);
    done(
        gateway
            .capture(&capture(&request, &held.gateway_ref, 900), at(0))
            .await,
    );
    let back = refund(&request, &held.gateway_ref, 900);
    failed(gateway.refund(&back, at(0)).await);
    failed(gateway.refund(&back, at(0)).await);
    done(
        gateway
            .refund(&refund(&request, &held.gateway_ref, 900), at(0))
            .await,
    );
}

async fn a_lost_answer_is_found_again(world: World) {
    let gateway = &world.gateway;
    let request = authorize("pm_card_visa", 900);
    for fault in [CallFault::LostRequest, CallFault::LostAnswer] {
        world
            .books
            .inject(Operation::Authorize, Faults::call(fault));
        world.books.inject(Operation::Capture, Faults::call(fault));
        world.books.inject(Operation::Refund, Faults::call(fault));
    }
    let mut held = None;
    for _ in 0..3 {
        match gateway.authorize(&request, at(0)).await {
            Outcome::Done(receipt) => held = Some(receipt),
            other => assert_eq!(other, Outcome::Unknown(Doubt::NoAnswer)),
        }
    }
    let reference = held.unwrap().gateway_ref;
    let take = capture(&request, &reference, 900);
    let back = refund(&request, &reference, 900);
    let (mut taken, mut given) = (false, false);
    for _ in 0..3 {
        taken |= matches!(gateway.capture(&take, at(0)).await, Outcome::Done(_));
    }
    for _ in 0..3 {
        given |= matches!(gateway.refund(&back, at(0)).await, Outcome::Done(_));
    }
    assert!(taken && given);
    assert_eq!(world.movements_of(take.id), 1);
    assert_eq!(world.movements_of(back.id), 1);
}

async fn a_kept_error_is_solved_by_asking(world: World) {
    let gateway = &world.gateway;
    let request = authorize("pm_card_visa", 900);
    let held = done(gateway.authorize(&request, at(0)).await);
    let take = capture(&request, &held.gateway_ref, 900);
    let fault = Faults::call(CallFault::ErrorAfterSuccess);
    world.books.inject(Operation::Capture, fault);
    for _ in 0..2 {
        let outcome = gateway.capture(&take, at(0)).await;
        assert_eq!(outcome, Outcome::Unknown(Doubt::GatewayError(500)));
    }
    let state = gateway.state(&by_id(&request), at(0)).await.unwrap();
    assert_eq!(state.unwrap().captures[0].id, Some(take.id));
    assert_eq!(world.movements_of(take.id), 1);
}

async fn an_id_for_another_request_is_not_trusted(world: World) {
    let gateway = &world.gateway;
    let request = authorize("pm_card_visa", 900);
    done(gateway.authorize(&request, at(0)).await);
    let mut other = request.clone();
    other.amount = euro(901);
    let outcome = gateway.authorize(&other, at(0)).await;
    assert_eq!(outcome, Outcome::Unknown(Doubt::KeyReused));
}

async fn what_never_arrived_is_not_there(world: World) {
    let request = authorize("pm_sandbox_lost", 900);
    let outcome = world.gateway.authorize(&request, at(0)).await;
    assert_eq!(outcome, Outcome::Unknown(Doubt::NoAnswer));
    let state = world.gateway.state(&by_id(&request), at(0)).await;
    assert_eq!(state, Ok(None));
    let query = Query {
        gateway_ref: Some("pi_nobody".to_owned()),
        ..by_id(&request)
    };
    assert_eq!(world.gateway.state(&query, at(0)).await, Ok(None));
}

async fn the_books_come_in_pages(world: World) {
    let gateway = &world.gateway;
    let request = authorize("pm_card_visa", 900);
    let held = done(gateway.authorize(&request, at(0)).await);
    done(
        gateway
            .capture(&capture(&request, &held.gateway_ref, 900), at(0))
            .await,
    );
    for _ in 0..150 {
        done(
            gateway
                .refund(&refund(&request, &held.gateway_ref, 1), at(0))
                .await,
        );
    }
    let (mut query, mut seen) = (
        MovementsQuery {
            from: at(-60),
            until: at(60),
            cursor: None,
        },
        Vec::new(),
    );
    loop {
        let page = gateway.movements(&query, at(0)).await.unwrap();
        assert!(page.movements.len() <= 100);
        seen.extend(page.movements);
        query.cursor = page.next;
        if query.cursor.is_none() {
            break;
        }
    }
    let reference = Some(held.gateway_ref);
    assert!(
        seen.iter()
            .all(|of| of.gateway_ref == reference && of.id.is_some())
    );
    let taken: i64 = sum(&seen, &MovementKind::Captured);
    let given: i64 = sum(&seen, &MovementKind::Refunded);
    assert_eq!((seen.len(), taken, given), (151, 900, 150));
    query.until = at(-1);
    let nothing = gateway.movements(&query, at(0)).await.unwrap();
    assert_eq!(nothing.movements, []);
}

fn sum(movements: &[processes::gateway::Movement], kind: &MovementKind) -> i64 {
    let of_kind = movements.iter().filter(|of| of.kind == *kind);
    of_kind.map(|of| of.amount.minor).sum()
}
