//! A shop with everything around it, in one thread, driven by one seed.
//!
//! Nothing here waits for anything: in each step one of the things that could happen next does, chosen by the
//! seed. Time passes a little with every step, and at once to the next thing to come when there is nothing to do.

use std::sync::Arc;
use std::time::Duration;

use commands::memory::{MemoryCommands, Remembered};
use commands::{Context, streams};
use domain::Event;
use domain::product::{CreateProduct, NewVariant, ProductCommand};
use domain::timer::{RequestKind, Timer};
use domain::value::{Currency, Money, OrderId, ProductId, Sku, Slug, TaxRate, Text, Timestamp};
use processes::OwnBooks;
use processes::gateway::sandbox::{Card, Plan, Sandbox, Settings};

use super::chaos::Chaos;
use super::crew::Crew;
use super::errand::What;
use super::net::{Net, Sent, UnderWay};
use super::people::{self, Around, People, Told, drawn_id};
use super::profile::Profile;
use super::shop::SimulatedShop;
use super::time::Clock;
use super::trace::Trace;

/// How often an operator looks whether a person is needed, in microseconds.
const OPERATOR_LOOKS_EVERY: u64 = 4 * 3_600_000_000;

pub struct World {
    pub profile: Profile,
    pub rng: fastrand::Rng,
    pub clock: Clock,
    pub memory: Arc<MemoryCommands>,
    pub sandbox: Sandbox,
    pub chaos: Chaos,
    pub net: Net,
    pub crew: Crew,
    pub people: People,
    pub trace: Trace,
    pub skus: Vec<Sku>,
    is_calm: bool,
}

impl World {
    /// A shop with some products in stock.
    pub fn new(profile: Profile, is_loud: bool) -> Self {
        let seed = profile.seed;
        let clock = Clock::default();
        let chaos = Chaos::new(seed ^ 0xC4A05, profile.journal, profile.late);
        let calm = Chaos::new(0, 0, 0);
        let memory = Arc::new(MemoryCommands::new(seed, clock.now(), calm.hook()));
        let slow = clock.clone();
        let sandbox = Sandbox::new(
            Settings::default(),
            Plan::seeded(seed ^ 0x6A7E, profile.gateway.clone()),
        )
        .waiting(Arc::new(move |after| Box::pin(slow.sleep(after))));
        let net = Net {
            sandbox: sandbox.clone(),
            clock: clock.clone(),
            chaos: chaos.clone(),
            under_way: UnderWay::default(),
            refusal: profile.refusal,
            sent: Sent::default(),
        };
        let shop = Arc::new(SimulatedShop {
            memory: Arc::clone(&memory),
            chaos: chaos.clone(),
            clock: clock.clone(),
        });
        let mut world = Self {
            rng: fastrand::Rng::with_seed(seed),
            crew: Crew::new(&profile, shop, net.clone()),
            people: People::new(),
            trace: Trace::new(is_loud),
            skus: Vec::new(),
            is_calm: false,
            clock,
            memory,
            sandbox,
            chaos,
            net,
            profile,
        };
        for number in 0..world.profile.skus {
            world.stock(number);
        }
        world.memory.set_faults(world.chaos.hook());
        world
    }

    fn stock(&mut self, number: usize) {
        let sku = Sku::new(format!("SKU-{number}")).unwrap();
        let price = self.rng.i64(1..4_000);
        let tax = [0, 700, 1_900][self.rng.usize(..3)];
        let new = CreateProduct {
            product_id: product_id(number),
            slug: Slug::new(format!("product-{number}")).unwrap(),
            name: Text::new("A product").unwrap(),
            category: Vec::new(),
            brand: None,
            description: None,
            variants: vec![NewVariant {
                tax_bp: TaxRate::new(tax).unwrap(),
                ..NewVariant::new(sku.clone(), vec![Money::new(price, Currency::EUR)])
            }],
            published: true,
        };
        let nobody = Context::default();
        let create = ProductCommand::CreateProduct(new);
        self.memory
            .product(product_id(number), create, &nobody)
            .unwrap();
        let stock_id = people::stock_id(&sku);
        let receive = people::receive(&sku, self.profile.units);
        self.memory.stock(&stock_id, receive, &nobody).unwrap();
        self.skus.push(sku);
    }

    /// Customers and staff get their errands, drawn from the seed.
    pub fn populate(&mut self) {
        for _ in 0..self.profile.orders {
            let place = self.draw_order();
            let rush = u64::try_from(self.profile.rush.as_micros()).unwrap();
            let at = self.rng.u64(0..rush);
            self.people.send(at, What::Place(Box::new(place)));
        }
        for (number, sku) in self.skus.clone().into_iter().enumerate() {
            if self.rng.u8(0..4) == 0 {
                let minor = self.rng.i64(1..4_000);
                let at = self.rng.u64(0..120_000_000);
                self.people
                    .send(at, What::Reprice(product_id(number), sku.clone(), minor));
            }
            if self.rng.u8(0..4) == 0 {
                let at = self.rng.u64(0..600_000_000);
                self.people.send(at, What::Restock(sku, self.rng.u32(1..5)));
            }
        }
    }

