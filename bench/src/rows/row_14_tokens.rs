//! What checking access tokens costs: the commands of row 1 and the documents of row 8, ours beside ours.
//!
//! With: every connection shows an access token of its own (RFC 9068, Ed25519) that a client of its own was given by its
//! credentials; the server checks signature, times, standing and scope. Without: the one token of the configuration, which is
//! compared and no more, or, where anybody may read, none at all.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use daybook_tests::{Server, TOKEN};
use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};
use uuid::Uuid;

use super::row_01_commands_http::{caught_up, request};
use super::row_02_commands::catalogue::Catalogue;
use super::row_08_documents::{request as document, shop};
use crate::ground::{Ground, Running, open_journal};
use crate::load::load;
use crate::measure::{Bar, Case, by_turns};
use crate::settings::Settings;

/// As in row 1, and as in row 8.
const COMMANDS_AT_ONCE: [usize; 2] = [64, 256];
const READS_AT_ONCE: usize = 32;

/// Documents that fit in the server's memory: the cheaper a request, the more its token's share.
const DOCUMENTS: u64 = 1_000;

/// What is asked of the ratio.
const AT_LEAST: f64 = 0.9;

/// Clients that are registered at once.
const REGISTERING: usize = 16;

/// Row 14.
pub async fn run(settings: &Settings, ground: &Ground) -> Result<Vec<Case>> {
    let mut cases = commands(settings, ground).await?;
    cases.extend(documents(settings, ground).await?);
    Ok(cases)
}

async fn commands(settings: &Settings, ground: &Ground) -> Result<Vec<Case>> {
    let catalogue = Arc::new(Catalogue::new(settings.size(10_000, 2_000)));
    let database = ground.database().await;
    let journal = open_journal(&database).await?;
    let running = Running::start(&journal);
    catalogue.seed_ours(&running.commands).await?;
    running.stop().await;
    journal.pool().close().await;
    ground.tidy(&database).await?;
    let server = ground.daybook(&database).await;
    caught_up(&server).await?;
    let programs = Programs::register(&server, COMMANDS_AT_ONCE[1]).await?;
    let mut cases = Vec::new();
    for connections in COMMANDS_AT_ONCE {
        let rate = async |tokens: Vec<String>| {
            let catalogue = Arc::clone(&catalogue);
            let ask = move |connection: usize, number| {
                let (id, command) = catalogue.next(connection, connections, number);
                request(id, &command, &tokens[connection % tokens.len()])
            };
            let found = load(settings, server.url(), connections, ask).await?;
            caught_up(&server).await?;
            Ok(found.per_second)
        };
        let (ours, peer) = by_turns(
            settings.rounds,
            async || rate(programs.tokens(&server).await?).await,
            async || rate(vec![TOKEN.to_owned()]).await,
        )
        .await?;
        let note = "nine prices, one new product; a token for each connection";
        cases.push(case(
            format!("commands {connections}"),
            "commands/s",
            ours,
            peer,
            note,
        ));
    }
    Ok(cases)
}

async fn documents(settings: &Settings, ground: &Ground) -> Result<Vec<Case>> {
    let database = ground.database().await;
    let journal = open_journal(&database).await?;
    let running = Running::start(&journal);
    shop::seed(&running.commands, DOCUMENTS)
        .await
        .context("seeding")?;
    let head = journal.head().await?;
    running.stop().await;
    journal.pool().close().await;
    let server = ground.daybook(&database).await;
    shop::posted(&server, head).await?;
    let programs = Programs::register(&server, READS_AT_ONCE).await?;
    let mut cases = Vec::new();
    for (kind, path, without) in [
        ("product", "/v1/products/", None),
        ("order", "/v1/orders/", Some(TOKEN)),
    ] {
        let rate = async |tokens: Option<Vec<String>>| {
            let ask = move |connection: usize, _| {
                let id = shop::id(fastrand::u64(0..DOCUMENTS)).to_string();
                let token = tokens
                    .as_ref()
                    .map(|tokens| tokens[connection % tokens.len()].as_str());
                document(path, &id, token)
            };
            Ok(load(settings, server.url(), READS_AT_ONCE, ask)
                .await?
                .per_second)
        };
        let (ours, peer) = by_turns(
            settings.rounds,
            async || rate(Some(programs.tokens(&server).await?)).await,
            async || rate(without.map(|token| vec![token.to_owned()])).await,
        )
        .await?;
        let note = match without {
            None => "from the document cache; without: nobody says who they are",
            Some(_) => "from the document cache; a token for each connection",
        };
        cases.push(case(format!("{kind} small"), "queries/s", ours, peer, note));
    }
    Ok(cases)
}

fn case(case: String, unit: &'static str, ours: Vec<f64>, peer: Vec<f64>, note: &str) -> Case {
    Case {
        row: 14,
        case,
        unit,
        against: "ours, without access tokens",
        ours,
        peer,
        bar: Some((Bar::AtLeast, AT_LEAST)),
        note: note.to_owned(),
    }
}

/// Clients with their secrets.
struct Programs(Vec<(String, String)>);

impl Programs {
    async fn register(server: &Server, count: usize) -> Result<Self> {
        let http = &server.http();
        let scopes = ["catalog:write", "orders:read"];
        let register = |_| async move {
            let name = format!("Bench {}", Uuid::now_v7());
            let body = json!({"name": name, "kind": "confidential", "redirect_uris": [], "scopes": scopes});
            let client = http.post("/v1/clients", &body).await.expect(201).json();
            Ok::<_, anyhow::Error>((text(&client, "id")?, text(&client, "client_secret")?))
        };
        let clients = futures::stream::iter(0..count).map(register);
        Ok(Self(clients.buffered(REGISTERING).try_collect().await?))
    }

    /// A fresh access token for each: they last for minutes, a run for longer.
    async fn tokens(&self, server: &Server) -> Result<Vec<String>> {
        let http = &server.http().with_token(None);
        let token = |(id, secret): &(String, String)| {
            let request = http
                .request(http::Method::POST, "/oauth/token")
                .basic_auth(id, Some(secret));
            let request = request.form(&[("grant_type", "client_credentials")]);
            async move { text(&http.send(request).await.expect(200).json(), "access_token") }
        };
        let tokens = futures::stream::iter(&self.0).map(token);
        tokens.buffered(REGISTERING).try_collect().await
    }
}

fn text(body: &Value, name: &str) -> Result<String> {
    let text = body[name]
        .as_str()
        .with_context(|| format!("no {name} in {body}"))?;
    Ok(text.to_owned())
}
