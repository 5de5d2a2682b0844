//! A connection of the load: HTTP/1.1 with one request at a time and answers of a known length, and no more than that.
//!
//! The load has to share two cores with what it measures, and a whole HTTP client takes as much of them as a small server does:
//! that would hide how far the two sides are apart.

use std::io::Write;

use anyhow::{Context, Result, bail};
use http::StatusCode;
use http::header::{CONTENT_LENGTH, HOST};
use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Ask;

/// Most headers of an answer.
const HEADERS_MAX: usize = 64;

pub struct Connection {
    stream: TcpStream,
    address: String,
    /// The request as it is sent, and the answer as it comes; kept for their memory.
    request: Vec<u8>,
    answer: Vec<u8>,
}

/// What the first bytes of an answer say.
struct Head {
    status: StatusCode,
    bytes: usize,
    body_bytes: usize,
}

impl Connection {
    /// Connects to `host:port`.
    pub async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            address: address.to_owned(),
            request: Vec::with_capacity(1_024),
            answer: Vec::with_capacity(8_192),
        })
    }

    /// Sends a request and waits for the whole answer.
    pub async fn answer(&mut self, ask: Ask) -> Result<(StatusCode, &[u8])> {
        self.encode(ask).await?;
        self.stream.write_all(&self.request).await?;
        self.answer.clear();
        let mut head = None;
        loop {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                bail!("the server closed the connection before it had answered");
            }
            if head.is_none() {
                head = parse(&self.answer)?;
            }
            if let Some(head) = &head {
                let whole = head.bytes + head.body_bytes;
                if self.answer.len() >= whole {
                    return Ok((head.status, &self.answer[head.bytes..whole]));
                }
            }
        }
    }

    async fn encode(&mut self, ask: Ask) -> Result<()> {
        let (parts, body) = ask.into_parts();
        let body = body.collect().await?.to_bytes();
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        self.request.clear();
        write!(self.request, "{} {path} HTTP/1.1\r\n", parts.method)?;
        if !parts.headers.contains_key(HOST) {
            write!(self.request, "host: {}\r\n", self.address)?;
        }
        if !body.is_empty() && !parts.headers.contains_key(CONTENT_LENGTH) {
            write!(self.request, "content-length: {}\r\n", body.len())?;
        }
        for (name, value) in &parts.headers {
            write!(self.request, "{name}: ")?;
            self.request.extend_from_slice(value.as_bytes());
            self.request.extend_from_slice(b"\r\n");
        }
        self.request.extend_from_slice(b"\r\n");
        self.request.extend_from_slice(&body);
        Ok(())
    }
}

/// The answer's head, once all of it is there.
fn parse(bytes: &[u8]) -> Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head_bytes) = response.parse(bytes)? else {
        return Ok(None);
    };
    let status = StatusCode::from_u16(response.code.context("a status")?)?;
    let length = response
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let body_bytes = match length {
        _ if matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) => 0,
        Some(length) => std::str::from_utf8(length.value)?.parse()?,
        None => bail!("an answer of unknown length ({status}): the load does not read those"),
    };
    Ok(Some(Head {
        status,
        bytes: head_bytes,
        body_bytes,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_known_when_its_head_is_whole() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        assert!(parse(&answer[..30]).unwrap().is_none());
        let head = parse(answer).unwrap().unwrap();
        assert_eq!((head.status, head.body_bytes), (StatusCode::OK, 2));
        assert_eq!(&answer[head.bytes..], b"{}");
    }

    #[test]
    fn nothing_follows_not_modified() {
        let answer = b"HTTP/1.1 304 Not Modified\r\ncontent-length: 900\r\n\r\n";
        assert_eq!(parse(answer).unwrap().unwrap().body_bytes, 0);
        assert!(parse(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    }
}
