//! An app whose events begin to be written while its clients are there.

use std::sync::Arc;

use domain::{App, AppId, FactKind};

use crate::{Connection, Hub, ports::Chronicle, told_presence::NotedPresence};

impl Hub {
    /// Connections that are noted before others get their turn.
    const NOTED_AT_ONCE: usize = 1024;

    /// From now on the app's events are written as it says. What is there already is noted as if it
    /// came now, so that the first snapshot has it and its end is an event.
    ///
    /// Whoever comes or goes meanwhile is noted by itself, before or behind this: the chronicle takes
    /// what is there already for nothing new.
    pub(crate) async fn follow(&self, app: &App) {
        let was_followed = self.is_followed(&app.id);
        self.chronicle.follow(app);
        if was_followed || !self.is_followed(&app.id) {
            return;
        }
        for some in self.connections.all().chunks(Self::NOTED_AT_ONCE) {
            some.iter().for_each(|connection| self.note_there(&app.id, connection));
            tokio::task::yield_now().await;
        }
        self.channels.note_occupied(&app.id).await;
        self.presence.store().tell_late(&app.id, &NotedPresence(&*self.chronicle));
    }

    fn is_followed(&self, app: &AppId) -> bool {
        self.chronicle.wants(app, FactKind::ConnectionOpened)
    }

    fn note_there(&self, app: &AppId, connection: &Arc<Connection>) {
        let Some(client) =
            connection.identity().client.filter(|it| it.app.id == *app && !it.is_watcher())
        else {
            return;
        };
        let chronicle: &dyn Chronicle = &*self.chronicle;
        chronicle.note(app, connection.opening(&client));
        // One that is no longer found may have noted its end before; one that is will note it.
        if self.connections.find(connection.id).is_none() {
            chronicle.note(app, connection.ending(&client));
        }
    }
}
