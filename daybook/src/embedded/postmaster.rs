//! Whether a postmaster serves a data folder, as told by its `postmaster.pid` and checked against `/proc`.
//!
//! The file alone proves nothing: after a crash it stays, and by then its process id may be anybody's. A postmaster is alive
//! when that process works in the data folder, as every Postgres process does.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::cluster::PORT;

/// The children of a killed postmaster notice and end by themselves.
const ORPHANS_WITHIN: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);

/// Line 5 of `postmaster.pid` (0-based: 4): the folder of its socket.
const SOCKET_LINE: usize = 4;

/// A postmaster that is alive.
#[derive(Debug)]
pub(super) struct Postmaster {
    /// The folder of its socket; as it was configured until the file says so.
    pub(super) socket: PathBuf,
}

/// The one that serves `data`; `socket` is where it would listen.
pub(super) fn running(data: &Path, socket: &Path) -> Result<Option<Postmaster>> {
    let Some(text) = read(data)? else {
        return Ok(None);
    };
    let pid = text.lines().next().unwrap_or_default().trim();
    if !works_in(pid, data) {
        return Ok(None);
    }
    let told = text
        .lines()
        .nth(SOCKET_LINE)
        .map(str::trim)
        .filter(|it| !it.is_empty());
    let socket = told.map_or_else(|| socket.to_path_buf(), PathBuf::from);
    Ok(Some(Postmaster { socket }))
}

/// Clears the way after a crash: waits for orphaned children (two postmasters' processes on one folder would destroy it),
/// then removes the lock files whose process id still exists, as another process or as a zombie that nobody buries:
/// Postgres itself would take it for a rival.
pub(super) async fn clear_stale(data: &Path, socket: &Path) -> Result<()> {
    if read(data)?.is_none() {
        return Ok(());
    }
    let deadline = Instant::now() + ORPHANS_WITHIN;
    while let Some(pid) = somebody_in(data) {
        if Instant::now() > deadline {
            bail!(
                "process {pid} of a Postgres that died still works in {}; it should have ended by itself, end it and start again",
                data.display()
            );
        }
        tokio::time::sleep(POLL).await;
    }
    for path in [
        data.join("postmaster.pid"),
        socket.join(format!(".s.PGSQL.{PORT}.lock")),
    ] {
        remove_if_taken_over(&path)?;
    }
    Ok(())
}

/// A number that belongs to nobody is left for Postgres, which then knows that it recovers from a crash.
fn remove_if_taken_over(path: &Path) -> Result<()> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let pid = text.lines().next().unwrap_or_default().trim();
    if pid.is_empty() || !Path::new("/proc").join(pid).exists() {
        return Ok(());
    }
    std::fs::remove_file(path)
        .with_context(|| format!("cannot remove the stale {}", path.display()))
}

fn read(data: &Path) -> Result<Option<String>> {
    let path = data.join("postmaster.pid");
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn works_in(pid: &str, data: &Path) -> bool {
    let is_number = !pid.is_empty() && pid.bytes().all(|byte| byte.is_ascii_digit());
    is_number
        && std::fs::read_link(format!("/proc/{pid}/cwd"))
            .is_ok_and(|folder| folder == data && !is_zombie(pid))
}

/// A killed child of ours that nobody has waited for yet is dead all the same.
fn is_zombie(pid: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    status
        .rsplit_once(')')
        .is_some_and(|(_, rest)| rest.trim_start().starts_with(['Z', 'X']))
}

fn somebody_in(data: &Path) -> Option<String> {
    let processes = std::fs::read_dir("/proc").ok()?;
    processes
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .find(|pid| works_in(pid, data))
}
