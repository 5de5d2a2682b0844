//! The data folder of the private Postgres: made, configured, started, stopped.

use std::fs::DirBuilder;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::process::Command;
use uuid::Uuid;

use super::binaries::{self, Binaries};
use super::owner::{self, Owner};
use super::postmaster::{self, Postmaster};

/// Below the data folder of Daybook.
pub(super) const FOLDER: &str = "postgres";
/// Part of the socket's name only; there is no TCP port.
pub(super) const PORT: u16 = 5432;

/// `sun_path` holds 108 bytes; the socket's own name and a lock file's suffix take 20.
const SOCKET_PATH_MAX: usize = 100;
const SOCKET_NAME_LEN: usize = "/.s.PGSQL.5432".len();
const INITDB_WITHIN: Duration = Duration::from_secs(180);
const STOP_WITHIN: Duration = Duration::from_secs(60);
/// `pg_ctl` has deadlines of its own; this is for a `pg_ctl` that hangs.
const GRACE: Duration = Duration::from_secs(10);
const LOG_LINES_SHOWN: usize = 15;

/// A complete cluster, running or not.
#[derive(Debug)]
pub(super) struct Cluster {
    data_dir: PathBuf,
    data: PathBuf,
    socket: PathBuf,
    owner: Owner,
    binaries: Binaries,
}

impl Cluster {
    /// Opens the one below `data_dir`, which is made if there is none. Call under the lock.
    pub(super) async fn open(data_dir: &Path, owner: Owner) -> Result<Self> {
        let data = data_dir.join(FOLDER);
        check_path(&data)?;
        let made_by = binaries::made_by(&data)?;
        if made_by.is_none() && data.exists() {
            bail!(
                "{} is no Postgres data folder (it has no PG_VERSION): move it away, or name another folder in DAYBOOK_DATA_DIR",
                data.display()
            );
        }
        let cluster = Self {
            data_dir: data_dir.to_path_buf(),
            socket: socket_folder(data_dir),
            data,
            owner,
            binaries: Binaries::find(made_by).await?,
        };
        if made_by.is_none() {
            cluster.init().await?;
        }
        Ok(cluster)
    }

    pub(super) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    pub(super) fn running(&self) -> Result<Option<Postmaster>> {
        postmaster::running(&self.data, &self.socket)
    }

    /// Starts a postmaster and waits until it serves; returns its socket's folder.
    pub(super) async fn start(&self, within: Duration) -> Result<PathBuf> {
        postmaster::clear_stale(&self.data, &self.socket).await?;
        self.make_socket_folder()?;
        self.configure(&self.data)?;
        let mut command = self.owner.command(&self.binaries.program("pg_ctl"));
        command.arg("start").arg("-D").arg(&self.data);
        // Without -l the postmaster would keep our pipes open and we would wait for it for ever.
        command.arg("-l").arg(self.data.join("start.log"));
        command.args(["-w", "-s", "-t", &within.as_secs().to_string()]);
        run(command, "pg_ctl start", within + GRACE)
            .await
            .with_context(|| {
                format!(
                    "cannot start the private Postgres. {}\n{}",
                    self.log_hint(),
                    self.log_tail()
                )
            })?;
        Ok(self.socket.clone())
    }

    /// A fast shutdown; when that does not end, an immediate one, which loses nothing that was committed.
    pub(super) async fn stop(&self) -> Result<()> {
        if self.running()?.is_none() {
            return Ok(());
        }
        if self.stop_in_mode("fast").await.is_ok() {
            return Ok(());
        }
        self.stop_in_mode("immediate").await.with_context(|| {
            format!(
                "the private Postgres in {} does not stop. {}",
                self.data.display(),
                self.log_hint()
            )
        })
    }

