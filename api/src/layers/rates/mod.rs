//! How often anybody may ask, by address and by principal: what is too often is 429, with a word about when to try again.
//!
//! What is left is told in `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10), one item for each rate that
//! a request was counted by. The counts are this process's own: several behind one balancer give out that many times as much.

mod buckets;
mod caller;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::policy::Principal;
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use ipnet::IpNet;

use crate::edge::{EdgeOptions, Rate, RateOptions};
use crate::problem::{Code, Problem};
use crate::serve::Peer;
use buckets::{Buckets, Level};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The stricter rates know fewer addresses: fewer people log in than look around.
const STRICT_KEYS_SHARE: usize = 4;

/// Everybody's buckets. Cheap to clone: all clones are the same ones.
#[derive(Clone)]
pub struct Rates(Option<Arc<Inner>>);

struct Inner {
    trusted_proxies: Vec<IpNet>,
    exempt: Vec<IpNet>,
    address: Buckets<u128>,
    principal: Buckets<String>,
    sign_in: Buckets<u128>,
    registration: Buckets<u128>,
    password_reset: Buckets<u128>,
    token: Buckets<u128>,
}

/// What a request is counted as besides being one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Nothing else.
    Plain,
    /// Those who watch the process: never refused.
    Watcher,
    SignIn,
    Registration,
    PasswordReset,
    Token,
}

impl Class {
    /// What costs a password's hash, a mail or a signature is counted apart.
    fn of(method: &Method, route: &str) -> Self {
        match (method.as_str(), route) {
            (_, "/healthz" | "/readyz" | "/metrics") => Self::Watcher,
            ("POST", "/v1/sessions" | "/oauth/authorize" | "/v1/accounts/me/password") => {
                Self::SignIn
            }
            ("POST", "/v1/accounts" | "/v1/accounts/verification-mails") => Self::Registration,
            ("POST", "/v1/password-resets" | "/v1/password-resets/completions" | "/reset") => {
                Self::PasswordReset
            }
            ("POST", "/oauth/token" | "/oauth/revoke" | "/oauth/introspect") => Self::Token,
            _ => Self::Plain,
        }
    }
}

/// Set on requests that rates hold for.
#[derive(Clone, Copy, Debug)]
struct Counted;

