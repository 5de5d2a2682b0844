//! Every place in which Daybook might keep something: tables, the export, Kafka, the vault's keys and what they open.

use std::path::Path;
use std::time::Duration;

use chacha20::XChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use daybook_tests::{Http, Kafka};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Headers, Message};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use sqlx::{PgPool, Row};

/// Of every cipher here: `version, nonce, ciphertext, tag`.
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
/// Before the nonce of a wrapped key stand its version and its master key's id.
const WRAPPED_BEFORE: usize = 9;
/// The stream's first block is for the tag.
const FIRST_BLOCK: u64 = 64;

/// A key of the cipher.
pub type Key = [u8; 32];

/// Each row of each table of each schema, as Postgres writes it: bytes in hex.
pub async fn tables(pool: &PgPool) -> Vec<(String, String)> {
    let names: Vec<(String, String)> = sqlx::query_as(
        "select table_schema::text, table_name::text from information_schema.tables
         where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    assert!(names.len() > 20, "only {} tables", names.len());
    let mut found = Vec::new();
    for (schema, table) in names {
        let rows: Vec<String> =
            sqlx::query_scalar(&format!(r#"select t::text from "{schema}"."{table}" t"#))
                .fetch_all(pool)
                .await
                .unwrap();
        found.push((format!("{schema}.{table}"), rows.join("\n")));
    }
    found
}

/// The whole journal as it is handed out.
pub async fn export(http: &Http) -> String {
    serde_json::to_string(&crate::shop::journal(http).await).unwrap()
}

/// Every byte of every record of the topic: headers, keys and values. Waits until it holds `records` at least.
pub async fn topic(kafka: &Kafka, topic: &str, records: usize) -> String {
    let (brokers, topic) = (kafka.brokers().to_owned(), topic.to_owned());
    tokio::task::spawn_blocking(move || read_topic(&brokers, &topic, records))
        .await
        .unwrap()
}

fn read_topic(brokers: &str, topic: &str, records: usize) -> String {
    const WITHIN: Duration = Duration::from_secs(60);
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", format!("{topic}.reader"))
        .set("enable.auto.commit", "false")
        .create()
        .unwrap();
    let metadata = consumer.fetch_metadata(Some(topic), WITHIN).unwrap();
    let mut all = TopicPartitionList::new();
    for partition in metadata.topics()[0].partitions() {
        all.add_partition_offset(topic, partition.id(), Offset::Beginning)
            .unwrap();
    }
    consumer.assign(&all).unwrap();
    let began = std::time::Instant::now();
    let (mut bytes, mut read) = (Vec::new(), 0);
    while read < records {
        assert!(began.elapsed() < WITHIN, "{read} of {records} records");
        let Some(record) = consumer.poll(Duration::from_millis(200)) else {
            continue;
        };
        let record = record.unwrap();
        // Watermarks have no key.
        read += usize::from(record.key().is_some());
        for header in record.headers().iter().flat_map(|headers| headers.iter()) {
            bytes.extend(header.value.unwrap_or_default());
            bytes.push(b'\n');
        }
        bytes.extend(record.key().unwrap_or_default());
        bytes.push(b'\n');
        bytes.extend(record.payload().unwrap_or_default());
        bytes.push(b'\n');
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Every key that the master key in this data folder opens in the vault, whatever it is said to be for, and the master key.
pub async fn keys(pool: &PgPool, data: &Path) -> Vec<Key> {
    let master = std::fs::read_to_string(data.join("master.key")).unwrap();
    let text = master
        .lines()
        .find(|line| BASE64.decode(line.trim().as_bytes()).is_ok());
    let text = text.expect("a master key in base64").trim();
    let master: Key = BASE64.decode(text.as_bytes()).unwrap().try_into().unwrap();
    let kept = vault_values(pool).await;
    let unwrapped = kept.iter().filter_map(|value| {
        let sealed = value.get(WRAPPED_BEFORE..)?;
        Key::try_from(decipher(&master, sealed)?).ok()
    });
    std::iter::once(master).chain(unwrapped).collect()
}

/// What each of `keys` makes of everything that may be sealed: values of the vault, and texts of events. Without looking at
/// tags, nor at what a ciphertext is bound to: who has a key needs neither.
pub async fn deciphered(pool: &PgPool, keys: &[Key]) -> String {
    let payloads: Vec<String> = sqlx::query_scalar("select payload::text from journal.events")
        .fetch_all(pool)
        .await
        .unwrap();
    let mut sealed = vault_values(pool).await;
    for payload in &payloads {
        let texts = payload.split('"');
        sealed.extend(texts.filter_map(|text| BASE64URL_NOPAD.decode(text.as_bytes()).ok()));
    }
    let mut opened = Vec::new();
    for key in keys {
        // With a byte of version before the nonce, and without.
        let both = sealed
            .iter()
            .flat_map(|bytes| [bytes.get(1..), Some(&bytes[..])]);
        for plain in both.flatten().filter_map(|bytes| decipher(key, bytes)) {
            opened.extend(plain);
            opened.push(b'\n');
        }
    }
    String::from_utf8_lossy(&opened).into_owned()
}

async fn vault_values(pool: &PgPool) -> Vec<Vec<u8>> {
    sqlx::query("select value from vault.secrets")
        .fetch_all(pool)
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect()
}

/// `nonce, ciphertext, tag` under `key`, the tag unread.
fn decipher(key: &Key, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    let mut plain = sealed.get(..sealed.len().checked_sub(TAG_BYTES)?)?.to_vec();
    let mut cipher = XChaCha20::new(key.into(), nonce.into());
    cipher.seek(FIRST_BLOCK);
    cipher.apply_keystream(&mut plain);
    Some(plain)
}
