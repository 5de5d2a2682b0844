//! The reconciler: at start and once a day, our books beside each gateway's, by one runner at a time.

use std::str::FromStr;
use std::time::Duration;

use domain::Event;
use domain::value::{PaymentId, Timestamp};
use journal::{Journal, JournalError, Lease, Position, READ_LIMIT_MAX};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::DATABASE_TIMEOUT;
use crate::gateway::AskError;
use crate::worker::{OwnBooks, ReconcileError, Worker, earlier};

const LEASE: &str = "processes/reconciler";
/// Who compared within this time need not do it again; nor does anybody else.
const LEASE_TTL: Duration = Duration::from_secs(3_600);

/// How long after the start, and how often, books are compared.
const FIRST_AFTER: Duration = Duration::from_secs(20);
const EVERY: Duration = Duration::from_secs(24 * 3_600);
/// When it is tried again if it failed.
const AGAIN_AFTER: Duration = Duration::from_secs(600);

/// How much of the past is compared: a day, and some more, so that nothing falls between two days. The last minutes are
/// left to the next day: what moves right now is in one book before it is in the other.
const COMPARED: Duration = Duration::from_secs(25 * 3_600);
const SETTLED_AFTER: Duration = Duration::from_secs(600);

/// How long before it is captured a payment may have been authorized, and our books have to reach back to name it.
const HELD_MAX: Duration = Duration::from_secs(8 * 24 * 3_600);

/// How far our books reach beyond what is compared.
const MARGIN: Duration = Duration::from_secs(3_600);

/// How long reading our books, or comparing them with one gateway's, may take.
const TIMEOUT: Duration = Duration::from_secs(1_800);

/// Compares until `shutdown`.
pub(super) async fn run(
    journal: &Journal,
    worker: &Worker,
    holder: Uuid,
    shutdown: &CancellationToken,
) {
    let mut pause = FIRST_AFTER;
    while tokio::time::timeout(pause, shutdown.cancelled())
        .await
        .is_err()
    {
        pause = EVERY;
        let lease = Lease::try_acquire(journal.pool(), LEASE, holder, LEASE_TTL);
        let lease = match tokio::time::timeout(DATABASE_TIMEOUT, lease).await {
            Ok(Ok(Some(lease))) => lease,
            // Another one compares, or has just compared.
            Ok(Ok(None)) => continue,
            Ok(Err(_)) | Err(_) => {
                pause = AGAIN_AFTER;
                continue;
            }
        };
        let compared = tokio::select! {
            () = shutdown.cancelled() => None,
            compared = compare(journal, worker) => Some(compared),
        };
        if compared != Some(true) {
            pause = AGAIN_AFTER;
            let released = lease.release(journal.pool());
            let _ = tokio::time::timeout(DATABASE_TIMEOUT, released).await;
        }
    }
}

/// Compares with each gateway; whether all went well.
async fn compare(journal: &Journal, worker: &Worker) -> bool {
    let until = earlier(worker.now(), SETTLED_AFTER);
    let from = earlier(until, COMPARED);
    let own = match tokio::time::timeout(TIMEOUT, own_books(journal, from, until)).await {
        Ok(Ok(own)) => own,
        Ok(Err(error)) => {
            tracing::warn!(%error, "our own books could not be read to be compared");
            return false;
        }
        Err(_) => return false,
    };
    let mut went_well = true;
    for gateway in worker.gateways().iter() {
        let name = gateway.name();
        let comparing = worker.reconcile(name, &own, from, until);
        match tokio::time::timeout(TIMEOUT, comparing).await {
            Ok(Ok(found)) => {
                metrics::counter!("daybook_process_reconciled_total")
                    .increment(found.compared as u64);
                tracing::info!(
                    gateway = name,
                    compared = found.compared,
                    raised = found.raised,
                    "our books were compared with the gateway's"
                );
                if !found.unmatched.is_empty() {
                    tracing::error!(
                        gateway = name, count = found.unmatched.len(), first = ?found.unmatched.first(),
                        "money moved at the gateway for payments that are not ours"
                    );
                }
            }
            // It keeps none.
            Ok(Err(ReconcileError::Ask(AskError::NoBooks))) => {}
            Ok(Err(error)) => {
                tracing::warn!(gateway = name, %error, "the gateway's books could not be compared");
                went_well = false;
            }
            Err(_) => went_well = false,
        }
    }
    went_well
}

/// Our books of the time that is compared, from the journal.
async fn own_books(
    journal: &Journal,
    from: Timestamp,
    until: Timestamp,
) -> Result<OwnBooks, JournalError> {
    let (from, until) = (earlier(from, HELD_MAX), until.saturating_add(MARGIN));
    let mut own = OwnBooks::default();
    let mut at = before(journal, from).await?;
    loop {
        let payments = domain::payment::TYPE;
        let events = journal
            .read_aggregates(payments, at, READ_LIMIT_MAX)
            .await?;
        let Some(last) = events.last() else {
            return Ok(own);
        };
        at = last.position;
        for event in &events {
            let recorded_at = Timestamp::try_from(event.recorded_at).unwrap_or_default();
            let Ok(id) = PaymentId::from_str(&event.stream.aggregate_id) else {
                continue;
            };
            let decoded = Event::decode(&event.stream.aggregate_type, &event.payload);
            if let Some(event) = decoded.as_ref().ok().and_then(Event::as_payment) {
                own.post(id, event, recorded_at);
            }
        }
        let recorded_at = events.last().map(|last| last.recorded_at);
        let recorded_at = recorded_at.and_then(|at| Timestamp::try_from(at).ok());
        if recorded_at.is_some_and(|at| at > until) {
            return Ok(own);
        }
    }
}

/// A position before everything that was recorded at `moment` or later, as far as the clock went forward.
async fn before(journal: &Journal, moment: Timestamp) -> Result<Position, JournalError> {
    let (mut low, mut high) = (0, journal.head().await?);
    while low < high {
        let middle = low + (high - low) / 2;
        let found = journal.read_all(middle, 1).await?;
        let recorded_at = found
            .first()
            .and_then(|e| Timestamp::try_from(e.recorded_at).ok());
        if recorded_at.is_some_and(|at| at < moment) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}
