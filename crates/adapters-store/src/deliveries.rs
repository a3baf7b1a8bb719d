//! How far endpoints have been told, and what they did not take, on disk.

use application::ports::{
    DEAD_LETTER_BYTES, DEAD_LETTERS, DeadLetter, Deliveries, DeliveriesError, EndpointKey, Progress,
};
use async_trait::async_trait;
use domain::{AppId, Epoch, Sequence, Timestamp, WebhookName};
use tokio::{sync::oneshot, task::spawn_blocking, time::timeout};

use crate::{
    DurableBroker,
    command::Command,
    encoding::{Reader, Writer},
    engine::{Batch, EngineError, View},
    error::{NotOpen, TooSlow},
    ledger::Ledger,
    space::{AppNumber, Space, dead_key, delivery_key, split_app},
};

/// What is to change of an endpoint.
pub(crate) enum Change {
    /// It has been told up to there.
    Advance(Progress, Option<DeadLetter>),
    /// A dead letter goes.
    TakeAway(u64),
    /// It is no more.
    Forget,
}

/// A change, and who waits for it.
pub(crate) struct Delivery {
    pub(crate) endpoint: EndpointKey,
    pub(crate) change: Change,
    pub(crate) answer: oneshot::Sender<Option<usize>>,
}

impl Delivery {
    /// Bytes that it brings into a group.
    pub(crate) fn bytes(&self) -> usize {
        match &self.change {
            Change::Advance(_, Some(letter)) => letter.body.len(),
            Change::Advance(_, None) | Change::TakeAway(_) | Change::Forget => 0,
        }
    }

    /// Decides the change: says how many letters go by it. Nothing where the store can't be read.
    pub(crate) fn stage(
        &self,
        ledger: &mut Ledger,
        view: impl FnOnce() -> View,
        batch: &mut Batch,
    ) -> Option<usize> {
        let Self { endpoint, change, .. } = self;
        let app = ledger.number(&endpoint.app, batch);
        let name = endpoint.name.as_str();
        if !matches!(change, Change::Advance(_, None)) && !ledger.dead.contains_key(endpoint) {
            let there = letters(&view(), app, name, 0, usize::MAX).ok()?;
            let numbers = there.iter().map(|letter| letter.number).collect();
            ledger.dead.insert(endpoint.clone(), numbers);
        }
        let key = delivery_key(app, name);
        match change {
            Change::Advance(progress, letter) => {
                batch.put(Space::Deliveries, &key, encode(&key, *progress));
                let Some(letter) = letter else { return Some(0) };
                let dead = ledger.dead.entry(endpoint.clone()).or_default();
                dead.insert(letter.number);
                let key = dead_key(app, name, letter.number);
                batch.put(Space::Dead, &key, encode_letter(&key, letter));
                let surplus = dead.len().saturating_sub(DEAD_LETTERS);
                for number in (0..surplus).filter_map(|_| dead.pop_first()) {
                    batch.remove(Space::Dead, &dead_key(app, name, number));
                }
                Some(surplus)
            }
            Change::TakeAway(number) => {
                let dead = ledger.dead.entry(endpoint.clone()).or_default();
                let was = dead.remove(number);
                batch.remove(Space::Dead, &dead_key(app, name, *number));
                Some(usize::from(was))
            }
            Change::Forget => {
                let dead = ledger.dead.remove(endpoint).unwrap_or_default();
                batch.remove(Space::Deliveries, &key);
                for number in &dead {
                    batch.remove(Space::Dead, &dead_key(app, name, *number));
                }
                Some(dead.len())
            }
        }
    }
}

fn encode(key: &[u8], progress: Progress) -> Vec<u8> {
    let mut to = Writer::with_capacity(32);
    to.u64(progress.cursor.0);
    to.u64(progress.number);
    to.u64(progress.epoch.bits());
    to.u64(progress.sealed.0);
    to.sealed(key)
}

fn decode(key: &[u8], value: &[u8]) -> Option<Progress> {
    let mut from = Reader::unsealed(key, value)?;
    let (cursor, number) = (Sequence(from.u64()?), from.u64()?);
    let (epoch, sealed) = (Epoch::from_random(from.u64()?), Sequence(from.u64()?));
    Some(Progress { cursor, number, epoch, sealed })
}

fn encode_letter(key: &[u8], letter: &DeadLetter) -> Vec<u8> {
    let mut to = Writer::with_capacity(letter.body.len() + 128);
    to.u64(letter.first.0);
    to.u64(letter.last.0);
    to.u64(letter.at.as_millis());
    to.u32(letter.attempts);
    to.text(&letter.failure);
    to.text(&letter.body);
    to.sealed(key)
}

fn decode_letter(key: &[u8], value: &[u8]) -> Option<DeadLetter> {
    let number = u64::from_be_bytes(*key.last_chunk()?);
    let mut from = Reader::unsealed(key, value)?;
    let (first, last) = (Sequence(from.u64()?), Sequence(from.u64()?));
    let (at, attempts) = (Timestamp::from_millis(from.u64()?), from.u32()?);
    let (failure, body) = (from.text()?.into(), from.text()?.into());
    Some(DeadLetter { number, first, last, at, attempts, failure, body })
}

