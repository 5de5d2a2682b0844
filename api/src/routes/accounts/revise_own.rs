//! `PATCH /v1/accounts/me`: what is said about the person. `null` empties a field; the address for mail is not one of them.

use axum::extract::State;
use domain::product::Patch;
use domain::value::{Prose, Text};
use identity::ProfileChange;
use serde::Deserialize;

use super::own;
use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Change, Faults, Write};

/// What changes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    #[serde(default)]
    name: Change<Text>,
    #[serde(default)]
    phone: Change<Text>,
    #[serde(default)]
    address: Change<Prose>,
}

/// Revises one's own account.
pub async fn revise_own(State(api): State<Api>, write: Write<Body>) -> Result<Accepted, Problem> {
    let id = own(&write.allowed)?.account;
    let change = write.body.change()?;
    let receipt = api.people()?.revise(id, change, write.context).await?;
    Ok(Accepted::changed(receipt))
}

impl Body {
    fn change(self) -> Result<ProfileChange, Problem> {
        let mut faults = Faults::default();
        let name = faults.take_change("/name", self.name);
        let phone = faults.take_change("/phone", self.phone);
        let address = faults.take_change("/address", self.address);
        let build = || {
            Some(ProfileChange {
                name: plain(name?),
                phone: plain(phone?),
                address: plain(address?),
            })
        };
        faults.finish(build())
    }
}

fn plain(patch: Patch<impl ToString>) -> Patch<String> {
    match patch {
        Patch::Keep => Patch::Keep,
        Patch::Clear => Patch::Clear,
        Patch::Set(value) => Patch::Set(value.to_string()),
    }
}
