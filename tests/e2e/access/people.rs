//! A shop with people and programs in it, as the outside sees them: what they post, what is mailed to them, what they hold.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use daybook_tests::{Http, Launch, Postgres, Reply, Server, eventually};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

/// Mail is sent in the background.
const MAILED_WITHIN: Duration = Duration::from_secs(30);

/// Refusals are gathered before they are written down.
const NOTED_WITHIN: Duration = Duration::from_secs(20);

/// Of everybody here. Not among the common ones.
pub const PASSWORD: &str = "seven-herons-on-a-jetty";

/// A server with a data folder of its own: its master key and the mail that it sends.
pub struct House {
    server: Server,
    launch: Launch,
    folder: TempDir,
}

impl House {
    /// On this database, with the settings of tests that log in often: no limit of tries per address of the network.
    pub async fn open(postgres: &Postgres) -> Self {
        Self::open_as(postgres, |launch| launch).await
    }

    /// The same, with more settings.
    pub async fn open_as(postgres: &Postgres, settings: impl FnOnce(Launch) -> Launch) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let launch = Launch::on(postgres)
            .env("DAYBOOK_DATA_DIR", folder.path().to_string_lossy())
            // The key's file in the data folder, as an operator has it.
            .env("DAYBOOK_MASTER_KEY", "")
            // One shop, whichever process is asked.
            .env("DAYBOOK_PUBLIC_URL", "http://shop.example");
        let launch = settings(launch);
        let server = launch.start().await;
        Self {
            server,
            launch,
            folder,
        }
    }

    /// A second process of the same shop is started by this.
    pub fn launch(&self) -> Launch {
        self.launch.clone()
    }

    /// A client with the harness' token.
    pub fn http(&self) -> Http {
        self.server.http()
    }

    /// A client that says nothing of who it is.
    pub fn stranger(&self) -> Http {
        self.http().with_token(None)
    }

    /// The server.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Where it keeps its local state.
    pub fn data(&self) -> PathBuf {
        self.folder.path().to_path_buf()
    }

    /// Every mail that was sent to this address, the oldest first.
    pub fn mail(&self, email: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.folder.path().join("mail")) else {
            return Vec::new();
        };
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
        files.sort();
        let texts = files
            .iter()
            .filter_map(|path| std::fs::read_to_string(path).ok());
        // Long lines are broken off for the way (RFC 2045, section 6.7).
        let texts = texts.map(|text| text.replace("=\r\n", "").replace("=3D", "="));
        texts.filter(|text| text.contains(email)).collect()
    }

    /// Waits until so many mails were sent to the address, and returns the newest.
    pub async fn mails(&self, email: &str, count: usize) -> String {
        eventually("the mail is sent", MAILED_WITHIN, async || {
            let mut mail = self.mail(email);
            match (mail.len() >= count, mail.pop()) {
                (true, Some(newest)) => Ok(newest),
                _ => Err(format!("{} mails", mail.len())),
            }
        })
        .await
    }

    /// The token of the newest link to this page (`verify`, `reset`) that was mailed to the address.
    pub async fn mailed(&self, email: &str, page: &str) -> String {
        let marker = format!("/{page}?token=");
        eventually("the link is mailed", MAILED_WITHIN, async || {
            let mail = self.mail(email);
            let link = mail.iter().rev().find_map(|text| text.split_once(&marker));
            let token = link.map(|(_, rest)| rest.split_whitespace().next().unwrap_or_default());
            token
                .map(str::to_owned)
                .ok_or_else(|| format!("{} mails, none with {marker}", mail.len()))
        })
        .await
    }

    /// Somebody who has registered and opened the link.
    pub async fn person(&self, email: &str) -> Person {
        let http = self.stranger();
        register(&http, email, PASSWORD).await.expect(202);
        let token = self.mailed(email, "verify").await;
        let body = json!({"token": token});
        http.post("/v1/accounts/verifications", &body)
            .await
            .expect(200);
        let session = log_in(&http, email, PASSWORD).await.expect(201);
        Person {
            email: email.to_owned(),
            session: Session::of(&session),
        }
    }
}

/// `POST /v1/accounts`.
pub async fn register(http: &Http, email: &str, password: &str) -> Reply {
    let body = json!({"email": email, "password": password, "name": "Somebody"});
    http.post("/v1/accounts", &body).await
}

