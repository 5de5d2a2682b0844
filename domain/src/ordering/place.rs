//! Placing an order.

use std::collections::HashMap;
use std::sync::Arc;

use super::wish::{CLOCK_SKEW_MAX, HOLD_MAX, LineAmounts, PlaceOrder, WantedLine};
use super::{OrderingOutcome, ProductLookup, ShortLines, StockLookup};
use crate::facts::Facts;
use crate::order::{
    self, LINES_PER_ORDER_MAX, LineQuantity, Order, OrderCommand, OrderEvent, OrderPlaced, Paid,
    PlacedLine, UNITS_PER_LINE_MAX,
};
use crate::product::{Product, Publication, Variant, VariantStatus};
use crate::rejection::{FieldError, Rejection, RejectionCode};
use crate::stock::{self, Reserve, StockCommand, StockItem};
use crate::value::{Currency, Money, Quantity, Sku, TaxRate};

/// Places an order: `OrderPlaced` and a reservation of every line, or nothing.
///
/// An order that a sales channel was paid for is also confirmed, shipped and completed, its stock
/// committed and dispatched: it was handed over as it was sold.
pub fn place(
    order: &Order,
    stock: &StockLookup<'_>,
    products: &ProductLookup<'_>,
    command: PlaceOrder,
    facts: &Facts,
) -> Result<OrderingOutcome, Rejection> {
    if let Some(id) = order.id() {
        let detail = format!("order {id} was placed already; take a new id");
        return Err(Rejection::new(RejectionCode::OrderState, detail));
    }
    check_terms(&command, facts)?;
    let merged = merge(&command.lines)?;
    let lines = price(&command, &merged, products)?;
    let placed = Arc::new(OrderPlaced {
        order_id: command.order_id,
        customer: command.customer,
        channel: command.channel,
        currency: command.currency,
        location: command.location,
        lines,
        shipping: command.shipping.minor,
        placed_at: command.placed_at.unwrap_or(facts.now),
        deadline: facts.now.saturating_add(command.hold),
        paid: command.paid,
        payment: command.payment,
    });
    let at: Vec<usize> = merged.iter().map(|line| line.at).collect();
    let events = order::decide(order, OrderCommand::PlaceOrder(Arc::clone(&placed)), facts)
        .map_err(|rejection| as_asked(rejection, &at))?;
    check_expected_total(&placed, command.expected_total)?;
    let mut outcome = OrderingOutcome {
        order: events,
        ..OrderingOutcome::default()
    };
    take_stock(&placed, &at, stock, facts, &mut outcome)?;
    if placed.paid.is_some() {
        hand_over(order, &placed, facts, &mut outcome.order)?;
    }
    Ok(outcome)
}

/// Checks everything that is not a line.
fn check_terms(command: &PlaceOrder, facts: &Facts) -> Result<(), Rejection> {
    let mut wrong = Vec::new();
    if command.channel.is_none() {
        wrong.extend(stated_without_channel(command));
    }
    if command.lines.len() > LINES_PER_ORDER_MAX {
        let detail = format!(
            "{} lines are too many; the most is {LINES_PER_ORDER_MAX}",
            command.lines.len()
        );
        wrong.push(FieldError::new("/lines", "too-many", detail));
    }
    if command.hold > HOLD_MAX {
        let detail = format!(
            "stock is held for at most {} seconds, not {}",
            HOLD_MAX.as_secs(),
            command.hold.as_secs()
        );
        wrong.push(FieldError::new("/hold", "too-long", detail));
    }
    let latest = facts.now.saturating_add(CLOCK_SKEW_MAX);
    if let Some(placed_at) = command.placed_at.filter(|at| *at > latest) {
        let detail = format!("{placed_at} is in the future; state when the sale took place");
        wrong.push(FieldError::new("/placed_at", "in-future", detail));
    }
    if !wrong.is_empty() {
        return Err(Rejection::validation(wrong));
    }
    let amounts = [
        ("/shipping", Some(command.shipping)),
        ("/expected_total", command.expected_total),
    ];
    for (pointer, amount) in amounts {
        if let Some(amount) = amount.filter(|amount| amount.currency != command.currency) {
            let detail = format!(
                "{} is not the order's currency {}; state all amounts in one",
                amount.currency, command.currency
            );
            let code = RejectionCode::CurrencyMismatch;
            let field = FieldError::new(format!("{pointer}/currency"), code.as_str(), detail);
            return Err(Rejection::of_fields(code, vec![field]));
        }
    }
    Ok(())
}

