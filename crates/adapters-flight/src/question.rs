//! What a fact must be to belong to an answer.

use application::ports::{FlightFact, Subject, What};

use crate::{reading, record::tag};

/// Whether a record can be of the subject: looked at before it is read as a whole.
pub(crate) fn may_be(subject: &Subject<'_>, record: &[u8]) -> bool {
    let kind = record.get(2).copied().unwrap_or_default();
    let app = match subject {
        Subject::Connection(_) => return true,
        Subject::Client(app, _) if matches!(kind, tag::AUTHENTICATED | tag::CLOSED) => app,
        Subject::Message(app, _) if kind == tag::PUBLISHED => app,
        Subject::Trace(app, _) => app,
        Subject::Channel(channel) => &channel.app,
        Subject::Client(..) | Subject::Message(..) => return false,
    };
    reading::app_of(record) == app.as_str().as_bytes()
}

/// Whether a fact is of the subject. Its app was looked at before.
pub(crate) fn is_of(subject: &Subject<'_>, fact: &FlightFact) -> bool {
    match subject {
        Subject::Connection(id) => fact.connection == Some(*id),
        Subject::Client(_, wanted) => matches!(
            &fact.what,
            What::Authenticated { client, .. } | What::Closed { client, .. } if client == *wanted
        ),
        Subject::Channel(key) => fact.what.channel() == Some(&key.channel),
        Subject::Message(_, id) => {
            matches!(&fact.what, What::Published(sent) if sent.id == **id && !sent.repeated)
        }
        Subject::Trace(_, trace) => fact.trace.as_ref() == Some(*trace),
    }
}
