//! Why a process acts: an event, a timer, a webhook. It names the command, so that repeating it takes no second effect.

use commands::{Context, RequestKey};
use domain::payment::PaymentCommand;
use domain::value::Timestamp;
use journal::{ClaimKey, RecordedEvent};
use uuid::Uuid;

use crate::policy::PLACE_ORDER;

/// Why a process acts.
#[derive(Debug, Clone)]
pub(super) struct Cause {
    /// What the claim of each step is derived from; none where commands are idempotent by the state alone, because they
    /// may have to be given again for the same reason (timers).
    claimed: Option<Claimed>,
    correlation_id: String,
    causation_id: String,
    command: String,
    is_placing: bool,
    /// When the event was recorded, or the timer was due: what is looked at is no younger.
    pub recorded_at: Timestamp,
}

#[derive(Debug, Clone)]
struct Claimed {
    namespace: String,
    id: Uuid,
}

impl Cause {
    /// An event.
    pub fn of(event: &RecordedEvent) -> Self {
        let metadata = event.metadata();
        // Imported journals have events without an id of ours.
        let id = Uuid::try_parse(&metadata.event_id).unwrap_or_else(|_| {
            let name = format!("{}/{}", event.stream, event.sequence);
            Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
        });
        Self {
            claimed: Some(Claimed {
                namespace: "process".into(),
                id,
            }),
            correlation_id: metadata.correlation_id,
            causation_id: metadata.event_id,
            command: metadata.command,
            is_placing: event.event_type == "OrderPlaced",
            recorded_at: Timestamp::try_from(event.recorded_at).unwrap_or_default(),
        }
    }

    /// A timer that is due since then.
    pub fn due(since: Timestamp) -> Self {
        Self {
            recorded_at: since,
            ..Self::timer()
        }
    }

    /// The time of the day.
    pub fn timer() -> Self {
        Self {
            claimed: None,
            correlation_id: String::new(),
            causation_id: String::new(),
            command: String::new(),
            is_placing: false,
            recorded_at: Timestamp::EPOCH,
        }
    }

    /// A webhook: the gateway's name for the event is what is claimed.
    pub fn webhook(gateway: &str, event_id: &str) -> Self {
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, event_id.as_bytes());
        Self {
            claimed: Some(Claimed {
                namespace: format!("webhook/{gateway}"),
                id,
            }),
            ..Self::timer()
        }
    }

    /// Whether the event belongs to an order that was handed over in the command that placed it.
    pub fn is_handed_over(&self) -> bool {
        self.command == PLACE_ORDER && !self.is_placing
    }

    /// What surrounds a command of `process` that is this step of what follows.
    pub fn context(&self, process: &str, step: &str) -> Context {
        let request = self.claimed.as_ref().map(|claimed| {
            let step = Uuid::new_v5(&claimed.id, step.as_bytes());
            let namespace = format!("{}/{process}", claimed.namespace);
            RequestKey {
                claim: ClaimKey::new(&namespace, &step.to_string()),
                // The key says all: the same step of the same event is the same command.
                body_hash: String::new(),
            }
        });
        Context {
            actor: format!("process:{process}"),
            correlation_id: self.correlation_id.clone(),
            causation_id: self.causation_id.clone(),
            request,
            ..Context::default()
        }
    }
}

/// Names what a command records, so that each outcome of each request is a step of its own.
pub(super) fn step(command: &PaymentCommand) -> String {
    let id = match command {
        PaymentCommand::RecordActionRequired { auth_id, .. }
        | PaymentCommand::RecordAuthorized { auth_id, .. }
        | PaymentCommand::RecordDeclined { auth_id, .. }
        | PaymentCommand::RecordAuthorizationUnknown { auth_id, .. } => auth_id.0,
        PaymentCommand::RecordCaptured { capture_id, .. }
        | PaymentCommand::RecordCaptureFailed { capture_id, .. }
        | PaymentCommand::RecordCaptureUnknown { capture_id, .. } => capture_id.0,
        PaymentCommand::RecordVoided {
            void_id: Some(void_id),
        } => void_id.0,
        PaymentCommand::RecordVoidFailed {
            void_id, definite, ..
        } => {
            return format!("RecordVoidFailed/{void_id}/{definite}");
        }
        PaymentCommand::RecordRefunded { refund_id, .. }
        | PaymentCommand::RecordRefundFailed { refund_id, .. }
        | PaymentCommand::RecordRefundUnknown { refund_id, .. } => refund_id.0,
        _ => Uuid::nil(),
    };
    format!("{}/{id}", command.name())
}
