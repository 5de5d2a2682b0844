//! A client that sends what it is given: no address is tidied, no header corrected.

use std::time::{Duration, Instant};

use bytes::Bytes;
use daybook_tests::Server;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

/// A server that says nothing for so long has failed the test.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// A request as it is sent.
pub type Ask = Request<Full<Bytes>>;

/// Where a server is, and how it is spoken to.
#[derive(Clone)]
pub struct Door {
    pub address: String,
    /// Over TLS, if so.
    pub tls: Option<TlsConnector>,
}

/// One connection to a server, opened anew when the server has closed it.
pub struct Wire {
    door: Door,
    open: Option<SendRequest<Full<Bytes>>>,
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Heard {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub took: Duration,
}

impl Door {
    /// The plain door of a server.
    pub fn of(server: &Server) -> Self {
        Self {
            address: server.url().trim_start_matches("http://").to_owned(),
            tls: None,
        }
    }
}

impl Wire {
    /// To a server that speaks plain HTTP.
    pub fn to(server: &Server) -> Self {
        Self::through(&Door::of(server))
    }

    /// Through a door.
    pub fn through(door: &Door) -> Self {
        Self {
            door: door.clone(),
            open: None,
        }
    }

    /// Its answer. A connection that the server closed before it took the request is opened once more.
    pub async fn send(&mut self, ask: Ask) -> Heard {
        let shown = format!("{} {}", ask.method(), ask.uri());
        let reused = self.open.is_some();
        let began = Instant::now();
        let mut answered = self.try_send(ask.clone()).await;
        if answered.is_err() && reused {
            answered = self.try_send(ask).await;
        }
        let (status, headers, body) =
            answered.unwrap_or_else(|error| panic!("{shown}: no answer: {error}"));
        Heard {
            status,
            headers,
            body,
            took: began.elapsed(),
        }
    }

    async fn try_send(&mut self, ask: Ask) -> Result<(u16, HeaderMap, Bytes), String> {
        let answered = tokio::time::timeout(ANSWER_WITHIN, self.exchange(ask)).await;
        let answered = answered.unwrap_or_else(|_| Err("not within a minute".to_owned()));
        if answered.is_err() {
            self.open = None;
        }
        answered
    }

    async fn exchange(&mut self, ask: Ask) -> Result<(u16, HeaderMap, Bytes), String> {
        let said = |error: hyper::Error| format!("{error:?}");
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.connect().await?,
        };
        open.ready().await.map_err(said)?;
        let (parts, body) = open.send_request(ask).await.map_err(said)?.into_parts();
        let body = body.collect().await.map_err(said)?.to_bytes();
        self.open = Some(open);
        Ok((parts.status.as_u16(), parts.headers, body))
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, String> {
        let stream = TcpStream::connect(&self.door.address).await;
        let stream = stream.map_err(|error| error.to_string())?;
        let _ = stream.set_nodelay(true);
        match &self.door.tls {
            None => speak(stream).await,
            Some(tls) => {
                let name = ServerName::try_from("localhost").unwrap();
                let stream = tls.connect(name, stream).await;
                speak(stream.map_err(|error| error.to_string())?).await
            }
        }
    }
}

async fn speak<S>(stream: S) -> Result<SendRequest<Full<Bytes>>, String>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (sender, connection) = handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    tokio::spawn(connection);
    Ok(sender)
}

impl Heard {
    /// One header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// Status and the body's begin, for messages.
    pub fn describe(&self) -> String {
        let body: String = String::from_utf8_lossy(&self.body)
            .chars()
            .take(600)
            .collect();
        format!("{} {body}", self.status)
    }
}
