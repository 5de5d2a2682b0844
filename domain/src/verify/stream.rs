//! Streams by number: rules keep what they remember in vectors, not in maps keyed by text.

use std::collections::HashMap;

use uuid::Uuid;

use crate::event::Event;

/// A stream: its type, and a number that is dense within the type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Stream {
    pub kind: Kind,
    pub number: usize,
}

/// The type of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Product,
    Stock,
    Order,
    Payment,
    Account,
    Client,
    Owners,
    Security,
}

impl Kind {
    const COUNT: usize = 8;

    const fn of(event: &Event) -> Self {
        match event {
            Event::Product(_) => Self::Product,
            Event::Stock(_) => Self::Stock,
            Event::Order(_) => Self::Order,
            Event::Payment(_) => Self::Payment,
            Event::Account(_) => Self::Account,
            Event::Client(_) => Self::Client,
            Event::Owners(_) => Self::Owners,
            Event::Security(_) => Self::Security,
        }
    }
}

/// The numbers given so far.
#[derive(Debug, Default)]
pub(super) struct Streams {
    by_uuid: PerKind<HashMap<Uuid, usize>>,
    by_text: PerKind<HashMap<Box<str>, usize>>,
    count: PerKind<usize>,
}

impl Streams {
    /// The stream that `event` belongs to; numbered if it is new.
    pub fn find(&mut self, event: &Event, aggregate_id: &str) -> Stream {
        let kind = Kind::of(event);
        let next = self.count.of(kind);
        let number = if let Some(id) = canonical_uuid(aggregate_id) {
            *self.by_uuid.of(kind).entry(id).or_insert(*next)
        } else if let Some(number) = self.by_text.of(kind).get(aggregate_id) {
            *number
        } else {
            self.by_text.of(kind).insert(aggregate_id.into(), *next);
            *next
        };
        *next = (*next).max(number + 1);
        Stream { kind, number }
    }
}

/// Sixteen bytes instead of a text, where both mean the same.
fn canonical_uuid(text: &str) -> Option<Uuid> {
    let is_canonical = text.len() == 36 && !text.bytes().any(|byte| byte.is_ascii_uppercase());
    is_canonical.then(|| Uuid::try_parse(text).ok()).flatten()
}

/// One `T` for each type of stream.
#[derive(Debug, Default)]
pub(super) struct PerKind<T>([T; Kind::COUNT]);

impl<T> PerKind<T> {
    pub fn of(&mut self, kind: Kind) -> &mut T {
        let [
            product,
            stock,
            order,
            payment,
            account,
            client,
            owners,
            security,
        ] = &mut self.0;
        match kind {
            Kind::Product => product,
            Kind::Stock => stock,
            Kind::Order => order,
            Kind::Payment => payment,
            Kind::Account => account,
            Kind::Client => client,
            Kind::Owners => owners,
            Kind::Security => security,
        }
    }
}

/// What is remembered of each stream of one type, by number.
#[derive(Debug)]
pub(super) struct PerStream<T>(Vec<T>);

impl<T> Default for PerStream<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Default> PerStream<T> {
    /// What is remembered of stream `number`.
    pub fn of(&mut self, number: usize) -> &mut T {
        if self.0.len() <= number {
            self.0.resize_with(number + 1, T::default);
        }
        &mut self.0[number]
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }
}
