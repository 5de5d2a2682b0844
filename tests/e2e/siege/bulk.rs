//! Too much of everything in one request: ten gigabytes of body, ten thousand headers or levels, a body that unpacks to a
//! hundred times its size. Each is refused with its limit's own status, early, and costs the server nothing.

use std::io::Write as _;
use std::time::{Duration, Instant};

use daybook_tests::{Launch, Postgres, Server, TOKEN};
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;

use crate::memory::{GROWTH_MAX_MIB, Watch};
use crate::pulse::Pulse;

const GB: u64 = 1_000_000_000;

/// A body that is refused may be read so far: what the server discards so that the client gets to read its answer, and what
/// lies in the buffers of two sockets.
const SENT_MAX: u64 = 64 * 1024 * 1024;

/// So many send a body of ten gigabytes at the same time.
const AT_ONCE: usize = 8;

const ANSWERED_WITHIN: Duration = Duration::from_secs(45);

const WATCHED: Duration = Duration::from_secs(4);

/// What came of a request.
#[derive(Debug)]
struct End {
    /// How much of the body left this side.
    sent: u64,
    /// The answer as it came; empty when there was none.
    answer: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_much_is_refused_early_with_its_own_status() {
    let _alone = crate::alone().await;
    let postgres = Postgres::fresh().await;
    let server = Launch::on(&postgres).start().await;
    Pulse::measured(&server, Duration::from_secs(1)).await;
    let before = Pulse::measured(&server, WATCHED).await;
    let watch = Watch::over(&server);
    let pulse = Pulse::begin(&server).await;

    let until = Instant::now() + WATCHED;
    while Instant::now() < until {
        everything(&server, &watch).await;
    }
    let during = pulse.end();
    watch.assert_bounded("bulk", GROWTH_MAX_MIB);
    during.assert_unchanged(&before, "bulk");
}

async fn everything(server: &Server, watch: &Watch) {
    for (what, head, status) in [
        ("10 GB", sized(10 * GB), 413),
        ("10 GB in chunks", chunked(), 413),
        ("10 GB to a gateway's door", webhook(10 * GB), 413),
        (
            "10 GB from nobody",
            sized(10 * GB).replace(TOKEN, "wrong"),
            401,
        ),
        (
            "a length that is none",
            sized(1).replace(": 1\r\n", ": -1\r\n"),
            400,
        ),
        (
            "a length beyond any number",
            sized(1).replace(": 1\r\n", ": 99999999999999999999999\r\n"),
            400,
        ),
    ] {
        let ends = (0..AT_ONCE).map(|_| pour(server, &head));
        for end in futures::future::join_all(ends).await {
            end.assert(what, status);
        }
        watch.tell(what);
    }
    let bomb = gzip_bomb();
    for (what, head, body, status) in [
        (
            "a bomb in gzip",
            packed("gzip", bomb.len()),
            bomb.clone(),
            415,
        ),
        (
            "a bomb in an unknown coding",
            packed("zstd", bomb.len()),
            bomb.clone(),
            415,
        ),
        (
            "a bomb named twice",
            packed("gzip, gzip", bomb.len()),
            bomb,
            415,
        ),
    ] {
        once(server, &head, &body).await.assert(what, status);
    }
    watch.tell("bombs");
    for (what, bytes, status) in nested() {
        let head = sized(bytes.len() as u64);
        once(server, &head, &bytes).await.assert(&what, status);
    }
    watch.tell("nested");
    for (what, head, status) in heads() {
        once(server, &head, b"").await.assert(what, status);
    }
}

fn post(path: &str, more: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\nidempotency-key: bulk\r\n\
         content-type: application/json\r\n{more}\r\n"
    )
}

fn sized(bytes: u64) -> String {
    post("/v1/orders", &format!("content-length: {bytes}\r\n"))
}

fn webhook(bytes: u64) -> String {
    post(
        "/v1/gateways/sandbox/webhooks",
        &format!("content-length: {bytes}\r\n"),
    )
}

fn chunked() -> String {
    post("/v1/orders", "transfer-encoding: chunked\r\n")
}

fn packed(coding: &str, bytes: usize) -> String {
    post(
        "/v1/orders",
        &format!("content-encoding: {coding}\r\ncontent-length: {bytes}\r\n"),
    )
}

/// Half a gigabyte of blanks in half a megabyte: members of gzip one after the other are one stream.
pub fn gzip_bomb() -> Vec<u8> {
    let mut member = GzEncoder::new(Vec::new(), Compression::best());
    member.write_all(&vec![b' '; 1024 * 1024]).unwrap();
    member.finish().unwrap().repeat(500)
}

