//! The market's gateway: whatever it is asked, it may do, refuse, or leave in the dark.

use domain::ordering::FAILURES_IN_A_ROW_MAX;
use domain::payment::{Attempt, OpenRequest, Payment, PaymentCommand};
use domain::value::OrderId;

use super::Market;
use crate::shop::text;

#[derive(Clone, Copy)]
pub(super) enum Answer {
    Yes,
    No,
    Unknown,
    ActionRequired,
}

impl Market {
    pub(super) fn gateway(&mut self, order: OrderId, answer: Answer) {
        let payment = self.payment(order);
        let Some((request, _)) = payment.open_requests().pop() else {
            return;
        };
        let told = match (answer, request) {
            (Answer::No, _) if refusals(&payment) >= FAILURES_IN_A_ROW_MAX - 1 => {
                yes(&payment, request)
            }
            (Answer::Yes, _) => yes(&payment, request),
            (Answer::No, _) => failed(request, true),
            (Answer::ActionRequired, OpenRequest::Authorization(auth_id)) => {
                PaymentCommand::RecordActionRequired {
                    auth_id,
                    gateway_ref: None,
                    next_url: Some("https://bank.example/challenge".parse().unwrap()),
                }
            }
            (Answer::Unknown | Answer::ActionRequired, _) => failed(request, false),
        };
        let _ = self.on_payment(order.payment(), told);
    }
}

/// How often it has refused for good: more in a row would leave the payment to a person.
fn refusals(payment: &Payment) -> usize {
    let captures = payment.captures().iter().map(|one| one.attempt);
    let voids = payment.voids().iter().map(|one| one.attempt);
    let refunds = payment.refunds().iter().map(|one| one.attempt);
    let all = captures.chain(voids).chain(refunds);
    all.filter(|attempt| *attempt == Attempt::Failed).count()
}

fn yes(payment: &Payment, request: OpenRequest) -> PaymentCommand {
    let gateway_ref = None;
    match request {
        OpenRequest::Authorization(auth_id) => PaymentCommand::RecordAuthorized {
            auth_id,
            amount: payment.requested().unwrap().amount,
            expires_at: None,
            gateway_ref: text("pi_1"),
        },
        OpenRequest::Void(id) => PaymentCommand::RecordVoided { void_id: Some(id) },
        OpenRequest::Capture(capture_id) => {
            let mut captures = payment.captures().iter();
            let capture = captures.find(|one| one.capture_id == capture_id).unwrap();
            PaymentCommand::RecordCaptured {
                capture_id,
                amount: capture.amount,
                gateway_ref,
            }
        }
        OpenRequest::Refund(refund_id) => PaymentCommand::RecordRefunded {
            refund_id,
            amount: payment.refund(refund_id).unwrap().requested.amount,
            gateway_ref,
        },
    }
}

fn failed(request: OpenRequest, definite: bool) -> PaymentCommand {
    let code = text("no");
    match request {
        OpenRequest::Authorization(auth_id) if definite => {
            PaymentCommand::RecordDeclined { auth_id, code }
        }
        OpenRequest::Authorization(auth_id) => PaymentCommand::RecordAuthorizationUnknown {
            auth_id,
            detail: code,
        },
        OpenRequest::Void(void_id) => PaymentCommand::RecordVoidFailed {
            void_id,
            definite,
            code,
        },
        OpenRequest::Capture(capture_id) if definite => PaymentCommand::RecordCaptureFailed {
            capture_id,
            definite,
            code,
        },
        OpenRequest::Capture(capture_id) => PaymentCommand::RecordCaptureUnknown {
            capture_id,
            detail: code,
        },
        OpenRequest::Refund(refund_id) if definite => PaymentCommand::RecordRefundFailed {
            refund_id,
            definite,
            code,
        },
        OpenRequest::Refund(refund_id) => PaymentCommand::RecordRefundUnknown {
            refund_id,
            detail: code,
        },
    }
}
