//! The policy as it is: every operation that the interface describes, asked for by everybody, compared with what is written in
//! `docs/access.md`. `UPDATE_ACCESS=1` writes it there, so that a change is seen in review.
//!
//! A cell is `yes` when the request got past the door, whatever came of it; else why not: nobody who is known (401), not with
//! this role or scope (403), another's (404), or a token that was good once.

use http::Method;
use serde_json::Value;

use super::cast::{Asker, Cast};
use super::stage::{Stage, send};
use super::written;
use crate::ask::Answer;
use crate::world::World;

/// What ends the asker's own sessions: asked last, in a session made for it.
const ENDS_THE_SESSION: &[&str] = &["sessions.end_current", "sessions.end_all"];

/// An operation as it is asked for.
struct Asked {
    name: String,
    method: Method,
    path: String,
}

impl Asked {
    fn ends_the_session(&self) -> bool {
        ENDS_THE_SESSION.contains(&self.name.as_str())
    }
}

#[tokio::test]
async fn everybody_may_exactly_what_is_written() {
    let world = World::new().await;
    let cast = Cast::of(&world).await;
    let stage = Stage::set(&world, &cast).await;
    let mut names: Vec<&str> = cast.askers.iter().map(|asker| asker.name).collect();
    names.insert(names.len() - 2, "service with");
    let mut rows: Vec<Vec<String>> = vec![names.iter().map(|&name| name.to_owned()).collect()];
    rows[0].splice(0..0, ["operation".to_owned(), "route".to_owned()]);
    for asked in operations(&world).await {
        rows.push(row(&world, &stage, &cast, &asked).await);
    }
    rows[1..].sort();
    written::compare(&rows);
}

/// Every operation: those of routes, and those within them.
async fn operations(world: &World) -> Vec<Asked> {
    let document = world.get("/openapi.json").await.expect(200).json();
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, described) in methods.as_object().unwrap() {
            let asked = |name: &Value| Asked {
                name: name.as_str().unwrap().to_owned(),
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
            };
            all.push(asked(&described["operationId"]));
            let within = described["x-within"].as_array().into_iter().flatten();
            all.extend(within.map(|one| asked(&one["name"])));
        }
    }
    all.sort_by_key(Asked::ends_the_session);
    all
}

async fn row(world: &World, stage: &Stage, cast: &Cast, asked: &Asked) -> Vec<String> {
    let route = format!("{} {}", asked.method, asked.path);
    let mut cells = vec![format!("`{}`", asked.name), format!("`{route}`")];
    for asker in &cast.askers {
        let token = token(world, asker, asked).await;
        let cell = cell(world, stage, asked, token.as_deref()).await;
        let is_good = !matches!(asker.name, "nobody" | "expired" | "revoked");
        assert!(
            !is_good || matches!(cell, "yes" | "403" | "404"),
            "{} by {}: {cell}",
            asked.name,
            asker.name
        );
        cells.push(cell.to_owned());
    }
    let mut scopes = Vec::new();
    for (scope, token) in &cast.services {
        match cell(world, stage, asked, Some(token)).await {
            "yes" => scopes.push(scope.as_str()),
            "403" => {}
            other => panic!("{} by {scope}: {other}", asked.name),
        }
    }
    let services = match scopes.len() {
        0 => "none".to_owned(),
        all if all == cast.services.len() => "any scope".to_owned(),
        _ => scopes.join(", "),
    };
    cells.insert(cells.len() - 2, services);
    cells
}

async fn token(world: &World, asker: &Asker, asked: &Asked) -> Option<String> {
    match &asker.email {
        Some(email) if asked.ends_the_session() => {
            let member = world.logged_in(email).await;
            Some(member.token().to_owned())
        }
        _ => asker.token.clone(),
    }
}

async fn cell(world: &World, stage: &Stage, asked: &Asked, token: Option<&str>) -> &'static str {
    let mut path = stage.path(&asked.name, &asked.path);
    if asked.name == "products.read_unpublished" {
        path.push_str("?publication=all");
    }
    let body = (asked.method != Method::GET).then(|| Stage::body(&asked.name));
    let method = asked.method.clone();
    let answer = send(world, token, method, &path, body.flatten().as_ref()).await;
    meaning(asked, &answer)
}

fn meaning(asked: &Asked, answer: &Answer) -> &'static str {
    assert!(
        !answer.status.is_server_error(),
        "{}: {}",
        asked.name,
        answer.text()
    );
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    match (answer.status.as_u16(), body["code"].as_str()) {
        (401, Some("authentication-required")) => "401",
        (401, Some("token-expired")) => "expired",
        (401, Some("token-revoked")) => "revoked",
        (403, Some("insufficient-scope")) => "403",
        (404, _) => "404",
        _ => "yes",
    }
}
