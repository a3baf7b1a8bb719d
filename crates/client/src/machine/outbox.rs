//! Sends that are not acknowledged yet.

use std::collections::VecDeque;

use domain::Moment;

use super::{
    Ticket,
    words::{Outgoing, earlier},
};
use crate::{Draft, Limits, Random, SendError, backoff::Backoff};

/// A send that is not acknowledged yet.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) ticket: Ticket,
    pub(super) draft: Draft,
    pub(super) key: String,
    pub(super) deadline: Moment,
    /// How often it was handed to a connection.
    pub(super) attempts: u32,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// To be sent, not before this.
    Ready(Moment),
    /// On the present connection, unanswered.
    UnderWay,
}

impl Pending {
    fn bytes(&self) -> usize {
        self.draft.data.get().len()
    }

    pub(super) fn attempted(&self) -> bool {
        self.attempts > 0
    }
}

/// Sends in the order in which they were asked for.
#[derive(Debug)]
pub(super) struct Outbox {
    sends: VecDeque<Pending>,
    bytes: usize,
    under_way: usize,
    /// The server asked for a pause.
    paused_until: Option<Moment>,
    keys: u64,
    prefix: String,
    limits: Limits,
}

impl Outbox {
    pub(super) fn new(prefix: String, limits: Limits) -> Self {
        let sends = VecDeque::new();
        Self { sends, bytes: 0, under_way: 0, paused_until: None, keys: 0, prefix, limits }
    }

    /// Takes a send, with a key of its own.
    pub(super) fn add(
        &mut self,
        now: Moment,
        send: Outgoing,
        deadline: Moment,
    ) -> Result<(), SendError> {
        let bytes = self.bytes + send.draft.data.get().len();
        if self.sends.len() >= self.limits.queued_sends || bytes > self.limits.queued_bytes {
            return Err(SendError::QueueFull { queued: self.sends.len() });
        }
        self.keys += 1;
        self.bytes = bytes;
        self.sends.push_back(Pending {
            ticket: send.ticket,
            draft: send.draft,
            key: format!("{}-{}", self.prefix, self.keys),
            deadline,
            attempts: 0,
            phase: Phase::Ready(now),
        });
        Ok(())
    }

    /// Whether one can be sent now.
    pub(super) fn has_ready(&self, now: Moment) -> bool {
        self.under_way < self.limits.sends_under_way
            && self.paused_until.is_none_or(|until| until <= now)
            && self.sends.iter().any(|send| send.is_ready(now))
    }

    /// The first one that can be sent: it is under way now.
    pub(super) fn take_ready(&mut self, now: Moment) -> Option<&Pending> {
        let send = self.sends.iter_mut().find(|send| send.is_ready(now))?;
        send.phase = Phase::UnderWay;
        send.attempts = send.attempts.saturating_add(1);
        self.under_way += 1;
        Some(send)
    }

    /// Takes out what was decided.
    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<Pending> {
        let index = self.sends.iter().position(|send| send.ticket == ticket)?;
        let send = self.sends.remove(index)?;
        self.forget(&send);
        Some(send)
    }

    fn forget(&mut self, send: &Pending) {
        self.bytes -= send.bytes();
        if send.phase == Phase::UnderWay {
            self.under_way -= 1;
        }
    }

    /// Sends it again later.
    pub(super) fn postpone(&mut self, ticket: Ticket, until: Moment) {
        if let Some(send) = self.sends.iter_mut().find(|send| send.ticket == ticket) {
            if send.phase == Phase::UnderWay {
                self.under_way -= 1;
            }
            send.phase = Phase::Ready(until);
        }
    }

    /// A delay for one that can't be answered now.
    pub(super) fn delay(
        &self,
        ticket: Ticket,
        backoff: &Backoff,
        random: &mut Random,
    ) -> std::time::Duration {
        let send = self.sends.iter().find(|send| send.ticket == ticket);
        backoff.delay(send.map_or(0, |send| send.attempts.saturating_sub(1)), random)
    }

    /// Sends nothing until then.
    pub(super) fn pause(&mut self, until: Moment) {
        self.paused_until = Some(self.paused_until.map_or(until, |other| other.max(until)));
    }

    /// The connection is gone: what was under way has to be sent again, in the old order.
    pub(super) fn reset(&mut self, now: Moment) {
        for send in &mut self.sends {
            if send.phase == Phase::UnderWay {
                send.phase = Phase::Ready(now);
            }
        }
        self.under_way = 0;
        self.paused_until = None;
    }

    /// Takes out what has passed its deadline.
    pub(super) fn expire(&mut self, now: Moment) -> Vec<Pending> {
        let (expired, kept): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.sends).into_iter().partition(|send| send.deadline <= now);
        self.sends = kept.into();
        for send in &expired {
            self.forget(send);
        }
        expired
    }

    /// Takes out everything.
    pub(super) fn drain(&mut self) -> VecDeque<Pending> {
        self.bytes = 0;
        self.under_way = 0;
        std::mem::take(&mut self.sends)
    }

    /// When something here is due, deadlines included.
    pub(super) fn wake(&self, online: bool) -> Option<Moment> {
        let deadline = self.sends.iter().map(|send| send.deadline).min();
        if !online || self.under_way >= self.limits.sends_under_way {
            return deadline;
        }
        let ready = self.sends.iter().filter_map(|send| match send.phase {
            Phase::Ready(at) => Some(at),
            Phase::UnderWay => None,
        });
        let ready = ready.min().map(|at| self.paused_until.map_or(at, |until| at.max(until)));
        earlier(deadline, ready)
    }
}

impl Pending {
    fn is_ready(&self, now: Moment) -> bool {
        matches!(self.phase, Phase::Ready(at) if at <= now)
    }
}
