//! What the API needs of the built-in gateway: the page on which its customers approve a payment.
//!
//! A real gateway has such a page of its own. The executable ties this to the processes, which the API may not depend on
//! ([`crate::Api::show_sandbox`]).

/// The built-in gateway, as its customers see it.
pub trait SandboxPage: Send + Sync {
    /// What a payment asks its customer to approve, such as `19.99 EUR`; nothing if it is not there or waits for nobody.
    fn awaits_customer(&self, reference: &str) -> Option<String>;

    /// The customer answers. `false` if the payment waits for nobody any more.
    fn answer(&self, reference: &str, answer: CustomerAnswer) -> bool;
}

/// What a customer says to a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CustomerAnswer {
    /// Approves it.
    Approves,
    /// Refuses to.
    Refuses,
}
