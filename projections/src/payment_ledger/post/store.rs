//! Stores entries, their lines, and what they add to the balances.

use std::collections::BTreeMap;

use domain::ledger::EntryLine;
use domain::value::Timestamp;
use journal::Position;
use serde::Serialize;
use sqlx::PgConnection;

use super::Posted;
use crate::fold;
use crate::projection::PostError;

const TABLE: &str = "payment_ledger";

/// An entry as it is shown.
#[derive(Serialize)]
struct Body<'a> {
    position: Position,
    recorded_at: Timestamp,
    #[serde(flatten)]
    entry: &'a domain::ledger::Entry,
}

/// Currency, account, gateway; the latter empty where there is none.
type AccountKey<'a> = (&'a str, &'a str, &'a str);

pub(super) async fn store(
    connection: &mut PgConnection,
    posted: &[Posted],
) -> Result<(), PostError> {
    if posted.is_empty() {
        return Ok(());
    }
    store_entries(connection, posted).await?;
    store_lines(connection, posted).await?;
    add_up(connection, posted).await
}

async fn store_entries(connection: &mut PgConnection, posted: &[Posted]) -> Result<(), PostError> {
    let bodies = posted.iter().map(|posted| {
        let body = Body {
            position: posted.position,
            recorded_at: posted.recorded_at,
            entry: &posted.entry,
        };
        fold::write(TABLE, &body)
    });
    let entries = || posted.iter().map(|posted| &posted.entry);
    let positions = posted.iter().map(|posted| posted.position.cast_signed());
    let payments = entries().map(|entry| entry.payment_id.map(|id| id.0));
    sqlx::query(include_str!("../store_entries.sql"))
        .bind(positions.collect::<Vec<_>>())
        .bind(entries().map(|entry| entry.entry_id).collect::<Vec<_>>())
        .bind(entries().map(|entry| entry.order_id.0).collect::<Vec<_>>())
        .bind(payments.collect::<Vec<_>>())
        .bind(bodies.collect::<Result<Vec<_>, _>>()?)
        .execute(connection)
        .await?;
    Ok(())
}

fn key(line: &EntryLine) -> AccountKey<'_> {
    let gateway = line.gateway.as_deref().unwrap_or_default();
    (line.amount.currency.code(), line.account.as_str(), gateway)
}

async fn store_lines(connection: &mut PgConnection, posted: &[Posted]) -> Result<(), PostError> {
    let mut rows = Vec::new();
    for posted in posted {
        let position = posted.position.cast_signed();
        for (number, line) in (1_i32..).zip(&posted.entry.lines) {
            let (currency, account, gateway) = key(line);
            rows.push((
                account,
                position,
                number,
                gateway,
                currency,
                line.amount.minor,
            ));
        }
    }
    rows.sort_unstable();
    sqlx::query(include_str!("../store_lines.sql"))
        .bind(rows.iter().map(|row| row.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.1).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.2).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.3).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.4).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.5).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

async fn add_up(connection: &mut PgConnection, posted: &[Posted]) -> Result<(), PostError> {
    let mut sums: BTreeMap<AccountKey<'_>, (i128, i128)> = BTreeMap::new();
    for line in posted.iter().flat_map(|posted| &posted.entry.lines) {
        let (debits, credits) = sums.entry(key(line)).or_default();
        let minor = i128::from(line.amount.minor);
        *debits += minor.max(0);
        *credits += (-minor).max(0);
    }
    let keys = || sums.keys();
    sqlx::query(include_str!("../add_up.sql"))
        .bind(keys().map(|key| key.0).collect::<Vec<_>>())
        .bind(keys().map(|key| key.1).collect::<Vec<_>>())
        .bind(keys().map(|key| key.2).collect::<Vec<_>>())
        .bind(
            sums.values()
                .map(|sum| sum.0.to_string())
                .collect::<Vec<_>>(),
        )
        .bind(
            sums.values()
                .map(|sum| sum.1.to_string())
                .collect::<Vec<_>>(),
        )
        .execute(connection)
        .await?;
    Ok(())
}
