//! The token: fetched, shown, refreshed.

use std::time::Duration;

use domain::Moment;

use super::{Action, Asked, Link, Machine, Refresh};
use crate::{OpenFailure, Refusal, State, StopReason, TokenError, frame::Welcome, request};

/// A token with less life than this is not shown any more.
const LEAST_LIFE: Duration = Duration::from_secs(5);

/// The token.
#[derive(Default)]
pub(super) struct Credential {
    token: Option<String>,
    /// Where the server said so.
    ends: Option<Moment>,
    /// The source is asked and has not answered.
    fetching: bool,
}

impl Credential {
    /// Another one is needed.
    pub(super) fn spoil(&mut self) {
        self.token = None;
        self.ends = None;
    }

    fn holds(&self, now: Moment) -> bool {
        self.token.is_some() && self.ends.is_none_or(|ends| now.after(LEAST_LIFE) < ends)
    }
}

impl Machine {
    /// Begins an attempt.
    pub(super) fn begin(&mut self, now: Moment) {
        self.actions.push(Action::Show(State::Connecting));
        if self.credential.holds(now) {
            self.open(now);
        } else {
            self.link = Link::Fetching;
            self.fetch();
        }
    }

    pub(super) fn fetch(&mut self) {
        if !std::mem::replace(&mut self.credential.fetching, true) {
            self.actions.push(Action::FetchToken);
        }
    }

    fn open(&mut self, now: Moment) {
        self.link = Link::Opening { until: now.after(self.options.open_timeout) };
        self.actions.push(Action::Open);
    }

    pub(super) fn token(&mut self, now: Moment, outcome: Result<String, TokenError>) {
        self.credential.fetching = false;
        match outcome {
            Ok(token) => {
                self.credential.token = Some(token);
                self.credential.ends = None;
                self.show_token(now);
            }
            Err(TokenError::Denied(why)) => self.stop(StopReason::NoToken(why)),
            Err(TokenError::Retry(_)) => self.no_token(now),
        }
    }

    fn show_token(&mut self, now: Moment) {
        match &mut self.link {
            Link::Fetching => self.open(now),
            Link::Greeting { .. } => self.authenticate(Asked::Auth),
            Link::Online(online) if online.refresh == Refresh::Fetching => {
                online.refresh = Refresh::Asked;
                self.authenticate(Asked::Refresh);
            }
            Link::Online(_) | Link::Waiting { .. } | Link::Opening { .. } | Link::Stopped(_) => {}
        }
    }

    fn no_token(&mut self, now: Moment) {
        match &self.link {
            Link::Fetching => self.back_off(now, Duration::ZERO),
            Link::Greeting { .. } => {
                self.actions.push(Action::Abandon);
                self.lost(now, crate::Departure::lost());
            }
            Link::Online(_) => self.refresh_later(now),
            Link::Waiting { .. } | Link::Opening { .. } | Link::Stopped(_) => {}
        }
    }

    fn refresh_later(&mut self, now: Moment) {
        let Link::Online(online) = &mut self.link else { return };
        let delay = self.options.backoff.delay(online.refresh_failures, &mut self.random);
        online.refresh_failures = online.refresh_failures.saturating_add(1);
        online.refresh = Refresh::RetryAt(now.after(delay));
    }

    /// The server said that the token ends soon.
    pub(super) fn token_expiring(&mut self) {
        if let Link::Online(online) = &mut self.link
            && online.refresh == Refresh::Idle
        {
            online.refresh = Refresh::Fetching;
            self.fetch();
        }
    }

    pub(super) fn opened(&mut self, now: Moment) {
        if matches!(self.link, Link::Opening { .. }) {
            let until = now.after(self.options.reply_timeout);
            self.link = Link::Greeting { until, again: false };
            self.authenticate(Asked::Auth);
        }
    }

    pub(super) fn open_failed(&mut self, now: Moment, failure: OpenFailure) {
        if !matches!(self.link, Link::Opening { .. }) {
            return;
        }
        match failure {
            OpenFailure::BadAddress(why) => self.stop(StopReason::BadAddress(why)),
            OpenFailure::Refused { status, .. } if is_final(status) => {
                self.stop(StopReason::UpgradeRefused(status));
            }
            OpenFailure::Refused { retry_after, .. } => {
                self.back_off(now, retry_after.unwrap_or_default());
            }
            OpenFailure::Network(_) => self.back_off(now, Duration::ZERO),
        }
    }

    fn authenticate(&mut self, asked: Asked) {
        let first = matches!(asked, Asked::Auth);
        let positions = if first { self.roster.places_by_token() } else { Vec::new() };
        let id = self.next_id(asked);
        let text = request::Auth {
            app: self.options.app.as_str(),
            token: self.credential.token.as_deref().unwrap_or_default(),
            session: self.session.as_deref().filter(|_| first),
            positions,
        };
        self.actions.push(Action::Transmit(text.encode(id)));
    }

    /// The first `auth` succeeded.
    pub(super) fn welcomed(&mut self, now: Moment, welcome: Welcome) {
        if !matches!(self.link, Link::Greeting { .. }) {
            return;
        }
        self.note_life(now, &welcome);
        let ping = Duration::from_millis(welcome.ping_interval_ms.unwrap_or(25_000));
        self.link = Link::Online(super::Online::new(now, ping, welcome.limits));
        self.counters.connections += 1;
        self.session = welcome.session;
        self.actions.push(Action::Show(State::Online {
            client_id: welcome.client_id,
            connection_id: welcome.connection_id,
        }));
    }

    /// The refresh succeeded.
    pub(super) fn refreshed(&mut self, now: Moment, welcome: &Welcome) {
        self.note_life(now, welcome);
        self.counters.refreshes += 1;
        if let Link::Online(online) = &mut self.link {
            online.refresh = Refresh::Idle;
            online.refresh_failures = 0;
        }
    }

    /// The token's end, on this side's clock: both times of the server are of its clock.
    fn note_life(&mut self, now: Moment, welcome: &Welcome) {
        let life = welcome.expires_at.zip(welcome.ts).map(|(end, ts)| end.saturating_sub(ts));
        self.credential.ends = life.map(|life| now.after(Duration::from_millis(life)));
    }

    /// The first `auth` failed.
    pub(super) fn unwelcome(&mut self, now: Moment, refusal: Refusal) {
        let Link::Greeting { again, .. } = &mut self.link else { return };
        if refusal.code == 401 && !*again {
            *again = true;
            self.credential.spoil();
            self.fetch();
            return;
        }
        if refusal.may_pass() || refusal.code == 429 {
            self.actions.push(Action::Abandon);
            let least = refusal.retry_after.unwrap_or_default();
            self.link = Link::Fetching;
            self.forget_asked();
            self.back_off(now, least);
            return;
        }
        self.stop(StopReason::AuthRefused(refusal));
    }

    /// The refresh failed: the old token goes on, until its end.
    pub(super) fn not_refreshed(&mut self, now: Moment) {
        self.refresh_later(now);
    }
}

/// Whether the same request would be refused again.
const fn is_final(status: u16) -> bool {
    status >= 400 && status < 500 && !matches!(status, 408 | 425 | 429)
}
