//! `GET /v1/products`: browse, filter, sort, search. Open to everybody; only staff see what is not for sale.

use axum::extract::State;
use axum::response::Response;
use domain::policy::Operation;
use domain::value::Currency;
use projections::product_listing::PROJECTION;
use projections::{ListingFilter, ListingSort, PublicationFilter};

use crate::Api;
use crate::answer::{self, Audience};
use crate::auth::Allowed;
use crate::problem::Problem;
use crate::request::{Params, Read};

/// What can be asked for.
pub const LIST_PARAMETERS: &[&str] = &[
    "q",
    "category",
    "currency",
    "price_min",
    "price_max",
    "in_stock",
    "sort",
    "publication",
    "limit",
    "after",
    "before",
];

/// Highest price that can be asked for, in minor units.
const PRICE_MAX: u64 = i64::MAX.unsigned_abs();

/// Lists products.
pub async fn list(
    State(api): State<Api>,
    allowed: Allowed,
    read: Read,
    params: Params,
) -> Result<Response, Problem> {
    let params = params.only(LIST_PARAMETERS, &["category"])?;
    let filter = filter(&params)?;
    if filter.publication == PublicationFilter::All {
        allowed.require(Operation::ReadUnpublished)?;
    }
    let page = params.page()?;
    let queries = read.caught_up(&api, &PROJECTION).await?;
    let page = queries.product_listing(&filter, &page).await?;
    Ok(answer::page(
        &read,
        audience(filter.publication),
        &params,
        &page,
    ))
}

fn audience(publication: PublicationFilter) -> Audience {
    match publication {
        PublicationFilter::Published => Audience::Everybody,
        PublicationFilter::All => Audience::Client,
    }
}

fn filter(params: &Params) -> Result<ListingFilter, Problem> {
    let price = |name| {
        let price = params.number(name, 0, PRICE_MAX)?;
        Ok::<_, Problem>(price.map(u64::cast_signed))
    };
    let publications = [
        ("published", PublicationFilter::Published),
        ("all", PublicationFilter::All),
    ];
    Ok(ListingFilter {
        // Searching for nothing is not searching.
        q: params.text("q").filter(|q| !q.trim().is_empty()),
        category: category(params.all("category")),
        currency: params.read::<Currency>("currency")?,
        price_min: price("price_min")?,
        price_max: price("price_max")?,
        in_stock: params.one_of("in_stock", &[("true", true), ("false", false)])?,
        publication: params
            .one_of("publication", &publications)?
            .unwrap_or_default(),
        sort: params
            .text("sort")
            .map(|sort| ListingSort::parse(&sort))
            .transpose()?,
    })
}

/// A category's path: `category=A/B`, or `category=A&category=B` where a part itself holds a slash.
fn category(given: Vec<String>) -> Vec<String> {
    let parts: Vec<String> = match given.as_slice() {
        [path] => path.split('/').map(str::to_owned).collect(),
        _ => given,
    };
    parts.into_iter().filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::category;

    #[test]
    fn a_category_is_a_path_or_its_parts() {
        let of = |given: &[&str]| category(given.iter().map(|it| (*it).to_owned()).collect());
        assert_eq!(of(&["GROCERY/FRZN ICE"]), ["GROCERY", "FRZN ICE"]);
        assert_eq!(of(&["GROCERY", "DRSNG/SPRD"]), ["GROCERY", "DRSNG/SPRD"]);
        assert_eq!(of(&["DRSNG/SPRD", ""]), ["DRSNG/SPRD"]);
        assert!(of(&[]).is_empty());
    }
}
