//! What can be set of the server's edge: TLS, HTTP/2, who may ask from other pages, how often anybody may ask.
//!
//! Every limit has a value that holds when nothing is set; the executable's configuration changes those that operators need.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use http::HeaderValue;
use ipnet::IpNet;

/// The settings of the edge.
#[derive(Clone, Debug)]
pub struct EdgeOptions {
    /// The certificate and key that connections are encrypted with; without, plain HTTP/1.1 is spoken.
    pub tls: Option<TlsFiles>,
    /// How long a TLS handshake may take.
    pub handshake_timeout: Duration,
    /// Limits of HTTP/2 connections, which there are over TLS only.
    pub http2: Http2Options,
    /// The origins whose pages may use the API from a browser; none: no other page may.
    pub cors_origins: Vec<HeaderValue>,
    /// Proxies whose `X-Forwarded-For` is believed; from anybody else it is ignored.
    pub trusted_proxies: Vec<IpNet>,
    /// How often anybody may ask; none: as often as they like.
    pub rates: Option<RateOptions>,
}

/// A certificate chain and its private key, both PEM files (RFC 7468). They are read again when they change.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The server's certificate, then those that lead to its authority.
    pub certificate: PathBuf,
    /// Its key: PKCS #8, PKCS #1 or SEC 1.
    pub key: PathBuf,
}

/// Limits of an HTTP/2 connection (RFC 9113).
#[derive(Clone, Copy, Debug)]
pub struct Http2Options {
    /// Most requests at once on one connection.
    pub streams_at_once_max: u32,
    /// Largest list of header fields, uncompressed; more is answered with 431.
    pub header_list_bytes_max: u32,
    /// Most streams that the client reset before they were taken up (CVE-2023-44487); then the connection ends.
    pub resets_pending_max: usize,
    /// Most requests that the client gave up before their answer, beyond those that were answered; then the connection ends.
    pub requests_abandoned_max: u64,
    /// What one stream may send before we read it.
    pub stream_window_bytes: u32,
    /// What all streams of a connection may send before we read it.
    pub connection_window_bytes: u32,
    /// What is kept of one answer that the client does not take yet.
    pub send_buffer_bytes: usize,
    /// How often a silent connection is asked whether it is still there.
    pub ping_every: Duration,
    /// How long it may take to say so.
    pub ping_timeout: Duration,
    /// How long a connection may have no request running.
    pub idle_timeout: Duration,
    /// How long a connection takes new requests; clients then open another. Ends what hides behind a stream that is not read.
    pub age_max: Duration,
}

/// How often anybody may ask: token buckets, each as large as its burst.
#[derive(Clone, Debug)]
pub struct RateOptions {
    /// All requests of one address (an IPv6 network of 64 bits counts as one).
    pub address: Rate,
    /// All requests of one principal, wherever they come from.
    pub principal: Rate,
    /// Log-ins of one address.
    pub sign_in: Rate,
    /// Registrations of one address.
    pub registration: Rate,
    /// Asking for a new password, and setting it, from one address.
    pub password_reset: Rate,
    /// Requests for tokens, and about them, of one address.
    pub token: Rate,
    /// Networks that no rate holds for.
    pub exempt: Vec<IpNet>,
    /// Most addresses, and most principals, that are kept count of; the least recent goes.
    pub keys_max: usize,
}

/// So many requests at once, and as many again in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Most requests at once.
    pub burst: NonZeroU32,
    /// In how many seconds all of them are available again.
    pub seconds: NonZeroU32,
}

impl Rate {
    /// `burst` requests in `seconds`; at least one of each.
    #[must_use]
    pub const fn new(burst: u32, seconds: u32) -> Self {
        Self {
            burst: at_least_one(burst),
            seconds: at_least_one(seconds),
        }
    }
}

const fn at_least_one(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}

impl Default for EdgeOptions {
    fn default() -> Self {
        Self {
            tls: None,
            handshake_timeout: Duration::from_secs(10),
            http2: Http2Options::default(),
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            rates: Some(RateOptions::default()),
        }
    }
}

impl Default for Http2Options {
    fn default() -> Self {
        Self {
            streams_at_once_max: 100,
            header_list_bytes_max: 16 * 1024,
            resets_pending_max: 20,
            requests_abandoned_max: 100,
            stream_window_bytes: 64 * 1024,
            connection_window_bytes: 256 * 1024,
            send_buffer_bytes: 64 * 1024,
            ping_every: Duration::from_secs(20),
            ping_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(30),
            age_max: Duration::from_secs(15 * 60),
        }
    }
}

impl Default for RateOptions {
    /// Generous: many customers may share one address. What costs a password's hash or a mail is counted more strictly.
    fn default() -> Self {
        Self {
            address: Rate::new(1_000, 5),
            principal: Rate::new(2_000, 10),
            sign_in: Rate::new(30, 60),
            registration: Rate::new(20, 600),
            password_reset: Rate::new(10, 600),
            token: Rate::new(120, 60),
            exempt: vec![
                IpNet::V4(ipnet::Ipv4Net::new_assert([127, 0, 0, 0].into(), 8)),
                IpNet::V6(ipnet::Ipv6Net::new_assert(
                    std::net::Ipv6Addr::LOCALHOST,
                    128,
                )),
            ],
            keys_max: 65_536,
        }
    }
}
