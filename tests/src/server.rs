//! `daybook serve` as a fixture: started on a free port, ready when the constructor returns, gone with the value.

use std::path::Path;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::cli::{Cli, Running};
use crate::{Http, Kafka, Postgres, eventually};

/// A first start of an embedded Postgres on a busy machine included.
const READY_WITHIN: Duration = Duration::from_secs(60);
const STOPPED_WITHIN: Duration = Duration::from_secs(45);

/// How a server is to be started.
#[derive(Clone, Debug)]
pub struct Launch {
    cli: Cli,
    /// What it keeps in files, unless it is told another place: gone with the last server that this starts.
    _folder: Option<Arc<TempDir>>,
    /// Its private Postgres outlives a kill, so the fixture must end it politely.
    embedded: bool,
}

impl Launch {
    /// On a database of the harness.
    pub fn on(postgres: &Postgres) -> Self {
        Self::on_url(&postgres.url())
    }

    /// On any database.
    pub fn on_url(url: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the server's files");
        let cli = serve()
            .env("DATABASE_URL", url)
            .env("DAYBOOK_DATA_DIR", folder.path().to_string_lossy());
        Self {
            cli,
            _folder: Some(Arc::new(folder)),
            embedded: false,
        }
    }

    /// On an embedded Postgres that keeps its data below `data_dir`.
    pub fn embedded(data_dir: &Path) -> Self {
        Self {
            cli: serve().env("DAYBOOK_DATA_DIR", data_dir.to_string_lossy()),
            _folder: None,
            embedded: true,
        }
    }

    /// With relay and Kafka feeds on these brokers.
    pub fn kafka(self, kafka: &Kafka) -> Self {
        self.env("KAFKA_BROKERS", kafka.brokers())
    }

    /// Only one part: `api`, `relay`, `projections`, …
    pub fn role(self, role: &str) -> Self {
        self.arg("--role").arg(role)
    }

    /// One more argument.
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.cli = self.cli.arg(arg);
        self
    }

    /// One more environment variable.
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.cli = self.cli.env(name, value);
        self
    }

    /// Starts it and waits until `/readyz` answers 200.
    pub async fn start(&self) -> Server {
        let server = self.start_unready().await;
        server.ready(READY_WITHIN).await;
        server
    }

    /// Starts it and waits for its address only: for tests in which it cannot be ready yet.
    pub async fn start_unready(&self) -> Server {
        let mut process = self.cli.start();
        let Some(url) = address(&mut process).await else {
            let status = process.child.try_wait();
            panic!(
                "daybook did not print `listening on http://…` within {READY_WITHIN:?} (status {status:?})"
            );
        };
        Server {
            launch: self.clone(),
            process,
            url,
        }
    }
}

fn serve() -> Cli {
    Cli::new(["serve"]).env("DAYBOOK_LISTEN", "127.0.0.1:0")
}

/// The address that the server prints first; nothing when it ends or stays silent.
async fn address(process: &mut Running) -> Option<String> {
    let deadline = tokio::time::Instant::now() + READY_WITHIN;
    loop {
        let line = tokio::time::timeout_at(deadline, process.stdout.recv())
            .await
            .ok()??;
        if let Some((_, url)) = line.split_once("listening on ") {
            return Some(url.trim().to_owned());
        }
    }
}

/// A running `daybook serve`.
pub struct Server {
    launch: Launch,
    process: Running,
    url: String,
}

impl Server {
    /// A whole server (every role) on a database of the harness.
    pub async fn start(postgres: &Postgres) -> Self {
        Launch::on(postgres).start().await
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A client of it.
    pub fn http(&self) -> Http {
        Http::new(&self.url)
    }

    /// Waits until `/readyz` answers 200.
    pub async fn ready(&self, within: Duration) {
        let http = self.http();
        eventually("the server is ready", within, async || {
            match http
                .try_send(http.request(reqwest::Method::GET, "/readyz"))
                .await
            {
                Ok(reply) if reply.status == 200 => Ok(()),
                Ok(reply) => Err(reply.describe()),
                Err(error) => Err(error.to_string()),
            }
        })
        .await;
    }

    /// `kill -9`.
    pub async fn kill9(&mut self) {
        self.process.kill9().await;
    }

    /// SIGTERM, and waits for the end.
    pub async fn terminate(&mut self) -> ExitStatus {
        self.process.terminate(STOPPED_WITHIN).await
    }

    /// Starts it again as it was, on the same port, so that clients find it. Kill or terminate it first.
    pub async fn restart(&mut self) {
        let address = self.url.trim_start_matches("http://").to_owned();
        let again = self
            .launch
            .clone()
            .env("DAYBOOK_LISTEN", address)
            .start()
            .await;
        *self = again;
    }

    /// The end of what it wrote.
    pub fn logs(&self) -> String {
        self.process.logs()
    }

    /// Its process id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.process.child.id()
    }
}

impl Drop for Server {
    /// Killed with the value by tokio; an embedded Postgres, though, must be ended by its server.
    fn drop(&mut self) {
        if !self.launch.embedded || !self.process.is_running() {
            return;
        }
        if let Some(pid) = self.process.child.id() {
            crate::signal(pid, "TERM");
            let asked = Instant::now();
            while self.process.is_running() && asked.elapsed() < STOPPED_WITHIN {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
}
