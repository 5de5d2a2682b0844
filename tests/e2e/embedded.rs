//! `daybook serve` without configuration: a private Postgres, whose data survives restarts and kills.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use daybook_tests::{Cli, Launch};

use crate::shop::{get_after, order_of, sells};

/// A folder that user `postgres` can pass through, for the tests may run as root.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::Builder::new()
        .prefix("daybook-embedded-")
        .tempdir_in("/tmp")
        .unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_kill_nine_and_restarts() {
    let folder = folder();
    let data = folder.path().join("data");
    let mut server = Launch::embedded(&data).start().await;
    let http = server.http();
    sells(&http, "KEEP-1", 250, 10).await;
    let placed = http
        .post("/v1/orders", &order_of(&[("KEEP-1", 3)]))
        .await
        .expect(201)
        .json();
    let (id, position) = (
        placed["id"].as_str().unwrap().to_owned(),
        placed["position"].as_u64().unwrap(),
    );
    let order = get_after(&http, &format!("/v1/orders/{id}"), position)
        .await
        .expect(200);

    server.kill9().await;
    server.restart().await;
    assert_eq!(
        get_after(&server.http(), &format!("/v1/orders/{id}"), position)
            .await
            .expect(200)
            .body,
        order.body
    );

    // A command beside the running server adopts its Postgres and leaves it running.
    let beside =
        Cli::new(["projections", "list", "--json"]).env("DAYBOOK_DATA_DIR", data.to_string_lossy());
    beside.run(Duration::from_secs(60)).await.expect_success();
    server.http().get("/readyz").await.expect(200);

    assert!(server.terminate().await.success(), "{}", server.logs());
    assert!(
        !data.join("postgres/postmaster.pid").exists(),
        "the private Postgres was left running"
    );
    server.restart().await;
    assert_eq!(
        get_after(&server.http(), &format!("/v1/orders/{id}"), position)
            .await
            .expect(200)
            .body,
        order.body
    );

    assert!(server.terminate().await.success(), "{}", server.logs());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_postgres_that_dies_is_started_again() {
    let folder = folder();
    let data = folder.path().join("data");
    let mut server = Launch::embedded(&data).start().await;
    let http = server.http();
    sells(&http, "DIE-1", 250, 10).await;
    let pid_file = std::fs::read_to_string(data.join("postgres/postmaster.pid")).unwrap();
    let pid: i32 = pid_file.lines().next().unwrap().parse().unwrap();
    let killed = std::process::Command::new("kill")
        .arg("-9")
        .arg(pid.to_string())
        .status();
    assert!(killed.unwrap().success());
    daybook_tests::eventually(
        "orders are taken again",
        Duration::from_secs(60),
        async || {
            let reply = http.post("/v1/orders", &order_of(&[("DIE-1", 1)])).await;
            if reply.status == 201 {
                Ok(())
            } else {
                Err(reply.describe())
            }
        },
    )
    .await;
    assert!(server.terminate().await.success(), "{}", server.logs());
}

#[tokio::test]
async fn a_setting_that_makes_no_sense_is_named_and_nothing_starts() {
    for (variable, value, right) in [
        ("DAYBOOK_LISTEN", "everywhere", "127.0.0.1:8080"),
        ("DATABASE_URL", "mysql:shop", "postgres://"),
        ("KAFKA_BROKERS", "broker-without-port", "host:port"),
        (
            "DAYBOOK_TOKEN",
            "daybook-development-token",
            "which everybody knows",
        ),
    ] {
        let mut cli = Cli::new(["serve"]).env(variable, value);
        if variable == "DAYBOOK_TOKEN" {
            cli = cli.env("DAYBOOK_LISTEN", "0.0.0.0:0");
        }
        let finished = cli.run(Duration::from_secs(20)).await;
        assert!(!finished.status.success());
        assert!(
            finished.stderr.contains(variable) && finished.stderr.contains(right),
            "{}",
            finished.stderr
        );
    }
    let finished = Cli::new(["serve", "--role", "relay"])
        .env("DATABASE_URL", "postgres://127.0.0.1:1/nothing")
        .run(Duration::from_secs(20))
        .await;
    assert!(
        finished.stderr.contains("KAFKA_BROKERS"),
        "{}",
        finished.stderr
    );
}
