//! A request on its way: sent, kept, tried again, given up.

use std::time::Duration;

use domain::Moment;

use super::{Courier, Pause, Request, Stalled};
use crate::{
    causes::Causes,
    ports::{DEAD_LETTER_BYTES, DeadLetter, Outgoing, PostError, WebhookNews},
    webhooks::schedule::{self, GIVE_UP},
};

/// A receiver that takes longer than that holds a place that others wait for.
const SLOW: Duration = Duration::from_secs(5);

impl Courier {
    pub(super) async fn send(&mut self, mut request: Request) -> Result<Pause, Stalled> {
        let wait = request.due.since(self.ports.clock.moment());
        if !wait.is_zero() {
            self.request = Some(request);
            return Ok(Pause::time(wait));
        }
        let clock = &self.ports.clock;
        let post = async {
            let began = clock.moment();
            let sent = self.ports.post.post(&self.app, &self.webhook, &request.outgoing).await;
            (sent, began)
        };
        let (sent, began) = self.lanes.pass(self.bad, post).await;
        request.attempts = request.attempts.saturating_add(1);
        let since = *request.since.get_or_insert(began);
        match sent {
            Ok(()) => {
                let (events, took) = (request.events, clock.moment().since(began));
                self.bad = took > SLOW;
                self.standing.write().failing_since = None;
                self.tell(WebhookNews::Sent { events, took });
                request.taken = true;
                self.keep(request).await
            }
            Err(error) => self.failed(request, since, &error).await,
        }
    }

    /// Its receiver has it: the endpoint stands behind it.
    pub(super) async fn keep(&mut self, request: Request) -> Result<Pause, Stalled> {
        let next = request.next;
        // Until it is kept, it is not sent again, nor is anything else.
        self.request = Some(request);
        self.ports.deliveries.advance(&self.key, next, None).await?;
        self.request = None;
        self.stand(next);
        Ok(Pause::NONE)
    }

    async fn failed(
        &mut self,
        mut request: Request,
        since: Moment,
        error: &PostError,
    ) -> Result<Pause, Stalled> {
        let (now, moment) = (self.ports.clock.now(), self.ports.clock.moment());
        let (number, attempts) = (request.outgoing.number, request.attempts);
        self.bad = true;
        let failure: Box<str> = cut(Causes(error).to_string()).into();
        {
            let mut state = self.standing.write();
            state.failing_since.get_or_insert(now);
            state.last_failure = Some((now, failure.clone()));
            state.attempts = attempts;
        }
        let asked = match error {
            PostError::Gone => {
                self.off = true;
                self.standing.write().switched_off = true;
                self.tell(WebhookNews::SwitchedOff);
                self.request = Some(request);
                return Ok(Pause { news: None, at_most: None });
            }
            PostError::Status { retry_after, .. } => *retry_after,
            PostError::TimedOut(_) | PostError::Failed(_) => None,
        };
        if moment.since(since) >= GIVE_UP {
            return self.give_up(request, failure).await;
        }
        let wait = schedule::wait(|bound| self.ports.ids.below(bound), attempts, asked);
        self.tell(WebhookNews::Failed { number, attempts, wait, cause: &failure });
        request.due = moment.after(wait);
        self.standing.write().next_attempt = Some(now.after(wait));
        self.request = Some(request);
        Ok(Pause::time(wait))
    }

    /// It becomes a dead letter, and others get their turn.
    async fn give_up(&mut self, request: Request, failure: Box<str>) -> Result<Pause, Stalled> {
        let (next, attempts, at) = (request.next, request.attempts, self.ports.clock.now());
        let Outgoing { number, body } = request.outgoing.clone();
        let bytes = body.len();
        let (first, last) = (request.first, request.last);
        let letter = DeadLetter { number, first, last, at, attempts, failure, body };
        let letter = (bytes <= DEAD_LETTER_BYTES).then_some(letter);
        let is_kept = letter.is_some();
        self.request = Some(request);
        let gone = self.ports.deliveries.advance(&self.key, next, letter).await?;
        self.request = None;
        self.stand(next);
        match is_kept {
            true => self.tell(WebhookNews::GivenUp { number, attempts, gone }),
            false => self.tell(WebhookNews::Lost { number, bytes }),
        }
        Ok(Pause::NONE)
    }
}

/// No more than a dead letter may have of it.
pub(in crate::webhooks) fn cut(mut text: String) -> String {
    let end = (0..=500.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.truncate(end.unwrap_or(0));
    text
}
