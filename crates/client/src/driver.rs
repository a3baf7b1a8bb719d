//! The task that performs what the machine decides.

use std::{
    collections::{HashMap, VecDeque},
    future::poll_fn,
    sync::Arc,
    task::Poll,
};

use domain::{ChannelName, Position};
use futures_util::future::BoxFuture;
use serde_json::value::RawValue;
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    Action, AskError, Attendance, Clock, Command, Counters, Draft, Input, Machine, OpenFailure,
    Options, Outgoing, Question, Receipt, SendError, State, SubscribeError, Subscription, Ticket,
    TokenError, TokenSource,
    outlets::{Delivered, Outlets},
    wire::{Heard, Wire},
};

/// What a handle asks.
#[derive(Debug)]
pub(crate) enum Order {
    Subscribe {
        channel: ChannelName,
        from: Option<Position>,
        attendance: Option<Attendance>,
        reply: oneshot::Sender<Result<Subscription, SubscribeError>>,
    },
    Unsubscribe {
        channel: ChannelName,
        number: u64,
    },
    Send {
        draft: Draft,
        reply: oneshot::Sender<Result<Receipt, SendError>>,
    },
    Ask {
        event: String,
        payload: Box<RawValue>,
        reply: oneshot::Sender<Answer>,
    },
    Interrupt,
    Stop,
}

/// The answer to a question.
type Answer = Result<Box<RawValue>, AskError>;

type Pending<T> = Option<BoxFuture<'static, T>>;

/// The machine with everything that it acts on.
pub(crate) struct Driver {
    machine: Machine,
    options: Options,
    tokens: TokenSource,
    clock: Arc<dyn Clock>,
    /// For subscriptions, which do not keep the client alive.
    orders: mpsc::WeakSender<Order>,
    state: watch::Sender<State>,
    counters: watch::Sender<Counters>,
    wire: Option<Wire>,
    opening: Pending<Result<Wire, OpenFailure>>,
    fetching: Pending<Result<String, TokenError>>,
    outlets: Outlets,
    sends: HashMap<Ticket, oneshot::Sender<Result<Receipt, SendError>>>,
    questions: HashMap<Ticket, oneshot::Sender<Answer>>,
    /// The last number given to a send, a question or a subscription.
    last: u64,
}

impl Driver {
    pub(crate) fn new(
        options: Options,
        tokens: TokenSource,
        clock: Arc<dyn Clock>,
        orders: mpsc::WeakSender<Order>,
    ) -> (Self, watch::Receiver<State>, watch::Receiver<Counters>) {
        let (state, shown) = watch::channel(State::Connecting);
        let (counters, counted) = watch::channel(Counters::default());
        let driver = Self {
            machine: Machine::new(options.clone(), clock.now()),
            options,
            tokens,
            clock,
            orders,
            state,
            counters,
            wire: None,
            opening: None,
            fetching: None,
            outlets: Outlets::default(),
            sends: HashMap::new(),
            questions: HashMap::new(),
            last: 0,
        };
        (driver, shown, counted)
    }

