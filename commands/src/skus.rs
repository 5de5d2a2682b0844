//! Which product each SKU belongs to.
//!
//! A SKU is claimed once and never reused, so what was found once is true for ever and may be
//! kept; what was not found is asked again each time. No query table takes part: those may be behind.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use domain::value::Sku;
use journal::{ClaimKey, Journal, StreamId};
use lru::LruCache;

use crate::CommandError;

/// How many SKUs are kept.
const SKUS_MAX: NonZeroUsize = NonZeroUsize::new(200_000).unwrap();

/// The claim on a SKU.
pub(crate) fn sku_claim(sku: &Sku) -> ClaimKey {
    ClaimKey::new("sku", sku.as_str())
}

/// A consistent look-up from SKU to the stream of its product.
#[derive(Clone)]
pub(crate) struct SkuDirectory {
    journal: Journal,
    known: Arc<Mutex<LruCache<Sku, StreamId>>>,
}

impl SkuDirectory {
    pub fn new(journal: Journal) -> Self {
        Self {
            journal,
            known: Arc::new(Mutex::new(LruCache::new(SKUS_MAX))),
        }
    }

    /// The products' streams of these SKUs; a SKU that was never added is absent.
    pub async fn products(&self, skus: &[Sku]) -> Result<HashMap<Sku, StreamId>, CommandError> {
        let mut found = HashMap::with_capacity(skus.len());
        let mut unknown = Vec::new();
        {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            for sku in skus {
                match known.get(sku) {
                    Some(stream) => _ = found.insert(sku.clone(), stream.clone()),
                    None => unknown.push(sku.clone()),
                }
            }
        }
        if unknown.is_empty() {
            return Ok(found);
        }
        let keys: Vec<ClaimKey> = unknown.iter().map(sku_claim).collect();
        let claimed = self.journal.claimed_streams(&keys).await.map_err(|error| {
            tracing::warn!(%error, "could not look SKUs up");
            CommandError::Unavailable
        })?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for (sku, key) in unknown.into_iter().zip(keys) {
            if let Some(stream) = claimed.get(&key) {
                known.put(sku.clone(), stream.clone());
                found.insert(sku, stream.clone());
            }
        }
        Ok(found)
    }
}
