//! In-process adapters: production for one node and the fakes of every test.
//!
//! * [`MemoryBroker`] stamps messages and announces them to the fan-out of this process.
//! * [`MemoryPresence`] knows who is in each channel, and hands to a `LeaseStore` what is to outlive
//!   the process.
//! * [`MemoryRevocations`] knows which tokens are no longer good.
//! * [`MemoryRateLimiter`] decides whether something comes too fast.
//! * [`MemoryChronicle`] and [`MemoryDeliveries`] are the fakes of the event log, for tests.
//! * [`MemoryUsageLedger`] keeps what apps used.
//! * [`MemoryAppRegistry`] holds the apps; [`MemoryAppStore`] keeps the documents of those that were made
//!   while a server runs that keeps nothing.
//! * [`SystemClock`] and [`RandomIds`] are the production sources of time and randomness.

mod app_registry;
mod app_store;
mod broker;
mod bucket;
mod chronicle;
mod clock;
mod counts;
mod deliveries;
mod due;
mod ids;
mod keeping;
mod keys;
mod presence;
mod rate_limiter;
mod revocations;
mod roll;
mod stream;
mod usage_ledger;

pub use app_registry::MemoryAppRegistry;
pub use app_store::MemoryAppStore;
pub use broker::MemoryBroker;
pub use chronicle::MemoryChronicle;
pub use clock::SystemClock;
pub use deliveries::MemoryDeliveries;
pub use ids::RandomIds;
pub use presence::MemoryPresence;
pub use rate_limiter::MemoryRateLimiter;
pub use revocations::MemoryRevocations;
pub use usage_ledger::MemoryUsageLedger;