/// Dead letters behind a number; those that are damaged are none.
fn letters(
    view: &View,
    app: AppNumber,
    name: &str,
    after: u64,
    most: usize,
) -> Result<Vec<DeadLetter>, EngineError> {
    let Some(first) = after.checked_add(1) else { return Ok(Vec::new()) };
    let (from, to) = (dead_key(app, name, first), dead_key(app, name, u64::MAX));
    let mut letters = Vec::new();
    for row in view.range(Space::Dead, &from, &to) {
        if letters.len() >= most {
            break;
        }
        let (key, value) = row?;
        letters.extend(decode_letter(&key, &value));
    }
    Ok(letters)
}

fn unavailable(cause: impl Into<application::ports::Cause>) -> DeliveriesError {
    DeliveriesError::Unavailable(cause.into())
}

impl DurableBroker {
    /// Has the committer make a change, and waits until it is on disk.
    async fn deliver(
        &self,
        endpoint: &EndpointKey,
        change: Change,
    ) -> Result<usize, DeliveriesError> {
        let (answer, written) = oneshot::channel();
        let delivery = Delivery { endpoint: endpoint.clone(), change, answer };
        self.ask(Command::Deliver(Box::new(delivery))).map_err(unavailable)?;
        let written = timeout(self.options.patience, written).await;
        let written = written.map_err(|_| unavailable(TooSlow))?.map_err(unavailable)?;
        written.ok_or_else(|| unavailable(NotOpen))
    }

    /// Reads of an endpoint on a thread that may wait for the disk.
    async fn read_endpoint<T: Default + Send + 'static>(
        &self,
        endpoint: &EndpointKey,
        read: impl FnOnce(&View, AppNumber, &str) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, DeliveriesError> {
        let engine = self.shared.lock().engine.clone().ok_or_else(|| unavailable(NotOpen))?;
        let endpoint = endpoint.clone();
        let done = spawn_blocking(move || {
            let view = engine.view();
            match crate::log_reading::number(&view, &endpoint.app)? {
                Some(app) => read(&view, app, endpoint.name.as_str()),
                None => Ok(T::default()),
            }
        });
        let done = timeout(self.options.patience, done).await.map_err(|_| unavailable(TooSlow))?;
        done.map_err(unavailable)?.map_err(unavailable)
    }
}

#[async_trait]
impl Deliveries for DurableBroker {
    async fn progress(&self, endpoint: &EndpointKey) -> Result<Option<Progress>, DeliveriesError> {
        self.read_endpoint(endpoint, |view, app, name| {
            let key = delivery_key(app, name);
            let value = view.get(Space::Deliveries, &key)?;
            Ok(value.and_then(|value| decode(&key, &value)))
        })
        .await
    }

    async fn advance(
        &self,
        endpoint: &EndpointKey,
        progress: Progress,
        letter: Option<DeadLetter>,
    ) -> Result<usize, DeliveriesError> {
        if letter.as_ref().is_some_and(|letter| letter.body.len() > DEAD_LETTER_BYTES) {
            return Err(DeliveriesError::TooLarge);
        }
        self.deliver(endpoint, Change::Advance(progress, letter)).await
    }

    async fn letters(
        &self,
        endpoint: &EndpointKey,
        after: u64,
        most: usize,
    ) -> Result<Vec<DeadLetter>, DeliveriesError> {
        self.read_endpoint(endpoint, move |view, app, name| letters(view, app, name, after, most))
            .await
    }

    async fn take_away(
        &self,
        endpoint: &EndpointKey,
        number: u64,
    ) -> Result<bool, DeliveriesError> {
        Ok(self.deliver(endpoint, Change::TakeAway(number)).await? > 0)
    }

    async fn endpoints(&self) -> Result<Vec<EndpointKey>, DeliveriesError> {
        let engine = self.shared.lock().engine.clone().ok_or_else(|| unavailable(NotOpen))?;
        let read = spawn_blocking(move || endpoints(&engine.view()));
        read.await.map_err(unavailable)?.map_err(unavailable)
    }

    async fn forget(&self, endpoint: &EndpointKey) -> Result<(), DeliveriesError> {
        self.deliver(endpoint, Change::Forget).await.map(drop)
    }
}

fn endpoints(view: &View) -> Result<Vec<EndpointKey>, EngineError> {
    let mut names = std::collections::HashMap::new();
    for row in view.all(Space::Apps) {
        let (key, value) = row?;
        let name = || AppId::parse(Reader::unsealed(&key, &value)?.text()?).ok();
        if let (Some((number, [])), Some(name)) = (split_app(&key), name()) {
            names.insert(number, name);
        }
    }
    let mut endpoints = Vec::new();
    for row in view.all(Space::Deliveries) {
        let (key, value) = row?;
        let endpoint = || {
            decode(&key, &value)?;
            let (number, name) = split_app(&key)?;
            let name = WebhookName::parse(std::str::from_utf8(name).ok()?)?;
            Some(EndpointKey { app: names.get(&number)?.clone(), name })
        };
        endpoints.extend(endpoint());
    }
    Ok(endpoints)
}
