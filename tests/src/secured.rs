//! A Kafka and a Postgres that are reached over TLS, by the certificates of a test's own authority.

use std::path::Path;

use sqlx::{Connection, PgConnection};

use crate::authority::Authority;
use crate::private::{Broker, Cluster};

/// Who may come in over SASL.
pub const KAFKA_USERNAME: &str = "daybook";

/// How they prove it.
pub const KAFKA_PASSWORD: &str = "a password of a test";

impl Broker {
    /// Starts one that listens, besides, with SASL over TLS and with TLS that asks for a certificate.
    pub async fn start_secured(authority: &Authority) -> Self {
        Self::start_prepared(|data| prepare(data, authority)).await
    }

    /// Where it is reached over TLS, as [`KAFKA_USERNAME`].
    pub fn sasl_brokers(&self) -> String {
        self.neighbour(2)
    }

    /// Where it is reached over TLS, with a certificate of the authority.
    pub fn tls_brokers(&self) -> String {
        self.neighbour(3)
    }
}

/// Writes what `scripts/kafka/up.sh` takes in besides.
fn prepare(data: &Path, authority: &Authority) {
    let write = |name: &str, text: &str| {
        std::fs::write(data.join(name), text).expect("write the broker's files");
    };
    write("server.pem", &authority.issue("broker").store());
    let ca = authority.ca();
    let properties = format!(
        "listeners=PLAINTEXT://127.0.0.1:@PORT@,CONTROLLER://127.0.0.1:@CONTROLLER_PORT@,SASL_SSL://127.0.0.1:@SASL_PORT@,SSL://127.0.0.1:@TLS_PORT@\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:@PORT@,SASL_SSL://127.0.0.1:@SASL_PORT@,SSL://127.0.0.1:@TLS_PORT@\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL,SSL:SSL\n\
         sasl.enabled.mechanisms=SCRAM-SHA-512\n\
         listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;\n\
         listener.name.ssl.ssl.client.auth=required\n\
         ssl.keystore.type=PEM\nssl.keystore.location=@DATA@/server.pem\n\
         ssl.truststore.type=PEM\nssl.truststore.location={}\n",
        ca.display()
    );
    write("more.properties.in", &properties);
    let user = format!("SCRAM-SHA-512=[name={KAFKA_USERNAME},password={KAFKA_PASSWORD}]");
    write("format.args", &format!("--add-scram\n{user}\n"));
}

impl Cluster {
    /// Has it take connections over TLS, with a certificate of this authority.
    pub async fn encrypt(&self, authority: &Authority) {
        let issued = authority.issue("postgres");
        let mut server = PgConnection::connect(&self.url()).await.expect("connect");
        // Postgres itself writes its files: it may run as another user, and its key must be that user's alone.
        for (file, path) in [
            ("server.crt", issued.certificate),
            ("server.key", issued.key),
        ] {
            let pem = std::fs::read_to_string(path).expect("read a PEM file");
            let lines = format!("select regexp_split_to_table('{}', '\n')", pem.trim_end());
            run(
                &mut server,
                &format!("copy ({lines}) to program 'umask 077; cat > {file}'"),
            )
            .await;
        }
        run(&mut server, "alter system set ssl = on").await;
        run(&mut server, "select pg_reload_conf()").await;
    }
}

async fn run(server: &mut PgConnection, statement: &str) {
    // Texts of this file and PEM, which has no quotes.
    sqlx::raw_sql(statement)
        .execute(server)
        .await
        .expect("a statement");
}
