//! One endpoint at work. What it gathered `sending` brings to its receiver.

mod sending;

use std::{sync::Arc, time::Duration};

use domain::{App, Moment, Sequence, Webhook};

use super::{
    WebhookPorts,
    gathering::{FULL_BYTES, Gathering},
    lanes::AppLanes,
    standing::Standing,
};
use crate::{
    causes::Causes,
    ports::{
        Cause, Content, DeliveriesError, EndpointKey, EventLogError, EventPage, Missed, Outgoing,
        Parcel, Progress, WebhookNews, WhyMissed,
    },
};

/// Events of one look into the log.
const PAGE: usize = 1000;
/// Events that nobody wants after which the place behind them is kept, and the longest wait for it.
const PASSED_OVER: u64 = 1000;
const PASSED_OVER_FOR: Duration = Duration::from_secs(10);
/// How long to wait for a log or a store that can't be had.
const ASK_AGAIN: Duration = Duration::from_secs(1);

pub(super) use sending::cut;

/// What a courier waits for. Neither of both is a wait until the endpoint changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pause {
    /// An event behind this place.
    pub(super) news: Option<Sequence>,
    /// No longer than this.
    pub(super) at_most: Option<Duration>,
}

impl Pause {
    const NONE: Self = Self::time(Duration::ZERO);

    const fn time(time: Duration) -> Self {
        Self { news: None, at_most: Some(time) }
    }
}

/// The log, or what keeps the progress, can't be had.
struct Stalled(Cause);

impl From<DeliveriesError> for Stalled {
    fn from(error: DeliveriesError) -> Self {
        Self(error.into())
    }
}

/// A request on its way.
struct Request {
    outgoing: Outgoing,
    first: Sequence,
    last: Sequence,
    events: usize,
    /// Where the endpoint stands once it has been told.
    next: Progress,
    attempts: u32,
    since: Option<Moment>,
    due: Moment,
    /// Its receiver has it; that is not kept yet.
    taken: bool,
}

/// Tells one endpoint what happened, one request after the other.
pub(super) struct Courier {
    ports: WebhookPorts,
    key: EndpointKey,
    app: Arc<App>,
    webhook: Webhook,
    lanes: AppLanes,
    standing: Arc<Standing>,
    progress: Option<Progress>,
    gathering: Gathering,
    request: Option<Request>,
    passed_over: Option<Moment>,
    /// Its last request was not taken, or slowly: it waits among its like.
    bad: bool,
    stalled: bool,
    off: bool,
}

impl Courier {
    pub(super) fn new(
        ports: WebhookPorts,
        (app, webhook): (Arc<App>, Webhook),
        lanes: AppLanes,
        standing: Arc<Standing>,
    ) -> Self {
        let key = EndpointKey { app: app.id.clone(), name: webhook.name.clone() };
        let gathering = Gathering::behind(Sequence::default());
        Self {
            ports,
            key,
            app,
            webhook,
            lanes,
            standing,
            progress: None,
            gathering,
            request: None,
            passed_over: None,
            bad: false,
            stalled: false,
            off: false,
        }
    }

    pub(super) const fn key(&self) -> &EndpointKey {
        &self.key
    }

    pub(super) const fn ports(&self) -> &WebhookPorts {
        &self.ports
    }

    /// Goes on with another value of its app: what waits is tried at once. Where the endpoint wants
    /// other events, or in other words, what was under way is made anew, and ends where it ended
    /// before, so its number stays; else it is the same request, which was tried as often.
    pub(super) fn change(&mut self, app: Arc<App>, webhook: Webhook) {
        let is_same = self.webhook.makes_the_same(&webhook);
        (self.app, self.webhook) = (app, webhook);
        match &self.request {
            // What was taken only has to be kept.
            Some(request) if request.taken => {}
            _ if is_same => {}
            _ => self.forget_request(),
        }
        self.retry();
        self.standing.write().next_attempt = None;
    }

