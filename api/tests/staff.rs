//! Staff and other people's accounts over HTTP.

use http::Method;
use serde_json::{Value, json};

use crate::people::Member;
use crate::world::World;

async fn listed(world: &World, owner: &Member, query: &str) -> Vec<Value> {
    let path = format!("/v1/accounts{query}");
    let page = world.as_member(owner, Method::GET, &path, None).await;
    page.expect(200).json()["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn an_owner_finds_accounts_gives_roles_locks_and_erases() {
    let world = World::new().await;
    let (owner, ann) = (world.owner().await, world.member("ann@example.org").await);
    let account = format!("/v1/accounts/{}", ann.id);
    let found = listed(&world, &owner, "?email=ANN%40example.org").await;
    assert_eq!(found[0]["id"], ann.id);
    assert_eq!(found[0]["email"], "ann@example.org");
    assert!(
        listed(&world, &owner, "?email=nobody%40example.org")
            .await
            .is_empty()
    );
    let role = format!("{account}/roles/warehouse");
    let granted = world
        .as_member(&owner, Method::PUT, &role, None)
        .await
        .expect(200);
    let all = world.get_after("/v1/accounts", &granted).await.expect(200);
    assert!(!all.text().contains("example.org"), "{}", all.text());
    let ids: Vec<_> = all.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].clone())
        .collect();
    assert_eq!(ids, [json!(ann.id), json!(owner.id)]);
    let staff = listed(&world, &owner, "?role=warehouse").await;
    assert_eq!(staff.len(), 1);
    assert_eq!(staff[0]["roles"], json!(["customer", "warehouse"]));
    world
        .as_member(&owner, Method::DELETE, &role, None)
        .await
        .expect(200);
    let lock = format!("{account}/lock");
    let reason = json!({"reason": "abuse"});
    world
        .as_member(&owner, Method::PUT, &lock, Some(&reason))
        .await
        .expect(200);
    let refused = world.log_in("ann@example.org").await;
    refused.expect_problem(403, "account-locked");
    world
        .as_member(&owner, Method::DELETE, &lock, None)
        .await
        .expect(200);
    let ann = world.logged_in("ann@example.org").await;
    let denied = world.as_member(&ann, Method::GET, &account, None).await;
    denied.expect_problem(403, "insufficient-scope");
    let erased = world
        .as_member(&owner, Method::DELETE, &account, None)
        .await
        .expect(200);
    let all = world
        .get_after("/v1/accounts", &erased)
        .await
        .expect(200)
        .json();
    let item = &all["items"][0];
    assert!(
        item["erased_at"].is_string() && item["roles"] == json!([]),
        "{item}"
    );
    let shown = world
        .as_member(&owner, Method::GET, &account, None)
        .await
        .expect(200)
        .json();
    assert!(
        shown["erased"] == true && shown["email"].is_null(),
        "{shown}"
    );
}

#[tokio::test]
async fn the_last_owner_keeps_the_role_and_nobody_is_what_is_none() {
    let world = World::new().await;
    let owner = world.owner().await;
    let role = format!("/v1/accounts/{}/roles/owner", owner.id);
    let refused = world.as_member(&owner, Method::DELETE, &role, None).await;
    let problem = refused.expect_problem(422, "validation-failed");
    assert_eq!(problem["errors"][0]["code"], "last-owner");
    let king = format!("/v1/accounts/{}/roles/king", owner.id);
    let unknown = world.as_member(&owner, Method::PUT, &king, None).await;
    unknown.expect_problem(404, "not-found");
}
