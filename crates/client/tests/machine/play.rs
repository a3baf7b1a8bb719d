//! Plays a machine.

use client::{
    Action, ChannelEvent, Command, Draft, Input, Machine, Options, Outgoing, Receipt, SendError,
    State, Ticket,
};
use domain::{AppId, ChannelName, Epoch, Moment, Offset, Position};
use serde_json::{Value, json};

pub(crate) const EPOCH: &str = "00000000000000aa";

pub(crate) fn channel(name: &str) -> ChannelName {
    ChannelName::parse(name).unwrap()
}

pub(crate) fn place(offset: u64) -> Position {
    Position { epoch: Epoch::parse(EPOCH).unwrap(), offset: Offset(offset) }
}

pub(crate) fn options() -> Options {
    let mut options = Options::new("ws://x/ws", AppId::parse("app").unwrap());
    options.seed = 1;
    options.key_prefix = "k".into();
    options
}

/// A machine, its clock, and what it wants.
pub(crate) struct Play {
    pub(crate) machine: Machine,
    pub(crate) now: u64,
    pub(crate) actions: Vec<Action>,
    /// A token is wanted.
    fetching: bool,
    /// A connection is wanted.
    opening: bool,
}

impl Play {
    pub(crate) fn with(options: Options) -> Self {
        let machine = Machine::new(options, Moment::from_millis(0));
        let mut play =
            Self { machine, now: 0, actions: Vec::new(), fetching: false, opening: false };
        play.feed(Input::Tick);
        play
    }

    pub(crate) fn new() -> Self {
        Self::with(options())
    }

    /// Authenticated, with nothing to do.
    pub(crate) fn online() -> Self {
        let mut play = Self::new();
        play.enter();
        play
    }

    /// From a wanted token, or an opening connection, to an authenticated one.
    pub(crate) fn enter(&mut self) {
        if self.fetching {
            self.feed(Input::Token(Ok("token".into())));
        }
        assert!(self.opening, "{:?}", self.machine);
        self.feed(Input::Opened);
        let auth = self.asked("auth");
        self.succeed(&auth, welcome(3600));
        assert!(matches!(self.shown(), Some(State::Online { .. })), "{:?}", self.actions);
    }

    pub(crate) fn feed(&mut self, input: Input) -> &mut Self {
        self.fetching &= !matches!(input, Input::Token(_));
        self.opening &= !matches!(input, Input::Opened | Input::OpenFailed(_));
        self.actions = self.machine.step(Moment::from_millis(self.now), input);
        self.fetching |= self.wants(|action| matches!(action, Action::FetchToken));
        self.opening |= self.wants(|action| matches!(action, Action::Open));
        self
    }

    pub(crate) fn command(&mut self, command: Command) -> &mut Self {
        self.feed(Input::Command(command))
    }

    /// Lets time pass until the machine wants to be woken.
    pub(crate) fn sleep(&mut self) -> u64 {
        let before = self.now;
        self.now = self.machine.wake().unwrap().as_millis().max(self.now);
        self.feed(Input::Tick);
        self.now - before
    }

    pub(crate) fn pass(&mut self, millis: u64) -> &mut Self {
        self.now += millis;
        self.feed(Input::Tick)
    }

    pub(crate) fn wants(&self, what: impl Fn(&Action) -> bool) -> bool {
        self.actions.iter().any(what)
    }

    /// What was transmitted, in order.
    pub(crate) fn transmitted(&self) -> Vec<Value> {
        let text = |action: &Action| {
            if let Action::Transmit(text) = action {
                Some(serde_json::from_str(text).unwrap())
            } else {
                None
            }
        };
        self.actions.iter().filter_map(text).collect()
    }

    /// The one request with this event.
    pub(crate) fn asked(&self, event: &str) -> Value {
        let mut all = self.transmitted();
        all.retain(|request| request["event"] == event);
        assert_eq!(all.len(), 1, "{event}: {:?}", self.actions);
        all.remove(0)
    }

