//! People who use the shop over HTTP, and their mail.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use daybook_tests::eventually;
use futures::future::BoxFuture;
use http::Method;
use identity::mail::{Mail, MailError, Mailer};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::ask::{Answer, anonymous, ask, empty, with_json};
use crate::world::World;

const SOON: Duration = Duration::from_secs(20);
pub const PASSWORD: &str = "correct horse battery";

/// All mail that left.
#[derive(Clone, Default)]
pub struct Mailbox(Arc<Mutex<Vec<Mail>>>);

impl Mailer for Mailbox {
    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<(), MailError>> {
        self.0.lock().unwrap().push(mail.clone());
        Box::pin(std::future::ready(Ok(())))
    }
}

impl Mailbox {
    /// The next mail to this address; it is taken out.
    pub async fn next(&self, to: &str) -> Mail {
        eventually("there is mail", SOON, async || {
            let mut mails = self.0.lock().unwrap();
            let at = mails.iter().position(|mail| mail.to == to);
            at.map(|at| mails.remove(at))
                .ok_or_else(|| format!("{:?}", *mails))
        })
        .await
    }

    /// The path of the link in it, and the link's token.
    pub async fn link(&self, to: &str) -> (String, String) {
        let mail = self.next(to).await;
        let (_, rest) = mail.text.split_once("http://shop.example").unwrap();
        let path = rest.split_whitespace().next().unwrap();
        let (_, token) = path.split_once("?token=").unwrap();
        (path.to_owned(), token.to_owned())
    }
}

/// Somebody who is logged in.
pub struct Member {
    pub id: String,
    pub session: Value,
}

impl Member {
    pub fn token(&self) -> &str {
        self.session["access_token"].as_str().unwrap()
    }
}

impl World {
    /// A request of nobody's.
    pub async fn post_anonymously(&self, path: &str, body: &Value) -> Answer {
        let key = Uuid::now_v7().to_string();
        self.post_anonymously_as(path, &key, body).await
    }

    pub async fn post_anonymously_as(&self, path: &str, key: &str, body: &Value) -> Answer {
        let request = anonymous(Method::POST, path).header("idempotency-key", key);
        ask(&self.router, with_json(request, body)).await
    }

    pub async fn get_anonymously(&self, path: &str) -> Answer {
        ask(&self.router, empty(anonymous(Method::GET, path))).await
    }

    /// What a page's form sends.
    pub async fn send_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let request = anonymous(Method::POST, path)
            .header("content-type", "application/x-www-form-urlencoded");
        ask(
            &self.router,
            request.body(Body::from(form.finish())).unwrap(),
        )
        .await
    }

    /// A request of a person's; a POST has a fresh key.
    pub async fn as_member(
        &self,
        member: &Member,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Answer {
        let bearer = format!("Bearer {}", member.token());
        let mut request = anonymous(method.clone(), path).header("authorization", bearer);
        if method == Method::POST {
            request = request.header("idempotency-key", Uuid::now_v7().to_string());
        }
        if method == Method::PATCH {
            request = request.header("if-match", "*");
        }
        let request = match body {
            Some(body) => with_json(request, body),
            None => empty(request),
        };
        ask(&self.router, request).await
    }

    pub async fn log_in(&self, email: &str) -> Answer {
        let body = json!({"email": email, "password": PASSWORD});
        self.post_anonymously("/v1/sessions", &body).await
    }

    /// Somebody who has registered, confirmed the address and logged in.
    pub async fn member(&self, email: &str) -> Member {
        let body = json!({"email": email, "password": PASSWORD, "name": "Ann Other"});
        self.post_anonymously("/v1/accounts", &body)
            .await
            .expect(202);
        let (_, token) = self.mailbox.link(email).await;
        let body = json!({ "token": token });
        let path = "/v1/accounts/verifications";
        self.post_anonymously(path, &body).await.expect(200);
        self.logged_in(email).await
    }

    pub async fn logged_in(&self, email: &str) -> Member {
        let session = self.log_in(email).await.expect(201).json();
        let id = session["account_id"].as_str().unwrap().to_owned();
        let member = Member { id, session };
        eventually("the token is accepted", SOON, async || {
            let me = self
                .as_member(&member, Method::GET, "/v1/accounts/me", None)
                .await;
            (me.status == 200).then_some(()).ok_or_else(|| me.text())
        })
        .await;
        member
    }

    /// An owner, who is logged in.
    pub async fn owner(&self) -> Member {
        let email = "owner@example.org";
        self.identity.create_owner(email, PASSWORD).await.unwrap();
        self.logged_in(email).await
    }
}
