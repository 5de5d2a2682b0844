//! Rates on a real socket: who is counted, as what, and what they are told.

use api::{ApiOptions, EdgeOptions, Rate, RateOptions};

use crate::sockets::{Served, exchange, get, serve};

const PROXY: &str = "127.0.0.1/32";

async fn served(rates: RateOptions) -> Served {
    let edge = EdgeOptions {
        trusted_proxies: vec![PROXY.parse().unwrap()],
        rates: Some(rates),
        ..EdgeOptions::default()
    };
    serve(ApiOptions {
        edge,
        ..ApiOptions::default()
    })
    .await
}

fn three_a_minute() -> RateOptions {
    RateOptions {
        address: Rate::new(3, 60),
        ..RateOptions::default()
    }
}

/// The answer to a client of this address behind the proxy.
async fn ask(served: &Served, client: &str, path: &str) -> String {
    let forwarded = format!("X-Forwarded-For: {client}\r\n");
    exchange(served.address, &get(path, &forwarded)).await
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or(answer)
}

#[tokio::test]
async fn too_often_is_429_and_says_when_to_come_back() {
    let served = served(three_a_minute()).await;
    for left in [2, 1, 0] {
        let answer = ask(&served, "192.0.2.1", "/problems").await;
        assert_eq!(status(&answer), "200", "{answer}");
        assert!(
            answer.contains("ratelimit-policy: \"address\";q=3;w=60\r\n"),
            "{answer}"
        );
        assert!(
            answer.contains(&format!("ratelimit: \"address\";r={left};t=")),
            "{answer}"
        );
    }
    let refused = ask(&served, "192.0.2.1", "/problems").await;
    assert_eq!(status(&refused), "429", "{refused}");
    assert!(refused.contains("\"code\":\"rate-limited\""), "{refused}");
    assert!(
        refused.contains("ratelimit: \"address\";r=0;t="),
        "{refused}"
    );
    let wait = refused.split("retry-after: ").nth(1).unwrap();
    let wait: u32 = wait.split("\r\n").next().unwrap().parse().unwrap();
    assert!((1..=20).contains(&wait), "{wait}");
    // What is not there is counted like anything else; those who watch the process never are.
    assert_eq!(status(&ask(&served, "192.0.2.1", "/nowhere").await), "429");
    let watched = ask(&served, "192.0.2.1", "/healthz").await;
    assert!(
        status(&watched) == "200" && !watched.contains("ratelimit"),
        "{watched}"
    );
    // Somebody else has rates of their own.
    assert_eq!(status(&ask(&served, "192.0.2.2", "/problems").await), "200");
}

#[tokio::test]
async fn an_ipv6_network_is_one_client() {
    let served = served(three_a_minute()).await;
    for host in 1..=3 {
        let client = format!("2001:db8::{host}");
        assert_eq!(status(&ask(&served, &client, "/problems").await), "200");
    }
    assert_eq!(
        status(&ask(&served, "2001:db8::4", "/problems").await),
        "429"
    );
    assert_eq!(
        status(&ask(&served, "2001:db8:0:1::1", "/problems").await),
        "200"
    );
}

#[tokio::test]
async fn who_is_exempt_is_not_counted() {
    let served = served(three_a_minute()).await;
    // Loopback, as the import, the demo and the benchmark come.
    for _ in 0..10 {
        let answer = exchange(served.address, &get("/problems", "")).await;
        assert!(
            status(&answer) == "200" && !answer.contains("ratelimit"),
            "{answer}"
        );
    }
    let strict = RateOptions {
        exempt: Vec::new(),
        ..three_a_minute()
    };
    let served = self::served(strict).await;
    for _ in 0..3 {
        let answer = exchange(served.address, &get("/problems", "")).await;
        assert_eq!(status(&answer), "200");
    }
    let answer = exchange(served.address, &get("/problems", "")).await;
    assert_eq!(status(&answer), "429", "{answer}");
}
