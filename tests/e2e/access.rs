//! Who gets in and who does not, seen from outside: real processes, real mail in a folder, real tokens.

mod erasure;
mod foreign;
mod oauth;
mod people;
mod revocation;
mod secrets;
mod timing;
mod tokens;
mod traces;
