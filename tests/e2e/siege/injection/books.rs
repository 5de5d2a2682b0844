//! What the database holds, to be compared: the journal by trace, the schema, the number of rows of every table.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use daybook_tests::{Http, Postgres, eventually};
use serde_json::Value;

const AT_REST_WITHIN: Duration = Duration::from_secs(60);

/// Everything that gives shape or rights, by kind and name.
const SCHEMA: &str = "
    select 'relation ' || c.relkind::text || ' ' || n.nspname || '.' || c.relname || ' ' || coalesce(c.relacl::text, '')
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    union all
    select 'function ' || n.nspname || '.' || p.proname || ' ' || md5(p.prosrc)
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    union all
    select 'trigger ' || t.tgname || ' ' || t.tgenabled::text from pg_trigger t where not t.tgisinternal
    union all
    select 'role ' || r.rolname from pg_roles r where r.rolname like '%siege%'
    order by 1";

/// The journal, by the trace of the request that caused an event.
pub struct Books(HashMap<String, Vec<Value>>);

impl Books {
    /// Reads all of it; fails on a position that is skipped.
    pub async fn read(http: &Http) -> Self {
        let mut by_trace: HashMap<String, Vec<Value>> = HashMap::new();
        let mut position = 0;
        loop {
            let path = format!("/v1/events?after={position}&limit=1000");
            let page = http.get(&path).await.expect(200).json();
            let events = page["events"].as_array().unwrap();
            if events.is_empty() {
                return Self(by_trace);
            }
            for event in events {
                position += 1;
                assert_eq!(event["position"], position, "positions are not dense");
                let trace = event["traceparent"]
                    .as_str()
                    .and_then(|it| it.split('-').nth(1));
                let trace = trace.unwrap_or_default().to_owned();
                by_trace.entry(trace).or_default().push(event.clone());
            }
        }
    }

    /// The events of a trace.
    pub fn of(&self, trace: &str) -> &[Value] {
        self.0.get(trace).map_or(&[], Vec::as_slice)
    }
}

/// Tables, indexes, functions, triggers, rights.
pub async fn schema(postgres: &Postgres) -> Vec<String> {
    let pool = postgres.pool().await;
    let schema = sqlx::query_scalar(SCHEMA).fetch_all(&pool).await.unwrap();
    pool.close().await;
    schema
}

/// What a hostile request to log in rightly leaves behind.
const NOTED: &str = "where aggregate_type <> 'security'";

/// The rows of every table, security events left out, once all query tables have posted everything and nothing happens any more.
pub async fn rows_at_rest(postgres: &Postgres, http: &Http) -> BTreeMap<String, i64> {
    let mut last = BTreeMap::new();
    eventually("the books are at rest", AT_REST_WITHIN, async || {
        let tables = http.get("/v1/projections").await.json();
        let head = tables["head"].as_u64();
        let behind = tables["projections"].as_array().unwrap().iter();
        if behind
            .clone()
            .any(|table| table["position"].as_u64() < head)
        {
            return Err(tables.to_string());
        }
        let now = rows(postgres).await;
        let is_same = now == last;
        last = now;
        if is_same {
            Ok(())
        } else {
            Err("rows still change".to_owned())
        }
    })
    .await;
    last
}

async fn rows(postgres: &Postgres) -> BTreeMap<String, i64> {
    let pool = postgres.pool().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select format('%I.%I', schemaname, tablename) from pg_tables
          where schemaname !~ '^pg_' and schemaname <> 'information_schema'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let mut rows = BTreeMap::new();
    for table in tables {
        let counted = if table == "journal.events" { NOTED } else { "" };
        // Quoted by Postgres itself.
        let count = format!("select count(*) from {table} {counted}");
        let count: i64 = sqlx::query_scalar(&count).fetch_one(&pool).await.unwrap();
        rows.insert(table, count);
    }
    pool.close().await;
    rows
}
