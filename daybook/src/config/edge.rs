//! The settings of the edge: TLS, other pages, proxies, rates; and how Kafka is reached safely.

use std::num::NonZeroU32;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use api::{EdgeOptions, Rate, RateOptions, TlsFiles};

/// The settings as the file has them.
pub(super) struct Raw {
    pub tls_certificate: String,
    pub tls_key: String,
    pub cors_origins: String,
    pub trusted_proxies: String,
    pub rate_limits: String,
    pub rate_exempt: String,
    pub rate_address: String,
    pub rate_principal: String,
    pub rate_sign_in: String,
    pub rate_registration: String,
    pub rate_password_reset: String,
    pub rate_token: String,
}

impl Raw {
    pub fn checked(self) -> Result<EdgeOptions> {
        Ok(EdgeOptions {
            tls: tls(&self.tls_certificate, &self.tls_key)?,
            cors_origins: listed(&self.cors_origins)
                .map(origin)
                .collect::<Result<_>>()?,
            trusted_proxies: networks("DAYBOOK_TRUSTED_PROXIES", &self.trusted_proxies)?,
            rates: self.rates()?,
            ..EdgeOptions::default()
        })
    }

    fn rates(&self) -> Result<Option<RateOptions>> {
        let rates = RateOptions {
            address: rate("DAYBOOK_RATE_ADDRESS", &self.rate_address)?,
            principal: rate("DAYBOOK_RATE_PRINCIPAL", &self.rate_principal)?,
            sign_in: rate("DAYBOOK_RATE_SIGN_IN", &self.rate_sign_in)?,
            registration: rate("DAYBOOK_RATE_REGISTRATION", &self.rate_registration)?,
            password_reset: rate("DAYBOOK_RATE_PASSWORD_RESET", &self.rate_password_reset)?,
            token: rate("DAYBOOK_RATE_TOKEN", &self.rate_token)?,
            exempt: networks("DAYBOOK_RATE_EXEMPT", &self.rate_exempt)?,
            ..RateOptions::default()
        };
        match self.rate_limits.as_str() {
            "on" => Ok(Some(rates)),
            "off" => Ok(None),
            other => bail!("DAYBOOK_RATE_LIMITS is `{other}`; it is on or off"),
        }
    }
}

fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

fn tls(certificate: &str, key: &str) -> Result<Option<TlsFiles>> {
    match (certificate.is_empty(), key.is_empty()) {
        (true, true) => Ok(None),
        (false, false) => Ok(Some(TlsFiles {
            certificate: PathBuf::from(certificate),
            key: PathBuf::from(key),
        })),
        (false, true) => {
            bail!("DAYBOOK_TLS_CERTIFICATE is set and DAYBOOK_TLS_KEY is not; TLS needs both files")
        }
        (true, false) => {
            bail!("DAYBOOK_TLS_KEY is set and DAYBOOK_TLS_CERTIFICATE is not; TLS needs both files")
        }
    }
}

/// An origin as browsers write it (RFC 6454): scheme, host, and the port where it is not the scheme's own.
fn origin(text: &str) -> Result<http::HeaderValue> {
    let wrong = || {
        format!(
            "DAYBOOK_CORS_ORIGINS names `{text}`, which is not an origin; one looks like https://shop.example or \
             http://localhost:3000, without a path, and `*` is not taken"
        )
    };
    let url = reqwest::Url::parse(text).ok().with_context(wrong)?;
    let is_web = matches!(url.scheme(), "http" | "https");
    if !is_web || url.origin().ascii_serialization() != text {
        bail!(wrong());
    }
    http::HeaderValue::from_str(text).with_context(wrong)
}

fn networks(variable: &str, text: &str) -> Result<Vec<ipnet::IpNet>> {
    let network = |item: &str| {
        let network = item.parse().ok();
        let network = network.or_else(|| Some(item.parse::<std::net::IpAddr>().ok()?.into()));
        network.with_context(|| {
            format!("{variable} names `{item}`, which is neither an address nor a network; they look like 192.0.2.7 and 10.0.0.0/8")
        })
    };
    listed(text).map(network).collect()
}

fn rate(variable: &str, text: &str) -> Result<Rate> {
    let parts = text.split_once('/');
    let number = |part: &str| part.trim().parse::<NonZeroU32>().ok();
    parts
        .and_then(|(burst, seconds)| {
            Some(Rate {
                burst: number(burst)?,
                seconds: number(seconds)?,
            })
        })
        .with_context(|| {
            format!(
                "{variable} is `{text}`; it is REQUESTS/SECONDS, such as 30/60, neither of them 0"
            )
        })
}
