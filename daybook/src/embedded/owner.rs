//! Who the private Postgres runs as. Postgres refuses root, so root hands it to user `postgres`; anybody else keeps it.

use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::process::Command;

const LOOK_UP_WITHIN: Duration = Duration::from_secs(10);

/// The user of the postmaster and its files.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner {
    pub(super) uid: u32,
    gid: u32,
    /// We are root and become that user for every program of Postgres.
    drops: bool,
}

/// Whether this process is root. `/proc` answers without unsafe code.
pub(super) fn is_root() -> Result<bool> {
    Ok(ourselves()?.0 == 0)
}

fn ourselves() -> Result<(u32, u32)> {
    let me = std::fs::metadata("/proc/self")
        .context("cannot read /proc/self; the private Postgres needs Linux with /proc")?;
    Ok((me.uid(), me.gid()))
}

impl Owner {
    /// For data in `data`: us, or for root the owner of what is there already, or else user `postgres`.
    pub(super) async fn of(data: &Path) -> Result<Self> {
        let (uid, gid) = ourselves()?;
        let found = std::fs::metadata(data).ok().map(|it| (it.uid(), it.gid()));
        match found {
            Some((owner, _)) if uid != 0 && owner != uid => bail!(
                "{} belongs to user {owner}, and we are user {uid}: run as that user or as root, or name another folder in DAYBOOK_DATA_DIR",
                data.display()
            ),
            _ if uid != 0 => Ok(Self {
                uid,
                gid,
                drops: false,
            }),
            Some((uid, gid)) if uid != 0 => Ok(Self {
                uid,
                gid,
                drops: true,
            }),
            _ => Ok(Self {
                uid: look_up("-u").await?,
                gid: look_up("-g").await?,
                drops: true,
            }),
        }
    }

    /// A program of Postgres: as the owner, and with none of our `PG…` variables, which would change what it does.
    pub(super) fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        // Postgres' programs refuse to work in a folder that they cannot enter, as root's home.
        command
            .current_dir("/")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        if self.drops {
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Gives a file or folder to the owner.
    pub(super) fn give(self, path: &Path) -> Result<()> {
        if !self.drops {
            return Ok(());
        }
        chown(path, Some(self.uid), Some(self.gid))
            .with_context(|| format!("cannot give {} to user {}", path.display(), self.uid))
    }

    /// That the owner may pass through every folder on the way; says which one is closed and what opens it.
    pub(super) fn check_access(self, data_dir: &Path) -> Result<()> {
        if !self.drops {
            return Ok(());
        }
        for folder in data_dir.ancestors() {
            // A folder that is not there yet will be made by us, open.
            let Ok(metadata) = std::fs::metadata(folder) else {
                continue;
            };
            let passes = if metadata.uid() == self.uid {
                0o100
            } else if metadata.gid() == self.gid {
                0o010
            } else {
                0o001
            };
            if metadata.mode() & passes == 0 {
                bail!(
                    "the private Postgres runs as user {}, who may not pass through {} (mode {:04o}): \
                     allow it with `chmod o+x {}`, or name a folder elsewhere in DAYBOOK_DATA_DIR, for example /var/lib/daybook, \
                     or name a Postgres of your own in DATABASE_URL",
                    self.uid,
                    folder.display(),
                    metadata.mode() & 0o7777,
                    folder.display()
                );
            }
        }
        Ok(())
    }
}

/// `id` asks the system's user database, wherever that is kept.
async fn look_up(what: &str) -> Result<u32> {
    let mut command = Command::new("id");
    command
        .args([what, "postgres"])
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = tokio::time::timeout(LOOK_UP_WITHIN, command.output())
        .await
        .context("`id postgres` does not answer")?
        .context("cannot run `id`")?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().ok().filter(|id| *id != 0).context(
        "Postgres refuses to run as root and there is no user `postgres`: install the postgresql package, which makes it, \
         run Daybook as a plain user, or name a Postgres of your own in DATABASE_URL",
    )
}
