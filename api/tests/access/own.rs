//! What is another's is not there: not a byte of an answer tells it from what never was.

use domain::value::OrderId;
use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::cast::Cast;
use super::stage::{Stage, send};
use crate::ask::Answer;
use crate::world::World;

/// A request about an order, and what is sent with it.
type About = (Method, fn(OrderId) -> String, Option<Value>);

fn requests() -> Vec<About> {
    let lines = json!({"lines": [{"sku": "A-1", "quantity": 1}]});
    vec![
        (Method::GET, |id| format!("/v1/orders/{id}"), None),
        (Method::GET, |id| format!("/v1/orders/{id}/timeline"), None),
        (
            Method::GET,
            |id| format!("/v1/payments/{}", id.payment()),
            None,
        ),
        (
            Method::POST,
            |id| format!("/v1/orders/{id}/cancellations"),
            Some(lines.clone()),
        ),
        (
            Method::POST,
            |id| format!("/v1/orders/{id}/cancellations"),
            Some(json!({})),
        ),
        (
            Method::POST,
            |id| format!("/v1/orders/{id}/returns"),
            Some(lines),
        ),
    ]
}

/// An answer without the ids that the request named.
fn without_ids(answer: &Answer, id: OrderId) -> (String, String) {
    let clean = |text: String| {
        let text = text.replace(&id.to_string(), "{order}");
        text.replace(&id.payment().to_string(), "{payment}")
    };
    let headers = format!("{} {:?}", answer.status, answer.headers);
    (clean(headers), clean(answer.text()))
}

#[tokio::test]
async fn anothers_order_is_as_one_that_never_was() {
    let world = World::new().await;
    let cast = Cast::of(&world).await;
    let stage = Stage::set(&world, &cast).await;
    let missing = OrderId::from(Uuid::now_v7());
    // Whoever may has had the documents put into memory before.
    for (method, path, _) in requests() {
        if method == Method::GET {
            world.get(&path(stage.order)).await.expect(200);
        }
    }
    for (method, path, body) in requests() {
        for asker in ["another customer", "merchandiser", "owner"] {
            let ask = async |id| {
                let (token, path) = (Some(cast.token(asker)), path(id));
                send(&world, token, method.clone(), &path, body.as_ref()).await
            };
            let (anothers, never) = (ask(stage.order).await, ask(missing).await);
            assert_eq!(anothers.status, 404, "{}", anothers.text());
            assert_eq!(
                without_ids(&anothers, stage.order),
                without_ids(&never, missing)
            );
        }
    }
    ones_own_is_there(&world, &cast, &stage).await;
    lists_show_ones_own(&world, &cast, &stage).await;
}

async fn ones_own_is_there(world: &World, cast: &Cast, stage: &Stage) {
    for (method, path, _) in requests() {
        if method == Method::GET {
            let token = Some(cast.customer.token());
            let read = send(world, token, method, &path(stage.order), None).await;
            read.expect(200);
        }
    }
    // What a refused reader asked for took nothing from the others.
    let (token, path) = (
        Some(cast.token("support")),
        format!("/v1/orders/{}", stage.order),
    );
    let staff = send(world, token, Method::GET, &path, None).await;
    staff.expect(200);
}

async fn lists_show_ones_own(world: &World, cast: &Cast, stage: &Stage) {
    let listed = async |token: &str, query: &str| {
        let path = format!("/v1/orders{query}");
        let answer = send(world, Some(token), Method::GET, &path, None).await;
        let items = answer.expect(200).json()["items"].clone();
        items.as_array().unwrap().clone()
    };
    let order = stage.order.to_string();
    let own = listed(cast.customer.token(), "").await;
    assert!(own.iter().any(|it| it["id"] == order.as_str()), "{own:?}");
    let whose = format!("?customer={}", cast.customer.id);
    for asker in ["another customer", "auditor"] {
        for query in ["", &whose, "?status=placed"] {
            let others = listed(cast.token(asker), query).await;
            assert!(others.is_empty(), "{asker}{query}: {others:?}");
        }
    }
    assert_eq!(listed(cast.token("support"), &whose).await.len(), 1);
}