/// What only a sales channel may state.
fn stated_without_channel(command: &PlaceOrder) -> Vec<FieldError> {
    let wrong = |pointer: String| {
        let detail = "only a sales channel may state this; leave it out or name the channel";
        FieldError::new(pointer, "channel-only", detail)
    };
    let lines = command.lines.iter().enumerate();
    let stated = lines.filter(|(_, line)| line.amounts.is_some());
    let mut fields: Vec<_> = stated
        .map(|(at, _)| wrong(format!("/lines/{at}/gross")))
        .collect();
    if command.placed_at.is_some() {
        fields.push(wrong("/placed_at".into()));
    }
    if command.paid.is_some() {
        fields.push(wrong("/paid".into()));
    }
    fields
}

/// Lines of the same SKU as one, found at the first of them.
struct MergedLine<'a> {
    at: usize,
    sku: &'a Sku,
    units: u64,
    amounts: Option<LineAmounts>,
}

fn merge(lines: &[WantedLine]) -> Result<Vec<MergedLine<'_>>, Rejection> {
    let mut place_of: HashMap<&Sku, usize> = HashMap::with_capacity(lines.len());
    let mut merged: Vec<MergedLine<'_>> = Vec::with_capacity(lines.len());
    for (at, line) in lines.iter().enumerate() {
        let place = *place_of.entry(&line.sku).or_insert(merged.len());
        let Some(first) = merged.get_mut(place) else {
            merged.push(MergedLine {
                at,
                sku: &line.sku,
                units: line.quantity.units(),
                amounts: line.amounts,
            });
            continue;
        };
        first.units = first.units.saturating_add(line.quantity.units());
        first.amounts = match (first.amounts, line.amounts) {
            (None, None) => None,
            (Some(one), Some(other)) => Some(one.checked_add(other).ok_or_else(|| {
                let detail = format!("the amounts of {} are too large to be summed", line.sku);
                Rejection::invalid(format!("/lines/{}/gross", first.at), "too-large", detail)
            })?),
            _ => {
                let detail = format!(
                    "lines {} and {at} sell {}, and only one states its amounts; state both or none",
                    first.at, line.sku
                );
                let pointer = format!("/lines/{at}/gross");
                return Err(Rejection::invalid(pointer, "amounts-incomplete", detail));
            }
        };
    }
    Ok(merged)
}

