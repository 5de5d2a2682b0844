//! HTTP/2 over TLS: streams that are opened and reset at once (CVE-2023-44487), streams whose bodies never come, headers and
//! bodies that unpack to a multiple of their size. Those who come over the same door meanwhile notice nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use daybook_tests::{Launch, Postgres, Server, TOKEN, eventually};
use h2::client::SendRequest;
use h2::{Reason, SendStream};
use http::Request;
use rcgen::CertifiedKey;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::memory::{GROWTH_MAX_MIB, Watch};
use crate::pulse::Pulse;
use crate::wire::{Door, Wire};

/// Attackers at the same time, each with a connection that is opened again when the server ends it.
const ATTACKERS: usize = 4;

/// How long an attacker rests then. Attackers who never rest would only measure who gets more of two cores: shaking hands over
/// TLS costs the client as much as the server.
const REST: Duration = Duration::from_millis(200);

/// Streams that each opens and leaves without a body.
const STREAMS: usize = 100;

const WATCHED: Duration = Duration::from_secs(4);

/// For a server to come up, and to answer one request, on a busy machine.
const SOON: Duration = Duration::from_secs(30);

/// One shop with two doors: a plain one to prepare things, and the one that is attacked.
struct World {
    plain: Server,
    attacked: Server,
    tls: ClientConfig,
    _folder: tempfile::TempDir,
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_are_reset() {
    let _alone = crate::alone().await;
    let postgres = Postgres::fresh().await;
    let world = World::new(&postgres).await;
    world
        .besieged("rapid reset", async |until| {
            let attacks = (0..ATTACKERS).map(|_| world.resets(until));
            let (mut resets, mut ended) = (0, 0);
            for (more, times) in futures::future::join_all(attacks).await {
                resets += more;
                ended += times;
            }
            println!(
                "rapid reset: {resets} streams were reset; the server ended {ended} connections"
            );
            assert!(ended >= ATTACKERS, "who only resets is left alone");
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_whose_bodies_never_come() {
    let _alone = crate::alone().await;
    let postgres = Postgres::fresh().await;
    let world = World::new(&postgres).await;
    world
        .besieged("streams without bodies", async |until| {
            let mut held = Vec::new();
            for _ in 0..ATTACKERS {
                let mut client = world.speak().await;
                for _ in 0..STREAMS {
                    client = client.ready().await.unwrap();
                    let (answer, body) = client.send_request(order(""), false).unwrap();
                    held.push((client.clone(), answer, body));
                }
            }
            tokio::time::sleep_until(until.into()).await;
            println!("{} streams waited for their bodies", held.len());
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_unpacks_to_a_multiple() {
    let _alone = crate::alone().await;
    let postgres = Postgres::fresh().await;
    let world = World::new(&postgres).await;
    let watch = Watch::over(&world.attacked);
    // One field of four kilobytes, once in full and then a byte each (RFC 7541, 2.3.2).
    let mut request = order("");
    for _ in 0..1_000 {
        let value = "x".repeat(3_900).parse().unwrap();
        request.headers_mut().append("x-large", value);
    }
    let refused = world.ask(request, Bytes::new()).await;
    assert!(matches!(refused, Ok(431) | Err(_)), "{refused:?}");
    let bomb = crate::bulk::gzip_bomb();
    assert_eq!(world.ask(order("gzip"), bomb.into()).await, Ok(415));
    let (status, sent) = world.pour().await;
    println!("10 GB in a stream: {status} after {} KiB", sent / 1_024);
    assert_eq!(status, 413);
    let deep = Bytes::from("[".repeat(10_000));
    assert_eq!(world.ask(order(""), deep).await, Ok(400));
    watch.assert_bounded("what unpacks", GROWTH_MAX_MIB);
}

fn order(coding: &str) -> Request<()> {
    let mut request = Request::post("https://localhost/v1/orders")
        .header("authorization", format!("Bearer {TOKEN}"))
        .header("idempotency-key", "siege")
        .header("content-type", "application/json");
    if !coding.is_empty() {
        request = request.header("content-encoding", coding);
    }
    request.body(()).unwrap()
}

impl World {
    async fn new(postgres: &Postgres) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
        std::fs::write(&certificate, pair.cert.pem()).unwrap();
        std::fs::write(&key, pair.signing_key.serialize_pem()).unwrap();
        let plain = Launch::on(postgres).start().await;
        let attacked = Launch::on(postgres)
            .env("DAYBOOK_TLS_CERTIFICATE", certificate.to_string_lossy())
            .env("DAYBOOK_TLS_KEY", key.to_string_lossy())
            .start_unready()
            .await;
        let world = Self {
            plain,
            attacked,
            tls: trusting(&pair),
            _folder: folder,
        };
        let ready = Request::get("/readyz").header("host", "localhost");
        let ready = ready.body(http_body_util::Full::default()).unwrap();
        let mut wire = Wire::through(&world.door());
        eventually("the attacked server is ready", SOON, async || {
            let heard = wire.send(ready.clone()).await;
            if heard.status == 200 {
                Ok(())
            } else {
                Err(heard.describe())
            }
        })
        .await;
        world
    }

    fn door(&self) -> Door {
        let url = self.attacked.url();
        let (_, address) = url.split_once("://").unwrap();
        Door {
            address: address.to_owned(),
            tls: Some(TlsConnector::from(Arc::new(self.tls.clone()))),
        }
    }

    /// Runs an attack while the others are watched, and judges what they noticed.
    async fn besieged(&self, what: &str, attack: impl AsyncFnOnce(Instant)) {
        Pulse::measured_at(&self.plain, self.door(), Duration::from_secs(1)).await;
        let before = Pulse::measured_at(&self.plain, self.door(), WATCHED).await;
        let watch = Watch::over(&self.attacked);
        let pulse = Pulse::at(&self.plain, self.door()).await;
        attack(Instant::now() + WATCHED).await;
        let during = pulse.end();
        watch.assert_bounded(what, GROWTH_MAX_MIB);
        during.assert_unchanged(&before, what);
    }

    /// A connection that speaks HTTP/2.
    async fn speak(&self) -> SendRequest<Bytes> {
        let mut config = self.tls.clone();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let stream = TcpStream::connect(&self.door().address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream);
        let (client, connection) = h2::client::Builder::new()
            .max_header_list_size(1 << 24)
            .handshake(stream.await.unwrap())
            .await
            .unwrap();
        tokio::spawn(connection);
        client
    }

    /// Opens streams that mean work and resets them at once, on one connection after the other. How many streams, and how
    /// often the server ended the connection.
    async fn resets(&self, until: Instant) -> (usize, usize) {
        let (mut resets, mut ended) = (0, 0);
        while Instant::now() < until {
            let mut client = self.speak().await;
            let mut held = Vec::new();
            tokio::time::sleep(REST).await;
            while Instant::now() < until {
                let Ok(ready) = client.ready().await else {
                    ended += 1;
                    break;
                };
                client = ready;
                let list = Request::get("https://localhost/v1/orders?limit=5")
                    .header("authorization", format!("Bearer {TOKEN}"));
                let Ok((answer, mut stream)) = client.send_request(list.body(()).unwrap(), false)
                else {
                    ended += 1;
                    break;
                };
                stream.send_reset(Reason::CANCEL);
                held.push(answer);
                held.truncate(STREAMS);
                resets += 1;
                tokio::task::yield_now().await;
            }
        }
        (resets, ended)
    }

    async fn ask(&self, request: Request<()>, body: Bytes) -> Result<u16, String> {
        let client = self.speak().await.ready().await.unwrap();
        let mut client = client;
        let asked = client.send_request(request, body.is_empty());
        let (answer, mut stream) = asked.map_err(|error| error.to_string())?;
        if !body.is_empty() {
            stream
                .send_data(body, true)
                .map_err(|error| error.to_string())?;
        }
        let answered = tokio::time::timeout(SOON, answer).await.expect("no answer");
        let status = answered.map(|answer| answer.status().as_u16());
        status.map_err(|error| error.to_string())
    }

    /// Sends ten gigabytes for as long as they are taken. The answer's status, and how much was sent by then.
    async fn pour(&self) -> (u16, u64) {
        let mut client = self.speak().await.ready().await.unwrap();
        let (answer, mut stream) = client.send_request(order(""), false).unwrap();
        let answer = tokio::spawn(answer);
        let mut sent = 0;
        while !answer.is_finished() && sent < 10_000_000_000 {
            let chunk = Bytes::from(vec![b' '; 16 * 1024]);
            sent += chunk.len() as u64;
            if !capacity(&mut stream, chunk.len()).await || stream.send_data(chunk, false).is_err()
            {
                break;
            }
        }
        let answered = tokio::time::timeout(SOON, answer).await.expect("no answer");
        (answered.unwrap().unwrap().status().as_u16(), sent)
    }
}

/// Waits until so much may be sent; false when it never may.
async fn capacity(stream: &mut SendStream<Bytes>, bytes: usize) -> bool {
    stream.reserve_capacity(bytes);
    while stream.capacity() < bytes {
        let more = std::future::poll_fn(|context| stream.poll_capacity(context));
        match tokio::time::timeout(SOON, more).await {
            Ok(Some(Ok(_))) => {}
            _ => return false,
        }
    }
    true
}

fn trusting(pair: &CertifiedKey<rcgen::KeyPair>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(pair.cert.der().clone()).unwrap();
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}
