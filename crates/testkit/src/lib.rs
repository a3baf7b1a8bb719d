//! Contract suites for every port, a manual clock, builders.

pub mod contracts;
mod manual_clock;

pub use manual_clock::ManualClock;
