//! What leaves the process is encrypted where that is asked for: Postgres by its address, HTTP by a certificate.

use std::time::Duration;

use daybook_tests::{Authority, Cli, Cluster, Launch, Postgres, eventually};
use sqlx::{Connection, PgConnection};

const WITHIN: Duration = Duration::from_secs(60);

#[tokio::test]
async fn postgres_is_reached_over_tls_and_must_prove_who_it_is() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let cluster = Cluster::start().await;
    cluster.encrypt(&authority).await;
    let verified = |by: &Authority| {
        let ca = by.ca();
        format!(
            "{}?sslmode=verify-full&sslrootcert={}",
            cluster.url(),
            ca.display()
        )
    };
    // Somebody else's certificate: nothing is opened, and it is said why.
    let refused = Cli::new(["verify"])
        .env("DATABASE_URL", verified(&stranger))
        .run(WITHIN)
        .await;
    assert!(!refused.status.success(), "{}", refused.stdout);
    assert!(refused.stderr.contains("certificate"), "{}", refused.stderr);

    let server = Launch::on_url(&verified(&authority)).start().await;
    let mut looks = PgConnection::connect(&cluster.url()).await.unwrap();
    let (encrypted, all): (i64, i64) = sqlx::query_as(
        "select count(*) filter (where ssl), count(*) from pg_stat_ssl join pg_stat_activity using (pid)
         where application_name = 'daybook'",
    )
    .fetch_one(&mut looks)
    .await
    .unwrap();
    assert!(all > 2 && encrypted == all, "{encrypted} of {all}");
    drop(server);
}

#[tokio::test]
async fn the_whole_server_answers_over_tls() {
    let authority = Authority::new();
    let issued = authority.issue("daybook");
    let postgres = Postgres::fresh().await;
    let server = Launch::on(&postgres)
        .env(
            "DAYBOOK_TLS_CERTIFICATE",
            issued.certificate.to_string_lossy(),
        )
        .env("DAYBOOK_TLS_KEY", issued.key.to_string_lossy())
        .start_unready()
        .await;
    assert!(
        server.url().starts_with("https://127.0.0.1:"),
        "{}",
        server.url()
    );
    let ca = std::fs::read(authority.ca()).unwrap();
    let client = reqwest::Client::builder()
        .add_root_certificate(reqwest::Certificate::from_pem(&ca).unwrap())
        .build()
        .unwrap();
    let ready = format!("{}/readyz", server.url());
    let answer = eventually("the server is ready", WITHIN, async || {
        let answer = client
            .get(&ready)
            .send()
            .await
            .map_err(|error| error.to_string())?;
        match answer.status().as_u16() {
            200 => Ok(answer),
            status => Err(status.to_string()),
        }
    })
    .await;
    assert!(answer.headers().contains_key("strict-transport-security"));
    // Whoever does not know the authority does not believe the server.
    reqwest::get(&ready).await.unwrap_err();
}
