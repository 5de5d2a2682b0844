//! What processes use, from `/proc`: memory of one, processor time of many.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use daybook_tests::{Postgres, Server};

/// A clock tick of `/proc/PID/stat`: 100 a second on every Linux that is not built by hand.
const TICKS_PER_SECOND: f64 = 100.0;

/// Resident memory in megabytes (10⁶ bytes).
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Now.
    pub resident: f64,
    /// The most there ever was.
    pub peak: f64,
}

/// The memory of a server.
pub fn memory(server: &Server) -> Result<Memory> {
    let pid = server.pid().context("the server has ended")?;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let megabytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib: f64 = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok())?;
        Some(kib * 1_024.0 / 1e6)
    };
    Ok(Memory {
        resident: megabytes("VmRSS:").context("no VmRSS")?,
        peak: megabytes("VmHWM:").context("no VmHWM")?,
    })
}

/// Processes whose processor time is counted together.
pub struct Processes {
    postmaster: u32,
    server: Option<u32>,
}

impl Processes {
    /// Those of the Postgres that holds this database, and of a Daybook on it where one takes part.
    pub async fn of(database: &Postgres, server: Option<&Server>) -> Result<Self> {
        let pool = database.pool().await;
        let backend: i32 = sqlx::query_scalar("select pg_backend_pid()")
            .fetch_one(&pool)
            .await?;
        let stat = Stat::read(u32::try_from(backend)?).context("no such backend here")?;
        pool.close().await;
        Ok(Self {
            postmaster: stat.parent,
            server: server.and_then(Server::pid),
        })
    }

    /// Seconds that they have run so far, those of Postgres' ended children included.
    pub fn seconds(&self) -> Result<f64> {
        let mut all = HashMap::new();
        for entry in std::fs::read_dir("/proc")? {
            let name = entry?.file_name();
            if let Some(pid) = name.to_str().and_then(|name| name.parse().ok())
                && let Some(stat) = Stat::read(pid)
            {
                all.insert(pid, stat);
            }
        }
        let postmaster = all
            .get(&self.postmaster)
            .context("the postmaster has ended")?;
        let backends = all.values().filter(|stat| stat.parent == self.postmaster);
        let ticks = postmaster.own
            + postmaster.ended_children
            + backends.map(|stat| stat.own).sum::<f64>()
            + self
                .server
                .and_then(|pid| all.get(&pid))
                .map_or(0.0, |stat| stat.own);
        Ok(ticks / TICKS_PER_SECOND)
    }
}

struct Stat {
    parent: u32,
    own: f64,
    ended_children: f64,
}

impl Stat {
    /// Nothing of a process that has just ended.
    fn read(pid: u32) -> Option<Self> {
        let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The second field, the name, may hold anything; it ends with the last parenthesis.
        let (_, fields) = text.rsplit_once(") ")?;
        let fields: Vec<&str> = fields.split(' ').collect();
        let ticks = |index: usize| fields.get(index)?.parse::<f64>().ok();
        Some(Self {
            parent: fields.get(1)?.parse().ok()?,
            own: ticks(11)? + ticks(12)?,
            ended_children: ticks(13)? + ticks(14)?,
        })
    }
}