/// What counting a request came to, to be told in its answer.
#[derive(Default)]
struct Told(Vec<(&'static str, Rate, Level)>);

impl Rates {
    /// Full buckets; none if rates are off.
    pub fn new(options: &EdgeOptions) -> Self {
        let inner = |rates: &RateOptions| {
            let strict = |rate| Buckets::new(rate, rates.keys_max / STRICT_KEYS_SHARE);
            Arc::new(Inner {
                trusted_proxies: options.trusted_proxies.clone(),
                exempt: rates.exempt.clone(),
                address: Buckets::new(rates.address, rates.keys_max),
                principal: Buckets::new(rates.principal, rates.keys_max),
                sign_in: strict(rates.sign_in),
                registration: strict(rates.registration),
                password_reset: strict(rates.password_reset),
                token: strict(rates.token),
            })
        };
        Self(options.rates.as_ref().map(inner))
    }

    /// Runs a request that this principal may make, unless they make too many. Nobody in particular is counted by their address
    /// alone.
    pub async fn run(&self, principal: &Principal, request: Request, next: Next) -> Response {
        let counted = request.extensions().get::<Counted>().is_some();
        let inner = match &self.0 {
            Some(inner) if counted && *principal != Principal::Anonymous => inner,
            _ => return next.run(request).await,
        };
        let mut told = Told::default();
        let taken = told.take("principal", &inner.principal, &principal.to_string());
        let mut response = match taken {
            Ok(()) => next.run(request).await,
            Err(problem) => problem.into_response(),
        };
        told.tell(response.headers_mut());
        response
    }
}

impl Inner {
    fn client(&self, request: &Request) -> Option<IpAddr> {
        // Without a connection, in a test, there is nobody to count.
        let peer = request.extensions().get::<Peer>()?;
        let address = caller::address(peer.address.ip(), request.headers(), &self.trusted_proxies);
        (!caller::is_in(address, &self.exempt)).then_some(address)
    }

    fn count(&self, class: Class, client: IpAddr, told: &mut Told) -> Result<(), Problem> {
        let network = caller::network(client);
        told.take("address", &self.address, &network)?;
        match class {
            Class::Plain | Class::Watcher => Ok(()),
            Class::SignIn => told.take("sign-in", &self.sign_in, &network),
            Class::Registration => told.take("registration", &self.registration, &network),
            Class::PasswordReset => told.take("password-reset", &self.password_reset, &network),
            Class::Token => told.take("token", &self.token, &network),
        }
    }
}

impl Told {
    fn take<K: std::hash::Hash + Eq + Clone>(
        &mut self,
        policy: &'static str,
        buckets: &Buckets<K>,
        key: &K,
    ) -> Result<(), Problem> {
        let rate = buckets.rate();
        match buckets.take(key) {
            Ok(level) => {
                self.0.push((policy, rate, level));
                Ok(())
            }
            Err(level) => {
                self.0.push((policy, rate, level));
                metrics::counter!("daybook_rate_limited_total", "policy" => policy).increment(1);
                let seconds = whole_seconds(level.wait);
                let detail = format!(
                    "the rate `{policy}` allows {} requests in {} s and is used up; the next one is let through in {seconds} s",
                    rate.burst, rate.seconds
                );
                Err(Problem::new(Code::RateLimited, detail).retry_after_seconds(seconds))
            }
        }
    }

    /// Adds what is left to an answer's headers, beside what others have said there.
    fn tell(&self, headers: &mut HeaderMap) {
        for (policy, rate, level) in &self.0 {
            let allowed = format!("\"{policy}\";q={};w={}", rate.burst, rate.seconds);
            let left = format!(
                "\"{policy}\";r={};t={}",
                level.remaining,
                whole_seconds(level.wait)
            );
            for (name, text) in [(RATE_LIMIT_POLICY, allowed), (RATE_LIMIT, left)] {
                if let Ok(value) = HeaderValue::try_from(text) {
                    headers.append(name, value);
                }
            }
        }
    }
}

/// Rounded up: a client that waits for so long finds what it was promised.
fn whole_seconds(wait: Duration) -> u32 {
    let seconds = wait.as_millis().div_ceil(1_000);
    u32::try_from(seconds).unwrap_or(u32::MAX).max(1)
}

/// Counts requests by their address; refuses what is too often before anything else is done for it.
pub async fn rates(State(rates): State<Rates>, mut request: Request, next: Next) -> Response {
    let Some(inner) = &rates.0 else {
        return next.run(request).await;
    };
    let route = request.extensions().get().map_or("", MatchedPath::as_str);
    let class = Class::of(request.method(), route);
    let Some(client) = inner.client(&request).filter(|_| class != Class::Watcher) else {
        return next.run(request).await;
    };
    let mut told = Told::default();
    let mut response = match inner.count(class, client, &mut told) {
        Ok(()) => {
            request.extensions_mut().insert(Counted);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    };
    told.tell(response.headers_mut());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A route that moved would lose its rate without a word.
    #[test]
    fn what_is_counted_apart_is_there() {
        let routes = crate::router::routes();
        let counted = |class| {
            let routes = routes.iter();
            let of = |route: &&crate::table::Route| Class::of(&route.method, route.path) == class;
            routes.filter(of).count()
        };
        assert_eq!(counted(Class::SignIn), 3);
        assert_eq!(counted(Class::Registration), 2);
        assert_eq!(counted(Class::PasswordReset), 3);
        assert_eq!(counted(Class::Token), 3);
        assert_eq!(counted(Class::Watcher), 3);
    }
}
