//! The configuration: one commented default file (`daybook.toml`), overridden by a file of the
//! operator's, overridden by the environment. A value that makes no sense is named, with what
//! would be right, and nothing is started.

pub mod access;
mod edge;
mod kafka;
pub mod payments;
pub mod tokens;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use sqlx::postgres::PgConnectOptions;

use access::Access;
use payments::Payments;

/// The default file, comments and all: `daybook config` prints it.
pub const DEFAULT_FILE: &str = include_str!("daybook.toml");

/// The token that `make run` and the README use. Everybody knows it, so it stays on the machine that it is used on.
const DEVELOPMENT_TOKEN: &str = "daybook-development-token";

/// A token shorter than this can be guessed, and is refused where others can reach the server.
const TOKEN_LENGTH_MIN: usize = 16;

/// The settings as the file has them.
// Without Debug: it has secrets in it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: String,
    database_url: String,
    kafka_brokers: String,
    kafka_topic: String,
    kafka_partitions: u32,
    kafka_security_protocol: String,
    kafka_ca: String,
    kafka_certificate: String,
    kafka_key: String,
    kafka_sasl_mechanism: String,
    kafka_username: String,
    kafka_password: String,
    data_dir: String,
    token: String,
    support_refund_max: u32,
    connections_max: u32,
    commands_waiting_max: usize,
    states_max: usize,
    log_format: LogFormat,
    order_hold_seconds: u64,
    payment_extension_seconds: u64,
    capture: String,
    payment_return_url: String,
    stripe_key: String,
    stripe_webhook_secrets: String,
    stripe_api: String,
    sandbox: String,
    sandbox_file: String,
    sandbox_webhook_secret: String,
    sandbox_faults_per_mille: u32,
    public_url: String,
    master_key: String,
    master_keys_older: String,
    master_key_file: String,
    mail_smtp_url: String,
    mail_from: String,
    mail_folder: String,
    password_memory_kib: u32,
    password_passes: u32,
    password_lanes: u32,
    password_hashes_at_once: usize,
    password_hashes_waiting: usize,
    session_days: u64,
    access_token_seconds: u64,
    key_days: u64,
    foreign_issuers: tokens::ForeignIssuers,
    tls_certificate: String,
    tls_key: String,
    cors_origins: String,
    trusted_proxies: String,
    rate_limits: String,
    rate_exempt: String,
    rate_address: String,
    rate_principal: String,
    rate_sign_in: String,
    rate_registration: String,
    rate_password_reset: String,
    rate_token: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// The settings, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where HTTP is served.
    pub listen: SocketAddr,
    /// The journal's Postgres; `None`: a private one.
    pub database: Option<PgConnectOptions>,
    /// Kafka, if it is used.
    pub kafka: Option<relay::RelayOptions>,
    /// Where local state is kept, if that was said.
    pub data_dir: Option<PathBuf>,
    /// A bearer token that is a service with every scope, if there is to be one.
    pub token: Option<String>,
    /// Most that support may refund at a time, in whole units of the payment's currency.
    pub support_refund_max: u32,
    /// Most connections for reading.
    pub connections_max: u32,
    /// Most commands waiting.
    pub commands_waiting_max: usize,
    /// Most states in memory.
    pub states_max: usize,
    /// How log lines look.
    pub log_format: LogFormat,
    /// How payments are made.
    pub payments: Payments,
    /// How people are let in.
    pub access: Access,
    /// Tokens, and whose besides our own.
    pub tokens: tokens::Tokens,
    /// TLS, other pages, proxies, rates.
    pub edge: api::EdgeOptions,
}

impl Config {
    /// Where clients find this server: as it was configured, else where it listens. Without a slash at its end.
    pub fn public_url(&self) -> String {
        let scheme = self.edge.tls.as_ref().map_or("http", |_| "https");
        let listening = || format!("{scheme}://{}", self.listen);
        self.access.public_url.clone().unwrap_or_else(listening)
    }

