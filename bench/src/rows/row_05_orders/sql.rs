//! The peer: stock, orders and lines in plain tables, and row locks.

use std::time::Instant;

use anyhow::{Result, ensure};
use daybook_tests::Postgres;
use sqlx::{Connection, PgConnection};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::market::{Article, Customers, OPENING_UNITS};
use crate::settings::Settings;

/// The tables, and the whole transaction as one function: the loop keeps the order in which rows are locked.
const TABLES: &str = "
create table stock (sku text primary key, available bigint not null);
create table orders (id uuid primary key, customer text not null, placed_at timestamptz not null default now());
create table order_lines (
    order_id uuid not null references orders, line smallint not null, sku text not null, quantity integer not null,
    primary key (order_id, line));
create function place_order(id uuid, customer text, skus text[], quantities integer[]) returns void
language plpgsql as $$
begin
    for line in 1 .. array_length(skus, 1) loop
        update stock set available = available - quantities[line]
        where sku = skus[line] and available >= quantities[line];
        if not found then
            raise exception 'out of stock: %', skus[line];
        end if;
    end loop;
    insert into orders (id, customer) values (id, customer);
    insert into order_lines (order_id, line, sku, quantity)
    select id, line, sku, quantity from unnest(skus, quantities) with ordinality as lines (sku, quantity, line);
end $$;
";

const TAKE: &str = "update stock set available = available - $2 where sku = $1 and available >= $2";
const INSERT_ORDER: &str = "insert into orders (id, customer) values ($1, $2)";
const INSERT_LINES: &str = "insert into order_lines (order_id, line, sku, quantity) \
     select $1, line, sku, quantity from unnest($2::text[], $3::integer[]) with ordinality as lines (sku, quantity, line)";

/// How the statements reach the server.
#[derive(Clone, Copy, Debug)]
pub enum Manner {
    /// One by one, between `begin` and `commit`.
    Statements,
    /// All in one function call.
    Function,
}

/// The peer's database.
pub struct Sql {
    database: Postgres,
}

impl Sql {
    /// With plenty of stock of every article.
    pub async fn open(database: Postgres, articles: &[Article]) -> Result<Self> {
        let mut connection = PgConnection::connect_with(&database.options()).await?;
        sqlx::raw_sql(TABLES).execute(&mut connection).await?;
        let skus: Vec<&str> = articles
            .iter()
            .map(|article| article.sku.as_str())
            .collect();
        sqlx::query("insert into stock select sku, $2 from unnest($1::text[]) as skus (sku)")
            .bind(&skus)
            .bind(i64::from(OPENING_UNITS))
            .execute(&mut connection)
            .await?;
        sqlx::query("vacuum analyze stock")
            .execute(&mut connection)
            .await?;
        connection.close().await?;
        Ok(Self { database })
    }

    /// Places orders over so many connections; how many a second.
    pub async fn place(
        &self,
        settings: &Settings,
        connections: usize,
        customers: &Customers,
        manner: Manner,
    ) -> Result<f64> {
        let mut open = Vec::new();
        for _ in 0..connections {
            open.push(PgConnection::connect_with(&self.database.options()).await?);
        }
        let counting_from = Instant::now() + settings.warm_up;
        let until = counting_from + settings.measure;
        let mut clients = JoinSet::new();
        for mut connection in open {
            let customers = customers.clone();
            clients.spawn(async move {
                let mut placed = 0_u64;
                loop {
                    let asked = Instant::now();
                    if asked >= until {
                        break;
                    }
                    order(&mut connection, &customers.basket(), manner).await?;
                    placed += u64::from(asked >= counting_from);
                }
                connection.close().await?;
                Ok::<_, anyhow::Error>(placed)
            });
        }
        let mut placed = 0;
        while let Some(ended) = clients.join_next().await {
            placed += ended??;
        }
        Ok(placed as f64 / settings.measure.as_secs_f64())
    }
}

async fn order(connection: &mut PgConnection, basket: &[&str], manner: Manner) -> Result<()> {
    let id = Uuid::now_v7();
    let customer = format!("household-{}", fastrand::u32(1..2_500));
    let quantities = vec![1_i32; basket.len()];
    match manner {
        Manner::Function => {
            sqlx::query("select place_order($1, $2, $3, $4)")
                .bind(id)
                .bind(customer)
                .bind(basket)
                .bind(quantities)
                .execute(connection)
                .await?;
        }
        Manner::Statements => {
            let mut transaction = connection.begin().await?;
            for (sku, quantity) in basket.iter().zip(&quantities) {
                let taken = sqlx::query(TAKE)
                    .bind(sku)
                    .bind(quantity)
                    .execute(&mut *transaction)
                    .await?;
                ensure!(taken.rows_affected() == 1, "out of stock: {sku}");
            }
            sqlx::query(INSERT_ORDER)
                .bind(id)
                .bind(customer)
                .execute(&mut *transaction)
                .await?;
            sqlx::query(INSERT_LINES)
                .bind(id)
                .bind(basket)
                .bind(quantities)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
        }
    }
    Ok(())
}
