//! One connection's part in a channel's presence.

use std::{sync::Arc, time::Duration};

use domain::{Attendance, Payload, PresenceVersion, Roster};

use crate::{
    Connection, PresenceWish,
    audience::Audience,
    gate::GateOverflow,
    ports::{Entrance, PresenceError},
    presence::Presence,
};

/// A connection that watches a channel's list of members and may be in it. Dropping it ends both:
/// no change is pushed any more, and the connection leaves the list.
pub(crate) struct Attending {
    presence: Arc<Presence>,
    place: Attendance,
    audience: Arc<Audience>,
    /// How long a leave waits for a return.
    delay: Duration,
    /// Whether the connection is in the list, or may be.
    entered: bool,
    /// The version of the list that the client was given.
    since: PresenceVersion,
}

/// How many members there may be.
#[derive(Clone, Copy)]
pub(crate) struct Most {
    /// In the channel.
    pub(crate) channel: u32,
    /// In all channels of the app.
    pub(crate) app: Option<u32>,
}

/// The part that a connection takes.
#[derive(Clone, Copy)]
pub(crate) struct Part {
    entered: bool,
    since: PresenceVersion,
}

impl Attending {
    /// Watches behind a closed gate.
    pub(crate) fn new(
        presence: &Arc<Presence>,
        place: Attendance,
        delay: Duration,
        connection: &Arc<Connection>,
    ) -> Self {
        let audience = presence.audiences().watch(&place.channel, connection);
        let presence = Arc::clone(presence);
        let since = PresenceVersion::default();
        Self { presence, place, audience, delay, entered: false, since }
    }

    /// Holds changes back, until [`Self::open`]: another list is on its way.
    pub(crate) fn hold(&self, connection: &Arc<Connection>) {
        self.audience.hold(connection);
    }

    /// Does as the client wishes, and gives the list with it.
    pub(crate) async fn follow(
        &mut self,
        wish: PresenceWish,
        info: Option<Arc<Payload>>,
        most: Most,
    ) -> Result<Roster, PresenceError> {
        let before = self.entered;
        match wish {
            PresenceWish::Enter => self.enter(info, most).await?,
            PresenceWish::Watch => self.withdraw(),
        }
        let roster = self.roster().await;
        if roster.is_err() && !before {
            self.withdraw();
        }
        roster
    }

    async fn enter(&mut self, info: Option<Arc<Payload>>, most: Most) -> Result<(), PresenceError> {
        // Before the store is asked: whoever is cut off while it answers leaves all the same.
        let before = std::mem::replace(&mut self.entered, true);
        let Most { channel: most, app: most_of_app } = most;
        let entrance = Entrance { attendance: self.place.clone(), info, most, most_of_app };
        let entered = self.presence.store().enter(entrance).await;
        if entered.is_err() && !before {
            self.withdraw();
        }
        entered
    }

    /// What [`Self::go_back`] goes back to.
    pub(crate) fn part(&self) -> Part {
        Part { entered: self.entered, since: self.since }
    }

    /// What came behind was refused: the client knows no newer list than it did, and is not in it
    /// where it was not.
    pub(crate) fn go_back(&mut self, before: Part) {
        self.since = before.since;
        if !before.entered {
            self.withdraw();
        }
    }

    /// Leaves the list and watches on.
    fn withdraw(&mut self) {
        if std::mem::take(&mut self.entered) {
            self.presence.store().leave(&self.place, self.delay);
        }
    }

    /// The list as it is now; what changes from then on is told.
    pub(crate) async fn roster(&mut self) -> Result<Roster, PresenceError> {
        let roster = self.presence.roster(&self.place.channel).await?;
        self.since = roster.version;
        Ok(roster)
    }

    /// Lets the changes out that the last list does not have, and all that follow.
    pub(crate) fn open(&self) -> Result<(), GateOverflow> {
        self.audience.open(self.place.connection, self.since)
    }
}

impl Drop for Attending {
    fn drop(&mut self) {
        self.presence.audiences().leave(&self.place.channel, self.place.connection);
        self.withdraw();
    }
}
