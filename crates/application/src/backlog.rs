//! Messages of one channel that wait to be written to its subscribers.

use std::{collections::VecDeque, sync::Arc};

use crate::{
    Connection,
    audiences::Audiences,
    ports::{Codec, Encoding, Meter},
    run::{Gap, News, Run},
};

/// Messages that wait, whether somebody writes them, and for which encodings they are made.
#[derive(Default)]
pub(crate) struct Backlog {
    /// The sequence number of the next message: an internal one, every channel has it.
    next: u64,
    waiting: VecDeque<Run>,
    /// Bytes of the runs that are not written to everybody yet.
    bytes: usize,
    /// Whether somebody was asked to write, or writes.
    flushing: bool,
    encodings: Vec<InUse>,
    /// Subscribers that are clients: who only watches is not counted.
    listeners: usize,
}

/// An encoding that has subscribers.
struct InUse {
    encoding: Encoding,
    codec: Arc<dyn Codec>,
    subscribers: usize,
}

impl Backlog {
    /// A subscriber comes: it gets what is appended from now on. Gives the sequence number at which
    /// it joins.
    pub(crate) fn join(&mut self, connection: &Connection, counts: bool) -> u64 {
        self.listeners += usize::from(counts);
        let encoding = connection.codec.encoding();
        match self.encodings.iter_mut().find(|known| known.encoding == encoding) {
            Some(known) => known.subscribers += 1,
            None => {
                let codec = Arc::clone(&connection.codec);
                self.encodings.push(InUse { encoding, codec, subscribers: 1 });
            }
        }
        self.next
    }

    /// A subscriber left.
    pub(crate) fn leave(&mut self, encoding: Encoding, counted: bool) {
        self.listeners -= usize::from(counted);
        let known = self.encodings.iter().position(|known| known.encoding == encoding);
        let Some(index) = known else { return };
        self.encodings[index].subscribers -= 1;
        if self.encodings[index].subscribers == 0 {
            self.encodings.swap_remove(index);
        }
    }

    /// Appends a message. Says whether somebody has to be asked to write.
    pub(crate) fn append(&mut self, news: &News<'_>, meter: &dyn Meter) -> bool {
        let sequence = self.next;
        self.next += 1;
        if self.encodings.is_empty() {
            // Nobody is there; a run must not have a hole, so the next message begins a new one.
            self.close_run();
            return false;
        }
        if self.waiting.back().is_none_or(Run::is_full) {
            self.waiting.push_back(Run::beginning_at(sequence));
        }
        let codecs = self.encodings.iter().map(|known| (known.encoding, &known.codec));
        if let Some(run) = self.waiting.back_mut() {
            self.bytes += run.append(news, codecs);
            run.came_at(|| news.tick(meter));
        }
        !std::mem::replace(&mut self.flushing, true)
    }

    /// Appends a gap, which has a place in the sequence as messages have. Says whether somebody has
    /// to be asked to write.
    pub(crate) fn append_gap(&mut self, audiences: &Arc<Audiences>) -> bool {
        let sequence = self.next;
        self.next += 1;
        if self.encodings.is_empty() {
            self.close_run();
            return false;
        }
        if self.waiting.back().is_none_or(Run::is_full) {
            self.waiting.push_back(Run::beginning_at(sequence));
        }
        if let Some(run) = self.waiting.back_mut() {
            run.end_with(Gap { sequence, audiences: Arc::clone(audiences) });
        }
        !std::mem::replace(&mut self.flushing, true)
    }

    /// A message that nobody is there for is in no run: the last one ends before it.
    fn close_run(&mut self) {
        let next = Run::beginning_at(self.next);
        match self.waiting.back_mut() {
            None => {}
            Some(last) if last.bytes() == 0 => *last = next,
            Some(_) => self.waiting.push_back(next),
        }
    }

    /// The next run to write. Where there is none, whoever wrote is done.
    pub(crate) fn take(&mut self) -> Option<Run> {
        while let Some(mut run) = self.waiting.pop_front() {
            if run.bytes() > 0 || run.gap().is_some() {
                run.complete();
                return Some(run);
            }
        }
        self.flushing = false;
        None
    }

    /// A run was written to everybody. Says whether another one waits.
    pub(crate) fn written(&mut self, run: &Run) -> bool {
        self.bytes -= run.bytes();
        !self.waiting.is_empty()
    }

    /// Subscribers that count.
    pub(crate) const fn listeners(&self) -> usize {
        self.listeners
    }

    /// Whether somebody was asked to write, or writes.
    pub(crate) const fn is_flushing(&self) -> bool {
        self.flushing
    }

    /// Bytes that are not written to everybody yet.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }
}