    /// Runs until the last handle is gone.
    pub(crate) async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        self.step(Input::Tick);
        loop {
            let wake = self.machine.wake().map(|moment| self.clock.sleep_until(moment));
            let wire = &mut self.wire;
            // Whatever comes, the machine also looks at the time: nobody waits for the last line.
            let input = tokio::select! {
                biased;
                order = orders.recv() => match order {
                    Some(order) => {
                        self.order(order);
                        continue;
                    }
                    None => {
                        self.step(Input::Command(Command::Stop));
                        return;
                    }
                },
                token = pending(&mut self.fetching) => Input::Token(token),
                opened = pending(&mut self.opening) => match opened {
                    Ok(wire) => {
                        self.wire = Some(wire);
                        Input::Opened
                    }
                    Err(failure) => Input::OpenFailed(failure),
                },
                channel = self.outlets.drained() => Input::Drained(channel),
                heard = poll_fn(|cx| match wire {
                    Some(wire) => wire.poll_heard(cx),
                    None => Poll::Pending,
                }) => self.heard(heard),
                () = until(wake) => Input::Tick,
            };
            self.step(input);
        }
    }

    fn heard(&mut self, heard: Heard) -> Input {
        match heard {
            Heard::Text(text) => Input::Text(text),
            Heard::Alive => Input::Alive,
            Heard::Closed(code) => {
                self.wire = None;
                Input::Closed(code)
            }
        }
    }

    fn order(&mut self, order: Order) {
        match order {
            Order::Subscribe { channel, from, attendance, reply } => {
                let outcome = self.subscribe(channel, from, attendance);
                // Who did not wait for it drops it, which unsubscribes.
                drop(reply.send(outcome));
            }
            Order::Unsubscribe { channel, number } => {
                if self.outlets.is_present(&channel, number) {
                    self.unsubscribe(channel);
                }
            }
            Order::Send { draft, reply } => {
                let ticket = Ticket(self.number());
                self.sends.insert(ticket, reply);
                self.step(Input::Command(Command::Send(Outgoing { ticket, draft })));
            }
            Order::Ask { event, payload, reply } => {
                let ticket = Ticket(self.number());
                self.questions.insert(ticket, reply);
                self.step(Input::Command(Command::Ask(Question { ticket, event, payload })));
            }
            Order::Interrupt => self.step(Input::Command(Command::Interrupt)),
            Order::Stop => self.step(Input::Command(Command::Stop)),
        }
    }

    fn number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    fn subscribe(
        &mut self,
        channel: ChannelName,
        from: Option<Position>,
        attendance: Option<Attendance>,
    ) -> Result<Subscription, SubscribeError> {
        if let Some(why) = self.machine.stopped() {
            return Err(SubscribeError::Stopped(why.clone()));
        }
        if self.outlets.is_read(&channel) {
            return Err(SubscribeError::Already);
        }
        // Of a reader that left unnoticed.
        self.unsubscribe(channel.clone());
        let channels = self.machine.channels();
        if channels >= self.options.limits.channels {
            return Err(SubscribeError::TooMany { channels });
        }
        let number = self.number();
        let (sender, events) = mpsc::channel(self.options.limits.events.max(1));
        self.outlets.add(channel.clone(), number, sender);
        let command = Command::Subscribe { channel: channel.clone(), from, attendance };
        self.step(Input::Command(command));
        Ok(Subscription::new(channel, number, events, self.orders.clone()))
    }

    fn unsubscribe(&mut self, channel: ChannelName) {
        self.outlets.remove(&channel);
        self.step(Input::Command(Command::Unsubscribe(channel)));
    }

    /// Steps the machine, performs what it wants, and steps it with what comes of that.
    fn step(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for action in self.machine.step(self.clock.now(), input) {
                inputs.extend(self.perform(action));
            }
        }
        let counters = self.machine.counters();
        self.counters.send_if_modified(|shown| std::mem::replace(shown, counters) != counters);
    }

    fn perform(&mut self, action: Action) -> Option<Input> {
        match action {
            Action::FetchToken => self.fetch(),
            Action::Open => self.opening = Some(Box::pin(Wire::open(self.options.clone()))),
            Action::Abandon => {
                self.opening = None;
                self.wire = None;
            }
            Action::Close => {
                self.opening = None;
                if let Some(wire) = self.wire.take() {
                    tokio::spawn(wire.close());
                }
            }
            Action::Transmit(text) => {
                if let Some(wire) = &mut self.wire {
                    wire.send(text);
                }
            }
            Action::Deliver(channel, event) => match self.outlets.deliver(&channel, event) {
                Delivered::Done => {}
                Delivered::Overflowed => return Some(Input::Overflowed(channel)),
                Delivered::ReaderGone => {
                    self.outlets.remove(&channel);
                    return Some(Input::Command(Command::Unsubscribe(channel)));
                }
            },
            Action::Release(channel) => self.outlets.release(&channel),
            Action::Settle(ticket, outcome) => {
                if let Some(reply) = self.sends.remove(&ticket) {
                    // Who stopped waiting does not want to know.
                    drop(reply.send(outcome));
                }
            }
            Action::Answer(ticket, answer) => {
                if let Some(reply) = self.questions.remove(&ticket) {
                    drop(reply.send(answer));
                }
            }
            Action::Show(state) => {
                self.state.send_replace(state);
            }
        }
        None
    }

    fn fetch(&mut self) {
        let (token, clock) = (self.tokens.fetch(), Arc::clone(&self.clock));
        let until = clock.now().after(self.options.reply_timeout);
        self.fetching = Some(Box::pin(async move {
            tokio::select! {
                token = token => token,
                () = clock.sleep_until(until) => Err(TokenError::Retry("no answer in time".into())),
            }
        }));
    }
}

/// Resolves with the future's outcome, once; never where there is none.
async fn pending<T>(future: &mut Pending<T>) -> T {
    let outcome = match future.as_mut() {
        Some(future) => future.await,
        None => std::future::pending().await,
    };
    *future = None;
    outcome
}

/// Never, where there is no moment.
async fn until(sleep: Option<BoxFuture<'static, ()>>) {
    match sleep {
        Some(sleep) => sleep.await,
        None => std::future::pending().await,
    }
}
