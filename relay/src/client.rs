//! What all of our Kafka clients have in common: they keep librdkafka's own lines out of our logs,
//! and never make the runtime wait for their end.

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::KafkaError;

/// librdkafka says every few milliseconds that a broker is away; we say it once, where it matters.
pub(crate) struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(target: "librdkafka", ?level, facility, "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(target: "librdkafka", %error, "{reason}");
    }
}

impl ConsumerContext for Quiet {}

/// A client that is dropped on a thread of its own: its end waits for threads and for brokers that may be away.
pub(crate) struct DroppedAside<T: Send + 'static>(Option<T>);

impl<T: Send + 'static> DroppedAside<T> {
    pub fn new(client: T) -> Self {
        Self(Some(client))
    }

    /// The client; `None` only while it is being dropped.
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

impl<T: Send + 'static> Drop for DroppedAside<T> {
    fn drop(&mut self) {
        let client = self.0.take();
        // Without a thread to be had, it is dropped here and now.
        let _ = std::thread::Builder::new()
            .name("kafka-drop".to_owned())
            .spawn(move || drop(client));
    }
}
