//! What a gateway says, as commands to the payment. Pure: everyone who hears from a gateway (a call's answer, asking, a
//! webhook) says the same to the payment.

use domain::payment::{Attempt, OpenRequest, Payment, PaymentCommand};
use domain::value::{CaptureId, Prose, RefundId, Text};

use crate::gateway::{
    Action, Outcome, PaymentState, RefundStanding, RefundState, Settlement, Standing,
};

/// Longest text of an event, in characters.
const TEXT_CHARS_MAX: usize = 200;

/// What was learnt.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Learnt {
    /// What is to be recorded; what is known already records nothing.
    pub commands: Vec<PaymentCommand>,
    /// What no command can say: a person has to look at it.
    pub puzzles: Vec<String>,
}

/// What somebody says, as one of our short texts: cut, and never empty.
pub(crate) fn text(said: &str) -> Text {
    let clean = said.chars().map(|c| if c.is_control() { ' ' } else { c });
    let cut: String = clean
        .skip_while(|c| c.is_whitespace())
        .take(TEXT_CHARS_MAX)
        .collect();
    let cut = Text::new(&cut).or_else(|_| Text::new("unknown"));
    #[expect(clippy::expect_used, reason = "the fallback is a text")]
    cut.expect("`unknown` is a text")
}

/// What the gateway answered to a request.
pub(crate) fn of_outcome(request: OpenRequest, outcome: Outcome) -> PaymentCommand {
    match request {
        OpenRequest::Authorization(auth_id) => match outcome {
            Outcome::Done(receipt) => PaymentCommand::RecordAuthorized {
                auth_id,
                amount: receipt.amount,
                expires_at: receipt.expires_at,
                gateway_ref: text(&receipt.gateway_ref),
            },
            Outcome::Declined(refusal) | Outcome::Failed(refusal) => {
                PaymentCommand::RecordDeclined {
                    auth_id,
                    code: text(&refusal.code),
                }
            }
            Outcome::ActionRequired {
                gateway_ref,
                action,
            } => PaymentCommand::RecordActionRequired {
                auth_id,
                gateway_ref: Some(text(&gateway_ref)),
                next_url: next_url(&action),
            },
            Outcome::Unknown(doubt) => PaymentCommand::RecordAuthorizationUnknown {
                auth_id,
                detail: text(&doubt.to_string()),
            },
        },
        OpenRequest::Capture(capture_id) => match settled(outcome) {
            Settled::Done {
                amount,
                gateway_ref,
            } => PaymentCommand::RecordCaptured {
                capture_id,
                amount,
                gateway_ref: Some(gateway_ref),
            },
            Settled::Failed(code) => PaymentCommand::RecordCaptureFailed {
                capture_id,
                definite: true,
                code,
            },
            Settled::Unknown(detail) => PaymentCommand::RecordCaptureUnknown { capture_id, detail },
        },
        OpenRequest::Void(void_id) => match settled(outcome) {
            Settled::Done { .. } => PaymentCommand::RecordVoided {
                void_id: Some(void_id),
            },
            Settled::Failed(code) => PaymentCommand::RecordVoidFailed {
                void_id,
                definite: true,
                code,
            },
            Settled::Unknown(code) => PaymentCommand::RecordVoidFailed {
                void_id,
                definite: false,
                code,
            },
        },
        OpenRequest::Refund(refund_id) => match settled(outcome) {
            Settled::Done {
                amount,
                gateway_ref,
            } => PaymentCommand::RecordRefunded {
                refund_id,
                amount,
                gateway_ref: Some(gateway_ref),
            },
            Settled::Failed(code) => PaymentCommand::RecordRefundFailed {
                refund_id,
                definite: true,
                code,
            },
            Settled::Unknown(detail) => PaymentCommand::RecordRefundUnknown { refund_id, detail },
        },
    }
}

/// An outcome of what no customer has to act on.
enum Settled {
    Done {
        amount: domain::value::Money,
        gateway_ref: Text,
    },
    Failed(Text),
    Unknown(Text),
}

fn settled(outcome: Outcome) -> Settled {
    match outcome {
        Outcome::Done(receipt) => Settled::Done {
            amount: receipt.amount,
            gateway_ref: text(&receipt.gateway_ref),
        },
        Outcome::Declined(refusal) | Outcome::Failed(refusal) => {
            Settled::Failed(text(&refusal.code))
        }
        Outcome::ActionRequired { .. } => {
            Settled::Unknown(text("the gateway waits for the customer"))
        }
        Outcome::Unknown(doubt) => Settled::Unknown(text(&doubt.to_string())),
    }
}

/// The address that the customer has to open, if it may be recorded: one with a query or a fragment may authenticate
/// the customer, so it is asked for again when it is needed.
fn next_url(action: &Action) -> Option<Prose> {
    match action {
        Action::Redirect(url) if !url.expose().contains(['?', '#']) => {
            Prose::new(url.expose()).ok()
        }
        Action::Redirect(_) | Action::Token(_) => None,
    }
}

