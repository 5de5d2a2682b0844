//! What the journal says about who was refused, and requests with a program's token.

use std::time::Duration;

use daybook_tests::eventually;
use http::Method;
use serde_json::Value;

use crate::ask::{Answer, anonymous, ask, empty};
use crate::world::World;

const SOON: Duration = Duration::from_secs(20);

/// How often somebody was refused for this reason, once it is at least so often.
pub async fn refused_times(world: &World, reason: &str, least: u64) -> u64 {
    eventually(&format!("{reason} is in the journal"), SOON, async || {
        let events = world
            .get("/v1/events?type=AccessRefused&limit=500")
            .await
            .expect(200);
        let events = events.json();
        let refused = events["events"].as_array().unwrap().iter();
        let refused = refused.map(|event| &event["data"]["AccessRefused"]);
        let of_reason = refused.filter(|refused| refused["reason"] == reason);
        let times: u64 = of_reason
            .map(|refused| refused["times"].as_u64().unwrap())
            .sum();
        if times >= least {
            Ok(times)
        } else {
            Err(format!("{times} times: {events}"))
        }
    })
    .await
}

/// Asks with the access token among these tokens.
pub async fn bearer(world: &World, tokens: &Value, path: &str) -> Answer {
    with_token(world, tokens["access_token"].as_str().unwrap(), path).await
}

/// Asks with this token.
pub async fn with_token(world: &World, token: &str, path: &str) -> Answer {
    let request = anonymous(Method::GET, path).header("authorization", format!("Bearer {token}"));
    ask(&world.router, empty(request)).await
}
