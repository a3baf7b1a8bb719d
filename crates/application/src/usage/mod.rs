//! What apps use: counted without a lock, handed to a ledger once a second.
//!
//! * [`UsageCounter`] is a meter. `table` finds an app's `cells`, whose numbers many threads add to;
//!   a `level` is a number of things that are there, and how long they were.
//! * [`Checkpoints`] takes what was counted and records it: never twice.
//! * [`UsageReports`] reads it back.

mod cells;
mod checkpoints;
mod counter;
mod level;
mod month;
mod reports;
mod table;

pub use checkpoints::Checkpoints;
pub use counter::UsageCounter;
pub(crate) use month::Judgement;
pub use reports::{Step, UsageReport, UsageReports, UsageRow};