    /// The defaults, overridden by the file, overridden by the environment.
    pub fn load(path: Option<&Path>) -> Result<Self> {
        Self::layered(path, |name| {
            std::env::var(name).ok().filter(|value| !value.is_empty())
        })
    }

    /// The same, on the address that was really bound: its port may have been left to the system.
    #[must_use]
    pub const fn bound_to(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    fn layered(path: Option<&Path>, environment: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let mut settings: toml::Table =
            DEFAULT_FILE.parse().context("the built-in configuration")?;
        if let Some(path) = path {
            let text = std::fs::read_to_string(path).with_context(|| {
                format!("the configuration file {} cannot be read", path.display())
            })?;
            let own: toml::Table = text.parse().with_context(|| {
                format!("the configuration file {} is not TOML", path.display())
            })?;
            for (name, value) in own {
                if !settings.contains_key(&name) {
                    bail!(
                        "{}: there is no setting `{name}`; `daybook config` lists them all",
                        path.display()
                    );
                }
                settings.insert(name, value);
            }
        }
        for name in settings.keys().cloned().collect::<Vec<_>>() {
            let variable = variable_of(&name);
            if let Some(text) = environment(&variable) {
                let value = typed(&settings[&name], &text).with_context(|| {
                    format!("{variable} is `{text}`, which makes no sense: a whole number from 1 was expected")
                })?;
                settings.insert(name, value);
            }
        }
        let file: File = settings
            .try_into()
            .context("the configuration makes no sense")?;
        file.checked()
    }
}

/// The environment variable of a setting. Three have the names that everybody uses.
fn variable_of(setting: &str) -> String {
    match setting {
        "database_url" | "kafka_brokers" => setting.to_uppercase(),
        _ => format!("DAYBOOK_{}", setting.to_uppercase()),
    }
}

fn typed(default: &toml::Value, text: &str) -> Result<toml::Value> {
    Ok(match default {
        toml::Value::Integer(_) => toml::Value::Integer(text.trim().parse()?),
        _ => toml::Value::String(text.to_owned()),
    })
}

impl File {
    fn checked(self) -> Result<Config> {
        let listen: SocketAddr = self.listen.parse().ok().with_context(|| {
            format!(
                "DAYBOOK_LISTEN is `{}`, which is not an address; one looks like 127.0.0.1:8080",
                self.listen
            )
        })?;
        let database = database(&self.database_url)?;
        for (variable, value) in [
            ("DAYBOOK_KAFKA_PARTITIONS", self.kafka_partitions as usize),
            ("DAYBOOK_CONNECTIONS_MAX", self.connections_max as usize),
            ("DAYBOOK_COMMANDS_WAITING_MAX", self.commands_waiting_max),
            ("DAYBOOK_STATES_MAX", self.states_max),
        ] {
            if value == 0 {
                bail!("{variable} is 0; it must be at least 1");
            }
        }
        Ok(Config {
            listen,
            database,
            kafka: kafka::Raw {
                brokers: self.kafka_brokers,
                topic: self.kafka_topic,
                partitions: self.kafka_partitions,
                security_protocol: self.kafka_security_protocol,
                ca: self.kafka_ca,
                certificate: self.kafka_certificate,
                key: self.kafka_key,
                sasl_mechanism: self.kafka_sasl_mechanism,
                username: self.kafka_username,
                password: self.kafka_password,
            }
            .checked()?,
            data_dir: (!self.data_dir.is_empty()).then(|| PathBuf::from(&self.data_dir)),
            token: token(self.token, listen)?,
            support_refund_max: self.support_refund_max,
            connections_max: self.connections_max,
            commands_waiting_max: self.commands_waiting_max,
            states_max: self.states_max,
            log_format: self.log_format,
            access: access::Raw {
                public_url: self.public_url,
                master_key: self.master_key,
                master_keys_older: self.master_keys_older,
                master_key_file: self.master_key_file,
                mail_smtp_url: self.mail_smtp_url,
                mail_from: self.mail_from,
                mail_folder: self.mail_folder,
                password_memory_kib: self.password_memory_kib,
                password_passes: self.password_passes,
                password_lanes: self.password_lanes,
                password_hashes_at_once: self.password_hashes_at_once,
                password_hashes_waiting: self.password_hashes_waiting,
                session_days: self.session_days,
            }
            .checked()?,
            tokens: tokens::Raw {
                access_token_seconds: self.access_token_seconds,
                key_days: self.key_days,
                foreign_issuers: self.foreign_issuers,
            }
            .checked()?,
            payments: payments::Raw {
                sandbox: self.sandbox,
                sandbox_file: self.sandbox_file,
                sandbox_webhook_secret: self.sandbox_webhook_secret,
                sandbox_faults_per_mille: self.sandbox_faults_per_mille,
                stripe_key: self.stripe_key,
                stripe_webhook_secrets: self.stripe_webhook_secrets,
                stripe_api: self.stripe_api,
                capture: self.capture,
                order_hold_seconds: self.order_hold_seconds,
                payment_extension_seconds: self.payment_extension_seconds,
                payment_return_url: self.payment_return_url,
            }
            .checked()?,
            edge: edge::Raw {
                tls_certificate: self.tls_certificate,
                tls_key: self.tls_key,
                cors_origins: self.cors_origins,
                trusted_proxies: self.trusted_proxies,
                rate_limits: self.rate_limits,
                rate_exempt: self.rate_exempt,
                rate_address: self.rate_address,
                rate_principal: self.rate_principal,
                rate_sign_in: self.rate_sign_in,
                rate_registration: self.rate_registration,
                rate_password_reset: self.rate_password_reset,
                rate_token: self.rate_token,
            }
            .checked()?,
        })
    }
}

fn database(url: &str) -> Result<Option<PgConnectOptions>> {
    const RIGHT: &str = "DATABASE_URL is not the address of a Postgres; one looks like postgres://user@host:5432/database";
    if url.is_empty() {
        return Ok(None);
    }
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        bail!(RIGHT);
    }
    Ok(Some(PgConnectOptions::from_str(url).context(RIGHT)?))
}

