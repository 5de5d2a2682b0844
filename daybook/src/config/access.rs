//! The settings of accounts: the master key, mail, passwords, sessions, and under which address the shop is found.

use std::path::PathBuf;
use std::time::Duration;

use access::password::Cost;
use access::seal::{MasterKey, MasterKeys};
use anyhow::{Context, Result, bail};

/// Longest that a session may last, in days.
const SESSION_DAYS_MAX: u64 = 366;

/// How people are let in, checked.
#[derive(Clone, Debug)]
pub struct Access {
    /// Under which address people and programs find the shop, without a slash at the end; if none is said, the one that is
    /// listened on.
    pub public_url: Option<String>,
    /// The keys that wrap all others.
    pub master: Master,
    /// How mail leaves.
    pub mail: MailSettings,
    /// What hashing a password takes.
    pub password_cost: Cost,
    /// How many passwords are hashed at a time.
    pub hashes_at_once_max: usize,
    /// How many wait behind them.
    pub hashes_waiting_max: usize,
    /// How long a session lasts.
    pub session_length: Duration,
}

/// Where the master key comes from.
#[derive(Clone, Debug)]
pub enum Master {
    /// From the configuration, with older ones.
    Keys(Box<MasterKeys>),
    /// From this file, which is made if it is not there; if none is said, from one in the data folder.
    File(Option<PathBuf>),
}

/// How mail leaves.
#[derive(Clone)]
pub struct MailSettings {
    /// Through this server, if one is said.
    pub smtp_url: Option<String>,
    /// Who it is from.
    pub from: String,
    /// Into this folder, if there is no server; if none is said, into one in the data folder.
    pub folder: Option<PathBuf>,
}

/// The address of the server holds a password.
impl std::fmt::Debug for MailSettings {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let way = if self.smtp_url.is_some() {
            "smtp"
        } else {
            "folder"
        };
        write!(out, "MailSettings({way})")
    }
}

/// The settings as the file has them.
pub(super) struct Raw {
    pub public_url: String,
    pub master_key: String,
    pub master_keys_older: String,
    pub master_key_file: String,
    pub mail_smtp_url: String,
    pub mail_from: String,
    pub mail_folder: String,
    pub password_memory_kib: u32,
    pub password_passes: u32,
    pub password_lanes: u32,
    pub password_hashes_at_once: usize,
    pub password_hashes_waiting: usize,
    pub session_days: u64,
}

impl Raw {
    pub fn checked(self) -> Result<Access> {
        let said = |text: String| (!text.is_empty()).then_some(text);
        let cost = Cost::new(
            self.password_memory_kib,
            self.password_passes,
            self.password_lanes,
        );
        for (variable, value) in [
            (
                "DAYBOOK_PASSWORD_HASHES_AT_ONCE",
                self.password_hashes_at_once,
            ),
            (
                "DAYBOOK_PASSWORD_HASHES_WAITING",
                self.password_hashes_waiting,
            ),
        ] {
            if !(1..=10_000).contains(&value) {
                bail!("{variable} is {value}; it is from 1 to 10000");
            }
        }
        if !(1..=SESSION_DAYS_MAX).contains(&self.session_days) {
            let days = self.session_days;
            bail!("DAYBOOK_SESSION_DAYS is {days}; it is from 1 to {SESSION_DAYS_MAX}");
        }
        Ok(Access {
            public_url: public_url(&self.public_url)?,
            master: master(
                &self.master_key,
                &self.master_keys_older,
                said(self.master_key_file),
            )?,
            mail: MailSettings {
                smtp_url: said(self.mail_smtp_url),
                from: self.mail_from,
                folder: said(self.mail_folder).map(PathBuf::from),
            },
            password_cost: cost.context("DAYBOOK_PASSWORD_MEMORY_KIB, _PASSES or _LANES")?,
            hashes_at_once_max: self.password_hashes_at_once,
            hashes_waiting_max: self.password_hashes_waiting,
            session_length: Duration::from_secs(self.session_days * 24 * 3_600),
        })
    }
}

fn public_url(given: &str) -> Result<Option<String>> {
    if given.is_empty() {
        return Ok(None);
    }
    let url = given.trim_end_matches('/');
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    match rest {
        Some(host) if !host.is_empty() && !url.contains(['?', '#', ' ', '"', '<', '@']) => {
            Ok(Some(url.to_owned()))
        }
        _ => bail!(
            "DAYBOOK_PUBLIC_URL is `{given}`; it is the address under which people find the shop, such as \
             https://shop.example.org"
        ),
    }
}

fn master(key: &str, older: &str, file: Option<String>) -> Result<Master> {
    if key.is_empty() {
        if !older.is_empty() {
            bail!(
                "DAYBOOK_MASTER_KEYS_OLDER names older keys, but DAYBOOK_MASTER_KEY no current one"
            );
        }
        return Ok(Master::File(file.map(PathBuf::from)));
    }
    let current = MasterKey::parse(key).context("DAYBOOK_MASTER_KEY is none")?;
    let older = older.split(',').map(str::trim);
    let older = older.filter(|key| !key.is_empty()).map(MasterKey::parse);
    let older: Vec<_> = older
        .collect::<Result<_, _>>()
        .context("one of DAYBOOK_MASTER_KEYS_OLDER is none")?;
    Ok(Master::Keys(Box::new(MasterKeys::new(current, older))))
}
