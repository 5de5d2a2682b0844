//! Money that a person has taken: always done, nobody to ask.

use processes::gateway::external::External;
use processes::gateway::{AskError, Gateway, NoticeError};

use crate::world::{at, authorize, by_id, capture, done, refund, void};

#[tokio::test]
async fn everything_is_done_at_once() {
    let request = authorize("cash", 500);
    let held = done(External.authorize(&request, at(0)).await);
    assert_eq!(held.amount, request.amount);
    assert!(held.expires_at.is_some());
    let reference = held.gateway_ref;
    let taken = capture(&request, &reference, 500);
    assert_eq!(
        done(External.capture(&taken, at(1)).await).amount,
        taken.amount
    );
    let back = refund(&request, &reference, 200);
    let first = done(External.refund(&back, at(2)).await);
    assert_eq!(done(External.refund(&back, at(3)).await), first);
    done(External.void(&void(&request, &reference), at(4)).await);
}

#[tokio::test]
async fn there_is_nobody_to_ask() {
    let request = authorize("cash", 500);
    let state = External.state(&by_id(&request), at(0)).await;
    assert_eq!(state, Err(AskError::NoBooks));
    let notice = External.notice("t=1,v1=00", b"{}", at(0));
    assert_eq!(notice, Err(NoticeError::NotSent));
}
