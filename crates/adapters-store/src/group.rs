//! A commit group while it is being made: what is decided, but not yet on disk.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use application::ports::{BrokerError, IdSource, STREAMS_PER_APP};
use domain::{
    AppId, ChannelKey, Draft, HistoryPolicy, Hour, Metric, Publication, Receipt, Timestamp,
};

use crate::{
    command::{Answer, Command, Placing, Publishing, Tended, Tending},
    engine::{Batch, EngineError},
    error::TooManyStreams,
    keys::{Content, KeyScope, Remembered},
    leases::Taken,
    ledger::{Garbage, Ledger},
    notes::{self, Notes},
    record,
    shared::Shared,
    space::{Space, garbage_key, message_key, stream_key},
    stream::{Kept, Stream},
    usage::{Recording, Used},
};

/// Messages of one stream, and of garbage, that a group erases at most.
const ERASED_AT_ONCE: u64 = 1024;

/// Messages beyond the policy's number that wait on disk until they are erased in one go.
const ERASE_FROM: u64 = 64;

/// Keys that a group expires at most.
const EXPIRED_AT_ONCE: usize = 1024;

/// Everything that becomes true together. Any fact that must not come apart from these joins the
/// same batch.
pub(crate) struct Group<'a> {
    pub(crate) ledger: &'a mut Ledger,
    pub(crate) shared: &'a Shared,
    pub(crate) notes: &'a Arc<Notes>,
    pub(crate) ids: &'a dyn IdSource,
    pub(crate) now: Timestamp,
    pub(crate) staged: Staged,
}

/// What a group has decided.
pub(crate) struct Staged {
    pub(crate) batch: Batch,
    /// Places that change.
    pub(crate) streams: HashMap<ChannelKey, Stream>,
    /// In the order of their stamps.
    pub(crate) publications: Vec<Publication>,
    pub(crate) answers: Vec<Answer>,
    /// Leases that change; they wait again where the group is not written.
    pub(crate) leases: Vec<Taken>,
    /// Facts that become events; they wait again where the group is not written.
    pub(crate) notes: Vec<notes::Taken>,
    /// Apps whose event logs change.
    pub(crate) logs: HashSet<AppId>,
    /// What apps used, the messages of this group among it.
    pub(crate) used: Used,
    /// Those who handed in some of it.
    pub(crate) recordings: Vec<Recording>,
    /// Rows of it that were not what was written.
    pub(crate) damaged_usage: usize,
}

impl Staged {
    pub(crate) fn new(batch: Batch) -> Self {
        Self {
            batch,
            streams: HashMap::new(),
            publications: Vec::new(),
            answers: Vec::new(),
            leases: Vec::new(),
            notes: Vec::new(),
            logs: HashSet::new(),
            used: Used::default(),
            recordings: Vec::new(),
            damaged_usage: 0,
        }
    }
}

