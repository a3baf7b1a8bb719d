//! The machine, with a clock, a network and an application of the test's own.

use std::collections::{HashMap, VecDeque};

use client::{
    Action, Attendance, Command, Draft, Input, Machine, OpenFailure, Options, Outgoing, Ticket,
    TokenError,
};
use domain::{AppId, ChannelName, Epoch, Moment, Offset, Position};
use serde_json::{Value, json};

use crate::telling;

/// A connection, from the server's side.
#[derive(Debug)]
pub(crate) struct Link {
    /// What the client sent and no step expected yet.
    pub(crate) frames: Vec<Value>,
    pub(crate) open: bool,
}

/// The machine with what it acts on.
pub(crate) struct World {
    machine: Machine,
    pub(crate) now: u64,
    /// All connections, the latest last.
    pub(crate) links: Vec<Link>,
    /// What the application was told and no step expected yet.
    pub(crate) told: Vec<Value>,
    pub(crate) refusing: bool,
    tokens: Vec<String>,
    fetched: usize,
    /// The names of sends.
    references: HashMap<Ticket, String>,
}

impl World {
    pub(crate) fn new(tokens: Vec<String>) -> Self {
        let mut options = Options::new("ws://x/ws", AppId::parse("app").unwrap());
        options.seed = 1;
        Self {
            machine: Machine::new(options, Moment::from_millis(0)),
            now: 0,
            links: Vec::new(),
            told: Vec::new(),
            refusing: false,
            tokens,
            fetched: 0,
            references: HashMap::new(),
        }
    }

    /// What the application does.
    pub(crate) fn order(&mut self, order: &Value) -> Result<(), String> {
        let input = match order["do"].as_str() {
            Some("connect") => Input::Tick,
            Some("subscribe") => Input::Command(Command::Subscribe {
                channel: channel(order),
                from: position(&order["position"]),
                attendance: attendance(&order["presence"]),
            }),
            Some("unsubscribe") => Input::Command(Command::Unsubscribe(channel(order))),
            Some("send") => Input::Command(Command::Send(self.outgoing(order))),
            _ => return Err("no such order".to_owned()),
        };
        self.feed(input);
        Ok(())
    }

    fn outgoing(&mut self, order: &Value) -> Outgoing {
        let mut draft = Draft::new(channel(order).as_str(), &order["data"]).unwrap();
        if let Some(name) = order["name"].as_str() {
            draft = draft.named(name).unwrap();
        }
        if order["echo"] == false {
            draft = draft.without_echo();
        }
        let ticket = Ticket(self.references.len() as u64);
        self.references.insert(ticket, order["ref"].as_str().unwrap().to_owned());
        Outgoing { ticket, draft }
    }

    /// Steps the machine, does what it wants, and steps it with what comes of that.
    pub(crate) fn feed(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for action in self.machine.step(Moment::from_millis(self.now), input) {
                inputs.extend(self.perform(action));
            }
        }
    }

    fn perform(&mut self, action: Action) -> Option<Input> {
        match action {
            Action::FetchToken => return Some(Input::Token(self.token())),
            Action::Open if self.refusing => {
                return Some(Input::OpenFailed(OpenFailure::Network("refused".to_owned())));
            }
            Action::Open => {
                self.links.push(Link { frames: Vec::new(), open: true });
                return Some(Input::Opened);
            }
            Action::Abandon | Action::Close => self.hang_up(),
            Action::Transmit(text) => {
                let frame = serde_json::from_str(&text).unwrap();
                if let Some(link) = self.links.last_mut() {
                    link.frames.push(frame);
                }
            }
            Action::Deliver(channel, event) => {
                self.told.extend(telling::of_channel(channel.as_str(), &event));
            }
            Action::Settle(ticket, outcome) => {
                self.told.push(telling::of_send(&self.references[&ticket], &outcome));
            }
            Action::Show(state) => self.told.extend(telling::of_state(&state)),
            Action::Release(_) | Action::Answer(..) => {}
        }
        None
    }

    fn token(&mut self) -> Result<String, TokenError> {
        let said = self.tokens.get(self.fetched).cloned();
        self.fetched += 1;
        match said.as_deref() {
            Some("retry") => Err(TokenError::Retry("not now".to_owned())),
            Some("denied") => Err(TokenError::Denied("no".to_owned())),
            Some(token) => Ok(token.to_owned()),
            None => Ok(format!("token-{}", self.fetched)),
        }
    }

    /// The connection is no more, on whichever side it ended.
    fn hang_up(&mut self) {
        if let Some(link) = self.links.last_mut() {
            link.open = false;
        }
    }

    /// The server says something.
    pub(crate) fn say(&mut self, text: &str) {
        if self.links.last().is_some_and(|link| link.open) {
            self.feed(Input::Text(text.to_owned()));
        }
    }

    pub(crate) fn push(&mut self, event: &str, payload: &Value) {
        self.say(&json!({"event": event, "payload": payload}).to_string());
    }

    /// The server ends the connection.
    pub(crate) fn end(&mut self, code: Option<u16>) {
        self.hang_up();
        self.feed(Input::Closed(code));
    }

    /// Lets time pass until it is so, or so many milliseconds; whether it is so.
    pub(crate) fn wait(&mut self, until: impl Fn(&Self) -> bool, millis: u64) -> bool {
        let end = self.now + millis;
        while !until(self) {
            match self.machine.wake().map(Moment::as_millis).filter(|wake| *wake <= end) {
                Some(wake) => self.now = wake.max(self.now),
                None => {
                    self.now = end;
                    return until(self);
                }
            }
            self.feed(Input::Tick);
        }
        true
    }
}

fn channel(order: &Value) -> ChannelName {
    ChannelName::parse(order["channel"].as_str().unwrap()).unwrap()
}

/// `true` or `"watch"`.
fn attendance(presence: &Value) -> Option<Attendance> {
    let watch = presence.as_str().map(|_| Attendance::Watch);
    watch.or_else(|| presence.as_bool()?.then_some(Attendance::Enter))
}

fn position(place: &Value) -> Option<Position> {
    let epoch = Epoch::parse(place["epoch"].as_str()?).unwrap();
    Some(Position { epoch, offset: Offset(place["offset"].as_u64()?) })
}
