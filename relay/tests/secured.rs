//! Kafka over TLS: as somebody by a password, and by a certificate.

use std::time::Instant;

use daybook_tests::{Authority, Broker, KAFKA_PASSWORD, KAFKA_USERNAME, Kafka};
use journal::TailSource;
use relay::{KafkaSource, Mechanism, RelayOptions, Sasl, Security, Tls};

use crate::follower::Follower;
use crate::raw;
use crate::world::{WITHIN, World};

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_is_published_and_read_over_tls() {
    let authority = Authority::new();
    let broker = Broker::start_secured(&authority).await;
    let own = authority.issue("daybook");
    let tls = Tls {
        ca: Some(authority.ca()),
        own: None,
    };
    let by_password = Security {
        tls: Some(tls.clone()),
        sasl: Some(Sasl {
            mechanism: Mechanism::ScramSha512,
            username: KAFKA_USERNAME.to_owned(),
            password: KAFKA_PASSWORD.to_owned(),
        }),
    };
    let by_certificate = Security {
        tls: Some(Tls {
            own: Some((own.certificate, own.key)),
            ..tls
        }),
        sasl: None,
    };
    for (brokers, security) in [
        (broker.sasl_brokers(), by_password),
        (broker.tls_brokers(), by_certificate),
    ] {
        // The test itself looks at the topic in clear.
        let world = World::on(Kafka::fresh_on(&broker.brokers())).await;
        let options = RelayOptions {
            brokers,
            security,
            ..world.options()
        };
        let relay = world.relay_by(options.clone());
        let tail = TailSource::new(world.journal.clone());
        let source = KafkaSource::new(tail, options);
        let mut follower = Follower::from_the_start(&source).await;
        // The first events may still be read from the journal, which is nearer.
        let asked = Instant::now();
        while source.carried().by_kafka == 0 {
            assert!(asked.elapsed() < WITHIN, "nothing came through Kafka");
            let position = world.append(10, 10).await;
            world.published(position).await;
            follower.reach(position, 100).await;
        }
        let all = world.journal.head().await.unwrap();
        let seen = raw::everything(&world).await;
        let events = seen.iter().filter(|record| record.position().is_some());
        assert_eq!(events.count() as u64, all);
        relay.stop().await;
    }
}