/// What the gateway says of a payment. What is not named may yet have happened, so nothing is concluded from that.
pub(crate) fn of_state(payment: &Payment, state: &PaymentState) -> Learnt {
    let mut learnt = Learnt::default();
    let Some(asked) = payment.authorization() else {
        return learnt;
    };
    let auth_id = asked.auth_id;
    if state.auth_id.is_some_and(|id| id != auth_id.0) {
        return learnt;
    }
    if let Some(known) = payment
        .gateway_ref()
        .filter(|known| known.as_str() != state.gateway_ref)
    {
        let puzzle = format!(
            "the gateway holds a second payment, {}, beside {known}",
            state.gateway_ref
        );
        learnt.puzzles.push(puzzle);
        return learnt;
    }
    let gateway_ref = text(&state.gateway_ref);
    let authorized = |expires_at| PaymentCommand::RecordAuthorized {
        auth_id,
        amount: state.amount,
        expires_at,
        gateway_ref: gateway_ref.clone(),
    };
    match &state.standing {
        Standing::Pending => {}
        Standing::ActionRequired(action) => {
            learnt.commands.push(PaymentCommand::RecordActionRequired {
                auth_id,
                gateway_ref: Some(gateway_ref.clone()),
                next_url: next_url(action),
            });
        }
        Standing::Authorized { expires_at } => learnt.commands.push(authorized(Some(*expires_at))),
        Standing::Declined(refusal) => learnt.commands.push(PaymentCommand::RecordDeclined {
            auth_id,
            code: text(&refusal.code),
        }),
        Standing::Captured => learnt.commands.push(authorized(None)),
        Standing::Voided => learnt.commands.extend(voided(payment)),
    }
    for capture in &state.captures {
        learn_capture(&mut learnt, payment, capture);
    }
    for refund in &state.refunds {
        learn_refund(&mut learnt, payment, refund);
    }
    learnt
}

/// That the gateway let go of it answers an open void. An open capture has to be answered by itself first.
fn voided(payment: &Payment) -> Option<PaymentCommand> {
    let void_id = match payment.open_operation() {
        Some((OpenRequest::Void(void_id), _)) => Some(void_id),
        None => None,
        Some(_) => return None,
    };
    Some(PaymentCommand::RecordVoided { void_id })
}

fn learn_capture(learnt: &mut Learnt, payment: &Payment, capture: &Settlement) {
    let ours = |id: &CaptureId| {
        payment
            .captures()
            .iter()
            .any(|known| known.capture_id == *id)
    };
    match capture.id.map(CaptureId).filter(ours) {
        Some(capture_id) => learnt.commands.push(PaymentCommand::RecordCaptured {
            capture_id,
            amount: capture.amount,
            gateway_ref: None,
        }),
        None => learnt.puzzles.push(format!(
            "{} was captured at the gateway that nobody here asked for",
            capture.amount
        )),
    }
}

/// What the gateway says of a refund.
pub(crate) fn of_refund(payment: &Payment, refund: &RefundState) -> Learnt {
    let mut learnt = Learnt::default();
    learn_refund(&mut learnt, payment, refund);
    learnt
}

fn learn_refund(learnt: &mut Learnt, payment: &Payment, refund: &RefundState) {
    let known = refund.id.map(RefundId).and_then(|id| payment.refund(id));
    let Some(known) = known else {
        learnt.puzzles.push(format!(
            "{} was refunded at the gateway, as {}, that nobody here asked for",
            refund.amount, refund.gateway_ref
        ));
        return;
    };
    let refund_id = known.requested.refund_id;
    match &refund.standing {
        RefundStanding::Pending => {}
        // Late news of a refund that came back since is no news.
        RefundStanding::Settled if known.attempt == Attempt::Failed => {}
        RefundStanding::Settled => learnt.commands.push(PaymentCommand::RecordRefunded {
            refund_id,
            amount: refund.amount,
            gateway_ref: Some(text(&refund.gateway_ref)),
        }),
        RefundStanding::Failed(refusal) => {
            learnt.commands.push(PaymentCommand::RecordRefundFailed {
                refund_id,
                definite: true,
                code: text(&refusal.code),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::{Doubt, Secret};
    use domain::value::PaymentId;
    use uuid::Uuid;

    #[test]
    fn what_a_gateway_says_becomes_a_text_of_ours() {
        assert_eq!(text("card\u{0}declined").as_str(), "card declined");
        assert_eq!(text(" \n ").as_str(), "unknown");
        assert_eq!(
            text(&"é".repeat(500)).as_str().chars().count(),
            TEXT_CHARS_MAX
        );
    }

    #[test]
    fn an_address_that_may_authenticate_the_customer_is_not_recorded() {
        let redirect = |url: &str| next_url(&Action::Redirect(Secret::new(url)));
        assert_eq!(redirect("https://a.example/x?client_secret=1"), None);
        assert!(redirect("https://a.example/approve/pi_1").is_some());
        assert_eq!(next_url(&Action::Token(Secret::new("pi_1_secret"))), None);
    }

    #[test]
    fn a_doubt_never_closes_a_request() {
        let capture_id = PaymentId(Uuid::from_u128(7)).capture(0);
        let request = OpenRequest::Capture(capture_id);
        let command = of_outcome(request, Outcome::Unknown(Doubt::NoAnswer));
        assert!(matches!(
            command,
            PaymentCommand::RecordCaptureUnknown { .. }
        ));
    }
}