    async fn stop_in_mode(&self, mode: &str) -> Result<()> {
        let mut command = self.owner.command(&self.binaries.program("pg_ctl"));
        command
            .arg("stop")
            .arg("-D")
            .arg(&self.data)
            .args(["-m", mode, "-w", "-s"]);
        command.args(["-t", &STOP_WITHIN.as_secs().to_string()]);
        run(command, "pg_ctl stop", STOP_WITHIN + GRACE).await
    }

    /// Where to look when something is wrong.
    pub(super) fn log_hint(&self) -> String {
        format!(
            "Its logs are {0}/start.log and {0}/log",
            self.data.display()
        )
    }

    /// In a folder of another name, so that a kill in the middle leaves nothing that looks like a cluster.
    async fn init(&self) -> Result<()> {
        self.remove_unfinished();
        let unfinished = self
            .data_dir
            .join(format!("{FOLDER}.initdb-{}", Uuid::now_v7().simple()));
        make_private(&unfinished)?;
        self.owner.give(&unfinished)?;
        let mut command = self.owner.command(&self.binaries.program("initdb"));
        command
            .arg("-D")
            .arg(&unfinished)
            .args(["-U", super::OWNER_ROLE, "-A", "trust"])
            .args(["-E", "UTF8", "--locale=C.UTF-8"]);
        run(command, "initdb", INITDB_WITHIN)
            .await
            .with_context(|| {
                format!(
                    "cannot make the private Postgres in {}",
                    self.data_dir.display()
                )
            })?;
        self.write(&unfinished.join("pg_hba.conf"), HBA)?;
        self.append_include(&unfinished)?;
        std::fs::rename(&unfinished, &self.data)
            .with_context(|| format!("cannot rename {} to {FOLDER}", unfinished.display()))?;
        sync_folder(&self.data_dir)
    }

    /// Best effort: an `initdb` whose Daybook was killed may still be writing there.
    fn remove_unfinished(&self) {
        let Ok(entries) = std::fs::read_dir(&self.data_dir) else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            if name
                .to_string_lossy()
                .starts_with(&format!("{FOLDER}.initdb-"))
            {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
    }

    /// The owner's `postgresql.conf` stays as initdb made it, for operators to change; ours comes in by one line.
    fn append_include(&self, data: &Path) -> Result<()> {
        let path = data.join("postgresql.conf");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        self.configure(data)?;
        let include =
            "# What Daybook needs, written anew at each of its starts. Lines after this one win.";
        self.write(
            &path,
            &format!("{text}\n{include}\ninclude 'daybook.conf'\n"),
        )
    }

    fn configure(&self, data: &Path) -> Result<()> {
        let socket = self.socket.to_string_lossy();
        let text = format!(
            "# Written by Daybook at each start; change postgresql.conf instead.\n\
             listen_addresses = ''\n\
             unix_socket_directories = '\"{socket}\"'\n\
             unix_socket_permissions = 0700\n\
             port = {PORT}\n\
             max_connections = 100\n\
             shared_buffers = 128MB\n\
             # A week of logs, each day over the same day's of last week.\n\
             logging_collector = on\n\
             log_directory = 'log'\n\
             log_filename = 'postgres-%a.log'\n\
             log_truncate_on_rotation = on\n\
             log_rotation_age = 1d\n\
             log_rotation_size = 0\n\
             log_timezone = 'UTC'\n\
             timezone = 'UTC'\n"
        );
        self.write(&data.join("daybook.conf"), &text)
    }

    fn write(&self, path: &Path, text: &str) -> Result<()> {
        let part = path.with_extension("part");
        std::fs::write(&part, text).with_context(|| format!("cannot write {}", part.display()))?;
        std::fs::set_permissions(&part, std::fs::Permissions::from_mode(0o600))
            .with_context(|| format!("cannot close {} to others", part.display()))?;
        self.owner.give(&part)?;
        std::fs::rename(&part, path).with_context(|| format!("cannot replace {}", path.display()))
    }

    /// Below /tmp anybody may have made a folder of that name before us, so an existing one is checked.
    fn make_socket_folder(&self) -> Result<()> {
        let socket = &self.socket;
        match std::fs::symlink_metadata(socket) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => make_private(socket)?,
            Err(error) => {
                return Err(error).with_context(|| format!("cannot look at {}", socket.display()));
            }
            Ok(found) => {
                let ours = found.uid() == self.owner.uid || (found.uid() == 0 && owner::is_root()?);
                if !found.is_dir() || !ours {
                    bail!(
                        "{} is not a folder of user {}: remove it, the private Postgres keeps its socket there",
                        socket.display(),
                        self.owner.uid
                    );
                }
            }
        }
        self.owner.give(socket)?;
        std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o700))
            .with_context(|| format!("cannot close {} to others", socket.display()))
    }

    fn log_tail(&self) -> String {
        let mut logs = vec![self.data.join("start.log")];
        if let Ok(entries) = std::fs::read_dir(self.data.join("log")) {
            let modified =
                |path: &PathBuf| std::fs::metadata(path).and_then(|it| it.modified()).ok();
            logs.extend(
                entries
                    .flatten()
                    .map(|entry| entry.path())
                    .max_by_key(modified),
            );
        }
        let tail = |path: &PathBuf| {
            let text = std::fs::read(path).unwrap_or_default();
            let text = String::from_utf8_lossy(&text).into_owned();
            let skipped = text.lines().count().saturating_sub(LOG_LINES_SHOWN);
            text.lines().skip(skipped).collect::<Vec<_>>().join("\n")
        };
        logs.iter().map(tail).collect::<Vec<_>>().join("\n")
    }
}

