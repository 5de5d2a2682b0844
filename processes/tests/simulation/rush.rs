//! 10,000 buyers, one SKU, n units, a tenth of the cards declining.
//!
//! A unit that somebody's bank refuses goes back, and to somebody else: whoever was told that nothing is left comes
//! back until the last unit is really sold. So there are exactly as many buyers who get one as there are units for those
//! who can pay.

use std::collections::BTreeMap;
use std::time::Duration;

use commands::{CommandError, Context, RequestKey};
use domain::Event;
use domain::order::{OrderEvent, OrderStatus};
use domain::value::{Currency, OrderId, Timestamp};
use processes::gateway::sandbox::{Card, Rates};

use super::check::check;
use super::people::{self, drawn_id};
use super::profile::Profile;
use super::world::World;

const BUYERS: u32 = 10_000;
const UNITS: u32 = 400;
const HOLD: Duration = Duration::from_secs(120);
/// Timers are looked at every second, and what goes wrong then is tried again in a moment.
const TICK: Duration = Duration::from_secs(5);

/// Somebody who wants one.
struct Buyer {
    id: OrderId,
    card: Card,
}

fn crowd(buyers: u32, units: u32) -> World {
    let profile = Profile {
        units,
        workers: 3,
        shards: 4,
        at_work_max: 16,
        gateway: Rates::all(20),
        step_max: Duration::from_millis(2),
        steps_max: u64::from(buyers) * 1_000,
        ..Profile::calm(6)
    };
    World::new(profile, false)
}

/// Everybody comes at once, and comes back until nothing is left. How many were told so in the end.
fn sell(world: &mut World, mut waiting: Vec<Buyer>, units: u32) -> u32 {
    let mut sold_out = 0;
    world.rng.shuffle(&mut waiting);
    while let Some(buyer) = waiting.pop() {
        // A few buyers come in the time of a step of the workers.
        for _ in 0..world.rng.u8(0..3) {
            world.step();
        }
        let sku = world.skus[0].clone();
        let wish = people::wish(buyer.id, &[(&sku, 1)], Some(buyer.card.name()), HOLD);
        let key = RequestKey::new(&["buyer"], &buyer.id.to_string(), String::new());
        let context = Context {
            request: Some(key),
            ..Context::default()
        };
        match world.memory.place_order(wish, &context) {
            Ok(_) => world.people.orders.push(buyer.id),
            Err(CommandError::Rejected(_)) if is_sold(world, units) => sold_out += 1,
            Err(_) => {
                // Something is held that may come back.
                let at = world.rng.usize(..=waiting.len() / 2);
                waiting.insert(at, buyer);
                for _ in 0..20 {
                    world.step();
                }
            }
        }
    }
    sold_out
}

/// Whether every unit belongs to somebody who has paid.
fn is_sold(world: &World, units: u32) -> bool {
    let stock = commands::streams::stock(&people::stock_id(&world.skus[0]));
    let (state, _) = world.memory.state_of(&stock).unwrap();
    state.as_stock().unwrap().committed() == u64::from(units)
}

/// How long after its deadline each order was concluded that was late.
fn lateness(world: &World) -> Vec<Duration> {
    let mut deadlines: BTreeMap<String, Timestamp> = BTreeMap::new();
    let mut late = Vec::new();
    for told in world.memory.read_after(0, usize::MAX) {
        let id = told.recorded.stream.aggregate_id.to_string();
        let at = Timestamp::try_from(told.recorded.recorded_at).unwrap();
        match &told.event {
            Event::Order(OrderEvent::OrderPlaced(placed)) => {
                deadlines.insert(id, placed.deadline);
            }
            Event::Order(OrderEvent::OrderDeadlineExtended { deadline }) => {
                deadlines.insert(id, *deadline);
            }
            Event::Order(OrderEvent::OrderConfirmed { .. } | OrderEvent::OrderRejected { .. }) => {
                late.push(at.saturating_since(deadlines.remove(&id).unwrap()));
            }
            _ => {}
        }
    }
    assert!(
        deadlines.is_empty(),
        "{} orders still wait",
        deadlines.len()
    );
    late
}

fn rush(buyers: u32, units: u32) {
    let mut world = crowd(buyers, units);
    let waiting: Vec<Buyer> = (0..buyers)
        .map(|number| Buyer {
            id: OrderId(drawn_id(&mut world.rng)),
            card: if number % 10 == 0 {
                Card::Declined
            } else {
                Card::Good
            },
        })
        .collect();
    let payers = buyers - buyers.div_ceil(10);
    let turned_away = sell(&mut world, waiting, units);
    world.calm_down();
    world.rest().unwrap();
    check(&world).unwrap();

    let orders = world
        .people
        .orders
        .iter()
        .map(|id| people::order(&world.memory, *id));
    let (confirmed, others): (Vec<_>, Vec<_>) =
        orders.partition(|order| order.status() == Some(OrderStatus::Confirmed));
    assert_eq!(confirmed.len(), payers.min(units) as usize);
    assert!(
        others
            .iter()
            .all(|order| order.status() == Some(OrderStatus::Rejected))
    );
    assert_eq!(
        confirmed.len() + others.len() + turned_away as usize,
        buyers as usize
    );
    let price = confirmed[0].totals().unwrap().total;
    let taken = world.sandbox.books().totals(Currency::EUR);
    assert_eq!(taken.captured, i128::from(price) * confirmed.len() as i128);
    assert_eq!(taken.refunded, 0);
    let latest = lateness(&world).into_iter().max().unwrap();
    assert!(
        latest <= TICK,
        "an order waited {latest:?} after its deadline"
    );
}

#[test]
fn ten_thousand_buyers_get_exactly_what_there_is() {
    rush(BUYERS, UNITS);
}

#[test]
fn where_there_is_enough_everybody_who_can_pay_gets_one() {
    rush(100, 150);
}
