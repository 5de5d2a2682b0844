//! What it was measured on.

use std::process::Command;

use anyhow::Result;
use sqlx::{Connection, PgConnection};
use time::OffsetDateTime;

use crate::ground::Ground;

/// The machine, and the versions of what ran on it.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Processor, cores, memory, kernel.
    pub hardware: String,
    /// Rust and Postgres.
    pub versions: String,
    /// Postgres' settings that matter here.
    pub durability: String,
    commit: String,
}

impl Machine {
    /// Looks at this one.
    pub async fn look(ground: &Ground) -> Result<Self> {
        let mut postgres = PgConnection::connect(&ground.url()).await?;
        let mut show = async |name: &str| -> Result<String> {
            let value: String = sqlx::query_scalar("select current_setting($1)")
                .bind(name)
                .fetch_one(&mut postgres)
                .await?;
            Ok(value)
        };
        let mut durability = Vec::new();
        for name in [
            "fsync",
            "synchronous_commit",
            "full_page_writes",
            "shared_buffers",
        ] {
            durability.push(format!("`{name} = {}`", show(name).await?));
        }
        let server = show("server_version").await?;
        let cores = std::thread::available_parallelism()?;
        let memory = field("/proc/meminfo", "MemTotal").unwrap_or_default();
        let kib: u64 = memory
            .trim_end_matches(" kB")
            .trim()
            .parse()
            .unwrap_or_default();
        let processor =
            field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
        Ok(Self {
            hardware: format!(
                "{processor}, {cores} cores, {} GiB, Linux {}",
                kib / 1024 / 1024,
                run("uname", &["-r"])
            ),
            versions: format!(
                "{}, Postgres {server}, cqrs-es and postgres-es 0.5",
                run("rustc", &["--version"])
            ),
            durability: durability.join(", "),
            commit: run("git", &["rev-parse", "--short", "HEAD"]),
        })
    }

    /// When and what.
    pub fn measured(&self) -> String {
        format!("{} at {}", OffsetDateTime::now_utc().date(), self.commit)
    }
}

/// A field of one of the kernel's lists.
fn field(path: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(
        |_| "unknown".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}
