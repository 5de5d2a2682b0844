//! Writes events as the table's owner, past the door that would refuse them.

use std::collections::BTreeMap;

use daybook_tests::Postgres;
use serde_json::{Value, json};
use uuid::Uuid;

/// An event that somebody writes by hand.
pub struct Fact {
    kind: &'static str,
    id: String,
    event_type: &'static str,
    says: Value,
    breaks: Vec<u8>,
    seconds_later: i64,
    positions_lost: i64,
    sequences_lost: i64,
}

impl Fact {
    pub fn new(kind: &'static str, id: String, event_type: &'static str, says: Value) -> Self {
        Self {
            kind,
            id,
            event_type,
            says,
            breaks: Vec::new(),
            seconds_later: 0,
            positions_lost: 0,
            sequences_lost: 0,
        }
    }

    /// It is the one that breaks `rule`.
    pub fn breaks(mut self, rule: u8) -> Self {
        self.breaks.push(rule);
        self
    }

    /// The same, but for what it says at `pointer`.
    pub fn but(mut self, pointer: &str, value: impl Into<Value>) -> Self {
        *self.says.pointer_mut(pointer).unwrap() = value.into();
        self
    }

    pub fn a_minute_later(mut self) -> Self {
        self.seconds_later = 60;
        self
    }

    pub fn after_a_lost_position(mut self) -> Self {
        self.positions_lost = 1;
        self
    }

    pub fn after_a_lost_sequence(mut self) -> Self {
        self.sequences_lost = 1;
        self
    }
}

/// A history that keeps a rule, and what is written after it that breaks the rule.
pub struct Story {
    pub given: Vec<Fact>,
    pub planted: Vec<Fact>,
}

impl Story {
    pub fn new(given: impl Into<Vec<Fact>>, planted: impl Into<Vec<Fact>>) -> Self {
        Self {
            given: given.into(),
            planted: planted.into(),
        }
    }
}

/// Where a rule is broken: position, rule, stream.
pub type Planted = (i64, u8, String);

/// The owner of the table, with a journal that nobody else writes to.
pub struct Owner {
    pool: sqlx::PgPool,
    position: i64,
    second: i64,
    sequences: BTreeMap<(&'static str, String), i64>,
}

impl Owner {
    /// The journal is empty.
    pub async fn of(postgres: &Postgres) -> Self {
        Self {
            pool: postgres.pool().await,
            position: 0,
            second: 0,
            sequences: BTreeMap::new(),
        }
    }

    /// Writes `facts` at the end, and gives the places of those that break a rule.
    pub async fn writes(&mut self, facts: Vec<Fact>) -> Vec<Planted> {
        let mut planted = Vec::new();
        let mut transaction = self.pool.begin().await.unwrap();
        for fact in facts {
            self.position += 1 + fact.positions_lost;
            self.second += fact.seconds_later;
            let stream = (fact.kind, fact.id.clone());
            let sequence = self.sequences.entry(stream).or_default();
            *sequence += 1 + fact.sequences_lost;
            sqlx::query(
                "insert into journal.events
                     (position, recorded_at, sequence, aggregate_type, aggregate_id, event_type, event_version,
                      payload, metadata)
                 values ($1, timestamptz '2017-01-01 00:00:00Z' + $2 * interval '1 second', $3, $4, $5, $6, '1',
                         $7::json, $8::json)",
            )
            .bind(self.position)
            .bind(self.second)
            .bind(*sequence)
            .bind(fact.kind)
            .bind(&fact.id)
            .bind(fact.event_type)
            .bind(json!({ fact.event_type: fact.says }).to_string())
            .bind(metadata().to_string())
            .execute(&mut *transaction)
            .await
            .unwrap();
            let stream = format!("{}-{}", fact.kind, fact.id);
            let broken = fact.breaks.into_iter();
            planted.extend(broken.map(|rule| (self.position, rule, stream.clone())));
        }
        transaction.commit().await.unwrap();
        planted
    }
}

fn metadata() -> Value {
    json!({
        "event_id": Uuid::now_v7(), "command_id": Uuid::now_v7(), "command": "Plant",
        "actor": "owner",
    })
}
