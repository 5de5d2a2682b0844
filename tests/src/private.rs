//! Servers of a test's own, for tests that stop, kill and restart them. They cost a second or two: use the shared ones
//! otherwise. `scripts/` starts and stops them, as it does for a developer.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A real Kafka broker.
pub struct Broker(Service);

/// A real Postgres server, as durable as in production.
pub struct Cluster(Service);

/// A real OIDC server. Its keys are new at each start.
pub struct Issuer(Service);

impl Broker {
    /// Starts one on a free port.
    pub async fn start() -> Self {
        Self(Service::start("kafka").await)
    }

    /// Starts one whose folder `prepare` has put something into.
    pub(crate) async fn start_prepared(prepare: impl FnOnce(&Path)) -> Self {
        Self(Service::start_prepared("kafka", prepare).await)
    }

    /// For `KAFKA_BROKERS`.
    pub fn brokers(&self) -> String {
        self.neighbour(0)
    }

    /// Its listener so many ports further.
    pub(crate) fn neighbour(&self, further: u16) -> String {
        format!("127.0.0.1:{}", self.0.port + further)
    }

    /// Stops it in order.
    pub fn stop(&self) {
        self.0.stop();
    }

    /// `kill -9`.
    pub fn kill9(&self) {
        self.0.kill9("broker.pid");
    }

    /// Starts it again with its data, on the same port.
    pub async fn restart(&mut self) {
        self.0.restart().await;
    }
}

impl Cluster {
    /// Starts one on a free port.
    pub async fn start() -> Self {
        Self(Service::start("postgres").await)
    }

    /// For `DATABASE_URL` and `Postgres::fresh_on`.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.0.port)
    }

    /// Where its files are: `base`, `pg_wal` and the others.
    pub fn files(&self) -> PathBuf {
        data(self.0.folder.path())
    }

    /// Stops it in order; clients are cut off.
    pub fn stop(&self) {
        self.0.stop();
    }

    /// `kill -9` of the postmaster; its children notice and end.
    pub fn kill9(&self) {
        self.0.kill9("postmaster.pid");
    }

    /// Starts it again with its data, on the same port.
    pub async fn restart(&mut self) {
        self.0.restart().await;
    }
}

impl Issuer {
    /// Starts one on a free port.
    pub async fn start() -> Self {
        Self(Service::start("oidc").await)
    }

    /// Its issuer.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.0.port)
    }

    /// Stops it.
    pub fn stop(&self) {
        self.0.stop();
    }

    /// Starts it again on the same port, with other keys.
    pub async fn restart(&mut self) {
        self.0.restart().await;
    }
}

struct Service {
    kind: &'static str,
    folder: TempDir,
    port: u16,
}

impl Service {
    async fn start(kind: &'static str) -> Self {
        Self::start_prepared(kind, |_| {}).await
    }

    async fn start_prepared(kind: &'static str, prepare: impl FnOnce(&Path)) -> Self {
        // As root, Postgres runs as another user, who must be able to pass through.
        let folder = tempfile::Builder::new()
            .prefix("daybook-test-")
            .permissions(std::fs::Permissions::from_mode(0o711))
            .tempdir()
            .expect("a temporary folder");
        let data = data(folder.path());
        std::fs::create_dir(&data).expect("a data folder");
        prepare(&data);
        let port = up(kind, data, None).await;
        Self { kind, folder, port }
    }

    async fn restart(&mut self) {
        self.port = up(self.kind, data(self.folder.path()), Some(self.port)).await;
    }

    fn stop(&self) {
        let status = Command::new(script(self.kind, "down.sh"))
            .arg(data(self.folder.path()))
            .status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "cannot stop {}",
            self.kind
        );
    }

    fn kill9(&self, pid_file: &str) {
        let path = data(self.folder.path()).join(pid_file);
        let text = std::fs::read_to_string(&path).expect("a process id file");
        let pid: u32 = text
            .lines()
            .next()
            .and_then(|line| line.trim().parse().ok())
            .expect("a process id");
        crate::signal(pid, "KILL");
        while Path::new(&format!("/proc/{pid}/cwd")).exists() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = Command::new(script(self.kind, "down.sh"))
            .arg(data(self.folder.path()))
            .status();
    }
}

fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

fn script(kind: &str, name: &str) -> PathBuf {
    crate::checkout().join("scripts").join(kind).join(name)
}

/// Runs `up.sh` on a thread that may block, and returns the port that it prints.
async fn up(kind: &'static str, data: PathBuf, port: Option<u16>) -> u16 {
    let run = move || {
        let mut command = Command::new(script(kind, "up.sh"));
        command.arg(&data).stdin(Stdio::null());
        if let Some(port) = port {
            command.arg(port.to_string());
        }
        command.output()
    };
    let output = tokio::task::spawn_blocking(run)
        .await
        .expect("run a script");
    let output = output.expect("start scripts/*/up.sh");
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().unwrap_or_else(|_| {
        panic!(
            "cannot start {kind}: {}",
            String::from_utf8_lossy(&output.stderr)
        )
    })
}
