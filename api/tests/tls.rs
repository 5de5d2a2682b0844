//! TLS on a real socket: what is spoken, a new certificate, a bad one, a client that does not shake hands.

use std::time::{Duration, Instant};

use api::EdgeOptions;
use daybook_tests::eventually;
use rcgen::CertifiedKey;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::sockets::{
    PATIENCE, Served, certificate, connect, encrypted, exchange, files, get, serve, until_closed,
    write,
};

type Pair = CertifiedKey<rcgen::KeyPair>;

async fn ask(served: &Served, trusted: &Pair, path: &str) -> Result<String, String> {
    let connected = connect(served.address, trusted, "http/1.1").await;
    let mut stream = connected.map_err(|error| error.to_string())?;
    stream.write_all(&get(path, "")).await.unwrap();
    Ok(until_closed(&mut stream).await)
}

#[tokio::test]
async fn answers_over_tls_say_so_and_others_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let pair = certificate();
    write(folder.path(), &pair);
    let served = serve(encrypted(folder.path(), EdgeOptions::default())).await;
    let answer = ask(&served, &pair, "/healthz").await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(
        answer.contains("strict-transport-security: max-age="),
        "{answer}"
    );
    // Somebody else's certificate is not ours.
    ask(&served, &certificate(), "/healthz").await.unwrap_err();
    // In clear there is no answer at all.
    let refused = exchange(served.address, &get("/healthz", "")).await;
    assert!(!refused.contains("HTTP/1.1"), "{refused:?}");
    let plain = serve(api::ApiOptions::default()).await;
    let answer = exchange(plain.address, &get("/healthz", "")).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(!answer.contains("strict-transport-security"), "{answer}");
}

#[tokio::test]
async fn a_new_certificate_is_taken_and_a_bad_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (certificate(), certificate());
    write(folder.path(), &old);
    let served = serve(encrypted(folder.path(), EdgeOptions::default())).await;
    // What was begun under the old one goes on.
    let mut begun = connect(served.address, &old, "http/1.1").await.unwrap();
    write(folder.path(), &new);
    eventually("the new certificate is in use", PATIENCE, async || {
        ask(&served, &new, "/healthz").await
    })
    .await;
    ask(&served, &old, "/healthz").await.unwrap_err();
    begun.write_all(&get("/healthz", "")).await.unwrap();
    assert!(until_closed(&mut begun).await.starts_with("HTTP/1.1 200"));

    // A key that belongs to another certificate.
    let stranger = certificate();
    std::fs::write(
        files(folder.path()).key,
        stranger.signing_key.serialize_pem(),
    )
    .unwrap();
    eventually("the bad pair was looked at", PATIENCE, async || {
        let metrics = ask(&served, &new, "/metrics").await?;
        let failed = metrics.contains("daybook_tls_reload_failures_total");
        failed.then_some(()).ok_or(metrics)
    })
    .await;
    let answer = ask(&served, &new, "/healthz").await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn nothing_is_served_without_a_usable_pair() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = async || {
        let served = serve(encrypted(folder.path(), EdgeOptions::default())).await;
        served.task.await.unwrap().unwrap_err().to_string()
    };
    let missing = refusal().await;
    assert!(
        missing.contains("certificate.pem") && missing.contains("cannot be read"),
        "{missing}"
    );
    write(folder.path(), &certificate());
    let other = certificate().signing_key.serialize_pem();
    std::fs::write(files(folder.path()).key, &other).unwrap();
    let apart = refusal().await;
    assert!(
        apart.contains("key.pem") && apart.contains("together"),
        "{apart}"
    );
    std::fs::write(files(folder.path()).key, "secret stuff").unwrap();
    let no_key = refusal().await;
    assert!(
        no_key.contains("no private key") && !no_key.contains("secret"),
        "{no_key}"
    );
    std::fs::write(files(folder.path()).certificate, "").unwrap();
    let empty = refusal().await;
    assert!(empty.contains("BEGIN CERTIFICATE"), "{empty}");
}

#[tokio::test]
async fn who_does_not_shake_hands_is_left() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &certificate());
    let edge = EdgeOptions {
        handshake_timeout: Duration::from_millis(200),
        ..EdgeOptions::default()
    };
    let served = serve(encrypted(folder.path(), edge)).await;
    let began = Instant::now();
    let mut silent = TcpStream::connect(served.address).await.unwrap();
    assert_eq!(until_closed(&mut silent).await, "");
    assert!(began.elapsed() >= Duration::from_millis(150));
}