/// Prices every line, or says of each that cannot be sold why.
fn price(
    command: &PlaceOrder,
    merged: &[MergedLine<'_>],
    products: &ProductLookup<'_>,
) -> Result<Vec<PlacedLine>, Rejection> {
    let (mut lines, mut wrong) = (Vec::with_capacity(merged.len()), Vec::new());
    for line in merged {
        match price_line(command, line, products) {
            Ok(line) => lines.push(line),
            Err(field) => wrong.push(field),
        }
    }
    if wrong.is_empty() {
        Ok(lines)
    } else {
        Err(Rejection::validation(wrong))
    }
}

fn price_line(
    command: &PlaceOrder,
    line: &MergedLine<'_>,
    products: &ProductLookup<'_>,
) -> Result<PlacedLine, FieldError> {
    let sku = line.sku;
    let wrong = |field: &str, code: &str, detail: String| {
        FieldError::new(format!("/lines/{}/{field}", line.at), code, detail)
    };
    let found = products(sku).and_then(|(product, version)| {
        let (product_id, variant) = (product.id()?, product.variant(sku)?);
        Some((product, version, product_id, variant))
    });
    let Some((product, product_version, product_id, variant)) = found else {
        let detail = format!("no product has a variant of SKU {sku}");
        return Err(wrong("sku", "unknown-sku", detail));
    };
    let Some(quantity) = quantity_of(line.units) else {
        let detail = format!(
            "{} units of {sku} are too many for an order; the most is {UNITS_PER_LINE_MAX}",
            line.units
        );
        return Err(wrong("quantity", "too-large", detail));
    };
    let (amounts, tax_bp) = match line.amounts {
        // What was paid is the whole of it: tax on top would change what the till took.
        Some(amounts) => (amounts, TaxRate::ZERO),
        None => {
            let price = catalogue_price(product, variant, sku, command.currency)
                .map_err(|(code, detail)| wrong("sku", code, detail))?;
            let gross = price.checked_mul(line.units).map_err(|error| {
                let detail = format!("{} units of {sku} at {price}: {error}", line.units);
                wrong("quantity", "too-large", detail)
            })?;
            (LineAmounts::undiscounted(gross.minor), variant.tax_bp)
        }
    };
    Ok(PlacedLine {
        line_id: command.order_id.line(sku),
        sku: sku.clone(),
        product_id,
        product_version,
        quantity,
        gross: amounts.gross,
        discount: amounts.discount,
        net: amounts.net,
        tax_bp,
        tax: tax_bp.on(amounts.net),
        coupon: amounts.coupon,
        reservation_id: command.order_id.reservation(sku),
    })
}

fn quantity_of(units: u64) -> Option<Quantity> {
    let quantity = Quantity::try_from(units).ok()?;
    (quantity.get() <= UNITS_PER_LINE_MAX).then_some(quantity)
}

/// The price of one unit, or the code and detail of why there is none.
fn catalogue_price(
    product: &Product,
    variant: &Variant,
    sku: &Sku,
    currency: Currency,
) -> Result<Money, (&'static str, String)> {
    if product.publication() == Publication::Unpublished {
        return Err(("not-published", format!("{sku} is not for sale")));
    }
    if variant.status == VariantStatus::Discontinued {
        return Err(("discontinued", format!("{sku} is sold no more")));
    }
    variant.price(currency).ok_or_else(|| {
        let detail = format!("{sku} has no price in {currency}; order in a currency that it has");
        ("not-priced", detail)
    })
}

/// Pointers of `rejection` are of merged lines; says them of the lines as they were asked for.
fn as_asked(mut rejection: Rejection, at: &[usize]) -> Rejection {
    for field in &mut rejection.fields {
        let Some(rest) = field.pointer.strip_prefix("/lines/") else {
            continue;
        };
        let Some((index, rest)) = rest.split_once('/') else {
            continue;
        };
        let asked = index.parse().ok().and_then(|index: usize| at.get(index));
        if let Some(asked) = asked {
            field.pointer = format!("/lines/{asked}/{rest}");
        }
    }
    rejection
}

fn check_expected_total(placed: &OrderPlaced, expected: Option<Money>) -> Result<(), Rejection> {
    let total = Money::new(placed.totals().total, placed.currency);
    let Some(expected) = expected.filter(|expected| *expected != total) else {
        return Ok(());
    };
    let code = RejectionCode::PriceChanged;
    let detail = format!("the total is {total}, not {expected}; show the new one and ask again");
    let field = FieldError::new("/expected_total", code.as_str(), detail);
    Err(Rejection::of_fields(code, vec![field]))
}

/// Reserves every line, or names every line that is short.
fn take_stock(
    placed: &OrderPlaced,
    at: &[usize],
    stock: &StockLookup<'_>,
    facts: &Facts,
    outcome: &mut OrderingOutcome,
) -> Result<(), Rejection> {
    let mut short = ShortLines::default();
    let unopened = StockItem::default();
    for (line, at) in placed.lines.iter().zip(at) {
        let id = placed.stock_id(line);
        let reserve = Reserve {
            reservation_id: line.reservation_id,
            order_id: placed.order_id,
            line_id: line.line_id,
            quantity: line.quantity,
            expires_at: placed.deadline,
        };
        let command = match placed.paid {
            None => StockCommand::ReserveStock(reserve),
            Some(Paid::External) => StockCommand::HandOverStock {
                reserve,
                shipment_id: placed.order_id.handover(),
            },
        };
        match stock::decide(stock(&id).unwrap_or(&unopened), command, facts) {
            Ok(events) => outcome.add_stock(id, events),
            Err(rejection) => short.add(rejection, *at, &line.sku)?,
        }
    }
    short.into_result()
}

/// What follows at once when the goods were taken home: confirmed, shipped, completed.
fn hand_over(
    order: &Order,
    placed: &OrderPlaced,
    facts: &Facts,
    events: &mut Vec<OrderEvent>,
) -> Result<(), Rejection> {
    let reserved = |line: &PlacedLine| (line.line_id, line.reservation_id);
    let all = |line: &PlacedLine| LineQuantity {
        sku: line.sku.clone(),
        quantity: line.quantity,
    };
    let commands = [
        OrderCommand::ConfirmOrder {
            authorized: Money::new(placed.totals().total, placed.currency),
            committed: placed.lines.iter().map(reserved).collect(),
        },
        OrderCommand::ShipLines {
            shipment_id: placed.order_id.handover(),
            lines: placed.lines.iter().map(all).collect(),
            carrier: None,
            tracking: None,
        },
        OrderCommand::CompleteOrder,
    ];
    let mut order = order.clone();
    events.iter().for_each(|event| order.evolve(event));
    for command in commands {
        let more = order::decide(&order, command, facts)?;
        more.iter().for_each(|event| order.evolve(event));
        events.extend(more);
    }
    Ok(())
}
