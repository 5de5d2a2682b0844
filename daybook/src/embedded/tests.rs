//! The private Postgres through its life: made, stopped, killed, adopted, shared. Needs the server programs, nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

use super::{Embedded, cluster};

/// Traversable for user `postgres`, in case the tests run as root.
fn folder() -> TempDir {
    tempfile::Builder::new()
        .prefix("daybook-embedded-")
        .permissions(std::fs::Permissions::from_mode(0o711))
        .tempdir()
        .unwrap()
}

async fn connect(embedded: &Embedded) -> PgConnection {
    PgConnection::connect_with(&embedded.connect_options())
        .await
        .unwrap()
}

async fn ask(embedded: &Embedded, question: &'static str) -> String {
    let mut connection = connect(embedded).await;
    sqlx::query_scalar(question)
        .fetch_one(&mut connection)
        .await
        .unwrap()
}

async fn tell(embedded: &Embedded, statement: &'static str) {
    let mut connection = connect(embedded).await;
    sqlx::query(statement)
        .execute(&mut connection)
        .await
        .unwrap();
}

fn postmaster_id(embedded: &Embedded) -> String {
    let text = std::fs::read_to_string(embedded.data().join("postmaster.pid")).unwrap();
    text.lines().next().unwrap().to_owned()
}

fn kill9(pid: &str) {
    let killed = std::process::Command::new("sh")
        .args(["-c", "kill -9 \"$1\"", "sh", pid])
        .status();
    assert!(killed.unwrap().success());
}

fn is_served(data_dir: &Path) -> bool {
    let data = data_dir.canonicalize().unwrap().join(cluster::FOLDER);
    super::postmaster::running(&data, Path::new("/nowhere"))
        .unwrap()
        .is_some()
}

#[tokio::test]
async fn a_fresh_one_is_durable_private_and_keeps_its_data() {
    let folder = folder();
    let embedded = Embedded::start(folder.path()).await.unwrap();
    assert!(embedded.started_here());
    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        let value: String = {
            let mut connection = connect(&embedded).await;
            sqlx::query_scalar("select current_setting($1)")
                .bind(setting)
                .fetch_one(&mut connection)
                .await
                .unwrap()
        };
        assert_eq!(value, "on", "{setting}");
    }
    assert_eq!(ask(&embedded, "show listen_addresses").await, "");
    assert_eq!(ask(&embedded, "show server_encoding").await, "UTF8");
    assert_eq!(
        ask(&embedded, "select current_database()::text").await,
        "daybook"
    );
    tell(
        &embedded,
        "create table kept as select 'still here' as word",
    )
    .await;
    embedded.stop().await.unwrap();
    assert!(!is_served(folder.path()));

    let again = Embedded::start(folder.path()).await.unwrap();
    assert!(again.started_here());
    assert_eq!(ask(&again, "select word from kept").await, "still here");
    again.stop().await.unwrap();
}

#[tokio::test]
async fn one_that_runs_is_adopted_and_stopped_by_its_last_user() {
    let folder = folder();
    // A Daybook that was killed: its postmaster runs on, nobody holds its locks.
    Embedded::start(folder.path()).await.unwrap();
    assert!(is_served(folder.path()));

    let (server, command) = tokio::join!(
        Embedded::start(folder.path()),
        Embedded::start(folder.path())
    );
    let (server, command) = (server.unwrap(), command.unwrap());
    assert!(!server.started_here() && !command.started_here());
    assert_eq!(postmaster_id(&server), postmaster_id(&command));

    command.stop().await.unwrap();
    assert_eq!(ask(&server, "select 'served'").await, "served");
    server.stop().await.unwrap();
    assert!(!is_served(folder.path()));
}

#[tokio::test]
async fn two_starts_at_once_make_one_cluster() {
    let folder = folder();
    let (one, other) = tokio::join!(
        Embedded::start(folder.path()),
        Embedded::start(folder.path())
    );
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_ne!(one.started_here(), other.started_here());
    one.stop().await.unwrap();
    other.stop().await.unwrap();
    assert!(!is_served(folder.path()));
}

#[tokio::test]
async fn a_killed_postmaster_and_a_stolen_process_id_are_no_obstacle() {
    let folder = folder();
    let embedded = Embedded::start(folder.path()).await.unwrap();
    tell(&embedded, "create table kept as select 'committed' as word").await;
    kill9(&postmaster_id(&embedded));
    drop(embedded);

    let again = Embedded::start(folder.path()).await.unwrap();
    assert!(again.started_here());
    assert_eq!(ask(&again, "select word from kept").await, "committed");
    let pid_file = again.data().join("postmaster.pid");
    let told = std::fs::read_to_string(&pid_file).unwrap();
    kill9(&postmaster_id(&again));
    drop(again);

    // After a reboot the number in the file may be any living process', for instance ours.
    let lines: Vec<&str> = told.lines().skip(1).collect();
    std::fs::write(
        &pid_file,
        format!("{}\n{}\n", std::process::id(), lines.join("\n")),
    )
    .unwrap();
    let third = Embedded::start(folder.path()).await.unwrap();
    assert_eq!(ask(&third, "select word from kept").await, "committed");
    third.stop().await.unwrap();
}

#[tokio::test]
async fn an_initdb_that_was_killed_leaves_no_trace() {
    let folder = folder();
    let half = folder.path().join("postgres.initdb-0190");
    std::fs::create_dir(&half).unwrap();
    std::fs::write(half.join("PG_VERSION"), "15\n").unwrap();
    let embedded = Embedded::start(folder.path()).await.unwrap();
    assert!(!half.exists());
    embedded.stop().await.unwrap();
}

#[tokio::test]
async fn a_long_path_gets_a_short_socket() {
    let folder = folder();
    let long = folder.path().join("a-folder-with-a-long-name".repeat(5));
    let embedded = Embedded::start(&long).await.unwrap();
    assert!(embedded.socket.starts_with("/tmp"));
    assert_eq!(ask(&embedded, "select 'reached'").await, "reached");
    let socket = embedded.socket.clone();
    embedded.stop().await.unwrap();
    std::fs::remove_dir(socket).unwrap();
}

#[tokio::test]
async fn what_is_in_the_way_is_named() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("postgres")).unwrap();
    std::fs::write(folder.path().join("postgres/precious"), "").unwrap();
    let error = Embedded::start(folder.path()).await.unwrap_err();
    assert!(format!("{error:#}").contains("no PG_VERSION"), "{error:#}");

    let dollar = folder.path().join("$HOME");
    let error = Embedded::start(&dollar).await.unwrap_err();
    assert!(
        format!("{error:#}").contains("DAYBOOK_DATA_DIR"),
        "{error:#}"
    );
}

#[tokio::test]
async fn root_is_told_which_folder_is_closed_to_postgres() {
    if !super::owner::is_root().unwrap() {
        return; // A plain user runs Postgres itself; there is nothing to be told.
    }
    let folder = folder();
    let closed = folder.path().join("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();
    let error = Embedded::start(&closed.join("data")).await.unwrap_err();
    assert!(format!("{error:#}").contains("chmod o+x"), "{error:#}");
}
