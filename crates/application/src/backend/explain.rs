//! What an app's backend is told of why something happened.

use domain::AppId;

use super::Backend;
use crate::{Explanation, Question, explain::Explain};

impl Backend {
    /// Explains what became of a message or a request, from what the flight recorder remembers of
    /// this app. It may take milliseconds of computing: not to be asked on a thread that serves.
    #[must_use]
    pub fn explain(&self, app: &AppId, question: &Question) -> Explanation {
        let open = |client: &domain::ClientId| self.connections(app, client);
        Explain { log: &*self.hub.flight, app, open: &open }.answer(question)
    }
}
