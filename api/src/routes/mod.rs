//! One file per route and verb: it reads the input, calls commands or queries, and answers.

pub mod accounts;
pub mod attention;
pub mod clients;
pub mod discovery;
pub mod events;
pub mod gateways;
pub mod health;
pub mod ledger;
pub mod oauth;
pub mod openapi;
pub mod orders;
pub mod pages;
pub mod password_resets;
pub mod payments;
pub mod problems;
pub mod products;
pub mod projections;
pub mod returns;
pub mod sales;
pub mod sandbox;
pub mod sessions;
pub mod stock;
pub mod totp;
pub mod variants;
