//! One suite per port: a function for each of its numbered guarantees.

pub mod token_verifier;
