//! HTTP/2 on a real socket, and what a client could do to it: too many headers, too many streams, resets, silence.

use std::time::Duration;

use api::{EdgeOptions, Http2Options};
use bytes::Bytes;
use h2::client::{Connection, SendRequest};
use http::{Request, StatusCode};
use rcgen::CertifiedKey;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::sockets::{PATIENCE, Served, certificate, connect, encrypted, serve, write};

struct World {
    served: Served,
    pair: CertifiedKey<rcgen::KeyPair>,
    _folder: TempDir,
}

impl World {
    async fn new(http2: Http2Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pair = certificate();
        write(folder.path(), &pair);
        let edge = EdgeOptions {
            http2,
            ..EdgeOptions::default()
        };
        Self {
            served: serve(encrypted(folder.path(), edge)).await,
            pair,
            _folder: folder,
        }
    }

    async fn connect(&self) -> (SendRequest<Bytes>, Connection<TlsStream<TcpStream>>) {
        let stream = connect(self.served.address, &self.pair, "h2")
            .await
            .unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        h2::client::handshake(stream).await.unwrap()
    }

    /// Another client, who is served.
    async fn is_well(&self) {
        let (client, connection) = self.connect().await;
        tokio::spawn(connection);
        assert_eq!(status(client, request("/healthz")).await, StatusCode::OK);
    }
}

fn request(path: &str) -> Request<()> {
    let uri = format!("https://localhost{path}");
    Request::get(uri).body(()).unwrap()
}

async fn status(client: SendRequest<Bytes>, request: Request<()>) -> StatusCode {
    let mut client = client.ready().await.unwrap();
    let (answer, _) = client.send_request(request, true).unwrap();
    answer.await.unwrap().status()
}

async fn ends(connection: impl Future<Output = Result<(), h2::Error>>) {
    tokio::time::timeout(PATIENCE, connection)
        .await
        .expect("the server kept the connection")
        .ok();
}

#[tokio::test]
async fn requests_share_a_connection() {
    let world = World::new(Http2Options::default()).await;
    let (client, connection) = world.connect().await;
    tokio::spawn(connection);
    let asked = ["/healthz", "/problems", "/healthz", "/nowhere"].map(|path| {
        let client = client.clone();
        async move { status(client, request(path)).await.as_u16() }
    });
    let answered = futures::future::join_all(asked).await;
    assert_eq!(answered, [200, 200, 200, 404]);
}

#[tokio::test]
async fn headers_that_are_too_large_are_431() {
    let world = World::new(Http2Options::default()).await;
    let (client, connection) = world.connect().await;
    tokio::spawn(connection);
    let mut large = request("/healthz");
    let value = "x".repeat(20_000).parse().unwrap();
    large.headers_mut().insert("x-large", value);
    assert_eq!(
        status(client.clone(), large).await,
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
    );
    // The connection is none the worse for it.
    assert_eq!(status(client, request("/healthz")).await, StatusCode::OK);
}

#[tokio::test]
async fn so_many_streams_and_no_more() {
    let options = Http2Options {
        streams_at_once_max: 7,
        ..Http2Options::default()
    };
    let world = World::new(options).await;
    let (client, mut connection) = world.connect().await;
    let asked = status(client, request("/healthz"));
    // The server's settings have come with its first answer.
    tokio::select! {
        answered = asked => assert_eq!(answered, StatusCode::OK),
        ended = &mut connection => panic!("{ended:?}"),
    }
    assert_eq!(connection.max_concurrent_send_streams(), 7);
}

/// CVE-2023-44487: a client that resets what it has just asked.
#[tokio::test]
async fn a_client_that_only_resets_is_left() {
    let world = World::new(Http2Options::default()).await;
    let (client, connection) = world.connect().await;
    let resets = tokio::spawn(async move {
        let mut client = client;
        loop {
            client = client.ready().await?;
            let (_, mut stream) = client.send_request(request("/problems"), false)?;
            stream.send_reset(h2::Reason::CANCEL);
            tokio::task::yield_now().await;
        }
        #[expect(unreachable_code, reason = "says what the errors are")]
        Ok::<(), h2::Error>(())
    });
    ends(connection).await;
    resets.await.unwrap().unwrap_err();
    world.is_well().await;
}

#[tokio::test]
async fn a_connection_without_requests_is_ended() {
    let options = Http2Options {
        idle_timeout: Duration::from_millis(200),
        ..Http2Options::default()
    };
    let world = World::new(options).await;
    let (client, connection) = world.connect().await;
    ends(connection).await;
    drop(client);
    // One that does not even say that it speaks HTTP/2 fares the same.
    let mut silent = connect(world.served.address, &world.pair, "h2")
        .await
        .unwrap();
    let mut received = Vec::new();
    let read = tokio::io::AsyncReadExt::read_to_end(&mut silent, &mut received);
    // Its settings and a farewell; TLS complains that it was not said properly.
    tokio::time::timeout(PATIENCE, read)
        .await
        .expect("the server kept the connection")
        .ok();
    world.is_well().await;
}

#[tokio::test]
async fn a_connection_grows_no_older_than_it_may() {
    let options = Http2Options {
        age_max: Duration::from_millis(300),
        ..Http2Options::default()
    };
    let world = World::new(options).await;
    let (client, connection) = world.connect().await;
    let asks_for_ever = tokio::spawn(async move {
        let mut client = client;
        loop {
            client = client.ready().await?;
            let (answer, _) = client.send_request(request("/healthz"), true)?;
            answer.await?;
        }
        #[expect(unreachable_code, reason = "says what the errors are")]
        Ok::<(), h2::Error>(())
    });
    ends(connection).await;
    asks_for_ever.await.unwrap().unwrap_err();
}