fn token(token: String, listen: SocketAddr) -> Result<Option<String>> {
    if token.is_empty() {
        return Ok(None);
    }
    if token == DEVELOPMENT_TOKEN && !listen.ip().is_loopback() {
        bail!(
            "DAYBOOK_TOKEN is the one of the README, which everybody knows and which is refused on {listen}: choose a \
             secret of your own"
        );
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        bail!("DAYBOOK_TOKEN must be visible ASCII characters without spaces");
    }
    if token.len() < TOKEN_LENGTH_MIN && !listen.ip().is_loopback() {
        bail!(
            "DAYBOOK_TOKEN is too short to keep others out of {listen}: use at least {TOKEN_LENGTH_MIN} \
             characters; `openssl rand -hex 32` makes a good one"
        );
    }
    Ok(Some(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Result<Config> {
        let variables = variables.to_vec();
        Config::layered(None, move |name| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    fn refusal(variables: &[(&str, &str)]) -> String {
        format!("{:#}", with(variables).unwrap_err())
    }

    #[test]
    fn without_anything_it_is_private_and_local() {
        let config = with(&[]).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert!(config.database.is_none() && config.kafka.is_none());
        assert_eq!(config.token, None);
    }

    #[test]
    fn the_environment_goes_before_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own.toml");
        std::fs::write(&path, "listen = \"127.0.0.1:1\"\nconnections_max = 7").unwrap();
        let config = Config::layered(Some(&path), |name| {
            (name == "DAYBOOK_LISTEN").then(|| "127.0.0.1:2".into())
        });
        let config = config.unwrap();
        assert_eq!((config.listen.port(), config.connections_max), (2, 7));
    }

    #[test]
    fn a_file_with_an_unknown_setting_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own.toml");
        std::fs::write(&path, "lisen = \"127.0.0.1:1\"").unwrap();
        let refused = Config::layered(Some(&path), |_| None).unwrap_err();
        assert!(
            refused.to_string().contains("no setting `lisen`"),
            "{refused}"
        );
    }

    #[test]
    fn what_makes_no_sense_is_named_with_what_would_be_right() {
        for (variable, value, right) in [
            ("DAYBOOK_LISTEN", "here", "127.0.0.1:8080"),
            ("DATABASE_URL", "mysql//x", "postgres://"),
            ("KAFKA_BROKERS", "broker", "host:port"),
            ("DAYBOOK_STATES_MAX", "many", "whole number"),
            ("DAYBOOK_STATES_MAX", "0", "at least 1"),
            ("DAYBOOK_TOKEN", "with space", "without spaces"),
            ("DAYBOOK_LOG_FORMAT", "xml", "json"),
            ("DAYBOOK_CAPTURE", "soon", "on_confirm or on_ship"),
            ("DAYBOOK_SANDBOX", "maybe", "on, off or auto"),
            ("DAYBOOK_SANDBOX_FAULTS_PER_MILLE", "900", "0 to 250"),
            ("DAYBOOK_ORDER_HOLD_SECONDS", "0", "from 1 to"),
            ("DAYBOOK_ACCESS_TOKEN_SECONDS", "601", "from 1 to 600"),
            ("DAYBOOK_KEY_DAYS", "0", "from 1 to"),
            ("DAYBOOK_FOREIGN_ISSUERS", "id.example", "a list such as"),
            ("DAYBOOK_PUBLIC_URL", "shop.example", "https://"),
            ("DAYBOOK_MASTER_KEY", "short", "openssl rand -base64 32"),
            ("DAYBOOK_MASTER_KEYS_OLDER", "x", "no current one"),
            ("DAYBOOK_PASSWORD_MEMORY_KIB", "1024", "19456"),
            ("DAYBOOK_PASSWORD_HASHES_AT_ONCE", "0", "from 1 to"),
            ("DAYBOOK_SESSION_DAYS", "400", "from 1 to 366"),
            (
                "DAYBOOK_TLS_KEY",
                "key.pem",
                "DAYBOOK_TLS_CERTIFICATE is not",
            ),
            ("DAYBOOK_TLS_CERTIFICATE", "c.pem", "DAYBOOK_TLS_KEY is not"),
            ("DAYBOOK_CORS_ORIGINS", "*", "https://shop.example"),
            (
                "DAYBOOK_CORS_ORIGINS",
                "https://a.example/",
                "without a path",
            ),
            ("DAYBOOK_TRUSTED_PROXIES", "10.0.0.0/33", "10.0.0.0/8"),
            ("DAYBOOK_RATE_LIMITS", "maybe", "on or off"),
            ("DAYBOOK_RATE_ADDRESS", "100", "REQUESTS/SECONDS"),
            ("DAYBOOK_RATE_SIGN_IN", "0/60", "neither of them 0"),
        ] {
            let said = refusal(&[(variable, value)]);
            assert!(said.contains(right), "{variable}={value}: {said}");
        }
    }

    #[test]
    fn the_sandbox_is_off_where_real_money_moves() {
        assert!(with(&[]).unwrap().payments.sandbox.is_some());
        let key = ("DAYBOOK_STRIPE_KEY", "sk_test_very_secret");
        let config = with(&[key]).unwrap();
        assert!(config.payments.sandbox.is_none() && config.payments.stripe.is_some());
        assert!(!format!("{config:?}").contains("very_secret"));
        let both = with(&[key, ("DAYBOOK_SANDBOX", "on")]).unwrap();
        assert!(both.payments.sandbox.is_some());
    }

    #[test]
    fn kafka_is_reached_as_it_is_said() {
        let safely = |more: &[(&'static str, &'static str)]| {
            // `more` goes first: the first that is named counts.
            let mut variables = more.to_vec();
            variables.extend([
                ("KAFKA_BROKERS", "kafka:9093"),
                ("DAYBOOK_KAFKA_SECURITY_PROTOCOL", "sasl_ssl"),
                ("DAYBOOK_KAFKA_CA", "ca.pem"),
                ("DAYBOOK_KAFKA_USERNAME", "daybook"),
                ("DAYBOOK_KAFKA_PASSWORD", "very secret"),
            ]);
            with(&variables)
        };
        let kafka = safely(&[]).unwrap().kafka.unwrap();
        assert!(kafka.security.tls.is_some() && kafka.security.sasl.is_some());
        assert!(!format!("{kafka:?}").contains("very secret"));
        for (variable, value, right) in [
            ("DAYBOOK_KAFKA_SECURITY_PROTOCOL", "tls", "sasl_ssl"),
            ("DAYBOOK_KAFKA_SASL_MECHANISM", "GSSAPI", "SCRAM-SHA-512"),
            ("DAYBOOK_KAFKA_CERTIFICATE", "c.pem", "both files"),
            ("DAYBOOK_KAFKA_USERNAME", "", "DAYBOOK_KAFKA_PASSWORD"),
        ] {
            let said = format!("{:#}", safely(&[(variable, value)]).unwrap_err());
            assert!(said.contains(right), "{variable}={value}: {said}");
        }
    }

    #[test]
    fn what_is_secret_is_not_printed() {
        let config = with(&[
            (
                "DAYBOOK_MASTER_KEY",
                "dGhlIG1hc3RlciBrZXkgb2YgRGF5Ym9vaydzIHRlc3Q=",
            ),
            (
                "DAYBOOK_MAIL_SMTP_URL",
                "smtps://shop:very_secret@mail.example",
            ),
            ("DAYBOOK_PUBLIC_URL", "https://shop.example/"),
        ]);
        let config = config.unwrap();
        let printed = format!("{config:?}");
        assert!(
            !printed.contains("very_secret") && !printed.contains("dGhl"),
            "{printed}"
        );
        let public_url = config.access.public_url.unwrap();
        assert_eq!(public_url, "https://shop.example");
    }

    #[test]
    fn the_edge_is_as_the_library_has_it_and_can_be_changed() {
        let edge = with(&[]).unwrap().edge;
        assert_eq!(
            format!("{edge:?}"),
            format!("{:?}", api::EdgeOptions::default())
        );
        let edge = with(&[
            ("DAYBOOK_TLS_CERTIFICATE", "c.pem"),
            ("DAYBOOK_TLS_KEY", "k.pem"),
            (
                "DAYBOOK_CORS_ORIGINS",
                "https://a.example, http://localhost:3000",
            ),
            ("DAYBOOK_TRUSTED_PROXIES", "10.0.0.0/8, 2001:db8::1"),
            ("DAYBOOK_RATE_LIMITS", "off"),
        ]);
        let edge = edge.unwrap().edge;
        assert!(edge.tls.is_some() && edge.rates.is_none());
        assert_eq!(
            (edge.cors_origins.len(), edge.trusted_proxies.len()),
            (2, 2)
        );
    }

    #[test]
    fn the_development_token_stays_on_this_machine() {
        let without = with(&[("DAYBOOK_LISTEN", "0.0.0.0:8080")]);
        assert_eq!(without.unwrap().token, None);
        let own = [
            ("DAYBOOK_LISTEN", "0.0.0.0:8080"),
            ("DAYBOOK_TOKEN", "a-secret-of-our-own-1"),
        ];
        assert!(with(&own).is_ok());
        let short = [
            ("DAYBOOK_LISTEN", "0.0.0.0:8080"),
            ("DAYBOOK_TOKEN", "short"),
        ];
        assert!(refusal(&short).contains("at least 16"));
        let known = [
            ("DAYBOOK_LISTEN", "0.0.0.0:8080"),
            ("DAYBOOK_TOKEN", DEVELOPMENT_TOKEN),
        ];
        assert!(refusal(&known).contains("everybody knows"));
        let at_home = [("DAYBOOK_TOKEN", DEVELOPMENT_TOKEN)];
        assert_eq!(
            with(&at_home).unwrap().token.as_deref(),
            Some(DEVELOPMENT_TOKEN)
        );
    }
}
