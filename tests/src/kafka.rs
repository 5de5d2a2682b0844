//! The Kafka that `make test` started, with names that no other test uses: cheaper than a broker each.

use uuid::Uuid;

/// Brokers and a suffix of one's own.
#[derive(Clone, Debug)]
pub struct Kafka {
    brokers: String,
    suffix: String,
}

impl Kafka {
    /// On the brokers of `KAFKA_BROKERS`.
    pub fn fresh() -> Self {
        let brokers = std::env::var("KAFKA_BROKERS").unwrap_or_else(|_| {
            panic!("KAFKA_BROKERS is not set: run through `make test`, or name a Kafka that may be written to")
        });
        Self::fresh_on(&brokers)
    }

    /// On brokers of a test's own.
    pub fn fresh_on(brokers: &str) -> Self {
        Self {
            brokers: brokers.to_owned(),
            suffix: Uuid::now_v7().simple().to_string(),
        }
    }

    /// For `KAFKA_BROKERS` or `bootstrap.servers`.
    pub fn brokers(&self) -> &str {
        &self.brokers
    }

    /// The same topic name each time it is asked with the same `base`; nobody else's.
    pub fn topic(&self, base: &str) -> String {
        format!("{base}.test-{}", self.suffix)
    }

    /// The same group name each time it is asked with the same `base`; nobody else's.
    pub fn group(&self, base: &str) -> String {
        self.topic(base)
    }
}