/// Ten thousand levels, in the ways that there are, whole and cut off.
fn nested() -> Vec<(String, Vec<u8>, u16)> {
    const DEPTH: usize = 10_000;
    let (lists, objects) = ("[".repeat(DEPTH), r#"{"a":"#.repeat(DEPTH));
    [
        ("lists", lists.clone()),
        ("whole lists", format!("{lists}{}", "]".repeat(DEPTH))),
        ("objects", objects.clone()),
        ("whole objects", format!("{objects}1{}", "}".repeat(DEPTH))),
        (
            "lists in a field",
            format!(r#"{{"currency":{lists}{}}}"#, "]".repeat(DEPTH)),
        ),
        (
            "lists in an unknown field",
            format!(r#"{{"unknown":{lists}{}}}"#, "]".repeat(DEPTH)),
        ),
        (
            "lists in lines",
            format!(
                r#"{{"currency":"USD","lines":{lists}{}}}"#,
                "]".repeat(DEPTH)
            ),
        ),
    ]
    .map(|(what, json)| (format!("10,000 {what}"), json.into_bytes(), 400))
    .into()
}

fn heads() -> Vec<(&'static str, String, u16)> {
    let get = |more: &str| format!("GET /v1/products HTTP/1.1\r\nhost: x\r\n{more}\r\n");
    let many: String = (0..10_000)
        .map(|number| format!("x-{number}: y\r\n"))
        .collect();
    let few: String = (0..200)
        .map(|number| format!("x-{number}: y\r\n"))
        .collect();
    vec![
        ("10,000 headers", get(&many), 431),
        ("200 headers", get(&few), 431),
        (
            "the same header 10,000 times",
            get(&"x: y\r\n".repeat(10_000)),
            431,
        ),
        (
            "a header of a megabyte",
            get(&format!("x: {}\r\n", "y".repeat(1_000_000))),
            431,
        ),
        (
            "an address of 100,000 characters",
            get("").replace("products", &"p".repeat(100_000)),
            431,
        ),
        (
            "an address of 31,000 characters",
            get("").replace("/v1/products", &format!("/{}", "p".repeat(31_000))),
            404,
        ),
        ("a header with NUL", get("x: a\0b\r\n"), 400),
        ("a header that is bent", get("x: a\r\n b\r\n"), 400),
        ("a header with a blank in its name", get("x y: z\r\n"), 400),
        (
            "another protocol",
            get("").replace("HTTP/1.1", "HTTP/9.9"),
            400,
        ),
        (
            "no HTTP at all",
            "\x16\x03\x01\x02\0\x01\0\x01\u{fc}\x03\x03 hello\r\n\r\n".to_owned(),
            400,
        ),
        (
            "both a length and chunks",
            // The chunks count (RFC 9112, 6.3), and there are none.
            post(
                "/v1/orders",
                "content-length: 5\r\ntransfer-encoding: chunked\r\n",
            ) + "0\r\n\r\n",
            400,
        ),
        (
            "two lengths",
            post("/v1/orders", "content-length: 5\r\ncontent-length: 6\r\n"),
            400,
        ),
    ]
}

/// Sends a head and then ever more of a body, until there is an answer or the connection is gone.
async fn pour(server: &Server, head: &str) -> End {
    let (reading, mut writing) = connect(server).await;
    let is_chunked = head.contains("chunked");
    let answer = tokio::spawn(answer(reading));
    let mut sent = 0;
    let mut chunk = vec![b' '; 64 * 1024];
    if is_chunked {
        chunk = [b"10000\r\n", chunk.as_slice(), b"\r\n"].concat();
    }
    let pouring = async {
        writing.write_all(head.as_bytes()).await?;
        writing
            .write_all(if is_chunked { b"1\r\n{\r\n" } else { b"{" })
            .await?;
        while !answer.is_finished() && sent < 10 * GB {
            writing.write_all(&chunk).await?;
            sent += chunk.len() as u64;
        }
        Ok::<_, std::io::Error>(())
    };
    // However it ends: the answer says why.
    let _ = tokio::time::timeout(ANSWERED_WITHIN, pouring).await;
    End {
        sent,
        answer: answer.await.unwrap(),
    }
}

/// Sends exactly this.
async fn once(server: &Server, head: &str, body: &[u8]) -> End {
    let (reading, mut writing) = connect(server).await;
    let answer = tokio::spawn(answer(reading));
    let bytes = [head.as_bytes(), body].concat();
    let sent = match tokio::time::timeout(ANSWERED_WITHIN, writing.write_all(&bytes)).await {
        Ok(Ok(())) => body.len() as u64,
        _ => 0,
    };
    End {
        sent,
        answer: answer.await.unwrap(),
    }
}

async fn connect(server: &Server) -> (OwnedReadHalf, tokio::net::tcp::OwnedWriteHalf) {
    let address = server.url().trim_start_matches("http://");
    let stream = TcpStream::connect(address).await;
    stream.expect("connect").into_split()
}

/// What the server says, until it stops or its body begins.
async fn answer(mut reading: OwnedReadHalf) -> String {
    let mut heard = Vec::new();
    let listening = async {
        let mut buffer = [0; 4_096];
        loop {
            match reading.read(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(length) => heard.extend_from_slice(&buffer[..length]),
            }
            let text = String::from_utf8_lossy(&heard);
            let body = text.split_once("\r\n\r\n").map(|(_, body)| body);
            if body.is_some_and(|body| body.ends_with('}') || text.contains("content-length: 0")) {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(ANSWERED_WITHIN, listening).await;
    String::from_utf8_lossy(&heard).into_owned()
}

impl End {
    #[track_caller]
    fn assert(&self, what: &str, status: u16) {
        let begin: String = self.answer.chars().take(400).collect();
        let line = begin.lines().next().unwrap_or_default();
        println!("{what}: {line:?} after {} KiB", self.sent / 1_024);
        let said = line.split(' ').nth(1).and_then(|said| said.parse().ok());
        assert_eq!(said, Some(status), "{what}: {begin}");
        assert!(
            self.sent <= SENT_MAX,
            "{what}: {} bytes were taken",
            self.sent
        );
    }
}
