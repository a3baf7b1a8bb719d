//! The time between the end of a session and the end of its socket.

use std::sync::Arc;

use crate::{Hub, admission::Seat};

/// A connection whose session ended and whose socket still carries the goodbye. Until it is
/// dropped the connection counts against the server's limits and for a shutdown that waits. An
/// app's own count ends with the session.
pub struct Parting {
    hub: Arc<Hub>,
    /// Given back with this.
    seat: Option<Seat>,
}

impl Parting {
    pub(crate) fn new(hub: Arc<Hub>, seat: Option<Seat>) -> Self {
        Self { hub, seat }
    }

    /// The connection no longer counts as unknown.
    pub(crate) fn authenticated(&mut self) {
        if let Some(seat) = &mut self.seat {
            seat.authenticated();
        }
    }
}

impl Drop for Parting {
    fn drop(&mut self) {
        self.hub.connections.parted();
    }
}
