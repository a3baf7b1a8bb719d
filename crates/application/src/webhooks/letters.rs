//! What an operator sees of endpoints, and does with dead letters.

use std::{sync::Arc, time::Duration};

use domain::{App, ErrorCode, Sequence, Webhook, WebhookName};

use super::{EndpointState, Webhooks, courier::cut, standing::Standing};
use crate::{
    Refusal,
    causes::Causes,
    ports::{
        Content, DEAD_LETTERS, DeadLetter, DeliveriesError, DomainEvent, EndpointKey,
        EventLogError, Outgoing, Parcel,
    },
};

/// Why nothing was done.
#[derive(Debug)]
pub enum WebhookError {
    /// The app has no such endpoint.
    NoEndpoint,
    /// The endpoint has no such dead letter.
    NoLetter,
    /// The receiver did not take it: why, in words.
    NotTaken(Box<str>),
    /// It can't right now.
    Unavailable(DeliveriesError),
}

impl From<DeliveriesError> for WebhookError {
    fn from(error: DeliveriesError) -> Self {
        Self::Unavailable(error)
    }
}

/// How a replay of several dead letters went.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Replayed {
    /// Dead letters that were taken, and are none any more.
    pub taken: usize,
    /// The first that was not, and why, in words. Those behind it were not tried.
    pub failed: Option<(u64, Box<str>)>,
    /// Whether more are there.
    pub more: bool,
}

impl Webhooks {
    /// Dead letters of one replay, and after how long no other one is begun: who asked waits.
    pub const REPLAYED_AT_ONCE: usize = 100;
    /// See [`Self::REPLAYED_AT_ONCE`].
    pub const REPLAYED_FOR: Duration = Duration::from_secs(4);

    /// How the endpoints of an app stand, in the order of its configuration.
    pub async fn states(&self, app: &Arc<App>) -> Vec<EndpointState> {
        let end = self.ports.log.read(&app.id, Sequence(u64::MAX), 1, 1).await;
        let last = match end {
            Ok(page) => Some(page.last),
            Err(EventLogError::NotKept) => Some(Sequence::default()),
            Err(EventLogError::TooMuch | EventLogError::Unavailable(_)) => None,
        };
        let state = |webhook: &Webhook| {
            let standing = self.standing(&key(app, &webhook.name));
            let standing = standing.unwrap_or_else(|| Standing::new(webhook.name.clone()).into());
            let mut state = standing.read();
            state.lag = last.map(|last| last.0.saturating_sub(state.cursor.0));
            state
        };
        app.webhooks.iter().map(state).collect()
    }

    /// Dead letters behind a number, from the oldest.
    ///
    /// # Errors
    /// There is no such endpoint, or they can't be read.
    pub async fn letters(
        &self,
        app: &App,
        endpoint: &WebhookName,
        after: u64,
        most: usize,
    ) -> Result<Vec<DeadLetter>, WebhookError> {
        find(app, endpoint)?;
        Ok(self.ports.deliveries.letters(&key(app, endpoint), after, most).await?)
    }

    /// Sends one dead letter again, now and once; where it is taken it is none any more.
    ///
    /// # Errors
    /// There is no such endpoint or letter, it was not taken, or its state can't be had.
    pub async fn replay(
        &self,
        app: &App,
        endpoint: &WebhookName,
        number: u64,
    ) -> Result<(), WebhookError> {
        let letters = self.letters(app, endpoint, number.saturating_sub(1), 1).await?;
        let letter = letters.into_iter().find(|letter| letter.number == number);
        self.send_again(app, endpoint, letter.ok_or(WebhookError::NoLetter)?).await
    }

