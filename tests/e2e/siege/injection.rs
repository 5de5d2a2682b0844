//! SQL, markup, templates and broken text in every place of every route: each is refused as a problem, or kept byte for byte,
//! and nothing else changes.

mod books;

use daybook_tests::{Cli, Http, Launch, Postgres, Server, eventually};
use futures::StreamExt as _;
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

use crate::aim::{Spot, ask, spots};
use crate::corpus::{self, Payload};
use crate::judge::{fault, holds};
use crate::stages::{self, Values};
use crate::targets::{READS, Target, WRITES};
use crate::wire::{Heard, Wire};
use books::Books;

/// Places that are attacked at once.
const AT_ONCE: usize = 12;

/// 32 bytes that keep nothing secret here.
const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Until what was written can be read, on a busy machine.
const SOON: Duration = Duration::from_secs(30);

const VERIFIED_WITHIN: Duration = Duration::from_secs(120);

/// One attack and what came of it.
struct Shot {
    trace: String,
    what: String,
    payload: &'static Payload,
    accepted: bool,
    /// The text must be in the journal if it was accepted.
    is_kept: bool,
}

/// All attacks on one place.
#[derive(Default)]
struct Volley {
    shots: Vec<Shot>,
    faults: Vec<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_refused_or_kept_byte_for_byte() {
    let _alone = crate::alone().await;
    let postgres = Postgres::fresh().await;
    let server = start(&postgres).await;
    let http = server.http();
    let before = books::schema(&postgres).await;
    let volley = storm(&server, WRITES).await;
    volley.report("writes");

    let books = Books::read(&http).await;
    let mut faults = volley.faults;
    for shot in &volley.shots {
        let events = books.of(&shot.trace);
        if !shot.accepted && !events.is_empty() {
            faults.push(format!("{}: refused and recorded all the same", shot.what));
        }
        if let (true, true, Some(text)) = (shot.accepted, shot.is_kept, shot.payload.text())
            && !events.iter().any(|event| holds(event, text))
        {
            faults.push(format!(
                "{}: accepted and not kept as it came: {events:?}",
                shot.what
            ));
        }
    }
    assert_none(&faults);
    assert_eq!(
        books::schema(&postgres).await,
        before,
        "tables, functions or rights changed"
    );
    drop(server);
    let verify = Cli::new(["verify"]).env("DATABASE_URL", postgres.url());
    verify.run(VERIFIED_WITHIN).await.expect_success();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_changes_nothing() {
    let _alone = crate::alone().await;
    let postgres = Postgres::fresh().await;
    let server = start(&postgres).await;
    let http = server.http();
    let mut stages = Vec::new();
    for target in READS {
        stages.push(target.stage.set(&http).await);
    }
    let schema = books::schema(&postgres).await;
    let rows = books::rows_at_rest(&postgres, &http).await;

    let mut volley = Volley::default();
    let places = READS.iter().zip(&stages).flat_map(|(target, values)| {
        let spots = spots(target).into_iter();
        spots.map(move |spot| (target, values.clone(), spot))
    });
    let mut firing = futures::stream::iter(places.enumerate())
        .map(|(place, (target, values, spot))| {
            let mut wire = Wire::to(&server);
            async move { fire_reads(&mut wire, target, &values, &spot, place).await }
        })
        .buffer_unordered(AT_ONCE);
    while let Some(more) = firing.next().await {
        volley.add(more);
    }
    volley.report("reads");
    assert_none(&volley.faults);
    assert_eq!(
        books::schema(&postgres).await,
        schema,
        "tables, functions or rights changed"
    );
    assert_eq!(
        books::rows_at_rest(&postgres, &http).await,
        rows,
        "rows changed"
    );
}

/// Money is taken when goods leave, so that there is something to void and to capture by hand.
async fn start(postgres: &Postgres) -> Server {
    let server = Launch::on(postgres)
        .env("DAYBOOK_CAPTURE", "on_ship")
        .env("DAYBOOK_MASTER_KEY", MASTER_KEY)
        .start()
        .await;
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, stages::PASSWORD).unwrap();
    let password = password.to_str().unwrap();
    for email in [stages::EMAIL, stages::PROMOTED] {
        let make = ["accounts", "create-owner", "--email", email];
        let make = make.into_iter().chain(["--password-file", password]);
        let make = Cli::new(make).env("DATABASE_URL", postgres.url());
        let made = make.env("DAYBOOK_MASTER_KEY", MASTER_KEY).run(SOON).await;
        made.expect_success();
    }
    server
}

async fn storm(server: &Server, targets: &'static [Target]) -> Volley {
    let places = targets.iter().flat_map(|target| {
        let spots = spots(target).into_iter();
        spots.map(move |spot| (target, spot))
    });
    let mut volley = Volley::default();
    let mut firing = futures::stream::iter(places.enumerate())
        .map(|(place, (target, spot))| fire_writes(server, target, spot, place))
        .buffer_unordered(AT_ONCE);
    while let Some(more) = firing.next().await {
        volley.add(more);
    }
    volley
}

/// Fires at one place of a route that writes, and sees at the end that the well-formed request still works: what was refused
/// before was refused for what was in it.
async fn fire_writes(server: &Server, target: &'static Target, spot: Spot, place: usize) -> Volley {
    let (http, mut wire) = (server.http(), Wire::to(server));
    let mut volley = Volley::default();
    let mut values = target.stage.set(&http).await;
    for payload in corpus::of_place(place) {
        let trace = Uuid::now_v7().simple().to_string();
        let Some(ask) = ask(target, &values, &trace, Some((&spot, payload))) else {
            continue;
        };
        let heard = wire.send(ask).await;
        let shot = volley.take(target, &spot, payload, trace, &heard);
        if shot {
            if let Some(fault) = missing(&mut wire, target, &values, &spot, payload, &heard).await {
                volley.faults.push(fault);
            }
            if target.consumes {
                values = target.stage.set(&http).await;
            }
        }
    }
    if let Some(fault) = unstaged(&http, &mut wire, target).await {
        volley.faults.push(fault);
    }
    volley
}

async fn fire_reads(
    wire: &mut Wire,
    target: &'static Target,
    values: &Values,
    spot: &Spot,
    place: usize,
) -> Volley {
    let mut volley = Volley::default();
    for payload in corpus::of_place(place)
        .into_iter()
        .filter(|it| !it.is_literal)
    {
        let trace = Uuid::now_v7().simple().to_string();
        if let Some(ask) = ask(target, values, &trace, Some((spot, payload))) {
            let heard = wire.send(ask).await;
            volley.take(target, spot, payload, trace, &heard);
        }
    }
    let well_formed = ask(target, values, &Uuid::now_v7().simple().to_string(), None).unwrap();
    let heard = wire.send(well_formed).await;
    if (heard.status != 200) != target.is_refused {
        let says = heard.describe();
        volley
            .faults
            .push(format!("{} as it should be: {says}", target.path));
    }
    volley
}

/// The query side does not show what was accepted as it came.
async fn missing(
    wire: &mut Wire,
    target: &Target,
    values: &Values,
    spot: &Spot,
    payload: &Payload,
    heard: &Heard,
) -> Option<String> {
    let text = payload.text().filter(|_| is_free(target, spot))?;
    let receipt = heard.json();
    let (id, position) = (receipt["id"].as_str()?, receipt["position"].as_u64()?);
    let path = target.shown_at?.replace("$id", id);
    let page = Target {
        method: "GET",
        path: "",
        parameters: &[],
        body: "",
        ..*target
    };
    let trace = Uuid::now_v7().simple().to_string();
    let mut read = ask(&page, values, &trace, None)?;
    *read.uri_mut() = path.parse().ok()?;
    read.headers_mut()
        .insert("daybook-min-position", position.into());
    let seen = eventually("what was accepted is shown", SOON, async || {
        let seen = wire.send(read.clone()).await;
        if seen.status == 503 {
            Err(seen.describe())
        } else {
            Ok(seen)
        }
    })
    .await;
    let shown = seen.status == 200 && holds(&seen.json(), text);
    (!shown).then(|| {
        let says = seen.describe();
        format!(
            "{} {spot:?} {}: not shown by {path}: {says}",
            target.path,
            payload.shown()
        )
    })
}

/// The well-formed request on a fresh stage is not answered as it should be.
async fn unstaged(http: &Http, wire: &mut Wire, target: &Target) -> Option<String> {
    let values = target.stage.set(http).await;
    let heard = wire
        .send(ask(
            target,
            &values,
            &Uuid::now_v7().simple().to_string(),
            None,
        )?)
        .await;
    let accepted = heard.status < 300;
    (accepted == target.is_refused).then(|| {
        let says = heard.describe();
        format!("{} {} as it should be: {says}", target.method, target.path)
    })
}

fn is_free(target: &Target, spot: &Spot) -> bool {
    match spot {
        Spot::Value(pointer) | Spot::Name(pointer) => target.free.contains(&pointer.as_str()),
        _ => false,
    }
}

fn assert_none(faults: &[String]) {
    let shown: Vec<&str> = faults.iter().take(40).map(String::as_str).collect();
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        shown.join("\n")
    );
}

