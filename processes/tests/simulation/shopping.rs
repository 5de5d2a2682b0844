//! What the tests of single cases do in a calm world: order, wait, return, look.

use std::time::Duration;

use commands::order::OrderingCommand;
use commands::payment::ByHand;
use commands::{CommandError, Context, Receipt, RequestKey};
use domain::RejectionCode;
use domain::order::OrderCommand;
use domain::ordering::{PlaceOrder, ReceiveReturn, RefundWish, ShipLines};
use domain::payment::RefundReason;
use domain::value::{OrderId, RefundId, ReturnId, ShipmentId};
use processes::gateway::MovementKind;
use processes::gateway::sandbox::{Card, Operation};
use uuid::Uuid;

use super::people::{self, drawn_id, euro};
use super::profile::Profile;
use super::world::World;

pub const HOLD: Duration = Duration::from_secs(120);

/// A world in which nothing goes wrong but what a test says.
pub fn calm(seed: u64) -> World {
    World::new(Profile::calm(seed), false)
}

impl World {
    /// An order of `units` of the first product.
    pub fn buys(&mut self, units: u32, card: Card) -> OrderId {
        let id = OrderId(drawn_id(&mut self.rng));
        let sku = self.skus[0].clone();
        let place = people::wish(id, &[(&sku, units)], Some(card.name()), HOLD);
        self.places(place).unwrap();
        id
    }

    pub fn places(&mut self, place: PlaceOrder) -> Result<Receipt, CommandError> {
        let id = place.order_id;
        let placed = self.memory.place_order(place, &Context::default())?;
        self.people.orders.push(id);
        Ok(placed)
    }

    /// An order that was paid and sent.
    pub fn has_bought(&mut self, units: u32, card: Card) -> OrderId {
        let id = self.buys(units, card);
        self.settle();
        self.ships(id);
        id
    }

    pub fn ships(&mut self, id: OrderId) {
        let ship = ShipLines {
            shipment_id: ShipmentId(drawn_id(&mut self.rng)),
            lines: Vec::new(),
            carrier: None,
            tracking: None,
        };
        let command = OrderingCommand::Ship(ship);
        self.memory
            .ordering(id, command, &Context::default())
            .unwrap();
        self.settle();
    }

    /// Some units come back and are taken in.
    pub fn returns(&mut self, id: OrderId, lines: Vec<domain::order::LineQuantity>) {
        let return_id = ReturnId(drawn_id(&mut self.rng));
        let command = OrderCommand::RequestReturn {
            return_id,
            lines,
            reason: None,
        };
        let nobody = Context::default();
        self.memory.order(id, command, &nobody).unwrap();
        let received = ReceiveReturn {
            return_id,
            lines: Vec::new(),
        };
        let command = OrderingCommand::ReceiveReturn(received);
        self.memory.ordering(id, command, &nobody).unwrap();
    }

    /// A person gives money back out of kindness.
    pub fn gives_back(
        &self,
        id: OrderId,
        refund: RefundId,
        minor: i64,
        key: &str,
    ) -> Result<Receipt, CommandError> {
        let wish = RefundWish {
            refund_id: refund,
            amount: euro(minor),
            reason: RefundReason::Goodwill,
            lines: Vec::new(),
            note: None,
        };
        let context = Context {
            request: Some(RequestKey::new(&["support"], key, String::new())),
            ..Context::default()
        };
        self.memory.by_hand(id, ByHand::Refund(wish), &context)
    }

    /// The ids under which the gateway gave money back, in order.
    pub fn refunded(&self) -> Vec<Uuid> {
        self.moved(MovementKind::Refunded)
    }

    pub fn moved(&self, kind: MovementKind) -> Vec<Uuid> {
        let books = self.sandbox.books();
        let movements = books.movements().filter(|movement| movement.kind == kind);
        movements.map(|movement| movement.id.unwrap()).collect()
    }

    /// The ids under which requests were sent to the gateway, in order.
    pub fn sent(&self, operation: Operation) -> Vec<Uuid> {
        let sent = self.net.sent.lock().unwrap();
        let sent = sent.iter().filter(|(of, _)| *of == operation);
        sent.map(|(_, id)| *id).collect()
    }

    /// How often an event of that type was recorded.
    pub fn count(&self, event_type: &str) -> usize {
        let journal = self.memory.read_after(0, usize::MAX);
        let those = journal
            .iter()
            .filter(|event| event.recorded.event_type == event_type);
        those.count()
    }

    /// It comes to rest, and everything holds that must.
    pub fn ends_well(&mut self) {
        self.calm_down();
        let rest = self.rest().and_then(|()| self.reconcile());
        rest.and_then(|()| super::check::check(self)).unwrap();
    }
}

#[track_caller]
pub fn refused(answer: Result<Receipt, CommandError>) -> RejectionCode {
    match answer {
        Err(CommandError::Rejected(rejection)) => rejection.code,
        other => panic!("not refused: {other:?}"),
    }
}
