//! Whom a request comes from, as far as its connection and its proxies say: what rates are counted by.

use std::net::IpAddr;

use http::HeaderMap;
use ipnet::IpNet;

/// Where proxies write whom they ask for.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Most addresses of a header that are looked at, from its end: a client may write as many as it likes in front.
const HOPS_MAX: usize = 16;

/// The client's address: the connection's; or, if that is a trusted proxy's, the last one of `X-Forwarded-For` that is not a
/// trusted proxy's itself. What stands before that one was written by the client, who may write anything.
pub fn address(connected: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let mut client = connected.to_canonical();
    if !is_in(client, trusted) {
        return client;
    }
    let lines = headers.get_all(FORWARDED_FOR).iter().rev();
    let hops = lines.flat_map(|line| line.to_str().unwrap_or("?").rsplit(','));
    for hop in hops.take(HOPS_MAX) {
        // A proxy that we trust wrote this; what is no address is nobody's, and the proxy answers for it.
        let Some(address) = parsed(hop.trim()) else {
            return client;
        };
        client = address;
        if !is_in(client, trusted) {
            return client;
        }
    }
    client
}

/// Whether one of these networks holds this address.
pub fn is_in(address: IpAddr, networks: &[IpNet]) -> bool {
    networks.iter().any(|network| network.contains(&address))
}

/// What is counted as one: an IPv4 address, or the 64 bits of an IPv6 network, in which a customer has as many addresses as they
/// like. The two do not overlap: the second ends in zeros.
pub fn network(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits() >> 64 << 64,
    }
}

/// An address, with or without a port: `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]:4711`.
fn parsed(text: &str) -> Option<IpAddr> {
    let plain = text.trim_start_matches('[').trim_end_matches(']');
    let address = plain.parse().ok();
    let address = address.or_else(|| Some(text.parse::<std::net::SocketAddr>().ok()?.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(connected: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|it| it.parse().unwrap()).collect();
        address(connected.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let proxy = ["10.0.0.0/8"];
        for (connected, forwarded, trusted, client) in [
            ("192.0.2.1", &["198.51.100.7"][..], &[][..], "192.0.2.1"),
            ("192.0.2.1", &["198.51.100.7"], &proxy, "192.0.2.1"),
            ("10.0.0.1", &["198.51.100.7"], &proxy, "198.51.100.7"),
            ("10.0.0.1", &[], &proxy, "10.0.0.1"),
            // What the client wrote itself stands in front.
            (
                "10.0.0.1",
                &["127.0.0.1, 198.51.100.7"],
                &proxy,
                "198.51.100.7",
            ),
            (
                "10.0.0.1",
                &["127.0.0.1", "198.51.100.7"],
                &proxy,
                "198.51.100.7",
            ),
            // Through two proxies.
            (
                "10.0.0.1",
                &["198.51.100.7, 10.0.0.2"],
                &proxy,
                "198.51.100.7",
            ),
            ("10.0.0.1", &["unknown, 10.0.0.2"], &proxy, "10.0.0.2"),
            (
                "::ffff:10.0.0.1",
                &["[2001:db8::1]:99"],
                &proxy,
                "2001:db8::1",
            ),
            ("10.0.0.1", &["198.51.100.7:4711"], &proxy, "198.51.100.7"),
        ] {
            assert_eq!(seen(connected, forwarded, trusted), client, "{forwarded:?}");
        }
    }

    #[test]
    fn a_header_is_not_read_for_ever() {
        let long = "10.0.0.9, ".repeat(10_000) + "10.0.0.2";
        assert_eq!(seen("10.0.0.1", &[&long], &["10.0.0.0/8"]), "10.0.0.9");
    }

    #[test]
    fn an_ipv6_network_is_one() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
