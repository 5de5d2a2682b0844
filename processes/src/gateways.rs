//! The gateways of this shop, by name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::gateway::Gateway;

/// The gateways of this shop. Cheap to clone.
#[derive(Clone, Default)]
pub struct Gateways(Arc<BTreeMap<&'static str, Arc<dyn Gateway>>>);

impl Gateways {
    /// These; of two with one name the later.
    #[must_use]
    pub fn new(gateways: impl IntoIterator<Item = Arc<dyn Gateway>>) -> Self {
        let named = gateways
            .into_iter()
            .map(|gateway| (gateway.name(), gateway));
        Self(Arc::new(named.collect()))
    }

    /// The one of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<dyn Gateway>> {
        self.0.get(name)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Gateway>> {
        self.0.values()
    }
}

impl fmt::Debug for Gateways {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.0.keys()).finish()
    }
}
