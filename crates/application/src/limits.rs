//! The use case: may an app, a client or an address go on?

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};

use domain::{
    App, AppId, Client, Durability, ErrorCode, Fact, FactKind, Hour, Limit, Namespace, Rate,
};

use crate::{
    Keepers, Refusal, UsageCounter,
    announced::Announced,
    ports::{
        Charge, Chronicle, Clock, DomainEvent, EventSink, Meter, Payer, RateLimiter, Reading,
        TooFast,
    },
    usage::Judgement,
};

/// Judges what has a limit, and tells of limits that are near or reached: each refusal is counted,
/// and announced once a minute per app and limit.
pub(crate) struct Limits {
    limiter: Arc<dyn RateLimiter>,
    events: Arc<dyn EventSink>,
    meter: Arc<dyn Meter>,
    clock: Arc<dyn Clock>,
    usage: Arc<UsageCounter>,
    chronicle: Arc<dyn Chronicle>,
    announced: Announced,
}

/// Whom a limit is about.
#[derive(Clone, Copy)]
enum Of<'a> {
    App(&'a AppId),
    Address(IpAddr),
}

/// What a message is charged with, without memory of its own.
struct Bill<'a> {
    charges: [Charge<'a>; 3],
    len: usize,
}

impl<'a> Bill<'a> {
    fn new() -> Self {
        let payer = Payer::Address(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let nothing = Charge { limit: Limit::Attempts, payer, rate: Rate::new(1, 1), count: 0 };
        Self { charges: [nothing; 3], len: 0 }
    }

    fn add(&mut self, limit: Limit, payer: Payer<'a>, rate: Option<Rate>, count: usize) {
        let Some(rate) = rate else { return };
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        if let Some(place) = self.charges.get_mut(self.len) {
            *place = Charge { limit, payer, rate, count };
            self.len += 1;
        }
    }

    fn charges(&self) -> &[Charge<'a>] {
        self.charges.get(..self.len).unwrap_or_default()
    }
}

impl Limits {
    /// When it is worth asking again for what is full, not fast: nobody knows when room is made.
    const FULL: Duration = Duration::from_secs(10);
    /// The longest wait that is told where the month's quota is used up: somebody may raise it.
    const MONTH: Duration = Duration::from_secs(3600);

    pub(crate) fn new(
        limiter: Arc<dyn RateLimiter>,
        events: Arc<dyn EventSink>,
        meter: Arc<dyn Meter>,
        clock: Arc<dyn Clock>,
        usage: Arc<UsageCounter>,
        chronicle: Arc<dyn Chronicle>,
    ) -> Self {
        Self { limiter, events, meter, clock, usage, chronicle, announced: Announced::new() }
    }

    /// Whether a client may send a message to so many subscribers; they are counted only where
    /// that matters. One decision, before anything of the message is accepted.
    pub(crate) fn send(
        &self,
        client: &Client,
        subscribers: impl FnOnce() -> usize,
    ) -> Result<(), Refusal> {
        let (app, limits) = (&client.app.id, &client.app.limits);
        self.within_month(&client.app)?;
        let mut bill = Bill::new();
        let its = Payer::Client(app, &client.id);
        bill.add(Limit::ClientMessages, its, limits.client_messages, 1);
        bill.add(Limit::Messages, Payer::App(app), limits.messages, 1);
        if limits.deliveries.is_some() {
            bill.add(Limit::Deliveries, Payer::App(app), limits.deliveries, subscribers());
        }
        self.pay(&bill, Of::App(app))
    }

    /// The same for messages of an app's backend, all of them or none.
    pub(crate) fn publish(
        &self,
        app: &App,
        messages: usize,
        subscribers: impl FnOnce() -> usize,
    ) -> Result<(), Refusal> {
        let (id, limits) = (&app.id, &app.limits);
        self.within_month(app).inspect_err(|refusal| self.note_backend(app, refusal))?;
        let mut bill = Bill::new();
        bill.add(Limit::Messages, Payer::App(id), limits.messages, messages);
        if limits.deliveries.is_some() {
            bill.add(Limit::Deliveries, Payer::App(id), limits.deliveries, subscribers());
        }
        self.pay(&bill, Of::App(id)).inspect_err(|refusal| self.note_backend(app, refusal))
    }

    /// The app's backend is told, once a month and quota.
    fn note_used_up(&self, app: &App, limit: Limit) {
        if !self.chronicle.wants(&app.id, FactKind::QuotaReached) {
            return;
        }
        let most = app.limits.monthly.of(limit).unwrap_or_default();
        self.chronicle
            .note(&app.id, Fact::QuotaReached { quota: limit.name().into(), limit: most });
    }

