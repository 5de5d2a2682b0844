//! `/v1/gateways`: what payment gateways tell by themselves.

mod webhook;

pub use webhook::webhook;
