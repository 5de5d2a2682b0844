//! Where the machine's Postgres server programs are, and which version.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::process::Command;

/// Names the folder outright.
pub(super) const VARIABLE: &str = "DAYBOOK_POSTGRES_BIN";

const NEEDED: [&str; 3] = ["initdb", "pg_ctl", "postgres"];
const ASK_WITHIN: Duration = Duration::from_secs(10);

/// A folder with all the programs that are needed.
#[derive(Clone, Debug)]
pub(super) struct Binaries {
    folder: PathBuf,
}

impl Binaries {
    /// The folder for a cluster made by major version `made_by`, or for a new one the best there is.
    pub(super) async fn find(made_by: Option<u32>) -> Result<Self> {
        if let Some(folder) = std::env::var_os(VARIABLE) {
            let folder = PathBuf::from(folder);
            if !is_complete(&folder) {
                bail!(
                    "{VARIABLE} is {}, which must hold {}",
                    folder.display(),
                    NEEDED.join(", ")
                );
            }
            return Self::checked(vec![folder], made_by).await;
        }
        let mut folders: Vec<PathBuf> = pg_config().await.into_iter().collect();
        folders.extend(debian());
        folders.extend(on_path());
        folders.retain(|folder| is_complete(folder));
        Self::checked(folders, made_by).await
    }

    /// One of the programs.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    async fn checked(folders: Vec<PathBuf>, made_by: Option<u32>) -> Result<Self> {
        let mut seen = Vec::new();
        for folder in folders {
            let Some(version) = major_version(&folder).await else {
                continue;
            };
            if made_by.is_none_or(|made_by| made_by == version) {
                return Ok(Self { folder });
            }
            seen.push(version.to_string());
        }
        match made_by {
            Some(made_by) if !seen.is_empty() => bail!(
                "the data was made by Postgres {made_by}, and only {} is installed: install postgresql-{made_by}, or carry the data over with pg_upgrade",
                seen.join(", ")
            ),
            _ => bail!(
                "no Postgres server programs ({}) found: install the postgresql package, name their folder in {VARIABLE}, or name a Postgres of your own in DATABASE_URL",
                NEEDED.join(", ")
            ),
        }
    }
}

fn is_complete(folder: &Path) -> bool {
    NEEDED.iter().all(|name| folder.join(name).is_file())
}

async fn answer(program: &Path, argument: &str) -> Option<String> {
    let mut command = Command::new(program);
    command
        .arg(argument)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let output = tokio::time::timeout(ASK_WITHIN, command.output())
        .await
        .ok()?
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

async fn pg_config() -> Option<PathBuf> {
    answer(Path::new("pg_config"), "--bindir")
        .await
        .map(PathBuf::from)
}

/// Debian keeps every major version beside the others; newest first.
fn debian() -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir("/usr/lib/postgresql") else {
        return Vec::new();
    };
    let version = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let mut found: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| version(&entry.path()).map(|number| (number, entry.path())))
        .collect();
    found.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    found
        .into_iter()
        .map(|(_, path)| path.join("bin"))
        .collect()
}

fn on_path() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).collect()
}

/// `postgres (PostgreSQL) 15.18 (Debian …)` → 15.
async fn major_version(folder: &Path) -> Option<u32> {
    let text = answer(&folder.join("postgres"), "--version").await?;
    parse_major(&text)
}

fn parse_major(text: &str) -> Option<u32> {
    let number = text
        .split_whitespace()
        .find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// The major version that made the cluster in `data`, if there is one.
pub(super) fn made_by(data: &Path) -> Result<Option<u32>> {
    let path = data.join("PG_VERSION");
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            let version = text.trim().parse();
            let version =
                version.with_context(|| format!("{} holds no version number", path.display()))?;
            Ok(Some(version))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::parse_major;

    #[test]
    fn versions_are_read_from_what_postgres_says() {
        assert_eq!(
            parse_major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"),
            Some(15)
        );
        assert_eq!(parse_major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(parse_major("something else"), None);
    }
}