    pub(crate) fn push(&mut self, event: &str, payload: Value) -> &mut Self {
        self.feed(Input::Text(json!({"event": event, "payload": payload}).to_string()))
    }

    pub(crate) fn succeed(&mut self, request: &Value, data: Value) -> &mut Self {
        let reply = json!({"code": 200, "message": "success", "data": data, "id": request["id"]});
        self.feed(Input::Text(reply.to_string()))
    }

    pub(crate) fn refuse(
        &mut self,
        request: &Value,
        code: u16,
        reason: &str,
        wait: Option<u64>,
    ) -> &mut Self {
        let mut reply = json!({
            "code": code, "message": "no", "data": null, "id": request["id"], "reason": reason,
        });
        if let Some(wait) = wait {
            reply["retry_after_ms"] = json!(wait);
        }
        self.feed(Input::Text(reply.to_string()))
    }

    /// What readers were told, in order.
    pub(crate) fn told(&self) -> Vec<ChannelEvent> {
        let event = |action: &Action| {
            if let Action::Deliver(_, event) = action { Some(event.clone()) } else { None }
        };
        self.actions.iter().filter_map(event).collect()
    }

    /// The last state that was shown.
    pub(crate) fn shown(&self) -> Option<State> {
        let state = |action: &Action| {
            if let Action::Show(state) = action { Some(state.clone()) } else { None }
        };
        self.actions.iter().rev().find_map(state)
    }

    /// How sends were decided.
    pub(crate) fn settled(&self) -> Vec<(u64, Result<Receipt, SendError>)> {
        let outcome = |action: &Action| {
            if let Action::Settle(ticket, outcome) = action {
                Some((ticket.0, outcome.clone()))
            } else {
                None
            }
        };
        self.actions.iter().filter_map(outcome).collect()
    }

    pub(crate) fn subscribe(&mut self, name: &str) -> &mut Self {
        self.command(Command::Subscribe { channel: channel(name), from: None, attendance: None })
    }

    /// Subscribed to `a`, a channel with history, at this offset.
    pub(crate) fn live(offset: u64) -> Self {
        let mut play = Self::online();
        let request = play.subscribe("a").asked("subscribe");
        play.succeed(&request, json!({"channels": [joined("a", offset)]}));
        play
    }

    /// A message in `a`.
    pub(crate) fn message(&mut self, offset: u64) -> &mut Self {
        self.push("message", message("a", offset))
    }

    /// The connection breaks and comes again.
    pub(crate) fn reconnect(&mut self) -> &mut Self {
        self.feed(Input::Closed(None));
        self.sleep();
        self.enter();
        self
    }

    pub(crate) fn send(&mut self, ticket: u64) -> &mut Self {
        let draft = Draft::new("a", &ticket).unwrap();
        self.command(Command::Send(Outgoing { ticket: Ticket(ticket), draft }))
    }
}

pub(crate) fn welcome(life_secs: u64) -> Value {
    json!({
        "state": true, "client_id": "alice", "connection_id": "c", "session": "s",
        "expires_at": 1_000_000 + life_secs * 1000, "ts": 1_000_000, "ping_interval_ms": 25_000,
        "limits": {"requests_per_second": 100, "requests_burst": 200},
    })
}

/// A successful entry of a reply to `subscribe`, with history.
pub(crate) fn joined(channel: &str, offset: u64) -> Value {
    json!({"code": 200, "channel": channel, "epoch": EPOCH, "offset": offset, "messages": []})
}

pub(crate) fn message(channel: &str, offset: u64) -> Value {
    json!({
        "channel": channel, "data": {"n": offset}, "id": format!("m{offset}"), "offset": offset,
        "ts": 1, "from": {"client": "bob", "connection": "d"},
    })
}

/// The offsets of messages, in order.
pub(crate) fn offsets(events: &[ChannelEvent]) -> Vec<u64> {
    let offset = |event: &ChannelEvent| {
        if let ChannelEvent::Message(message) = event {
            Some(message.position.unwrap().offset.0)
        } else {
            None
        }
    };
    events.iter().filter_map(offset).collect()
}
