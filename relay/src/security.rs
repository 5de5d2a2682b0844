//! How brokers are reached where others could read along: TLS, and SASL for who we are.
//!
//! librdkafka does both, by OpenSSL; it checks the broker's certificate and its name. Passwords are never shown.

use std::fmt;
use std::path::PathBuf;

use rdkafka::ClientConfig;

/// How brokers are reached. By default in clear, and as nobody.
#[derive(Clone, Debug, Default)]
pub struct Security {
    /// Encrypted, if this is there.
    pub tls: Option<Tls>,
    /// As somebody, if this is there.
    pub sasl: Option<Sasl>,
}

/// What certificates are checked against, and which one we show.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// The authorities that brokers' certificates must come from, a PEM file; without, those that the system trusts.
    pub ca: Option<PathBuf>,
    /// Our own certificate and its key, PEM files, for brokers that ask for one.
    pub own: Option<(PathBuf, PathBuf)>,
}

/// Who we are.
#[derive(Clone)]
pub struct Sasl {
    /// How it is proven.
    pub mechanism: Mechanism,
    /// Our name.
    pub username: String,
    /// Our password.
    pub password: String,
}

/// How a password is shown to a broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// As it is (RFC 4616): over TLS only.
    Plain,
    /// By a challenge (RFC 7677).
    ScramSha256,
    /// The same with the longer hash.
    ScramSha512,
}

impl Mechanism {
    /// Every mechanism.
    pub const ALL: [Self; 3] = [Self::Plain, Self::ScramSha256, Self::ScramSha512];

    /// As Kafka calls it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
        }
    }
}

impl fmt::Debug for Sasl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Sasl")
            .field("mechanism", &self.mechanism)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

impl Security {
    pub(crate) fn apply(&self, config: &mut ClientConfig) {
        let protocol = match (&self.tls, &self.sasl) {
            (None, None) => "plaintext",
            (Some(_), None) => "ssl",
            (None, Some(_)) => "sasl_plaintext",
            (Some(_), Some(_)) => "sasl_ssl",
        };
        config.set("security.protocol", protocol);
        if let Some(tls) = &self.tls {
            let mut file = |name: &str, path: &PathBuf| {
                config.set(name, path.to_string_lossy());
            };
            if let Some(ca) = &tls.ca {
                file("ssl.ca.location", ca);
            }
            if let Some((certificate, key)) = &tls.own {
                file("ssl.certificate.location", certificate);
                file("ssl.key.location", key);
            }
            // A broker is who its certificate names, as in HTTPS.
            config.set("ssl.endpoint.identification.algorithm", "https");
        }
        if let Some(sasl) = &self.sasl {
            config
                .set("sasl.mechanism", sasl.mechanism.as_str())
                .set("sasl.username", &sasl.username)
                .set("sasl.password", &sasl.password);
        }
    }
}