    fn draw_order(&mut self) -> domain::ordering::PlaceOrder {
        let rng = &mut self.rng;
        let id = OrderId(drawn_id(rng));
        let count = rng.usize(1..=3);
        let lines: Vec<(&Sku, u32)> = (0..count)
            .map(|_| (&self.skus[rng.usize(..self.skus.len())], rng.u32(1..=3)))
            .collect();
        let card = match rng.u8(0..24) {
            0 => None,
            1..=8 => Some(Card::Good),
            _ => Some(Card::ALL[rng.usize(..Card::ALL.len())].1),
        };
        let hold = [10, 120, 900][rng.usize(..3)];
        let hold = Duration::from_secs(hold);
        let mut place = people::wish(id, &lines, card.map(Card::name), hold);
        if rng.bool() {
            place.shipping = people::euro(rng.i64(0..600));
        }
        place
    }

    /// Everything happens, and goes wrong as the profile says, until nobody has anything left to do; then nothing goes
    /// wrong any more, until all is at rest.
    pub fn run(&mut self) -> Result<(), String> {
        while self.people.next().is_some() {
            self.advance()?;
        }
        // What was begun last is to meet trouble too.
        for _ in 0..self.rng.u32(0..400) {
            self.advance()?;
        }
        self.calm_down();
        self.rest()?;
        self.reconcile()
    }

    pub fn calm_down(&mut self) {
        self.is_calm = true;
        self.chaos.end();
        self.sandbox.set_plan(Plan::none());
        self.note("nothing goes wrong from now on".into());
    }

    /// Until nothing is left to be done, ever. An operator looks at what needs a person, and says to try again.
    pub fn rest(&mut self) -> Result<(), String> {
        let mut looks_at = self.clock.elapsed();
        loop {
            let is_at_rest = self.is_at_rest();
            if is_at_rest || self.clock.elapsed() >= looks_at {
                let is_asked = self.attend();
                looks_at = self.clock.elapsed() + OPERATOR_LOOKS_EVERY;
                if is_at_rest && !is_asked {
                    return Ok(());
                }
            }
            self.advance()?;
        }
    }

    fn attend(&mut self) -> bool {
        let asked = |id: &&OrderId| people::payment(&self.memory, **id).attention().is_some();
        let asked: Vec<OrderId> = self.people.orders.iter().filter(asked).copied().collect();
        for id in &asked {
            self.people.send(self.clock.elapsed(), What::Attend(*id));
        }
        !asked.is_empty()
    }

    /// Compares our books with the gateway's, as is done every day.
    pub fn reconcile(&mut self) -> Result<(), String> {
        let mut own = OwnBooks::default();
        for Remembered { recorded, event } in self.memory.read_after(0, usize::MAX) {
            if let (Event::Payment(event), Ok(id)) = (event, recorded.stream.aggregate_id.parse()) {
                let at = Timestamp::try_from(recorded.recorded_at).unwrap();
                own.post(id, &event, at);
            }
        }
        let until = self.clock.now().saturating_add(Duration::from_secs(3_600));
        let worker = self.crew.hire();
        let mut comparing = Box::pin(worker.reconcile("sandbox", &own, Timestamp::EPOCH, until));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let compared = loop {
            if let std::task::Poll::Ready(compared) = comparing.as_mut().poll(&mut context) {
                break compared;
            }
        };
        match compared {
            Ok(reconciled) if reconciled.raised == 0 && reconciled.unmatched.is_empty() => Ok(()),
            other => Err(format!("the reconciler finds {other:?}")),
        }
    }

    /// Until nothing is left to be done now, but what waits for time to pass.
    pub fn settle(&mut self) {
        loop {
            let was_done = self.step();
            if !was_done && self.crew.is_idle() {
                return;
            }
            if !was_done {
                self.skip();
            }
            assert!(
                self.trace.steps() < self.profile.steps_max,
                "{}",
                self.trace.last_lines()
            );
        }
    }

    /// Time passes, and what is due meanwhile happens.
    pub fn pass(&mut self, duration: Duration) {
        self.settle();
        let until = self.clock.elapsed() + u64::try_from(duration.as_micros()).unwrap();
        while self.clock.elapsed() < until {
            if !self.step() {
                let next = self.next().unwrap_or(until).min(until);
                self.clock
                    .pass(next.saturating_sub(self.clock.elapsed()).max(1));
            }
        }
        self.settle();
    }

    fn is_at_rest(&mut self) -> bool {
        self.catch_up();
        self.people.next().is_none()
            && self.net.under_way.next().is_none()
            && self.sandbox.next_webhook_due().is_none()
            && self.crew.is_at_rest()
    }

