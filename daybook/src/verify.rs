//! `daybook verify`: every rule of the shop over the whole journal, and what breaks it by name.

use anyhow::{Context, Result};
use domain::value::Timestamp;
use domain::verify::{Breach, RecordedFact, Report, Verifier};
use journal::{Journal, READ_LIMIT_MAX, RecordedEvent};
use serde_json::json;

use crate::progress::Progress;

/// How many unreadable events are named; the others are counted.
const UNREADABLE_LISTED_MAX: usize = 20;

/// What was found.
pub struct Outcome {
    report: Report,
    /// Events that could not be read at all, and why.
    unreadable: Vec<String>,
    unreadable_total: u64,
}

/// Reads the whole journal and checks it. The next page is read while one is checked.
pub async fn run(journal: &Journal) -> Result<Outcome> {
    let progress = Progress::new("verify", journal.head().await?);
    let mut state = Checking {
        verifier: Verifier::new(),
        unreadable: Vec::new(),
        unreadable_total: 0,
    };
    let mut page = read(journal, 0).await?;
    while let Some(last) = page.last().map(|event| event.position) {
        let checking = tokio::task::spawn_blocking(move || {
            state.check(&page);
            state
        });
        let next = read(journal, last).await;
        state = checking.await.context("the check of a page failed")?;
        page = next?;
        progress.set(last);
    }
    progress.finish();
    Ok(Outcome {
        report: state.verifier.finish(),
        unreadable: state.unreadable,
        unreadable_total: state.unreadable_total,
    })
}

async fn read(journal: &Journal, after: u64) -> Result<Vec<RecordedEvent>> {
    // As found: a missing position is a finding here, not a failure.
    journal
        .read_all_as_found(after, READ_LIMIT_MAX)
        .await
        .context("the journal cannot be read")
}

struct Checking {
    verifier: Verifier,
    unreadable: Vec<String>,
    unreadable_total: u64,
}

impl Checking {
    fn check(&mut self, page: &[RecordedEvent]) {
        for event in page {
            match domain::Event::decode(&event.stream.aggregate_type, &event.payload) {
                Ok(decoded) => self.verifier.post(RecordedFact {
                    position: event.position,
                    aggregate_type: &event.stream.aggregate_type,
                    aggregate_id: &event.stream.aggregate_id,
                    sequence: event.sequence,
                    event_type: &event.event_type,
                    event: &decoded,
                    recorded_at: Timestamp::try_from(event.recorded_at).unwrap_or_default(),
                }),
                Err(error) => self.note_unreadable(event, &error),
            }
        }
    }

    fn note_unreadable(&mut self, event: &RecordedEvent, error: &domain::DecodeError) {
        self.unreadable_total += 1;
        if self.unreadable.len() < UNREADABLE_LISTED_MAX {
            self.unreadable.push(format!(
                "position {}, {}: {error}",
                event.position, event.stream
            ));
        }
    }
}

impl Outcome {
    /// Whether every rule holds.
    pub fn holds(&self) -> bool {
        self.report.is_clean() && self.unreadable_total == 0
    }

    /// The report for people: what was checked, and each breach on a line.
    pub fn print(&self) {
        for breach in &self.report.breaches {
            println!(
                "breach of rule {} ({}) at position {}, {}: {}",
                breach.rule, breach.name, breach.position, breach.stream, breach.detail
            );
        }
        for unreadable in &self.unreadable {
            println!("unreadable event at {unreadable}");
        }
        let breaches = self.report.breaches_total + self.unreadable_total;
        let listed = (self.report.breaches.len() + self.unreadable.len()) as u64;
        if breaches > listed {
            println!("… and {} more", breaches - listed);
        }
        let verdict = if breaches == 0 {
            "every rule holds"
        } else {
            "the journal breaks the rules above"
        };
        println!(
            "{} events checked, {breaches} breaches: {verdict}",
            self.report.events
        );
    }

    /// The report for machines.
    pub fn print_json(&self) {
        let breach = |breach: &Breach| {
            json!({
                "rule": breach.rule, "name": breach.name, "position": breach.position,
                "stream": breach.stream, "detail": breach.detail,
            })
        };
        let report = json!({
            "events": self.report.events,
            "holds": self.holds(),
            "breaches_total": self.report.breaches_total,
            "breaches": self.report.breaches.iter().map(breach).collect::<Vec<_>>(),
            "unreadable_total": self.unreadable_total,
            "unreadable": self.unreadable,
        });
        println!("{report}");
    }
}
