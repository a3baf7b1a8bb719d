//! The port that writes down what happens, so that an app's backend is told of it.

use domain::{App, AppId, Fact, FactKind};

/// Writes down what happens to an app's connections, channels, members and messages, for the
/// [`EventLog`](super::EventLog) of the same adapter. Only the kinds that [`App::recorded`] names are
/// written: an app that nobody is told of pays nothing.
///
/// A thing is a connection, a channel or a member of a channel. Facts about whether it is there
/// (`opened` and `closed`, `occupied` and `vacated`, `joined` and `left`) are never lost while the
/// process lives: each waits until it is written, so what waits is bounded by what is or was there.
/// Where too much waits, both facts of a thing that came and went meanwhile are left out, and so is
/// whatever is no such fact; how many were is told by `events.dropped`. Nobody waits for a disk: a
/// crash may take what was noted in its last moments, an opening always together with its closing.
///
/// Guarantees of every adapter:
///
/// 1. The events of one thing are written in the order in which they were noted. What is there does
///    not come again, and what is not there does not go: such a note is no event.
/// 2. A channel is vacated when it was so for as long as its app says; a subscriber who comes before
///    makes no noise.
/// 3. Kinds that an app does not want are not written, and apps are apart.
///
/// And of those that outlive the process:
///
/// 4. A connection that was open when the process ended is closed at the next start, by
///    `server_lost`. A channel that was occupied has the return window to be so again, without noise;
///    else it is vacated at the end of it.
/// 5. A member of before stays one where presence has it, and has left where presence has not.
pub trait Chronicle: Send + Sync {
    /// The app is served with these options from now on. What it no longer wants is no longer
    /// written; an app that wants nothing is forgotten, with its log.
    fn follow(&self, app: &App);

    /// Whether facts of this kind are written for the app. Ask before making one.
    fn wants(&self, app: &AppId, kind: FactKind) -> bool;

    /// Takes note of a fact. Never blocks and never fails.
    fn note(&self, app: &AppId, fact: Fact);

    /// Writes what is due. Called ten times a second; never blocks.
    fn sweep(&self);
}

/// Where nothing is written down.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoChronicle;

impl Chronicle for NoChronicle {
    fn follow(&self, _: &App) {}

    fn wants(&self, _: &AppId, _: FactKind) -> bool {
        false
    }

    fn note(&self, _: &AppId, _: Fact) {}

    fn sweep(&self) {}
}