impl Group<'_> {
    /// Keys that no longer count make room.
    pub(crate) fn expire_keys(&mut self) {
        for gone in self.ledger.keys.expire(self.now, EXPIRED_AT_ONCE) {
            self.staged.batch.remove(Space::Keys, &gone.to_bytes());
        }
    }

    /// Decides a command; its answer waits for the disk.
    pub(crate) fn stage(&mut self, command: Command) {
        match command {
            Command::Publish { draft, answer } => self.publish(*draft, answer),
            Command::Begin { channel, policy, answer } => {
                self.place(&channel, &policy, answer, |_| {});
            }
            Command::Purge { channel, policy, answer } => {
                self.place(&channel, &policy, answer, |stream| stream.forget_before(u64::MAX));
            }
            Command::Tend { streams, answer } => {
                streams.into_iter().for_each(|tending| self.tend(&tending));
                let more = self.erase_garbage()
                    | self.erase_streams()
                    | self.tend_logs()
                    | self.tend_graves()
                    | self.ledger.keys.has_expired(self.now);
                let tended = if more { Tended::More } else { Tended::Done };
                self.staged.answers.push(Answer::Tended(answer, tended));
            }
            Command::App { app, change, answer } => {
                let outcome = self.change_app(&app, change);
                self.staged.answers.push(Answer::Settled(answer, outcome));
            }
            Command::Leases(turn) => {
                let taken = turn.stage(self.ledger, &mut self.staged.batch, self.now);
                self.staged.leases.push(taken);
            }
            Command::Notes(_turn) => self.take_notes(),
            Command::Deliver(delivery) => self.deliver(*delivery),
            Command::Usage { counted, answer } => {
                let Staged { used, batch, recordings, .. } = &mut self.staged;
                used.add(&counted, self.ledger, batch);
                recordings.push(answer);
            }
        }
    }

    /// Writes what all commands together changed. Says whether there is anything to commit, or why
    /// that can't be told.
    pub(crate) fn seal(mut self) -> (Staged, Result<bool, EngineError>) {
        let mut streams = std::mem::take(&mut self.staged.streams);
        for (channel, stream) in &mut streams {
            if stream.first >= stream.erased + ERASE_FROM {
                erase(&mut self.staged.batch, stream);
            }
            stream.used_on_disk = stream.used;
            let key = stream_key(stream.app, channel.channel.as_str());
            self.staged.batch.put(Space::Streams, &key, stream.encode(&key));
        }
        self.staged.streams = streams;
        self.seal_logs();
        let used = std::mem::take(&mut self.staged.used);
        match used.put(&mut self.ledger.usage, &mut self.staged.batch) {
            Ok(damaged) => self.staged.damaged_usage = damaged,
            Err(error) => return (self.staged, Err(error)),
        }
        let changed = self.staged.batch.len() > 0;
        if changed {
            self.ledger.counters.group += 1;
            self.ledger.counters.put(&mut self.staged.batch);
        }
        (self.staged, Ok(changed))
    }

    fn publish(&mut self, draft: Draft, answer: Publishing) {
        let outcome = self.decide(draft);
        self.staged.answers.push(Answer::Receipt(answer, outcome));
    }

    fn decide(&mut self, draft: Draft) -> Result<Receipt, BrokerError> {
        if draft.key.is_none() {
            return self.append(draft);
        }
        let app = self.ledger.number(&draft.channel.app, &mut self.staged.batch);
        let Some(scope) = KeyScope::of(app, &draft) else { return self.append(draft) };
        let content = Content::of(&draft);
        // A key of this same group is found too: both answers wait for the same sync.
        if let Some(known) = self.ledger.keys.find(&scope, content, self.now) {
            return known;
        }
        if !self.ledger.keys.has_room(&scope) {
            return Err(BrokerError::KeysFull);
        }
        let until = self.now.after(draft.namespace.idempotency_window);
        let receipt = self.append(draft)?;
        let sent = Remembered { content, receipt: receipt.clone(), until };
        let key = scope.to_bytes();
        self.staged.batch.put(Space::Keys, &key, sent.encode(&key));
        self.ledger.keys.remember(scope, sent);
        Ok(receipt)
    }

    /// Stamps a draft and puts it into its stream, where it has one.
    fn append(&mut self, draft: Draft) -> Result<Receipt, BrokerError> {
        let (now, id) = (self.now, self.ids.message(self.now));
        let app = self.ledger.number(&draft.channel.app, &mut self.staged.batch);
        let bytes = u64::try_from(draft.data.as_str().len()).unwrap_or(u64::MAX);
        let Some(policy) = draft.namespace.kept() else {
            let events = draft.namespace.events;
            self.staged.used.count(app, Hour::of(now), Metric::Messages, 1);
            let (publication, receipt) = draft.stamped(id, now, None);
            self.log_message(&publication, events);
            self.staged.publications.push(publication);
            return Ok(receipt);
        };
        let channel = draft.channel.clone();
        let stream = self
            .stream(&channel, &policy)
            .map_err(|error| BrokerError::Unavailable(error.into()))?;
        let (before, position) = (stream.total, stream.next());
        let events = draft.namespace.events;
        let (publication, receipt) = draft.stamped(id, now, Some(position));
        stream.append(publication.message.cost(), now);
        let key = message_key(stream.app, stream.number, position.offset.0);
        let value = record::encode(&key, &publication, before, stream.latest);
        self.staged.batch.put(Space::Messages, &key, value);
        self.log_message(&publication, events);
        self.staged.used.count(app, Hour::of(now), Metric::Messages, 1);
        self.staged.used.count(app, Hour::of(now), Metric::HistoryBytes, bytes);
        self.staged.publications.push(publication);
        Ok(receipt)
    }

    /// Gives a stream's place, after a change to it.
    fn place(
        &mut self,
        channel: &ChannelKey,
        policy: &HistoryPolicy,
        answer: Placing,
        change: impl FnOnce(&mut Stream),
    ) {
        let place = self.stream(channel, policy).map(|stream| {
            change(stream);
            stream.position()
        });
        let first = self.staged.streams.get(channel).map(|stream| stream.first);
        self.hide_before(channel, first.unwrap_or(0));
        self.staged.answers.push(Answer::Place(answer, place.map_err(Into::into)));
    }

    /// The place of a channel's stream as this group leaves it; a new one where there is none.
    fn stream(
        &mut self,
        channel: &ChannelKey,
        policy: &HistoryPolicy,
    ) -> Result<&mut Stream, TooManyStreams> {
        let stream = match self.staged.streams.get(channel) {
            Some(stream) => *stream,
            None => self.touched(channel, policy)?,
        };
        let stream = self.staged.streams.entry(channel.clone()).or_insert(stream);
        stream.used = stream.used.max(self.now);
        stream.kept = Kept::by(policy);
        Ok(stream)
    }

    /// The place of a stream that this group has not touched yet.
    fn touched(
        &mut self,
        channel: &ChannelKey,
        policy: &HistoryPolicy,
    ) -> Result<Stream, TooManyStreams> {
        let known = self.shared.lock().streams.get(channel).copied();
        let Some(mut stream) = known else { return self.begin(channel, policy) };
        // Judged by what readers know: until the commit they see no message of this group.
        let first = stream.first_by_size(policy.size.into());
        if first >= stream.first + ERASE_FROM {
            stream.forget_before(first);
            self.hide_before(channel, first);
        }
        Ok(stream)
    }

    fn begin(
        &mut self,
        channel: &ChannelKey,
        policy: &HistoryPolicy,
    ) -> Result<Stream, TooManyStreams> {
        let app = self.ledger.number(&channel.app, &mut self.staged.batch);
        if self.streams_of(channel) >= STREAMS_PER_APP {
            self.forget_idle(channel);
        }
        if self.streams_of(channel) >= STREAMS_PER_APP {
            return Err(TooManyStreams);
        }
        if let Some(entry) = self.ledger.apps.get_mut(&channel.app) {
            entry.streams += 1;
        }
        let number = self.ledger.counters.next_stream;
        self.ledger.counters.next_stream += 1;
        Ok(Stream::new(app, number, self.ids.epoch(), self.now, Kept::by(policy)))
    }

    /// A stream is gone: its place at once, its messages bit by bit.
    pub(crate) fn bury(&mut self, channel: &ChannelKey, stream: &Stream) {
        if let Some(entry) = self.ledger.apps.get_mut(&channel.app) {
            entry.streams -= 1;
        }
        let key = stream_key(stream.app, channel.channel.as_str());
        self.staged.batch.remove(Space::Streams, &key);
        if stream.erased <= stream.top {
            let Stream { app, number, erased, top, .. } = *stream;
            let garbage = Garbage { app, stream: number, from: erased, to: top };
            let key = garbage_key(app, number);
            self.staged.batch.put(Space::Garbage, &key, garbage.encode(&key));
            self.ledger.garbage.push_back(garbage);
        }
    }

    fn tend(&mut self, tending: &Tending) {
        let Tending { channel, number, first } = tending;
        let (known, attached) = {
            let state = self.shared.lock();
            (state.streams.get(channel).copied(), state.attached.contains(channel))
        };
        let known = self.staged.streams.get(channel).copied().or(known);
        let Some(mut stream) = known.filter(|stream| stream.number == *number) else { return };
        stream.forget_before(*first);
        if stream.is_idle(self.now) && !attached {
            self.staged.streams.remove(channel);
            self.shared.lock().streams.remove(channel);
            self.bury(channel, &stream);
            return;
        }
        self.hide_before(channel, stream.first);
        self.staged.streams.insert(channel.clone(), stream);
    }

    /// Raises what readers take for the oldest message. Before the commit: no reader shall look for
    /// what is being erased. What was hidden for a commit that failed is read back.
    fn hide_before(&self, channel: &ChannelKey, first: u64) {
        self.shared.lock().streams.change(channel, |stream| stream.forget_before(first));
    }

    /// Erases a share of the streams that are gone. Says whether there is more.
    fn erase_garbage(&mut self) -> bool {
        let mut share = ERASED_AT_ONCE;
        while let Some(garbage) = self.ledger.garbage.front_mut() {
            let key = garbage_key(garbage.app, garbage.stream);
            while share > 0 && garbage.from <= garbage.to {
                let message = message_key(garbage.app, garbage.stream, garbage.from);
                self.staged.batch.remove(Space::Messages, &message);
                garbage.from += 1;
                share -= 1;
            }
            if garbage.from <= garbage.to {
                self.staged.batch.put(Space::Garbage, &key, garbage.encode(&key));
                return true;
            }
            self.staged.batch.remove(Space::Garbage, &key);
            self.ledger.garbage.pop_front();
        }
        false
    }

    /// Erases a share of what the tended streams no longer show. Says whether there is more.
    fn erase_streams(&mut self) -> bool {
        let mut more = false;
        for stream in self.staged.streams.values_mut() {
            erase(&mut self.staged.batch, stream);
            more |= stream.erased < stream.first;
        }
        more
    }
}

fn erase(batch: &mut Batch, stream: &mut Stream) {
    let until = stream.first.min(stream.erased + ERASED_AT_ONCE);
    for offset in stream.erased..until {
        batch.remove(Space::Messages, &message_key(stream.app, stream.number, offset));
    }
    stream.erased = until;
}
