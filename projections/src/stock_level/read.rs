//! Reads stock: of a SKU, what is low, and what holds a SKU's units.

use domain::value::{Location, Sku, Timestamp};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::row::{LEVEL_COLUMNS, LevelRow, RESERVATION_COLUMNS, ReservationRow};
use crate::queries::{Keyset, Side};
use crate::{Document, Page, PageQuery, Queries, QueryError};

/// Where an item is in the list of low stock.
type LowKey = (i64, String, String);

/// Where a reservation is in its SKU's list: when it lapses (microseconds since 1970), and its id.
type ReservationKey = (i64, Uuid);

/// Where scarcity goes up a step, as in `tables.sql`.
const SCARCITY_STEPS: &str = "{1,4,16,64,256,1024,4096,16384}";

impl Queries {
    /// A SKU's stock, one document per location, by location. Empty if the SKU was never in stock.
    pub async fn stock(&self, sku: &Sku) -> Result<Vec<Document>, QueryError> {
        let mut sql = levels();
        sql.push("sku = ").push_bind(sku.as_str());
        sql.push(" order by location");
        let read = sql.build_query_as::<LevelRow>();
        let levels = self.bounded(read.fetch_all(self.pool())).await?;
        levels.iter().map(LevelRow::document).collect()
    }

    /// A SKU's stock at one location.
    pub async fn stock_at(
        &self,
        sku: &Sku,
        location: &Location,
    ) -> Result<Option<Document>, QueryError> {
        let mut sql = levels();
        sql.push("sku = ").push_bind(sku.as_str());
        sql.push(" and location = ").push_bind(location.as_str());
        let read = sql.build_query_as::<LevelRow>();
        let level = self.bounded(read.fetch_optional(self.pool())).await?;
        level.as_ref().map(LevelRow::document).transpose()
    }

    /// A page of the stock items of which fewer than `below` units can be promised (all items if
    /// it is `None`), the scarcest first.
    pub async fn stock_below(
        &self,
        below: Option<i64>,
        page: &PageQuery,
    ) -> Result<Page, QueryError> {
        let keyset: Keyset<LowKey> = Keyset::read("stock", page)?;
        let mut sql = low(below, &keyset);
        let read = sql.build_query_as::<LevelRow>().persistent(false);
        let rows = self.bounded(read.fetch_all(self.pool())).await?;
        let keyed = rows.into_iter().map(|level| {
            let body = level.body()?;
            Ok(((level.uncommitted, level.sku, level.location), body))
        });
        Ok(keyset.page(keyed.collect::<Result<_, QueryError>>()?))
    }

    /// A page of a SKU's open reservations at all locations, by when they lapse.
    pub async fn reservations(&self, sku: &Sku, page: &PageQuery) -> Result<Page, QueryError> {
        let keyset: Keyset<ReservationKey> = Keyset::read("reservations", page)?;
        let mut sql = open(sku, &keyset)?;
        let read = sql.build_query_as::<ReservationRow>().persistent(false);
        let rows = self.bounded(read.fetch_all(self.pool())).await?;
        let keyed = rows.into_iter().map(|reservation| {
            let expires_at = reservation.expires_at()?.as_micros();
            let key = (expires_at, reservation.reservation_id);
            Ok((key, reservation.body()?))
        });
        Ok(keyset.page(keyed.collect::<Result<_, QueryError>>()?))
    }
}

/// Reads the levels of which something is true that is to follow.
fn levels<'a>() -> QueryBuilder<'a, Postgres> {
    QueryBuilder::new(format!(
        "select {LEVEL_COLUMNS} from query.stock_level where "
    ))
}

fn low<'a>(below: Option<i64>, keyset: &Keyset<LowKey>) -> QueryBuilder<'a, Postgres> {
    let mut sql = levels();
    sql.push("true");
    if let Some(below) = below {
        sql.push(" and uncommitted < ").push_bind(below);
        sql.push(" and scarcity <= ");
        push_scarcity(&mut sql, below);
    }
    if let Some((uncommitted, sku, location)) = &keyset.from {
        sql.push(match keyset.side {
            Side::After => " and scarcity >= ",
            Side::Before => " and scarcity <= ",
        });
        push_scarcity(&mut sql, *uncommitted);
        sql.push(match keyset.side {
            Side::After => " and (uncommitted, sku, location) > (",
            Side::Before => " and (uncommitted, sku, location) < (",
        });
        sql.push_bind(*uncommitted)
            .push(", ")
            .push_bind(sku.clone())
            .push(", ")
            .push_bind(location.clone())
            .push(")");
    }
    sql.push(match keyset.side {
        Side::After => " order by scarcity, uncommitted, sku, location limit ",
        Side::Before => " order by scarcity desc, uncommitted desc, sku desc, location desc limit ",
    });
    sql.push_bind(keyset.rows_wanted());
    sql
}

/// The scarcity of an item with that many units: it grows with them, so both sort the same way.
fn push_scarcity(sql: &mut QueryBuilder<'_, Postgres>, uncommitted: i64) {
    sql.push("width_bucket(").push_bind(uncommitted);
    sql.push("::bigint, '")
        .push(SCARCITY_STEPS)
        .push("'::bigint[])");
}

fn open<'a>(
    sku: &Sku,
    keyset: &Keyset<ReservationKey>,
) -> Result<QueryBuilder<'a, Postgres>, QueryError> {
    let mut sql = QueryBuilder::new(format!(
        "select {RESERVATION_COLUMNS} from query.stock_reservation where sku = "
    ));
    sql.push_bind(sku.to_string());
    if let Some((expires_at, id)) = keyset.from {
        let expires_at =
            Timestamp::from_micros(expires_at).map_err(|_| QueryError::InvalidCursor)?;
        sql.push(match keyset.side {
            Side::After => " and (expires_at, reservation_id) > (",
            Side::Before => " and (expires_at, reservation_id) < (",
        });
        sql.push_bind(expires_at.to_offset_date_time())
            .push(", ")
            .push_bind(id)
            .push(")");
    }
    sql.push(match keyset.side {
        Side::After => " order by expires_at, reservation_id limit ",
        Side::Before => " order by expires_at desc, reservation_id desc limit ",
    });
    sql.push_bind(keyset.rows_wanted());
    Ok(sql)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_steps_of_scarcity_are_those_of_the_table() {
        assert!(include_str!("tables.sql").contains(super::SCARCITY_STEPS));
    }
}
