//! Webhooks as their receivers see them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod contract;
mod disorder;
mod hostile;
mod lifecycle;
mod receiver;
mod stage;
