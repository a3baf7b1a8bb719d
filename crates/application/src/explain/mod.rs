//! The use case: explain a decision, from what the flight recorder remembers.
//!
//! * `question` is what can be asked, `answer` what comes of it.
//! * `message` says what became of a message for one client, `standing` how a connection stood to a
//!   channel at that moment.
//! * `words` are the sentences.

mod answer;
mod message;
mod question;
mod standing;
mod words;

use domain::AppId;

use crate::{
    backend::OpenConnection,
    ports::{Depth, FlightFact, FlightLog, Subject, What},
};

pub use answer::{Explanation, Fate, Fated, Missing, Verdict};
pub use question::{Question, Which};

/// Explains to an app what happened to it, and nothing of others.
pub(crate) struct Explain<'a> {
    pub(crate) log: &'a dyn FlightLog,
    pub(crate) app: &'a AppId,
    /// The open connections of a client: what is so now need not be remembered.
    pub(crate) open: &'a dyn Fn(&domain::ClientId) -> Vec<OpenConnection>,
}

impl Explain<'_> {
    /// Facts of an answer.
    pub(crate) const MOST: usize = 200;

    pub(crate) fn answer(&self, question: &Question) -> Explanation {
        let subject = match question {
            Question::Message { client, which } => return self.message(client, which),
            Question::Trace(trace) => Subject::Trace(self.app, trace),
            Question::Connection(connection) => Subject::Connection(*connection),
            Question::Client(client) => Subject::Client(self.app, client),
            Question::Channel(channel) => {
                let key = domain::ChannelKey { app: self.app.clone(), channel: channel.clone() };
                let facts = self.log.facts(Subject::Channel(&key), Depth::Everything, Self::MOST);
                return Explanation::of_requests(facts.facts, facts.since);
            }
        };
        let facts = self.log.facts(subject, Depth::Everything, Self::MOST);
        let mut known = facts.facts;
        if let Question::Client(client) = question {
            self.add_decisions(&mut known, client);
        }
        self.keep_own(&mut known);
        Explanation::of_requests(known, facts.since)
    }

    /// What became of a client's requests, connection by connection, the latest first.
    fn add_decisions(&self, known: &mut Vec<FlightFact>, client: &domain::ClientId) {
        let connections = self.connections_of(client).0;
        for connection in connections.iter().take(Self::CONNECTIONS) {
            let subject = Subject::Connection(connection.id);
            known.extend(self.log.facts(subject, Depth::Decisions, Self::MOST).facts);
        }
        known.sort_unstable_by_key(|fact| std::cmp::Reverse(fact.order));
        known.dedup_by_key(|fact| fact.order);
        known.truncate(Self::MOST);
    }

    /// Lets go what is another app's. What has none yet is of the app that the connection came to;
    /// whoever only claimed to be of this one shows no more than that.
    fn keep_own(&self, facts: &mut Vec<FlightFact>) {
        let came_in = facts.iter().any(|fact| {
            fact.app.as_ref() == Some(self.app) && !matches!(fact.what, What::AuthRefused { .. })
        });
        facts.retain(|fact| match &fact.app {
            Some(app) => app == self.app,
            None => came_in,
        });
    }
}