impl Volley {
    /// Judges an answer; returns whether the request was accepted.
    fn take(
        &mut self,
        target: &Target,
        spot: &Spot,
        payload: &'static Payload,
        trace: String,
        heard: &Heard,
    ) -> bool {
        let what = format!(
            "{} {} {spot:?} {}",
            target.method,
            target.path,
            payload.shown()
        );
        if let Some(fault) = fault(heard, payload, target.refuses) {
            self.faults
                .push(format!("{what}: {fault}: {}", heard.describe()));
        }
        let accepted = heard.status < 400;
        self.shots.push(Shot {
            trace,
            what,
            payload,
            accepted,
            is_kept: !target.is_sealed && (matches!(spot, Spot::Value(_)) || is_free(target, spot)),
        });
        accepted
    }

    fn add(&mut self, more: Self) {
        self.shots.extend(more.shots);
        self.faults.extend(more.faults);
    }

    fn report(&self, of: &str) {
        let accepted = self.shots.iter().filter(|shot| shot.accepted).count();
        let payloads: BTreeSet<&str> = self.shots.iter().map(|it| &*it.payload.name).collect();
        println!(
            "{of}: {} requests with {} of {} payloads, {accepted} accepted, {} refused",
            self.shots.len(),
            payloads.len(),
            corpus::all().len(),
            self.shots.len() - accepted
        );
    }
}
