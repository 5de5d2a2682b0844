//! Everybody who asks: people of every role, programs with every scope, and those who come with what is worth nothing any more.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use daybook_tests::eventually;
use domain::value::{AccountId, Role, Scope, SessionId, Timestamp};
use http::Method;
use identity::{Identity, IdentityOptions, TokenOptions};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::ask::{anonymous, ask};
use crate::people::Member;
use crate::world::{PUBLIC_URL, World};

const SOON: Duration = Duration::from_secs(30);

/// Somebody who asks.
pub struct Asker {
    /// As the column is called.
    pub name: &'static str,
    pub token: Option<String>,
    /// A person, who can log in again.
    pub email: Option<String>,
}

/// All of them.
pub struct Cast {
    /// In the order of the columns: nobody, people, expired, revoked.
    pub askers: Vec<Asker>,
    /// One for each scope.
    pub services: Vec<(Scope, String)>,
    pub owner: Member,
    pub customer: Member,
}

fn email_of(name: &str) -> String {
    format!("{}@example.org", name.replace(' ', "-"))
}

impl Cast {
    pub async fn of(world: &World) -> Self {
        let owner = world.owner().await;
        let customer = world.member(&email_of("customer")).await;
        let mut askers = vec![Asker {
            name: "nobody",
            token: None,
            email: None,
        }];
        askers.push(person("customer", &customer));
        let another = world.member(&email_of("another customer")).await;
        askers.push(person("another customer", &another));
        for role in Role::ALL {
            if !matches!(role, Role::Customer | Role::Owner) {
                let member = staff(world, &owner, role).await;
                askers.push(person(role.as_str(), &member));
            }
        }
        askers.push(person("owner", &owner));
        for (name, token) in [
            ("expired", expired(world, &customer).await),
            ("revoked", revoked(world).await),
        ] {
            let (token, email) = (Some(token), None);
            askers.push(Asker { name, token, email });
        }
        let mut services = Vec::new();
        for scope in Scope::ALL {
            services.push((*scope, service(world, &owner, *scope).await));
        }
        Self {
            askers,
            services,
            owner,
            customer,
        }
    }

    /// The token of one of them.
    pub fn token(&self, name: &str) -> &str {
        let asker = self.askers.iter().find(|asker| asker.name == name);
        asker.unwrap().token.as_deref().unwrap()
    }

    /// The token of the service with this scope alone.
    pub fn service(&self, scope: Scope) -> &str {
        let service = self.services.iter().find(|(its, _)| *its == scope);
        &service.unwrap().1
    }
}

fn person(name: &'static str, member: &Member) -> Asker {
    Asker {
        name,
        token: Some(member.token().to_owned()),
        email: Some(if name == "owner" {
            "owner@example.org".into()
        } else {
            email_of(name)
        }),
    }
}

async fn staff(world: &World, owner: &Member, role: Role) -> Member {
    let email = email_of(role.as_str());
    let member = world.member(&email).await;
    let path = format!("/v1/accounts/{}/roles/{role}", member.id);
    let granted = world.as_member(owner, Method::PUT, &path, None).await;
    granted.expect(200);
    world.logged_in(&email).await
}

/// A token of a session that stands, whose time is over.
async fn expired(world: &World, of: &Member) -> String {
    let tokens = TokenOptions {
        access_lifetime: Duration::from_secs(1),
        ..TokenOptions::default()
    };
    let options = IdentityOptions {
        tokens,
        ..IdentityOptions::new(world.master.clone(), PUBLIC_URL)
    };
    let brief = Identity::open(world.commands.clone(), options)
        .await
        .unwrap();
    let account: AccountId = of.id.parse().unwrap();
    let (state, _) = world.commands.account_state(account).await.unwrap();
    let until = Timestamp::try_from(OffsetDateTime::now_utc()).unwrap();
    let until = until.saturating_add(Duration::from_secs(3_600));
    let session = SessionId(Uuid::now_v7());
    let tokens = brief.tokens();
    let tokens = tokens
        .for_session(account, &state, session, 1, until)
        .unwrap();
    let token = tokens.access_token.expose().clone();
    refused(world, &token, "token-expired").await;
    token
}

/// A token whose session was ended.
async fn revoked(world: &World) -> String {
    let member = world.member(&email_of("revoked")).await;
    let path = "/v1/sessions/current";
    let ended = world.as_member(&member, Method::DELETE, path, None).await;
    assert!(ended.status.is_success(), "{}", ended.text());
    refused(world, member.token(), "token-revoked").await;
    member.token().to_owned()
}

async fn refused(world: &World, token: &str, code: &str) {
    eventually(code, SOON, async || {
        let bearer = format!("Bearer {token}");
        let request = anonymous(Method::GET, "/v1/products").header("authorization", bearer);
        let answer = ask(&world.router, crate::ask::empty(request)).await;
        let text = answer.text();
        text.contains(code).then_some(()).ok_or(text)
    })
    .await;
}

/// A program with one scope, let in by its secret.
async fn service(world: &World, owner: &Member, scope: Scope) -> String {
    let client =
        json!({"name": scope.as_str(), "kind": "confidential", "scopes": [scope.as_str()]});
    let registered = world.as_member(owner, Method::POST, "/v1/clients", Some(&client));
    let registered = registered.await.expect(201).json();
    let field = |name: &str| registered[name].as_str().unwrap().to_owned();
    let secret = STANDARD.encode(format!("{}:{}", field("id"), field("client_secret")));
    let request = anonymous(Method::POST, "/oauth/token")
        .header("authorization", format!("Basic {secret}"))
        .header("content-type", "application/x-www-form-urlencoded");
    let body = format!("grant_type=client_credentials&scope={scope}");
    let answer = ask(&world.router, request.body(body.into()).unwrap()).await;
    let token = answer.expect(200).json()["access_token"].clone();
    token.as_str().unwrap().to_owned()
}
