//! The server on a real loopback socket: slow clients, large bodies, stopping.

use std::time::{Duration, Instant};

use api::ApiOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::ask::options;
use crate::sockets::{PATIENCE, exchange, get, serve, until_closed};

fn post(length: usize) -> String {
    format!(
        "POST /v1/orders HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nIdempotency-Key: k\r\n\
         Content-Type: application/json\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n",
        crate::ask::TOKEN
    )
}

#[tokio::test]
async fn a_head_that_does_not_arrive_ends_the_connection() {
    let served = serve(ApiOptions {
        header_timeout: Duration::from_millis(200),
        ..options()
    })
    .await;
    let began = Instant::now();
    let answer = exchange(
        served.address,
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    )
    .await;
    assert!(!answer.contains("200 OK"), "{answer}");
    assert!(began.elapsed() >= Duration::from_millis(150));
    // One that says nothing at all fares the same.
    exchange(served.address, b"").await;
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_408() {
    let served = serve(ApiOptions {
        body_timeout: Duration::from_millis(200),
        ..options()
    })
    .await;
    let answer = exchange(served.address, format!("{}{{", post(10)).as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("request-timeout"), "{answer}");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_413_and_the_client_gets_to_read_it() {
    let served = serve(options()).await;
    let body = vec![b' '; 3_000_000];
    let request = [post(body.len()).as_bytes(), &body].concat();
    let answer = exchange(served.address, &request).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    // Or the next request would be sent on a connection that ends.
    assert!(answer.contains("connection: close"), "{answer}");
    assert!(answer.contains("payload-too-large"), "{answer}");
}

#[tokio::test]
async fn a_body_that_says_it_is_too_large_is_not_waited_for() {
    let served = serve(crate::ask::options()).await;
    let began = Instant::now();
    let ten_gigabytes = post(10 * 1024 * 1024 * 1024);
    let asks_first = ten_gigabytes.replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
    for request in [ten_gigabytes, asks_first] {
        let answer = exchange(served.address, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    }
    assert!(began.elapsed() < ApiOptions::default().body_timeout);
}

/// A bomb is refused by what it is wrapped in; nothing of it is read.
#[tokio::test]
async fn a_body_that_is_packed_is_not_read() {
    let served = serve(crate::ask::options()).await;
    let request = post(1_000).replace("\r\n\r\n", "\r\nContent-Encoding: gzip\r\n\r\n");
    let answer = exchange(served.address, request.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 415"), "{answer}");
}

/// hyper refuses what it cannot read itself, with a status and no body: no request was made that one could answer.
#[tokio::test]
async fn a_head_that_is_too_large_or_too_long_is_431() {
    let served = serve(options()).await;
    let large = format!("X-Large: {}\r\n", "x".repeat(64 * 1024));
    let many = (0..10_000).map(|n| format!("X-{n}: x\r\n")).collect();
    for lines in [large, many] {
        let answer = exchange(served.address, &get("/healthz", &lines)).await;
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
}

#[tokio::test]
async fn stopping_finishes_what_runs_and_takes_nothing_new() {
    let served = serve(options()).await;
    // Its head has arrived, its body is on the way.
    let mut running = TcpStream::connect(served.address).await.unwrap();
    running
        .write_all(post(2).replace("Connection: close\r\n", "").as_bytes())
        .await
        .unwrap();
    let mut idle = TcpStream::connect(served.address).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut first = [0; 12];
    idle.read_exact(&mut first).await.unwrap();
    served.shutdown.cancel();
    until_closed(&mut idle).await;
    assert!(TcpStream::connect(served.address).await.is_err());
    assert!(!served.task.is_finished());
    running.write_all(b"{}").await.unwrap();
    let answer = until_closed(&mut running).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!(answer.contains("missing field"), "{answer}");
    tokio::time::timeout(PATIENCE, served.task)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn stopping_does_not_wait_for_ever() {
    let served = serve(ApiOptions {
        drain_timeout: Duration::from_millis(200),
        ..options()
    })
    .await;
    let mut stuck = TcpStream::connect(served.address).await.unwrap();
    stuck.write_all(post(2).as_bytes()).await.unwrap();
    // The head has been read once the connection behind it was answered.
    let closing = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    exchange(served.address, closing).await;
    served.shutdown.cancel();
    tokio::time::timeout(PATIENCE, served.task)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_client_that_does_not_read_is_left() {
    let served = serve(ApiOptions {
        write_timeout: Duration::from_millis(300),
        ..options()
    })
    .await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let request = b"GET /problems HTTP/1.1\r\nHost: x\r\n\r\n";
    let asks_for_ever = async { while stream.write_all(request).await.is_ok() {} };
    tokio::time::timeout(PATIENCE, asks_for_ever)
        .await
        .expect("the server kept the connection");
}
