//! Where the journal is published.

use std::time::Duration;

use rdkafka::ClientConfig;

use crate::Security;

/// How long a call to Kafka's administration may take.
pub(crate) const ADMIN_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the broker may take to take a record, retries included. Shorter than the lease, so
/// that a relay does not publish for longer than it may.
pub(crate) const DELIVERY_TIMEOUT: Duration = Duration::from_secs(5);

/// Most that librdkafka keeps in memory of what it has not sent, or not handed over, yet.
const QUEUED_RECORDS_MAX: &str = "20000";
const QUEUED_KBYTES_MAX: &str = "32768";

/// The topic that the journal goes to, and comes from.
#[derive(Clone, Debug)]
pub struct RelayOptions {
    /// Bootstrap brokers, `host:port` with commas between.
    pub brokers: String,
    /// The topic.
    pub topic: String,
    /// Its partitions. Fixed for the life of the topic: another count would move streams
    /// between partitions and lose their order.
    pub partitions: u32,
    /// How the brokers are reached.
    pub security: Security,
}

impl Default for RelayOptions {
    fn default() -> Self {
        Self {
            brokers: String::new(),
            topic: "daybook.events".to_owned(),
            partitions: 12,
            security: Security::default(),
        }
    }
}

impl RelayOptions {
    pub(crate) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", "daybook")
            .set("reconnect.backoff.max.ms", "1000");
        self.security.apply(&mut config);
        config
    }

    pub(crate) fn producer(&self) -> ClientConfig {
        let mut config = self.client();
        config
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("linger.ms", "2")
            // Headers repeat themselves. Measured: a third more events a second, less to keep.
            .set("compression.type", "lz4")
            // librdkafka gives up on one record and sends those behind it, which leaves a gap in the topic. So it
            // never gives up: we do, on all of them at once, after `DELIVERY_TIMEOUT`.
            .set("message.timeout.ms", "0")
            .set("queue.buffering.max.messages", QUEUED_RECORDS_MAX)
            .set("queue.buffering.max.kbytes", QUEUED_KBYTES_MAX);
        config
    }

    pub(crate) fn consumer(&self) -> ClientConfig {
        let mut config = self.client();
        config
            // Partitions are assigned by hand and offsets kept nowhere: the group is a mere name.
            .set("group.id", "daybook")
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            // A topic that was made anew, or lost its end, is taken up at its end: what lies
            // between is in the journal, and reading days of repeats would only take time.
            .set("auto.offset.reset", "latest")
            .set("fetch.wait.max.ms", "500")
            .set("fetch.error.backoff.ms", "100")
            .set("fetch.queue.backoff.ms", "20")
            .set("queued.min.messages", "10000")
            .set("queued.max.messages.kbytes", QUEUED_KBYTES_MAX)
            .set("topic.metadata.refresh.interval.ms", "5000");
        config
    }
}