/// `POST /v1/sessions`.
pub async fn log_in(http: &Http, email: &str, password: &str) -> Reply {
    let body = json!({"email": email, "password": password});
    http.post("/v1/sessions", &body).await
}

/// Who has registered and is logged in.
pub struct Person {
    /// Their address.
    pub email: String,
    /// Their session.
    pub session: Session,
}

/// What a log-in gives.
#[derive(Clone, Debug)]
pub struct Session {
    /// For the header `Authorization`.
    pub access_token: String,
    /// For the next access token.
    pub refresh_token: String,
}

impl Session {
    /// From the answer to a log-in or of the token endpoint.
    #[track_caller]
    pub fn of(reply: &Reply) -> Self {
        let body = reply.json();
        let text = |name: &str| match body[name].as_str() {
            Some(text) => text.to_owned(),
            None => panic!("no {name} in {}", reply.describe()),
        };
        Self {
            access_token: text("access_token"),
            refresh_token: text("refresh_token"),
        }
    }

    /// Somebody who shows this session's token.
    pub fn on(&self, http: &Http) -> Http {
        http.clone().with_token(Some(&self.access_token))
    }

    /// `POST /oauth/token` with the refresh token.
    pub async fn refresh(&self, http: &Http) -> Reply {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", &self.refresh_token),
        ];
        post_form(&http.clone().with_token(None), "/oauth/token", &form).await
    }
}

/// A form, as the OAuth endpoints take it.
pub async fn post_form(http: &Http, path: &str, form: &[(&str, &str)]) -> Reply {
    http.send(http.request(Method::POST, path).form(form)).await
}

/// A program with a secret.
pub struct Program {
    /// Its client id.
    pub id: String,
    /// Its secret.
    pub secret: String,
}

/// Registers a confidential client that may ask for these scopes.
pub async fn program(http: &Http, scopes: &[&str]) -> Program {
    Program::of(&client(http, "confidential", &[], scopes).await)
}

/// `POST /v1/clients`.
pub async fn client(http: &Http, kind: &str, redirects: &[&str], scopes: &[&str]) -> Value {
    let body = json!({
        "name": format!("Client {}", Uuid::now_v7()), "kind": kind,
        "redirect_uris": redirects, "scopes": scopes,
    });
    http.post("/v1/clients", &body).await.expect(201).json()
}

impl Program {
    /// From the answer to its registration.
    pub fn of(registered: &Value) -> Self {
        let text = |name: &str| {
            registered[name]
                .as_str()
                .unwrap_or_else(|| panic!("{registered}"))
        };
        Self {
            id: text("id").to_owned(),
            secret: text("client_secret").to_owned(),
        }
    }

    /// An access token by client credentials (RFC 6749, section 4.4).
    pub async fn token(&self, http: &Http) -> String {
        let request = http
            .clone()
            .with_token(None)
            .request(Method::POST, "/oauth/token");
        let request = request.basic_auth(&self.id, Some(&self.secret));
        let reply = http
            .send(request.form(&[("grant_type", "client_credentials")]))
            .await;
        let answer = reply.expect(200).json();
        answer["access_token"].as_str().unwrap().to_owned()
    }
}

/// Waits until the journal says that access was refused for each of these reasons, and returns all reasons that it names.
pub async fn noted(http: &Http, reasons: &[&str]) -> BTreeSet<String> {
    eventually(
        "the refusals are in the journal",
        NOTED_WITHIN,
        async || {
            let journal = crate::shop::journal(http).await;
            let of_security = journal.iter().filter(|event| {
                let subject = event["subject"].as_str();
                subject.is_some_and(|subject| subject.starts_with("security-"))
            });
            let noted: BTreeSet<String> = of_security
                .filter_map(|event| {
                    event["data"]["AccessRefused"]["reason"]
                        .as_str()
                        .map(str::to_owned)
                })
                .collect();
            let missing: Vec<_> = reasons
                .iter()
                .filter(|reason| !noted.contains(**reason))
                .collect();
            if missing.is_empty() {
                Ok(noted)
            } else {
                Err(format!("{missing:?} are missing from {noted:?}"))
            }
        },
    )
    .await
}
