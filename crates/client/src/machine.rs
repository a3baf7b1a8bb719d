//! Everything that decides; see the crate's documentation for the table of states.

mod credential;
mod frames;
mod link;
mod members;
mod outbox;
mod roster;
mod words;

use std::{collections::HashMap, time::Duration};

use domain::Moment;

pub use words::{Action, Command, Input, Outgoing, Question, Ticket};

use crate::{
    AskError, ChannelEvent, CloseFamily, Counters, Departure, Options, Random, SendError, State,
    StopReason, close_family::TOKEN_EXPIRED, request,
};
use credential::Credential;
use link::{Link, Online, Refresh};
use outbox::{Outbox, Pending};
pub(crate) use roster::Wish;
use roster::{Roster, Told};
use words::earlier;

/// What a reply answers.
#[derive(Debug)]
enum Asked {
    Auth,
    Refresh,
    Subscribe(Vec<Wish>),
    /// Who is in a channel, where a change was missing.
    Members(domain::ChannelName),
    /// Whatever the answer, nothing follows.
    Unsubscribe,
    Send(Ticket),
    Question(Ticket),
}

/// The client without I/O.
pub struct Machine {
    options: Options,
    random: Random,
    link: Link,
    credential: Credential,
    /// From the last `auth`: this client continues that one.
    session: Option<String>,
    /// What the `disconnect` push said.
    farewell: Option<Departure>,
    /// Connections that failed one after the other.
    failures: u32,
    /// Requests of this connection that are not answered.
    asked: HashMap<u64, Asked>,
    /// Ids of requests, unique over all connections.
    last_id: u64,
    roster: Roster,
    outbox: Outbox,
    counters: Counters,
    actions: Vec<Action>,
}

impl Machine {
    /// A client that has not begun: its first [`Input::Tick`] begins.
    #[must_use]
    pub fn new(options: Options, now: Moment) -> Self {
        Self {
            random: Random::new(options.seed),
            link: Link::Waiting { until: now },
            credential: Credential::default(),
            session: None,
            farewell: None,
            failures: 0,
            asked: HashMap::new(),
            last_id: 0,
            roster: Roster::default(),
            outbox: Outbox::new(options.key_prefix.clone(), options.limits),
            counters: Counters::default(),
            actions: Vec::new(),
            options,
        }
    }

    /// Takes what happened and gives what is to be done, in this order.
    pub fn step(&mut self, now: Moment, input: Input) -> Vec<Action> {
        match input {
            Input::Command(command) => self.command(now, command),
            Input::Token(outcome) => self.token(now, outcome),
            Input::Opened => self.opened(now),
            Input::OpenFailed(failure) => self.open_failed(now, failure),
            Input::Text(text) => self.text(now, &text),
            Input::Alive => self.heard(now),
            Input::Closed(code) => self.closed(now, code),
            Input::Overflowed(channel) => {
                if self.roster.pause(&channel) {
                    self.unsubscribe(&channel);
                }
            }
            Input::Drained(channel) => self.roster.resume(&channel, now),
            Input::Tick => {}
        }
        self.due(now);
        self.pump(now);
        std::mem::take(&mut self.actions)
    }

    /// When to step with [`Input::Tick`] where nothing else happens; nothing: never.
    #[must_use]
    pub fn wake(&self) -> Option<Moment> {
        if matches!(self.link, Link::Stopped(_)) {
            return None;
        }
        let online = matches!(self.link, Link::Online(_));
        // A batch that is under way brings the next one with its answer.
        let free = matches!(&self.link, Link::Online(online) if online.batch_until.is_none());
        let wanted = if free { self.roster.wake() } else { None };
        earlier(earlier(self.link.wake(), wanted), self.outbox.wake(online))
    }

