//! What was given back, and for which SKUs.

use std::collections::BTreeMap;

use domain::Event;
use domain::order::{LineShare, OrderEvent};
use domain::payment::PaymentEvent;
use domain::value::{Money, split_minor};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::line::OWN_CHANNEL;
use crate::projection::{PostError, Posting};

/// The SKU of what was given back for no units in particular.
const NO_SKU: &str = "";

/// What was given back for one SKU.
struct Refund<'a> {
    position: i64,
    sku: &'a str,
    payment_id: Uuid,
    refunded_at: OffsetDateTime,
    amount: Money,
}

pub(super) async fn post(
    connection: &mut PgConnection,
    postings: &[Posting],
) -> Result<(), PostError> {
    let mut refunds = Vec::new();
    for posting in postings {
        let Event::Payment(PaymentEvent::PaymentRefunded { amount, lines, .. }) = &posting.event
        else {
            continue;
        };
        let payment_id = posting.id()?;
        for (sku, minor) in by_sku(amount.minor, lines) {
            refunds.push(Refund {
                position: posting.position.cast_signed(),
                sku,
                payment_id,
                refunded_at: posting.recorded_at.to_offset_date_time(),
                amount: Money::new(minor, amount.currency),
            });
        }
    }
    store(connection, &refunds).await
}

/// Every unit bears what it was paid with, net and tax, and what is left (shipping) is for no units; if
/// less was given back than that, all bear their part of it. The parts sum to the amount.
fn by_sku(amount: i64, lines: &[LineShare]) -> BTreeMap<&str, i64> {
    let paid = |share: &LineShare| share.net.saturating_add(share.tax).max(0);
    let weights: Vec<u64> = lines
        .iter()
        .map(|share| paid(share).unsigned_abs())
        .collect();
    let carried = lines
        .iter()
        .map(paid)
        .fold(0, i64::saturating_add)
        .min(amount);
    let parts = split_minor(carried, &weights).unwrap_or_default();
    let mut by_sku: BTreeMap<&str, i64> = BTreeMap::new();
    for (share, part) in lines.iter().zip(&parts) {
        *by_sku.entry(share.sku.as_str()).or_default() += part;
    }
    *by_sku.entry(NO_SKU).or_default() += amount - parts.iter().sum::<i64>();
    by_sku.retain(|_, minor| *minor != 0);
    by_sku
}

/// Remembers the channel of each order that may have a payment.
pub(super) async fn post_channels(
    connection: &mut PgConnection,
    postings: &[Posting],
) -> Result<(), PostError> {
    let mut channels: BTreeMap<Uuid, &str> = BTreeMap::new();
    for posting in postings {
        match &posting.event {
            Event::Order(OrderEvent::OrderPlaced(placed)) if placed.paid.is_none() => {
                let channel = placed.channel.as_deref().unwrap_or(OWN_CHANNEL);
                channels.insert(placed.order_id.payment().0, channel);
            }
            _ => {}
        }
    }
    if channels.is_empty() {
        return Ok(());
    }
    sqlx::query(include_str!("../store_payments.sql"))
        .bind(channels.keys().copied().collect::<Vec<_>>())
        .bind(channels.values().copied().collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

async fn store(connection: &mut PgConnection, refunds: &[Refund<'_>]) -> Result<(), PostError> {
    if refunds.is_empty() {
        return Ok(());
    }
    let refunds = refunds.iter();
    sqlx::query(include_str!("../store_refunds.sql"))
        .bind(refunds.clone().map(|r| r.position).collect::<Vec<_>>())
        .bind(refunds.clone().map(|r| r.sku).collect::<Vec<_>>())
        .bind(refunds.clone().map(|r| r.payment_id).collect::<Vec<_>>())
        .bind(refunds.clone().map(|r| r.refunded_at).collect::<Vec<_>>())
        .bind(
            refunds
                .clone()
                .map(|r| r.amount.currency.code())
                .collect::<Vec<_>>(),
        )
        .bind(refunds.map(|r| r.amount.minor).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::value::{LineId, Quantity, Sku};

    use super::*;

    fn share(sku: &str, net: i64, tax: i64) -> LineShare {
        LineShare {
            line_id: LineId(Uuid::nil()),
            sku: Sku::new(sku).unwrap(),
            quantity: Quantity::new(1).unwrap(),
            gross: net,
            discount: 0,
            net,
            tax,
        }
    }

    #[test]
    fn parts_sum_to_the_amount() {
        let lines = [share("A", 100, 19), share("B", 50, 10)];
        // With shipping, exactly, less, and for nothing in particular.
        assert_eq!(
            by_sku(679, &lines),
            BTreeMap::from([("", 500), ("A", 119), ("B", 60)])
        );
        assert_eq!(by_sku(179, &lines), BTreeMap::from([("A", 119), ("B", 60)]));
        assert_eq!(by_sku(10, &lines), BTreeMap::from([("A", 7), ("B", 3)]));
        assert_eq!(by_sku(5, &[]), BTreeMap::from([("", 5)]));
        assert_eq!(by_sku(5, &[share("A", 0, 0)]), BTreeMap::from([("", 5)]));
    }
}
