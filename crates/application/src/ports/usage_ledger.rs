//! The port that keeps what apps used.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{AppId, Hour, Usage};

use super::Cause;

/// What an app used in an hour, or in a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Whose.
    pub app: AppId,
    /// When.
    pub hour: Hour,
    /// What.
    pub usage: Usage,
}

/// Why nothing is known to be recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It is not recorded, and may be handed in again.
    #[error("usage is not recorded")]
    NotRecorded(#[source] Cause),
    /// Nobody can tell. Handing it in again could count it twice.
    #[error("whether usage is recorded is unknown")]
    Unknown(#[source] Cause),
}

/// Why the ledger was not read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// It can't be read right now.
    #[error("the usage ledger is unavailable")]
    Unavailable(#[source] Cause),
}

/// Rows that one call of [`UsageLedger::record`] may bring.
pub const COUNTED_AT_ONCE: usize = 4_096;

/// Keeps what apps used, a row for each app and hour that had any.
///
/// A ledger may also count by itself what it keeps anyway: a durable log its messages. That is then
/// in the same rows, and nobody hands it in.
///
/// Guarantees of every adapter:
///
/// 1. What was recorded is added to its row once: sums grow by it, peaks become the greater value.
///    All rows of a call are recorded or none; what was refused as [`RecordError::NotRecorded`] is in
///    no row, now or later.
/// 2. What is read has the rows from one hour to before another in their order, each hour once, and
///    only those with usage.
/// 3. Rows of different apps and hours are different rows.
/// 4. A ledger that outlives the process has what was recorded at the next start.
#[async_trait]
pub trait UsageLedger: Send + Sync {
    /// Adds to the rows; at most [`COUNTED_AT_ONCE`]. Resolves when that is kept. Once polled it goes
    /// on where it is dropped.
    ///
    /// # Errors
    /// See [`RecordError`].
    async fn record(&self, counted: Arc<[Counted]>) -> Result<(), RecordError>;

    /// The rows of an app from `from` to before `to`.
    ///
    /// # Errors
    /// The ledger can't be read.
    async fn read(
        &self,
        app: &AppId,
        from: Hour,
        to: Hour,
    ) -> Result<Vec<(Hour, Usage)>, LedgerError>;
}
