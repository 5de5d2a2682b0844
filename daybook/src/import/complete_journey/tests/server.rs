//! A stand-in for Daybook: answers as a test tells it to and remembers what it was asked. Just enough HTTP/1.1 for that.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// One request.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) key: String,
    pub(super) body: Value,
}

/// What to answer.
pub(super) enum Reply {
    Created,
    Problem(u16, Value),
    /// The connection ends without an answer.
    Silence,
    /// An answer that breaks off.
    Half,
}

/// The running stand-in.
pub(super) struct Server {
    pub(super) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// `answer` gets each request and how many came before it.
    pub(super) async fn start(
        answer: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (answer, memory) = (Arc::new(answer), asked.clone());
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (answer, memory) = (answer.clone(), memory.clone());
                tokio::spawn(async move { serve(connection, &*answer, &memory).await });
            }
        });
        Self { url, asked }
    }

    pub(super) fn asked(&self, path: &str) -> Vec<Asked> {
        let asked = self.asked.lock().unwrap();
        asked
            .iter()
            .filter(|it| it.path.starts_with(path))
            .cloned()
            .collect()
    }
}

async fn serve(
    connection: TcpStream,
    answer: &(impl Fn(&Asked, usize) -> Reply + ?Sized),
    memory: &Mutex<Vec<Asked>>,
) {
    let mut connection = BufReader::new(connection);
    while let Some(asked) = receive(&mut connection).await {
        let before = {
            let mut memory = memory.lock().unwrap();
            memory.push(asked.clone());
            memory.len() - 1
        };
        let text = match answer(&asked, before) {
            Reply::Created => "HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}".to_owned(),
            Reply::Problem(status, body) => {
                let body = body.to_string();
                let length = body.len();
                format!(
                    "HTTP/1.1 {status} No\r\nretry-after: 0\r\ncontent-type: application/problem+json\r\ncontent-length: {length}\r\n\r\n{body}"
                )
            }
            Reply::Silence => return,
            Reply::Half => {
                let _ = connection
                    .write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 99\r\n\r\n{")
                    .await;
                return;
            }
        };
        if connection.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn receive(connection: &mut BufReader<TcpStream>) -> Option<Asked> {
    let (mut path, mut key, mut length) = (String::new(), String::new(), 0);
    loop {
        let mut line = String::new();
        connection
            .read_line(&mut line)
            .await
            .ok()
            .filter(|read| *read > 0)?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        match line.split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("idempotency-key") => {
                key = value.to_owned()
            }
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().unwrap()
            }
            Some(_) => {}
            None => path = line.split(' ').nth(1)?.to_owned(),
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await.ok()?;
    let body = serde_json::from_slice(&body).unwrap();
    Some(Asked { path, key, body })
}
