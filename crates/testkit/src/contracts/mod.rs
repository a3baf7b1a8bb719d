//! One suite per port: a function for each of its numbered guarantees.

pub mod app_documents;
pub mod app_registry;
pub mod app_store;
pub mod broker;
pub mod chronicle;
pub mod clock;
pub mod codec;
pub mod deliveries;
pub mod delivery_sink;
pub mod event_log;
pub mod event_sink;
pub mod flight_log;
pub mod history_store;
pub mod id_source;
pub mod lease_store;
pub mod meter;
pub mod outbound;
pub mod pass_verifier;
pub mod presence_sink;
pub mod presence_store;
pub mod rate_limiter;
pub mod revocations;
pub mod tallies;
pub mod token_issuer;
pub mod token_verifier;
pub mod usage_ledger;
