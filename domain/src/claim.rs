//! What an event claims for ever: values that are unique in the whole shop.
//!
//! The journal keeps claims beside events and refuses the second one; which
//! events claim what is known only here.

use std::borrow::Cow;

use crate::account::AccountEvent;
use crate::event::Event;
use crate::product::ProductEvent;
use crate::rejection::Rejection;
use crate::value::{AccountId, EmailHash, Sku, Slug};

/// A value that may be claimed once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Claim {
    /// A product's slug.
    Slug(Slug),
    /// A variant's SKU.
    Sku(Sku),
    /// An account's e-mail address. A claim is never given back, but an address may be used again
    /// after its account was erased: so what is claimed then is to be the one successor of that
    /// account under the address.
    Email {
        /// A keyed hash of the normalised address.
        hash: EmailHash,
        /// The erased account that had it before, if one had.
        succeeds: Option<AccountId>,
    },
}

impl Claim {
    /// What `event` claims, if it claims something.
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        match event {
            Event::Product(ProductEvent::ProductCreated { slug, .. }) => {
                Some(Self::Slug(slug.clone()))
            }
            Event::Product(ProductEvent::VariantAdded { sku, .. }) => Some(Self::Sku(sku.clone())),
            Event::Account(AccountEvent::AccountRegistered(registered)) => Some(Self::Email {
                hash: registered.email_hash,
                succeeds: registered.succeeds,
            }),
            _ => None,
        }
    }

    /// The space of names that the value is unique in.
    #[must_use]
    pub const fn namespace(&self) -> &'static str {
        match self {
            Self::Slug(_) => "slug",
            Self::Sku(_) => "sku",
            Self::Email { .. } => "email",
        }
    }

    /// The value itself.
    #[must_use]
    pub fn value(&self) -> Cow<'_, str> {
        match self {
            Self::Slug(slug) => Cow::Borrowed(slug.as_str()),
            Self::Sku(sku) => Cow::Borrowed(sku.as_str()),
            Self::Email { hash, succeeds } => Cow::Owned(match succeeds {
                None => hash.to_string(),
                Some(account) => format!("{hash}/{account}"),
            }),
        }
    }

    /// The answer to whoever comes second; `pointer` is where the command says the value.
    #[must_use]
    pub fn taken(&self, pointer: &str) -> Rejection {
        match self {
            Self::Slug(slug) => Rejection::slug_taken(slug, pointer),
            Self::Sku(sku) => Rejection::sku_taken(sku, pointer),
            Self::Email { .. } => Rejection::email_taken(pointer),
        }
    }
}
