//! The embedded durable store: what is acknowledged or announced is on disk.
//!
//! * [`DurableBroker`] is the `Broker` and `HistoryStore` of namespaces with `durability =
//!   "durable"`. [`DurableBroker::open`] gives it with an [`OpenReport`]; a [`StoreWatch`] hears what
//!   happens later.
//! * `committer` is the one thread that writes. It gathers commands to a `group`, whose batch holds
//!   everything that becomes true together, syncs it, advances the `head` file, and only then
//!   announces and answers.
//! * [`DurableBroker`] is the `LeaseStore` too: `leases` gathers who joined and who left, and the
//!   committer takes them into its groups.
//! * It is the `Chronicle`, the `EventLog` and the `Deliveries`, too: `notes` has the facts that wait
//!   for the committer, `logging` makes events of them, `logbook` is one app's log.
//! * [`DurableBroker`] is the `UsageLedger`, too: `usage` adds what apps used to rows of app and hour,
//!   the messages of a group among it.
//! * [`DurableBroker`] is the `AppStore` as well: `apps` keeps documents, and forgets an app whole.
//! * `reading` finds a page by a stream's place, which `shared` has in memory for every stream.
//! * `opening` proves by the head that nothing acknowledged is missing, `mending` gives new epochs
//!   where something is.
//! * [`DurableBroker::sweep`] lets go what is too old, [`DurableBroker::check`] looks at everything,
//!   [`DurableBroker::backup`] and [`restore`] copy.
//! * [`FileRevocations`] keeps what is revoked, in a file beside the store.
//! * `engine` is the only file that knows the storage engine; `space` says what is under which key,
//!   `record`, `stream`, `keys`, `lease`, `fact_row` and `ledger` how values look, `encoding` puts a checksum before each.

mod apps;
mod backup;
mod broker;
mod check;
mod command;
mod committer;
#[cfg(test)]
mod damaged_messages;
mod deliveries;
mod directory;
mod encoding;
mod engine;
mod error;
mod fact_row;
mod graves;
mod group;
mod head;
mod idle_streams;
mod keys;
mod lease;
mod leases;
mod ledger;
mod live;
mod log_reading;
mod logbook;
mod logging;
mod mending;
mod notes;
mod opening;
mod options;
#[cfg(feature = "planted")]
mod planted;
mod reading;
mod record;
mod report;
mod revocations;
mod shared;
mod space;
mod stream;
mod streams;
mod sweep;
mod usage;
mod waiting;

pub use backup::restore;
pub use broker::DurableBroker;
pub use check::{StoreContents, StoreStats};
pub use error::{CheckError, CopyError, OpenError};
pub use options::StoreOptions;
#[cfg(feature = "planted")]
pub use planted::{Early, Planted, spoil};
pub use report::{Doubt, OpenReport, SetAside, StoreEvent, StoreWatch};
pub use revocations::{FileRevocations, RevocationsError};