    /// Tries what failed at once.
    pub(super) fn retry(&mut self) {
        self.off = false;
        self.standing.write().switched_off = false;
        let now = self.ports.clock.moment();
        self.request.iter_mut().for_each(|request| request.due = now);
    }

    fn forget_request(&mut self) {
        (self.request, self.bad) = (None, false);
        {
            let mut state = self.standing.write();
            (state.attempts, state.failing_since) = (0, None);
        }
        let cursor = self.progress.map_or(Sequence::default(), |progress| progress.cursor);
        self.gathering = Gathering::behind(cursor);
    }

    /// Does what can be done now, and says what to wait for.
    pub(super) async fn step(&mut self) -> Pause {
        match self.go_on().await {
            Ok(pause) => {
                self.stalled = false;
                pause
            }
            Err(Stalled(cause)) => {
                if !std::mem::replace(&mut self.stalled, true) {
                    self.tell(WebhookNews::Stalled { cause: &Causes(&*cause) });
                }
                Pause::time(ASK_AGAIN)
            }
        }
    }

    async fn go_on(&mut self) -> Result<Pause, Stalled> {
        if self.off {
            return Ok(Pause { news: None, at_most: None });
        }
        let Some(progress) = self.progress else { return self.begin().await };
        match self.request.take() {
            Some(request) if request.taken => self.keep(request).await,
            Some(request) => self.send(request).await,
            None => self.gather(progress).await,
        }
    }

    /// Finds its place: a new endpoint begins at the log's end.
    async fn begin(&mut self) -> Result<Pause, Stalled> {
        let known = self.ports.deliveries.progress(&self.key).await?;
        let progress = match known {
            Some(known) => known,
            None => {
                let Some(page) = self.read(Sequence(u64::MAX)).await? else {
                    return Ok(Pause::time(ASK_AGAIN));
                };
                let (cursor, epoch) = (page.last, page.epoch);
                let new = Progress { cursor, number: 0, epoch, sealed: cursor };
                self.ports.deliveries.advance(&self.key, new, None).await?;
                new
            }
        };
        self.stand(progress);
        Ok(Pause::NONE)
    }

    fn stand(&mut self, progress: Progress) {
        self.progress = Some(progress);
        self.gathering = Gathering::behind(progress.cursor);
        let mut state = self.standing.write();
        (state.cursor, state.number) = (progress.cursor, progress.number);
        (state.waiting_since, state.next_attempt, state.attempts) = (None, None, 0);
    }

    /// A page of the log; nothing where none is written for the app yet.
    async fn read(&self, after: Sequence) -> Result<Option<EventPage>, Stalled> {
        match self.ports.log.read(&self.key.app, after, PAGE, FULL_BYTES).await {
            Ok(page) => Ok(Some(page)),
            Err(EventLogError::NotKept) => Ok(None),
            Err(error) => Err(Stalled(error.into())),
        }
    }

    /// Looks for what is to be told next.
    async fn gather(&mut self, progress: Progress) -> Result<Pause, Stalled> {
        let scanned = self.gathering.scanned();
        let Some(page) = self.read(scanned).await? else { return Ok(Pause::time(ASK_AGAIN)) };
        if page.epoch != progress.epoch || page.last < progress.cursor {
            return Ok(self.missed(progress, &page, WhyMissed::AnotherLog));
        }
        let (now, moment) = (self.ports.clock.now(), self.ports.clock.moment());
        let is_whole = page.first <= scanned.next();
        if is_whole {
            let found = (page.events, page.through);
            self.gathering.take(found, &self.webhook, progress.sealed, moment);
        } else if self.gathering.first().is_none() {
            return Ok(self.missed(progress, &page, WhyMissed::Expired));
        }
        self.standing.write().waiting_since = self.gathering.first().map(|first| first.ts);
        if !is_whole || self.gathering.is_full(&self.webhook) {
            return self.close(progress).await;
        }
        if self.gathering.scanned() < page.last {
            return Ok(Pause::NONE);
        }
        let news = Some(self.gathering.scanned());
        match self.gathering.patience(&self.webhook, now, moment) {
            Some(Duration::ZERO) => self.close(progress).await,
            patience @ Some(_) => Ok(Pause { news, at_most: patience }),
            None => self.pass_over(progress, moment).await,
        }
    }

