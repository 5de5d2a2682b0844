//! Two thousand clients that drip: heads that never end, bodies that take for ever. They are hung up on when their time is
//! over, and nobody else notices.

use std::time::{Duration, Instant};

use daybook_tests::{Launch, Postgres, Server, TOKEN};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::memory::{GROWTH_MAX_MIB, Watch};
use crate::pulse::Pulse;

const CLIENTS: usize = 2_000;

/// What the fat ones send at once, before they drip.
const FAT_BYTES: usize = 300_000;

/// Files that this process and the server it starts need open.
const FILES: u64 = 8_192;

/// One byte each time.
const DRIP_EVERY: Duration = Duration::from_millis(900);

/// How long the other clients are watched before, and how long during.
const WATCHED: Duration = Duration::from_secs(5);

/// No limit of the server's is longer than this.
const HUNG_UP_WITHIN: Duration = Duration::from_secs(50);

/// More than [`GROWTH_MAX_MIB`], which bodies do not keep to: of what each takes, hyper's buffers are two fifths, and the request
/// in the layers that it has passed as much. Measured: 91.
const BODIES_GROWTH_MAX_MIB: u64 = 112;

/// What a dripping client heard in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// An answer with this status.
    Status(u16),
    /// Nothing: the connection was closed.
    Closed,
    /// Nothing, and the test had seen enough.
    StillOpen,
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_that_drip() {
    let drip = |_| {
        (
            "GET /v1/products HTTP/1.1\r\nhost: x\r\nx-slow: ".to_owned(),
            b'a',
        )
    };
    // Hyper's own limit for a head is ten seconds here.
    let patience = Duration::from_secs(14);
    let ends = besieged("2,000 dripping heads", drip, patience, GROWTH_MAX_MIB).await;
    let wrong = ends
        .iter()
        .filter(|end| !matches!(end, End::Closed | End::Status(408)));
    assert_eq!(wrong.count(), 0, "{:?}", tally(&ends));
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_drip() {
    let drip = |number: usize| {
        // Half of them may order, the others pretend to be a gateway.
        let (path, known) = match number % 2 {
            0 => ("/v1/orders", format!("authorization: Bearer {TOKEN}\r\n")),
            _ => ("/v1/gateways/sandbox/webhooks", String::new()),
        };
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\n{known}idempotency-key: slow-{number}\r\n\
             content-type: application/json\r\ncontent-length: 1000000\r\n\r\n{{\"currency\":\""
        );
        // A quarter sends most of it at once: those cost memory.
        let fat = if number % 8 < 2 { FAT_BYTES } else { 0 };
        (format!("{head}{}", "U".repeat(fat)), b'U')
    };
    let patience = if crate::is_full() {
        HUNG_UP_WITHIN
    } else {
        Duration::from_secs(9)
    };
    let growth_max = BODIES_GROWTH_MAX_MIB;
    let ends = besieged("2,000 dripping bodies", drip, patience, growth_max).await;
    let refused = ends
        .iter()
        .filter(|end| matches!(end, End::Status(408 | 503 | 429)));
    let open = ends.iter().filter(|end| **end == End::StillOpen).count();
    println!(
        "bodies: {} refused, {open} still open when the test had seen enough",
        refused.count()
    );
    if crate::is_full() {
        assert_eq!(open, 0, "{:?}", tally(&ends));
    }
    let wrong = ends
        .iter()
        .filter(|end| matches!(end, End::Status(status) if ![408, 503, 429].contains(status)));
    assert_eq!(wrong.count(), 0, "{:?}", tally(&ends));
}

/// Sets two thousand clients on a server, watches the others for a while, and then waits for the ends, at most so long
/// altogether. Afterwards the server works as before.
async fn besieged(
    what: &str,
    drip: impl Fn(usize) -> (String, u8),
    patience: Duration,
    growth_max_mib: u64,
) -> Vec<End> {
    let _alone = crate::alone().await;
    raise_limit();
    let postgres = Postgres::fresh().await;
    let server = Launch::on(&postgres).start().await;
    // Once before it counts, so that what is made at first use is not taken for the attack's.
    Pulse::measured(&server, Duration::from_secs(1)).await;
    let before = Pulse::measured(&server, WATCHED).await;

    let watch = Watch::over(&server);
    let until = Instant::now() + patience;
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let (head, byte) = drip(number);
        let stream = connect(&server).await;
        clients.spawn(client(stream, head, byte, until));
    }
    let during = Pulse::measured(&server, WATCHED).await;
    let mut ends = Vec::new();
    while let Some(end) = clients.join_next().await {
        ends.push(end.unwrap());
    }
    println!("{what}: {:?}", tally(&ends));
    watch.assert_bounded(what, growth_max_mib);
    during.assert_unchanged(&before, what);
    server.http().get("/v1/products").await.expect(200);
    ends
}

async fn connect(server: &Server) -> TcpStream {
    let address = server.url().trim_start_matches("http://");
    TcpStream::connect(address)
        .await
        .unwrap_or_else(|error| panic!("a slow client cannot connect: {error}"))
}

/// Sends a byte now and then until it hears something or has waited long enough.
async fn client(mut stream: TcpStream, head: String, byte: u8, until: Instant) -> End {
    if stream.write_all(head.as_bytes()).await.is_err() {
        return End::Closed;
    }
    let mut heard = [0; 64];
    while Instant::now() < until {
        match tokio::time::timeout(DRIP_EVERY, stream.read(&mut heard)).await {
            Ok(Ok(0) | Err(_)) => return End::Closed,
            Ok(Ok(length)) => return status(&heard[..length]),
            Err(_) => {
                if stream.write_all(&[byte]).await.is_err() {
                    return End::Closed;
                }
            }
        }
    }
    End::StillOpen
}

fn status(heard: &[u8]) -> End {
    let text = String::from_utf8_lossy(heard);
    let status = text
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    status.map_or(End::Closed, End::Status)
}

fn tally(ends: &[End]) -> Vec<(String, usize)> {
    let mut tally: Vec<(String, usize)> = Vec::new();
    for end in ends {
        let name = format!("{end:?}");
        match tally.iter_mut().find(|(known, _)| *known == name) {
            Some((_, times)) => *times += 1,
            None => tally.push((name, 1)),
        }
    }
    tally
}

/// For this process, and for the server, which inherits it.
fn raise_limit() {
    let now = getrlimit(Resource::Nofile);
    if now.current.is_some_and(|current| current < FILES) {
        let raised = Rlimit {
            current: Some(now.maximum.map_or(FILES, |maximum| maximum.min(FILES))),
            maximum: now.maximum,
        };
        setrlimit(Resource::Nofile, raised).expect("raise the number of open files");
    }
}