    fn advance(&mut self) -> Result<(), String> {
        if !self.step() {
            self.skip();
        }
        if self.trace.steps() > self.profile.steps_max {
            let (steps, unrest) = (self.trace.steps(), self.crew.unrest());
            return Err(format!("after {steps} steps there is no rest:\n{unrest}"));
        }
        Ok(())
    }

    /// To the next thing that is to happen.
    fn skip(&mut self) {
        self.catch_up();
        let elapsed = self.clock.elapsed();
        let next = self.next().unwrap_or(elapsed);
        self.clock.pass(next.saturating_sub(elapsed).max(1));
        self.memory.set_now(self.clock.now());
    }

    /// Everything that happened to a payment and its order, by type.
    pub fn story(&self, id: OrderId) -> Vec<String> {
        let (order, payment) = (streams::order(id), streams::payment(id.payment()));
        let journal = self.memory.read_after(0, usize::MAX).into_iter();
        let theirs = journal.filter(|event| [&order, &payment].contains(&&event.recorded.stream));
        theirs
            .map(|event| event.recorded.event_type.clone())
            .collect()
    }

    fn next(&self) -> Option<u64> {
        let elapsed = self.clock.elapsed();
        let webhook = self.sandbox.next_webhook_due();
        let webhook = webhook.map(|due| elapsed + self.clock.until(due));
        [
            self.people.next(),
            self.net.under_way.next(),
            webhook,
            self.crew.next(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn catch_up(&mut self) {
        self.crew.read(&self.memory);
        self.crew.read_timers(&self.memory, &mut self.rng);
    }

    /// One of the things that could happen does. False: nothing could.
    pub fn step(&mut self) -> bool {
        let micros = u64::try_from(self.profile.step_max.as_micros()).unwrap();
        self.clock.pass(self.rng.u64(0..=micros));
        self.go_wrong();
        self.memory.set_now(self.clock.now());
        self.crew.read(&self.memory);
        let first = self.rng.u8(0..16);
        for turn in 0..6 {
            let kind = match first {
                0..=6 => turn,
                7..=9 => (turn + 1) % 6,
                10 => (turn + 2) % 6,
                11 | 12 => (turn + 3) % 6,
                13 => (turn + 4) % 6,
                _ => (turn + 5) % 6,
            };
            if self.try_kind(kind) {
                self.trace.step(kind);
                return true;
            }
        }
        self.trace.step(u64::MAX);
        false
    }

    fn try_kind(&mut self, kind: u64) -> bool {
        match kind {
            0 => match self.crew.poll(&mut self.rng) {
                Some(line) => {
                    self.note(line);
                    true
                }
                None => false,
            },
            1 => self.crew.take_event(&mut self.rng),
            2 => self.go_errand(),
            3 => self.crew.take_webhook(&mut self.rng),
            4 => {
                let read = self.crew.read_timers(&self.memory, &mut self.rng);
                let fired = self.crew.fire(&mut self.rng);
                if let Some(timer) = fired {
                    self.note(format!("due: {timer:?}"));
                }
                read || fired.is_some()
            }
            _ => match self.net.deliver() {
                Some(line) => {
                    self.note(line);
                    true
                }
                None => false,
            },
        }
    }

    fn go_errand(&mut self) -> bool {
        let around = Around {
            memory: &self.memory,
            sandbox: &self.sandbox,
            clock: &self.clock,
        };
        match self.people.go(&around, &mut self.rng) {
            None => false,
            Some(Told::Nothing) => true,
            Some(Told::Line(line)) => {
                self.note(line);
                true
            }
            Some(Told::Returned(order, line)) => {
                self.note(line);
                self.browser_returns(order);
                true
            }
        }
    }

    /// The browser's return is one more that asks, while the webhook is on its way.
    pub fn browser_returns(&mut self, order: OrderId) {
        let timer = Timer::OpenRequest(order.payment(), RequestKind::Authorization);
        self.crew.browser_returns(timer, &mut self.rng);
    }

    fn go_wrong(&mut self) {
        if self.rng.u8(0..8) == 0 {
            self.crew.save(&mut self.rng);
        }
        if self.is_calm {
            return;
        }
        if self.rng.u16(0..1_000) < self.profile.crash {
            let line = if self.rng.u8(0..3) > 0 {
                self.crew.crash(&mut self.rng)
            } else {
                self.crew.usurp(&mut self.rng)
            };
            self.note(line);
        }
        if self.rng.u16(0..10_000) < self.profile.jump {
            let most = i64::try_from(self.profile.jump_max.as_micros()).unwrap();
            let micros = self.rng.i64(-most / 8..=most);
            self.clock.jump(micros);
            self.note(format!("the clock jumps by {} s", micros / 1_000_000));
        }
    }

    pub fn note(&mut self, line: String) {
        if !line.is_empty() {
            self.trace.note(self.clock.now(), line);
        }
    }
}

pub fn product_id(number: usize) -> ProductId {
    ProductId(uuid::Uuid::from_u128(0x1000 + number as u128))
}
