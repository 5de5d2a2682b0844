//! Nobody changes the books: not the server's role, not the owner.

use crate::world::{World, batch, command, event};

#[tokio::test]
async fn the_server_passes_the_door_and_cannot_go_around_it() {
    let world = World::new().await;
    world
        .journal
        .writer()
        .append(batch(vec![command(vec![event("a", 1)], &["x"])]))
        .await
        .unwrap();
    for statement in [
        "insert into journal.events select * from journal.events",
        "update journal.events set payload = '{}'",
        "delete from journal.events",
        "truncate journal.events",
        "delete from journal.claims",
        "alter table journal.events disable trigger all",
        "drop table journal.events",
        "select journal.append_each(0, now(), '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')",
    ] {
        let refusal = sqlx::raw_sql(statement)
            .execute(world.journal.pool())
            .await
            .unwrap_err();
        let code = refusal
            .as_database_error()
            .and_then(|error| error.code())
            .unwrap()
            .to_string();
        assert_eq!(code, "42501", "{statement}: {refusal}");
    }
}

#[tokio::test]
async fn the_owner_is_refused_too_even_as_a_replica() {
    let world = World::new().await;
    world
        .journal
        .writer()
        .append(batch(vec![command(vec![event("a", 1)], &["x"])]))
        .await
        .unwrap();
    let owner = world.postgres.pool().await;
    for role in ["origin", "replica"] {
        for statement in [
            "update journal.events set payload = '{}'",
            "delete from journal.events",
            "truncate journal.events",
            "update journal.claims set position = 9",
            "delete from journal.claims",
            "truncate journal.claims",
        ] {
            let mut connection = owner.acquire().await.unwrap();
            sqlx::query("select set_config('session_replication_role', $1, false)")
                .bind(role)
                .execute(&mut *connection)
                .await
                .unwrap();
            let refusal = sqlx::raw_sql(statement)
                .execute(&mut *connection)
                .await
                .unwrap_err();
            assert!(
                refusal.to_string().contains("append-only"),
                "{role}, {statement}: {refusal}"
            );
        }
    }
}