    /// Nothing is to be told. Keeps the place behind what nobody wanted, now and then.
    async fn pass_over(&mut self, progress: Progress, now: Moment) -> Result<Pause, Stalled> {
        let scanned = self.gathering.scanned();
        let news = Some(scanned);
        let passed = scanned.0.saturating_sub(progress.cursor.0);
        if passed == 0 {
            self.passed_over = None;
            return Ok(Pause { news, at_most: None });
        }
        let since = *self.passed_over.get_or_insert(now);
        let left = PASSED_OVER_FOR.saturating_sub(now.since(since));
        if passed < PASSED_OVER && !left.is_zero() {
            return Ok(Pause { news, at_most: Some(left) });
        }
        let progress = Progress { cursor: scanned, sealed: scanned, ..progress };
        self.ports.deliveries.advance(&self.key, progress, None).await?;
        self.passed_over = None;
        self.stand(progress);
        Ok(Pause { news, at_most: None })
    }

    /// Tells that something can't be told.
    fn missed(&mut self, progress: Progress, page: &EventPage, why: WhyMissed) -> Pause {
        let scanned = self.gathering.scanned();
        let (last, cursor) = match why {
            WhyMissed::Expired => {
                let last = Sequence(page.first.0.saturating_sub(1));
                (last, last)
            }
            // Its places are others: go on where the last one may have been.
            WhyMissed::AnotherLog => (page.last, progress.cursor.min(page.last)),
        };
        let missed = Missed { first: scanned.next(), last, why, at: self.ports.clock.now() };
        self.tell(WebhookNews::Missed { first: missed.first, last });
        let number = progress.number.saturating_add(1);
        let next = Progress { cursor, number, epoch: page.epoch, sealed: cursor };
        let (first, last) = (missed.first, missed.last);
        self.make(Content::Missed(missed), (first, last, 0), next);
        Pause::NONE
    }

    /// Makes the request of what was gathered. Where time and not size ended it, its end is kept
    /// first: a restart makes the same one.
    async fn close(&mut self, progress: Progress) -> Result<Pause, Stalled> {
        let events = self.gathering.events();
        let (Some(first), Some(last)) = (events.first(), events.last()) else {
            return Ok(Pause::NONE);
        };
        let (first, last, count) = (first.sequence, last.sequence, events.len());
        let is_open = !self.gathering.is_full(&self.webhook);
        if is_open && progress.sealed != last {
            let sealed = Progress { sealed: last, ..progress };
            self.ports.deliveries.advance(&self.key, sealed, None).await?;
            self.progress = Some(sealed);
        }
        let number = progress.number.saturating_add(1);
        let next = Progress { cursor: last, number, epoch: progress.epoch, sealed: last };
        let gathering = std::mem::replace(&mut self.gathering, Gathering::behind(last));
        self.make(Content::Events(gathering.events()), (first, last, count), next);
        Ok(Pause::NONE)
    }

    fn make(
        &mut self,
        content: Content<'_>,
        (first, last, events): (Sequence, Sequence, usize),
        next: Progress,
    ) {
        let EndpointKey { app, name: endpoint } = &self.key;
        let (number, epoch) = (next.number, next.epoch);
        let parcel = Parcel { app, endpoint, number, epoch, content };
        let body = self.ports.post.body(self.webhook.format, &parcel);
        let outgoing = Outgoing { number, body };
        let due = self.ports.clock.moment();
        let (attempts, since, taken) = (0, None, false);
        self.request =
            Some(Request { outgoing, first, last, events, next, attempts, since, due, taken });
    }

    fn tell(&self, news: WebhookNews<'_>) {
        self.ports.tell(&self.key.app, &self.key.name, news);
    }
}