    /// Whether the app has not used up what it may in this month: an atomic read for each quota.
    fn within_month(&self, app: &App) -> Result<(), Refusal> {
        let quotas = &app.limits.monthly;
        if !quotas.is_any() {
            return Ok(());
        }
        let Some(Judgement { reached, news }) = self.usage.judge(&app.id, quotas) else {
            return Ok(());
        };
        if let Some((limit, reached)) = news {
            let (id, address, suppressed) = (Some(&app.id), None, 0);
            // Once a month: nothing is held back.
            let event = DomainEvent::Limited { app: id, address, limit, reached, suppressed };
            self.events.record(&event);
            if reached {
                self.note_used_up(app, limit);
            } else {
                self.meter.note(&Reading::Limited { app: id, limit, reached });
            }
        }
        let Some(limit) = reached else { return Ok(()) };
        self.meter.note(&Reading::Limited { app: Some(&app.id), limit, reached: true });
        let now = self.clock.now();
        let wait = Hour::of(now).month().hours().end.begins().since(now);
        Err(refusal(ErrorCode::QuotaExceeded, limit, wait.min(Self::MONTH)))
    }

    /// What a session's answer would count.
    pub(crate) fn note_backend(&self, app: &App, refusal: &Refusal) {
        self.meter.note(&Reading::Refused { app: &app.id, code: refusal.code });
    }

    /// Whether one more connection of the app may authenticate now.
    pub(crate) fn connect(&self, app: &App) -> Result<(), Refusal> {
        let mut bill = Bill::new();
        bill.add(Limit::NewConnections, Payer::App(&app.id), app.limits.new_connections, 1);
        self.pay(&bill, Of::App(&app.id))
    }

    /// Whether somebody there may try once more to become known.
    pub(crate) fn attempt(&self, address: IpAddr, rate: Option<Rate>) -> Result<(), Refusal> {
        let address = crate::admission::origin_of(address);
        let mut bill = Bill::new();
        bill.add(Limit::Attempts, Payer::Address(address), rate, 1);
        self.pay(&bill, Of::Address(address))
    }

    /// Whether a message that costs so many bytes may be kept by this history, where its namespace
    /// keeps any. Sends that are judged at the same time may pass the limit together.
    pub(crate) fn keep(
        &self,
        app: &App,
        namespace: &Namespace,
        keepers: &Keepers,
        cost: u64,
    ) -> Result<(), Refusal> {
        let Some(policy) = namespace.kept() else { return Ok(()) };
        let (limit, most) = match policy.durability {
            Durability::Memory => (Limit::History, app.limits.history_bytes),
            Durability::Durable => (Limit::Storage, app.limits.storage_bytes),
        };
        let Some(most) = most else { return Ok(()) };
        let before = keepers.of(policy.durability).history.kept_bytes(&app.id);
        let after = before.saturating_add(cost);
        if after > most {
            return Err(self.full(&app.id, limit));
        }
        self.rose(&app.id, limit, before, after, most);
        Ok(())
    }

    fn pay(&self, bill: &Bill<'_>, of: Of<'_>) -> Result<(), Refusal> {
        if bill.len == 0 {
            return Ok(());
        }
        match self.limiter.take(bill.charges()) {
            Ok(near) => {
                near.into_iter().for_each(|limit| self.tell(of, limit, false));
                Ok(())
            }
            Err(TooFast { limit, retry_after }) => {
                self.tell(of, limit, true);
                Err(refusal(ErrorCode::RateLimited, limit, retry_after))
            }
        }
    }

    /// An app has as much of something as it may: the refusal of more.
    pub(crate) fn full(&self, app: &AppId, limit: Limit) -> Refusal {
        self.tell(Of::App(app), limit, true);
        refusal(ErrorCode::QuotaExceeded, limit, Self::FULL)
    }

    /// An app's level of something rose: announced where it came near its limit with that.
    pub(crate) fn rose(&self, app: &AppId, limit: Limit, before: u64, after: u64, most: u64) {
        let near = Limit::near(most);
        if before < near && near <= after {
            self.tell(Of::App(app), limit, false);
        }
    }

    fn tell(&self, of: Of<'_>, limit: Limit, reached: bool) {
        let (app, address) = match of {
            Of::App(app) => (Some(app), None),
            Of::Address(address) => (None, Some(address)),
        };
        self.meter.note(&Reading::Limited { app, limit, reached });
        let now = self.clock.moment();
        if let Some(suppressed) = self.announced.note(app, limit, reached, now) {
            let event = DomainEvent::Limited { app, address, limit, reached, suppressed };
            self.events.record(&event);
        }
    }
}

fn refusal(code: ErrorCode, limit: Limit, retry_after: Duration) -> Refusal {
    // Which limit it is tells the client nothing that it could not find out by counting.
    Refusal { code, retry_after: Some(retry_after), detail: Some(limit.name().to_owned()) }
}