/// Through the socket anybody is trusted: its folder of mode 0700 is the door. Through anything else, nobody is.
const HBA: &str = "# Written by Daybook. The socket's folder is closed to other users.\n\
                   local all all trust\n";

/// A socket's path is short by law of the system, so a long data folder gets a folder below /tmp, named after it.
fn socket_folder(data_dir: &Path) -> PathBuf {
    let beside = data_dir.join("run");
    if beside.as_os_str().len() + SOCKET_NAME_LEN <= SOCKET_PATH_MAX {
        return beside;
    }
    let name = Uuid::new_v5(
        &Uuid::NAMESPACE_URL,
        data_dir.as_os_str().as_encoded_bytes(),
    );
    Path::new("/tmp").join(format!("daybook-{}", name.simple()))
}

/// `pg_ctl` and the configuration put the path between quotes; these characters would end or change what they quote.
fn check_path(data: &Path) -> Result<()> {
    let Some(text) = data.to_str() else {
        bail!(
            "the data folder {} is not UTF-8: name another in DAYBOOK_DATA_DIR",
            data.display()
        );
    };
    let awkward = |it: char| it.is_control() || matches!(it, '"' | '\'' | '`' | '$' | '\\');
    match text.chars().find(|it| awkward(*it)) {
        Some(character) => bail!(
            "the data folder {text:?} contains {character:?}, which Postgres' tools cannot handle: name another in DAYBOOK_DATA_DIR"
        ),
        None => Ok(()),
    }
}

fn make_private(folder: &Path) -> Result<()> {
    DirBuilder::new()
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("cannot make {}", folder.display()))
}

/// So that the rename itself survives a loss of power.
fn sync_folder(folder: &Path) -> Result<()> {
    std::fs::File::open(folder)
        .and_then(|folder| folder.sync_all())
        .with_context(|| format!("cannot sync {}", folder.display()))
}

async fn run(mut command: Command, what: &str, within: Duration) -> Result<()> {
    let output = tokio::time::timeout(within, command.output())
        .await
        .with_context(|| format!("{what} did not end within {} s", within.as_secs()))?
        .with_context(|| format!("cannot run {what}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{what} failed ({}): {}", output.status, said.trim());
    }
    Ok(())
}
