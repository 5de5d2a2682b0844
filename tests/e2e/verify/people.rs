//! Breaches of the rules about accounts, their sessions and the owners.

use domain::value::SessionId;
use serde_json::{Value, json};

use super::plant::{Fact, Story};
use super::sale::id;

pub fn stories() -> Vec<Story> {
    let mut stories = addresses();
    stories.extend(sessions());
    stories.extend(owners());
    stories
}

fn addresses() -> Vec<Story> {
    let [first, second, heir] = [84, 85, 86].map(Person);
    vec![
        // Two accounts have one address.
        Story::new(
            [first.registered()],
            [second
                .registered()
                .but("/email_hash", first.hash())
                .breaks(8)],
        ),
        // An account succeeds one that lives.
        Story::new([], [heir.succeeds(first).breaks(8)]),
    ]
}

fn sessions() -> Vec<Story> {
    let [gone, careless] = [121, 122].map(Person);
    vec![
        // A session goes on after its end.
        Story::new(
            [gone.registered(), gone.logged_in(), gone.logged_out()],
            [gone.refreshed().breaks(12)],
        ),
        // A session outlives the password that it began with.
        Story::new(
            [careless.registered(), careless.logged_in()],
            [careless.password_changed().breaks(12)],
        ),
    ]
}

fn owners() -> Vec<Story> {
    let [last, unlisted] = [131, 132].map(Person);
    vec![
        // The last owner goes.
        Story::new(
            [
                last.registered(),
                last.role("RoleGranted"),
                last.listed("OwnerAdded"),
            ],
            [
                last.role("RoleRevoked"),
                last.listed("OwnerRemoved").breaks(13),
            ],
        ),
        // One has the role and is not among the owners.
        Story::new(
            [unlisted.registered()],
            [unlisted.role("RoleGranted").breaks(13)],
        ),
    ]
}

/// An account with one session.
#[derive(Clone, Copy)]
struct Person(u32);

impl Person {
    fn account(self, event_type: &'static str, says: Value) -> Fact {
        Fact::new("account", id(self.0).to_string(), event_type, says)
    }

    fn hash(self) -> String {
        format!("{:064x}", self.0)
    }

    fn registered(self) -> Fact {
        let says = json!({
            "account_id": id(self.0), "email_hash": self.hash(),
            "email": {"key_id": "data-1", "data": "c2VhbGVk"}, "succeeds": null,
        });
        self.account("AccountRegistered", says)
    }

    fn succeeds(self, other: Self) -> Fact {
        let registered = self.registered().but("/email_hash", other.hash());
        registered.but("/succeeds", id(other.0).to_string())
    }

    /// The session's id and its family, and what else is said.
    fn session(self, event_type: &'static str, more: Value) -> Fact {
        let session = SessionId(id(self.0 * 16));
        let mut says = json!({"session_id": session, "family": session.family()});
        let fields = more.as_object().cloned().unwrap_or_default();
        says.as_object_mut().unwrap().extend(fields);
        self.account(event_type, says)
    }

    fn logged_in(self) -> Fact {
        let more = json!({
            "method": "password", "started_at": "2017-01-01T00:00:00.000000Z",
            "expires_at": "2017-01-02T00:00:00.000000Z",
        });
        self.session("SessionStarted", more)
    }

    fn logged_out(self) -> Fact {
        self.session("SessionRevoked", json!({"reason": "logged_out"}))
    }

    fn refreshed(self) -> Fact {
        self.session("SessionRefreshed", json!({"generation": 2}))
    }

    fn password_changed(self) -> Fact {
        let says = json!({"cause": "changed", "changed_at": "2017-01-01T00:01:00.000000Z"});
        self.account("PasswordChanged", says)
    }

    fn role(self, event_type: &'static str) -> Fact {
        self.account(event_type, json!({"role": "owner"}))
    }

    fn listed(self, event_type: &'static str) -> Fact {
        let says = json!({"account_id": id(self.0)});
        Fact::new("owners", "shop".to_owned(), event_type, says)
    }
}
