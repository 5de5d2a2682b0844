//! Breaches of the rules about money, and about what is applied once.

use super::plant::Story;
use super::sale::Sale;

pub fn stories() -> Vec<Story> {
    let mut stories = rightful();
    stories.extend(moved());
    stories.extend(applied());
    stories
}

fn rightful() -> Vec<Story> {
    let [paid, early, let_go, kept] = [41, 42, 43, 44].map(Sale);
    let held = |sale: Sale| [sale.placed(), sale.payment_requested(), sale.authorized()];
    let mut given_back = Vec::from(held(let_go));
    given_back.extend([let_go.rejected(), let_go.void_requested(), let_go.voided()]);
    let mut never_given_back = Vec::from(held(kept));
    never_given_back.push(kept.rejected().breaks(4));
    let mut taken_early = Vec::from(held(early));
    taken_early.extend([early.capture_requested(200), early.captured().breaks(4)]);
    vec![
        // It is captured before it is committed and confirmed.
        Story::new(paid.until_captured(), taken_early),
        // Its order is rejected, and the money stays held.
        Story::new(given_back, never_given_back),
    ]
}

fn moved() -> Vec<Story> {
    let [twice, for_nothing] = [51, 71].map(Sale);
    let mut refunded = twice.until_captured();
    refunded.extend([
        twice.refund_requested("goodwill"),
        twice.refunded("goodwill"),
    ]);
    vec![
        // One refund, and the money goes back twice.
        Story::new(refunded, [twice.refunded("goodwill").breaks(5)]),
        // Nothing came back.
        Story::new(
            for_nothing.until_captured(),
            [
                for_nothing.refund_requested("returned"),
                for_nothing.refunded("returned").breaks(7),
            ],
        ),
    ]
}

fn applied() -> Vec<Story> {
    let [announced, told] = [101, 102].map(Sale);
    vec![
        // A return is announced again under its id.
        Story::new(
            [
                announced.placed(),
                announced.confirmed(),
                announced.shipped(),
                announced.return_requested(0),
            ],
            [announced.return_requested(0).breaks(10)],
        ),
        // What the gateway told is taken for new.
        Story::new(
            [told.placed(), told.payment_requested(), told.authorized()],
            [told.authorized().breaks(10)],
        ),
    ]
}
