//! Between the journal and Kafka: the publisher ([`Relay`]) and the feed that reads what was
//! published ([`KafkaSource`]).
//!
//! **Knows** Kafka: topics, partitions, records and their headers. The only user of rdkafka.
//!
//! **Must never know** what an event means.
//!
//! What holds:
//! - Kafka is transport, never truth. A topic that lost records, was truncated, deleted, made
//!   anew or was never there makes a reader slower, not wrong: every record names the one before
//!   it in its partition, and what is missing is read from the journal.
//! - Within a partition positions never go back, except that a relay that was restarted repeats
//!   what it had not yet noted as published. Readers drop what they have.
//! - A reader's cursor holds positions of the journal, never offsets of Kafka.

mod checkpoint;
mod client;
mod feed;
mod hub;
mod options;
mod publish;
mod record;
mod relay;
mod security;
mod session;
mod topic;
mod trouble;

pub use feed::{Carried, KafkaFeed, KafkaSource};
pub use options::RelayOptions;
pub use relay::Relay;
pub use security::{Mechanism, Sasl, Security, Tls};
pub use topic::TopicError;
