//! The port that judges what an app's backend signed for a guest.

use domain::{App, ChannelName, ConnectionId, Signed};

use crate::Pass;

/// Why a pass is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PassError {
    /// Nobody who has one of the app's keys signed this.
    #[error("the signature is not one of the app's")]
    Forged,
    /// It is signed, and does not say what it has to.
    #[error("{0}")]
    Unusable(&'static str),
}

/// For servers without guests: takes no pass.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoPasses;

impl PassVerifier for NoPasses {
    fn channel(
        &self,
        _: &App,
        _: ConnectionId,
        _: &ChannelName,
        _: &Pass,
    ) -> Result<Signed, PassError> {
        Err(PassError::Forged)
    }

    fn user(&self, _: &App, _: ConnectionId, _: &Pass) -> Result<Signed, PassError> {
        Err(PassError::Forged)
    }
}

/// Judges what an app's backend signed for one connection.
///
/// Guarantees of every adapter:
///
/// 1. A pass is good only for the app, the connection and the channel that it was signed for, or for
///    signing in where it was signed for that.
///
/// It never blocks, and compares signatures in constant time.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait PassVerifier: Send + Sync {
    /// Who a guest is in a channel that it has a pass for.
    ///
    /// # Errors
    /// The pass is not taken.
    fn channel(
        &self,
        app: &App,
        connection: ConnectionId,
        channel: &ChannelName,
        pass: &Pass,
    ) -> Result<Signed, PassError>;

    /// Who a guest is, by its pass, on all its connections.
    ///
    /// # Errors
    /// The pass is not taken.
    fn user(&self, app: &App, connection: ConnectionId, pass: &Pass) -> Result<Signed, PassError>;
}
