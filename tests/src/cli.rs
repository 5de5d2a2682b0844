//! The `daybook` executable as a command: run to its end, or started and killed.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

/// Enough of a server's log to see why it failed; never all of a long run's.
const LOG_LINES_MAX: usize = 2_000;

/// The executable that was built with these tests, or the one that `DAYBOOK_BIN` names.
pub fn executable() -> PathBuf {
    let path = std::env::var_os("DAYBOOK_BIN").map_or_else(
        || {
            let test = std::env::current_exe().expect("the test's own path");
            // target/debug/deps/<test> → target/debug/daybook
            let built = test.parent().and_then(|deps| deps.parent());
            built.expect("a target folder").join("daybook")
        },
        PathBuf::from,
    );
    assert!(
        path.is_file(),
        "there is no {}: run through `make test`, or `cargo build -p daybook` first",
        path.display()
    );
    path
}

/// One invocation of `daybook`, with nothing of the caller's own configuration in its environment.
#[derive(Clone, Debug, Default)]
pub struct Cli {
    args: Vec<String>,
    env: Vec<(String, String)>,
}

/// How it ended.
#[derive(Debug)]
pub struct Finished {
    /// Its exit status.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

/// One that runs; killed when dropped.
pub struct Running {
    pub(crate) child: Child,
    pub(crate) log: Log,
    pub(crate) stdout: mpsc::UnboundedReceiver<String>,
}

impl Cli {
    /// `daybook ARGS…`
    pub fn new<A: Into<String>>(args: impl IntoIterator<Item = A>) -> Self {
        Self {
            args: args.into_iter().map(Into::into).collect(),
            env: vec![
                ("DAYBOOK_TOKEN".to_owned(), crate::TOKEN.to_owned()),
                (
                    "DAYBOOK_MASTER_KEY".to_owned(),
                    crate::MASTER_KEY.to_owned(),
                ),
            ],
        }
    }

    /// One more argument.
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// One environment variable, the last one wins.
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    fn command(&self) -> Command {
        let mut command = Command::new(executable());
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("DAYBOOK_") && name != "DAYBOOK_POSTGRES_BIN" {
                command.env_remove(&name);
            }
        }
        command
            .env_remove("DATABASE_URL")
            .env_remove("KAFKA_BROKERS")
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .args(&self.args)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Runs it to its end; longer than `within` fails the test.
    pub async fn run(&self, within: Duration) -> Finished {
        let output = tokio::time::timeout(within, self.command().output()).await;
        let output = output
            .unwrap_or_else(|_| panic!("daybook {:?} did not end within {within:?}", self.args))
            .expect("start daybook");
        Finished {
            status: output.status,
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Starts it and returns at once.
    pub fn start(&self) -> Running {
        let mut child = self
            .command()
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("start daybook");
        let log = Log::default();
        let (lines, stdout) = mpsc::unbounded_channel();
        log.follow(child.stdout.take(), Some(lines));
        log.follow(child.stderr.take(), None);
        Running { child, log, stdout }
    }
}

impl Finished {
    /// The last line of its standard output.
    pub fn last_line(&self) -> &str {
        self.stdout.lines().last().unwrap_or_default()
    }

    /// Fails the test with all that it said unless it succeeded.
    #[track_caller]
    pub fn expect_success(self) -> Self {
        assert!(
            self.status.success(),
            "daybook ended with {}\n{}\n{}",
            self.status,
            self.stdout,
            self.stderr
        );
        self
    }
}

impl Running {
    /// `kill -9`, and waits until the system has buried it.
    pub async fn kill9(&mut self) {
        let _ = self.child.kill().await;
    }

    /// SIGTERM, and its exit status; one that does not end within `within` fails the test.
    pub async fn terminate(&mut self, within: Duration) -> ExitStatus {
        if let Some(pid) = self.child.id() {
            crate::signal(pid, "TERM");
        }
        self.wait(within).await
    }

    /// Its exit status; one that does not end within `within` fails the test.
    pub async fn wait(&mut self, within: Duration) -> ExitStatus {
        match tokio::time::timeout(within, self.child.wait()).await {
            Ok(status) => status.expect("wait for daybook"),
            Err(_) => panic!(
                "daybook did not end within {within:?}; its log:\n{}",
                self.logs()
            ),
        }
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// The end of what it wrote on both outputs.
    pub fn logs(&self) -> String {
        self.log.text()
    }
}

impl Drop for Running {
    /// The log of a server under a test that fails is half of the failure's message.
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- the end of daybook's log ---\n{}", self.log.text());
        }
    }
}

/// What a process wrote, its end only.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<VecDeque<String>>>);

impl Log {
    fn follow(
        &self,
        stream: Option<impl AsyncRead + Unpin + Send + 'static>,
        copy_to: Option<mpsc::UnboundedSender<String>>,
    ) {
        let Some(stream) = stream else { return };
        let log = self.clone();
        tokio::spawn(async move {
            let mut lines = BufReader::new(stream).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some(copy_to) = &copy_to {
                    let _ = copy_to.send(line.clone());
                }
                log.push(line);
            }
        });
    }

    fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap();
        if lines.len() == LOG_LINES_MAX {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    fn text(&self) -> String {
        let lines = self.0.lock().unwrap();
        lines
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("\n")
    }
}