    /// What happened so far.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// How many channels there are.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.roster.len()
    }

    /// Why it stopped, if it did.
    #[must_use]
    pub const fn stopped(&self) -> Option<&StopReason> {
        if let Link::Stopped(why) = &self.link { Some(why) } else { None }
    }

    fn command(&mut self, now: Moment, command: Command) {
        match command {
            Command::Subscribe { channel, from, attendance } if self.stopped().is_none() => {
                self.roster.add(Wish { channel, place: from, attendance }, now);
            }
            Command::Subscribe { channel, .. } => self.actions.push(Action::Release(channel)),
            Command::Unsubscribe(channel) => {
                if self.roster.remove(&channel) {
                    self.unsubscribe(&channel);
                }
            }
            Command::Send(send) => self.enqueue(now, send),
            Command::Ask(question) => self.ask(&question),
            Command::Interrupt => {
                if self.link.has_socket() {
                    self.actions.push(Action::Abandon);
                    self.lost(now, Departure::lost());
                }
            }
            Command::Stop => self.stop(StopReason::Asked),
        }
    }

    fn enqueue(&mut self, now: Moment, send: Outgoing) {
        let ticket = send.ticket;
        if let Some(why) = self.stopped().cloned() {
            let error = SendError::Stopped { why, attempted: false };
            self.actions.push(Action::Settle(ticket, Err(error)));
            return;
        }
        let deadline = now.after(send.draft.deadline.unwrap_or(self.options.send_deadline));
        if let Err(full) = self.outbox.add(now, send, deadline) {
            self.actions.push(Action::Settle(ticket, Err(full)));
        }
    }

    fn ask(&mut self, question: &Question) {
        let asked = |asked: &&Asked| matches!(asked, Asked::Question(_));
        let under_way = self.asked.values().filter(asked).count();
        let error = if !matches!(self.link, Link::Online(_)) {
            AskError::Offline
        } else if under_way >= self.options.limits.questions {
            AskError::TooMany { under_way }
        } else {
            let id = self.next_id(Asked::Question(question.ticket));
            let text = request::question(id, &question.event, &question.payload);
            return self.actions.push(Action::Transmit(text));
        };
        self.actions.push(Action::Answer(question.ticket, Err(error)));
    }

    /// Forgets what the lost connection was asked.
    fn forget_asked(&mut self) {
        for (_, asked) in self.asked.drain() {
            if let Asked::Question(ticket) = asked {
                self.actions.push(Action::Answer(ticket, Err(AskError::Offline)));
            }
        }
    }

    /// What time alone brings.
    fn due(&mut self, now: Moment) {
        for send in self.outbox.expire(now) {
            let error = SendError::Expired { attempted: send.attempted() };
            self.actions.push(Action::Settle(send.ticket, Err(error)));
        }
        match &mut self.link {
            Link::Waiting { until } if *until <= now => self.begin(now),
            Link::Opening { until } | Link::Greeting { until, .. } if *until <= now => {
                self.actions.push(Action::Abandon);
                self.lost(now, Departure::lost());
            }
            Link::Online(online) => {
                if online.is_lost(now) {
                    self.actions.push(Action::Abandon);
                    self.lost(now, Departure::lost());
                } else if matches!(online.refresh, Refresh::RetryAt(at) if at <= now) {
                    online.refresh = Refresh::Fetching;
                    self.fetch();
                }
            }
            Link::Waiting { .. }
            | Link::Fetching
            | Link::Opening { .. }
            | Link::Greeting { .. }
            | Link::Stopped(_) => {}
        }
    }

    /// Asks for what can be asked for now.
    fn pump(&mut self, now: Moment) {
        let Link::Online(online) = &mut self.link else { return };
        if online.batch_until.is_none() {
            let batch = self.roster.batch(now);
            if !batch.is_empty() {
                online.batch_until = Some(now.after(self.options.reply_timeout));
                self.last_id += 1;
                self.actions.push(Action::Transmit(request::subscribe(self.last_id, &batch)));
                self.asked.insert(self.last_id, Asked::Subscribe(batch));
            }
        }
        while self.outbox.has_ready(now) {
            if let Err(wait) = online.pace.take(now) {
                self.outbox.pause(now.after(wait));
                break;
            }
            let Some(send) = self.outbox.take_ready(now) else { break };
            self.counters.resends += u64::from(send.attempts > 1);
            self.last_id += 1;
            self.asked.insert(self.last_id, Asked::Send(send.ticket));
            self.actions.push(Action::Transmit(encode(send, self.last_id)));
        }
    }

    fn unsubscribe(&mut self, channel: &domain::ChannelName) {
        if matches!(self.link, Link::Online(_)) {
            let text = request::unsubscribe(self.next_id(Asked::Unsubscribe), channel);
            self.actions.push(Action::Transmit(text));
        }
    }

    fn next_id(&mut self, asked: Asked) -> u64 {
        self.last_id += 1;
        self.asked.insert(self.last_id, asked);
        self.last_id
    }

    fn tell(&mut self, channel: &domain::ChannelName, told: Told) {
        for event in told.events {
            self.actions.push(Action::Deliver(channel.clone(), event));
        }
        if told.last {
            self.actions.push(Action::Release(channel.clone()));
        }
    }

    /// The connection is gone: all that it had is asked for anew on the next one.
    fn lost(&mut self, now: Moment, departure: Departure) {
        if let Link::Online(online) = &self.link
            && online.since.after(self.options.backoff.stable) <= now
        {
            self.failures = 0;
        }
        self.farewell = None;
        self.forget_asked();
        self.roster.reset(now);
        self.outbox.reset(now);
        if departure.code == TOKEN_EXPIRED {
            self.credential.spoil();
        }
        match CloseFamily::of(departure.code) {
            CloseFamily::Final => self.stop(StopReason::Closed(departure)),
            CloseFamily::Backoff => self.back_off(now, Duration::ZERO),
            CloseFamily::AfterDelay => match departure.retry_after {
                Some(delay) => self.wait(now, delay),
                None => self.back_off(now, Duration::ZERO),
            },
        }
    }

    /// Waits for a delay of its own, at least so long.
    fn back_off(&mut self, now: Moment, least: Duration) {
        let delay = self.options.backoff.delay(self.failures, &mut self.random);
        self.failures = self.failures.saturating_add(1);
        self.wait(now, least.saturating_add(delay));
    }

    fn wait(&mut self, now: Moment, delay: Duration) {
        self.link = Link::Waiting { until: now.after(delay) };
        self.actions.push(Action::Show(State::Waiting { delay }));
    }

    fn stop(&mut self, why: StopReason) {
        if self.stopped().is_some() {
            return;
        }
        if self.link.has_socket() {
            self.actions.push(Action::Close);
        }
        for send in self.outbox.drain() {
            let error = SendError::Stopped { why: why.clone(), attempted: send.attempted() };
            self.actions.push(Action::Settle(send.ticket, Err(error)));
        }
        for channel in self.roster.drain() {
            let reason = "stopped".to_owned();
            let event = ChannelEvent::Unsubscribed { reason, resubscribes: false, refusal: None };
            self.tell(&channel, Told { events: vec![event], last: true });
        }
        self.forget_asked();
        self.link = Link::Stopped(why.clone());
        self.actions.push(Action::Show(State::Stopped(why)));
    }
}

fn encode(send: &Pending, id: u64) -> String {
    let draft = &send.draft;
    let request = request::Send {
        channel: draft.channel.as_str(),
        data: &draft.data,
        name: draft.name.as_ref().map(domain::MessageName::as_str),
        key: &send.key,
        echo: draft.echo,
    };
    request.encode(id)
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Machine").field("link", &self.link).finish_non_exhaustive()
    }
}