    /// Sends up to [`Self::REPLAYED_AT_ONCE`] dead letters again, from the oldest, until one is not
    /// taken or [`Self::REPLAYED_FOR`] is over. No more than one is ever held.
    ///
    /// # Errors
    /// There is no such endpoint, or its state can't be had.
    pub async fn replay_all(
        &self,
        app: &App,
        endpoint: &WebhookName,
    ) -> Result<Replayed, WebhookError> {
        let (mut replayed, mut last) = (Replayed::default(), 0);
        let began = self.ports.clock.moment();
        while let Some(letter) = self.letters(app, endpoint, last, 1).await?.pop() {
            let is_over = self.ports.clock.moment().since(began) >= Self::REPLAYED_FOR;
            if is_over || replayed.taken >= Self::REPLAYED_AT_ONCE {
                return Ok(Replayed { more: true, ..replayed });
            }
            let number = letter.number;
            last = number;
            match self.send_again(app, endpoint, letter).await {
                Ok(()) => replayed.taken += 1,
                Err(WebhookError::NotTaken(why)) => {
                    return Ok(Replayed { failed: Some((number, why)), more: true, ..replayed });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(replayed)
    }

    async fn send_again(
        &self,
        app: &App,
        endpoint: &WebhookName,
        letter: DeadLetter,
    ) -> Result<(), WebhookError> {
        let request = Outgoing { number: letter.number, body: letter.body };
        self.send_now(app, find(app, endpoint)?, &request).await?;
        self.ports.deliveries.take_away(&key(app, endpoint), letter.number).await?;
        Ok(())
    }

    /// One request beside the events' order.
    async fn send_now(
        &self,
        app: &App,
        webhook: &Webhook,
        request: &Outgoing,
    ) -> Result<(), WebhookError> {
        let sent = self.ports.post.post(app, webhook, request);
        let sent = self.lane(&app.id).pass(true, sent).await;
        sent.map_err(|error| WebhookError::NotTaken(cut(Causes(&error).to_string()).into()))
    }

    /// Drops one dead letter.
    ///
    /// # Errors
    /// There is no such endpoint or letter, or it can't be dropped.
    pub async fn drop_letter(
        &self,
        app: &App,
        endpoint: &WebhookName,
        number: u64,
    ) -> Result<(), WebhookError> {
        find(app, endpoint)?;
        let was = self.ports.deliveries.take_away(&key(app, endpoint), number).await?;
        if was { Ok(()) } else { Err(WebhookError::NoLetter) }
    }

    /// Drops the dead letters that are there now. Says how many they were.
    ///
    /// # Errors
    /// There is no such endpoint, or they can't be dropped; some may be.
    pub async fn drop_letters(
        &self,
        app: &App,
        endpoint: &WebhookName,
    ) -> Result<usize, WebhookError> {
        let mut dropped = 0;
        for letter in self.letters(app, endpoint, 0, DEAD_LETTERS).await? {
            let was = self.ports.deliveries.take_away(&key(app, endpoint), letter.number).await?;
            dropped += usize::from(was);
        }
        Ok(dropped)
    }

    /// Sends a request that tells nothing, so that an operator sees whether it arrives.
    ///
    /// # Errors
    /// There is no such endpoint, or it did not take it.
    pub async fn test(&self, app: &App, endpoint: &WebhookName) -> Result<(), WebhookError> {
        let webhook = find(app, endpoint)?;
        let content = Content::Test(self.ports.clock.now());
        let epoch = domain::Epoch::from_random(0);
        let parcel = Parcel { app: &app.id, endpoint, number: 0, epoch, content };
        let body = self.ports.post.body(webhook.format, &parcel);
        self.send_now(app, webhook, &Outgoing { number: 0, body }).await
    }

    /// Has an endpoint that fails, or was switched off, try at once.
    ///
    /// # Errors
    /// There is no such endpoint at work.
    pub fn retry(&self, app: &App, endpoint: &WebhookName) -> Result<(), WebhookError> {
        find(app, endpoint)?;
        if self.nudge(&key(app, endpoint)) { Ok(()) } else { Err(WebhookError::NoEndpoint) }
    }

    /// What a caller of the server API is told. The log gets the cause.
    #[must_use]
    pub fn refusal(&self, app: &App, error: &WebhookError) -> Refusal {
        match error {
            WebhookError::NoEndpoint => {
                Refusal::because(ErrorCode::NotFound, "the app has no such webhook")
            }
            WebhookError::NoLetter => {
                Refusal::because(ErrorCode::NotFound, "the webhook has no such dead letter")
            }
            WebhookError::NotTaken(why) => {
                Refusal::because(ErrorCode::Unavailable, format!("not taken: {why}"))
            }
            WebhookError::Unavailable(error) => {
                let (app, what, cause) = (&app.id, "webhooks", &Causes(error));
                self.ports.events.record(&DomainEvent::BackendFailed {
                    app,
                    what,
                    cause,
                    trace: None,
                });
                Refusal::later(ErrorCode::Unavailable, std::time::Duration::from_secs(1))
            }
        }
    }
}

fn key(app: &App, endpoint: &WebhookName) -> EndpointKey {
    EndpointKey { app: app.id.clone(), name: endpoint.clone() }
}

fn find<'a>(app: &'a App, endpoint: &WebhookName) -> Result<&'a Webhook, WebhookError> {
    let found = app.webhooks.iter().find(|webhook| webhook.name == *endpoint);
    found.ok_or(WebhookError::NoEndpoint)
}
