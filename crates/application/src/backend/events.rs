//! What happened in an app, and what is there.

use domain::{App, ErrorCode, FactKind, FactKinds, Sequence};

use super::Backend;
use crate::{
    Refusal,
    ports::{EventLog, EventLogError, EventPage, Snapshot},
};

impl Backend {
    /// The most events of a page, and how many it has unless asked for otherwise.
    pub const EVENTS: u32 = 1000;
    /// See [`Self::EVENTS`].
    pub const EVENTS_USUAL: u32 = 100;
    /// Bytes of a page, roughly: with one event more it is over.
    const EVENT_BYTES: usize = 1024 * 1024;

    /// Events behind a place, of these kinds: no more than `most` are looked at. Nothing means all
    /// kinds.
    ///
    /// # Errors
    /// `not_enabled`: nothing is kept, `unavailable`.
    pub async fn events(
        &self,
        app: &App,
        after: Sequence,
        most: u32,
        kinds: Option<FactKinds>,
    ) -> Result<EventPage, Refusal> {
        let most = usize::try_from(most.min(Self::EVENTS)).unwrap_or(usize::MAX);
        let page = self.log()?.read(&app.id, after, most, Self::EVENT_BYTES).await;
        let mut page = page.map_err(|error| self.log_failed(app, &error))?;
        let wanted = |kind: FactKind| kinds.is_none_or(|kinds| kinds.has(kind));
        page.events.retain(|event| wanted(event.fact.kind()));
        Ok(page)
    }

    /// What is there, and behind which event to go on.
    ///
    /// # Errors
    /// `not_enabled`: nothing is kept, or more is there than one answer may have; `unavailable`.
    pub async fn snapshot(&self, app: &App) -> Result<Snapshot, Refusal> {
        let snapshot = self.log()?.snapshot(&app.id).await;
        snapshot.map_err(|error| self.log_failed(app, &error))
    }

    fn log(&self) -> Result<&dyn EventLog, Refusal> {
        let nothing = "the server keeps nothing (store.ephemeral), or no app has anything to keep";
        let log = self.hub.log.as_deref();
        log.ok_or_else(|| Refusal::because(ErrorCode::NotEnabled, nothing))
    }

    fn log_failed(&self, app: &App, error: &EventLogError) -> Refusal {
        match error {
            EventLogError::NotKept => {
                let detail =
                    "the app keeps no events: it has no webhook, and apps.events.keep is off";
                Refusal::because(ErrorCode::NotEnabled, detail)
            }
            EventLogError::TooMuch => {
                let detail = "more than 1,000,000 things are there: read the events instead";
                Refusal::because(ErrorCode::NotEnabled, detail)
            }
            EventLogError::Unavailable(_) => self.failed(&app.id, "events", error),
        }
    }
}
