//! What happens, counted and timed, as a page for Prometheus.
//!
//! [`Metrics`] is told by two ports: `EventSink` for what is rare, `Meter` for what is not. It keeps
//! relaxed counters and no lock, so that it may be asked from every write of the fan-out
//! (`docs/adr/0018-metrics.md`). [`Metrics::page`] adds the [`Levels`] of the moment.
//!
//! * `family` is the table of all metrics, `render` fills it, `page` is the text format.
//! * `apps` finds an app's figures, `count` and `histogram` are what they are made of.
//! * `process` asks the system.

mod apps;
mod count;
mod family;
mod histogram;
mod metrics;
mod page;
mod process;
mod render;

pub use family::{FAMILIES, Family, Kind};
pub use metrics::Metrics;
pub use render::Levels;
