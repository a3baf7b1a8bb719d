//! The configuration and the command line, from the outside.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cli;
mod demo_secrets;
mod documentation;
mod effective;
mod exposure;
mod layers;
mod refusals;
mod refusals_events;
mod scratch;
mod token;
mod valid;
mod webhooks;
