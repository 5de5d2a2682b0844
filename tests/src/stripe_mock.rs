//! The stripe-mock that `make test` started. It keeps no state, so all tests share it.

/// Its address without a path, from `STRIPE_MOCK_URL`.
pub fn stripe_mock_url() -> String {
    std::env::var("STRIPE_MOCK_URL").unwrap_or_else(|_| {
        panic!("STRIPE_MOCK_URL is not set: run through `make test`, or start one with scripts/stripe-mock/up.sh")
    })
}
