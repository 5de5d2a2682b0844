//! The topic: made if it is missing, refused if it is not what it must be.

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::client::Quiet;
use crate::options::{ADMIN_TIMEOUT, RelayOptions};

/// How long records are kept. The journal is the archive; Kafka only carries.
const RETENTION_MS: &str = "604800000";

/// The topic cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TopicError {
    /// It has another number of partitions, so streams would lie elsewhere than readers look.
    #[error(
        "the topic {topic} has {found} partitions and must have {wanted}: set kafka_partitions to {found} before the \
         first start, or name another topic"
    )]
    Partitions {
        /// The topic.
        topic: String,
        /// What it has.
        found: usize,
        /// What was configured.
        wanted: u32,
    },
    /// Kafka does not answer, or refuses.
    #[error("Kafka does not answer: {0}")]
    Kafka(#[from] KafkaError),
}

/// Makes the topic, or checks the one that is there.
///
/// On a thread that may wait: librdkafka's metadata calls do, and so does the end of a client.
pub(crate) async fn ensure(options: &RelayOptions) -> Result<(), TopicError> {
    let (options, runtime) = (options.clone(), tokio::runtime::Handle::current());
    let ensuring = tokio::task::spawn_blocking(move || {
        let admin: AdminClient<Quiet> = options.client().create_with_context(Quiet)?;
        // Made first and looked at then: asking for a topic that is not there makes brokers that
        // create topics by themselves create it, with a partition count of their own.
        if runtime.block_on(make(&admin, &options))? {
            return Ok(());
        }
        let found = partition_count(&admin, &options.topic)?;
        if found != options.partitions as usize {
            return Err(TopicError::Partitions {
                topic: options.topic,
                found,
                wanted: options.partitions,
            });
        }
        Ok(())
    });
    ensuring
        .await
        .unwrap_or(Err(TopicError::Kafka(KafkaError::Canceled)))
}

/// Whether it was made now.
async fn make(admin: &AdminClient<Quiet>, options: &RelayOptions) -> Result<bool, KafkaError> {
    let partitions = i32::try_from(options.partitions).unwrap_or(i32::MAX);
    // Replication -1: the cluster's default.
    let topic = NewTopic::new(&options.topic, partitions, TopicReplication::Fixed(-1))
        .set("cleanup.policy", "delete")
        .set("retention.ms", RETENTION_MS);
    let asked = AdminOptions::new()
        .operation_timeout(Some(ADMIN_TIMEOUT))
        .request_timeout(Some(ADMIN_TIMEOUT));
    let mut made = false;
    for outcome in admin.create_topics([&topic], &asked).await? {
        match outcome {
            Ok(_) => {
                tracing::info!(topic = options.topic, partitions, "made the topic");
                made = true;
            }
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((_, code)) => return Err(KafkaError::AdminOp(code)),
        }
    }
    Ok(made)
}

fn partition_count(admin: &AdminClient<Quiet>, topic: &str) -> Result<usize, KafkaError> {
    let metadata = admin.inner().fetch_metadata(Some(topic), ADMIN_TIMEOUT)?;
    let topic = metadata.topics().iter().find(|found| found.name() == topic);
    match topic.map(|topic| (topic.error(), topic.partitions().len())) {
        Some((None, count)) => Ok(count),
        // About to be deleted, or not yet known everywhere.
        Some((Some(error), _)) => Err(KafkaError::MetadataFetch(error.into())),
        None => Err(KafkaError::MetadataFetch(RDKafkaErrorCode::UnknownTopic)),
    }
}
