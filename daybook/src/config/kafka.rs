//! The settings of Kafka: where it is, and how it is reached where others could read along.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use relay::{Mechanism, RelayOptions, Sasl, Security, Tls};

/// The settings as the file has them.
pub(super) struct Raw {
    pub brokers: String,
    pub topic: String,
    pub partitions: u32,
    pub security_protocol: String,
    pub ca: String,
    pub certificate: String,
    pub key: String,
    pub sasl_mechanism: String,
    pub username: String,
    pub password: String,
}

impl Raw {
    /// None if no broker is named.
    pub fn checked(self) -> Result<Option<RelayOptions>> {
        if self.brokers.is_empty() {
            return Ok(None);
        }
        for broker in self.brokers.split(',') {
            let port = broker
                .trim()
                .rsplit_once(':')
                .map(|(_, port)| port.parse::<u16>());
            if !matches!(port, Some(Ok(_))) {
                bail!(
                    "KAFKA_BROKERS names `{broker}`, which is not host:port; several have commas between them"
                );
            }
        }
        let security = self.security()?;
        Ok(Some(RelayOptions {
            brokers: self.brokers,
            topic: self.topic,
            partitions: self.partitions,
            security,
        }))
    }

    fn security(&self) -> Result<Security> {
        let (encrypted, known) = match self.security_protocol.as_str() {
            "plaintext" => (false, false),
            "ssl" => (true, false),
            "sasl_plaintext" => (false, true),
            "sasl_ssl" => (true, true),
            other => bail!(
                "DAYBOOK_KAFKA_SECURITY_PROTOCOL is `{other}`; it is plaintext, ssl, sasl_plaintext or sasl_ssl"
            ),
        };
        Ok(Security {
            tls: encrypted.then(|| self.tls()).transpose()?,
            sasl: known.then(|| self.sasl(encrypted)).transpose()?,
        })
    }

    fn tls(&self) -> Result<Tls> {
        let own = match (self.certificate.as_str(), self.key.as_str()) {
            ("", "") => None,
            ("", _) | (_, "") => bail!(
                "of DAYBOOK_KAFKA_CERTIFICATE and DAYBOOK_KAFKA_KEY one is set and the other is not; set both files or none"
            ),
            (certificate, key) => Some((PathBuf::from(certificate), PathBuf::from(key))),
        };
        let ca = (!self.ca.is_empty()).then(|| PathBuf::from(&self.ca));
        Ok(Tls { ca, own })
    }

    fn sasl(&self, encrypted: bool) -> Result<Sasl> {
        let mechanism = Mechanism::ALL
            .into_iter()
            .find(|mechanism| mechanism.as_str().eq_ignore_ascii_case(&self.sasl_mechanism))
            .with_context(|| {
                format!(
                    "DAYBOOK_KAFKA_SASL_MECHANISM is `{}`; it is PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512",
                    self.sasl_mechanism
                )
            })?;
        if mechanism == Mechanism::Plain && !encrypted {
            bail!(
                "DAYBOOK_KAFKA_SASL_MECHANISM is PLAIN, which sends the password as it is: use sasl_ssl, or SCRAM-SHA-512"
            );
        }
        if self.username.is_empty() || self.password.is_empty() {
            bail!(
                "DAYBOOK_KAFKA_SECURITY_PROTOCOL asks for SASL: set DAYBOOK_KAFKA_USERNAME and DAYBOOK_KAFKA_PASSWORD"
            );
        }
        Ok(Sasl {
            mechanism,
            username: self.username.clone(),
            password: self.password.clone(),
        })
    }
}
