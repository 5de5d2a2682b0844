//! One file per route and verb: it reads the input, calls commands or queries, and answers.

pub mod attention;
pub mod events;
pub mod gateways;
pub mod health;
pub mod ledger;
pub mod openapi;
pub mod orders;
pub mod payments;
pub mod problems;
pub mod products;
pub mod projections;
pub mod returns;
pub mod sales;
pub mod stock;
pub mod variants;
