//! The running server behind its transports.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use domain::{App, AppId, CloseReason, Language, Peer};

use crate::{
    Backend, Connection, Connections, Fanout, Keepers, Refusal, Rules, Session, UsageCounter,
    Waiting, Wheel,
    admission::Seat,
    app_changes::AppChanges,
    authenticate::Authenticate,
    channels::Channels,
    deadlines::Deadlines,
    limits::Limits,
    ports::{
        AppRegistry, Chronicle, Clock, Codec, DomainEvent, EventLog, EventSink, FlightLog,
        IdSource, Meter, Outbound, PassVerifier, PresenceStore, RateLimiter, Revocations, Tallies,
        TokenVerifier, WatchSeal,
    },
    presence::Presence,
    publish::{Publish, Witnesses},
    watches::Watches,
};

/// What a hub is made of.
pub struct Ports {
    /// Knows the apps.
    pub registry: Arc<dyn AppRegistry>,
    /// Verifies tokens.
    pub verifier: Arc<dyn TokenVerifier>,
    /// Makes tokens of passes to watch a channel.
    pub seal: Arc<dyn WatchSeal>,
    /// Knows which tokens are no longer good.
    pub revocations: Arc<dyn Revocations>,
    /// Stamp, keep and announce messages; made with the same fan-out as their sink.
    pub keepers: Keepers,
    /// Knows who is where; made with the same fan-out as its sink.
    pub presence: Arc<dyn PresenceStore>,
    /// Judges what backends signed for their guests.
    pub passes: Arc<dyn PassVerifier>,
    /// Says what comes too fast.
    pub limiter: Arc<dyn RateLimiter>,
    /// Counts what apps use, as one of the meters: their quotas are judged by it.
    pub usage: Arc<UsageCounter>,
    /// Is told what happens.
    pub events: Arc<dyn EventSink>,
    /// Tells it again.
    pub flight: Arc<dyn FlightLog>,
    /// Tells what was counted.
    pub tallies: Arc<dyn Tallies>,
    /// Writes down what apps are told of.
    pub chronicle: Arc<dyn Chronicle>,
    /// Reads what it wrote; nothing on a server that keeps nothing.
    pub log: Option<Arc<dyn EventLog>>,
    /// Counts and times; the fan-out's own is given to it.
    pub meter: Arc<dyn Meter>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes identities.
    pub ids: Arc<dyn IdSource>,
}

/// The running server behind its transports: opens a [`Session`] for each connection, and ends all
/// of them in a shutdown.
pub struct Hub {
    pub(crate) registry: Arc<dyn AppRegistry>,
    pub(crate) app_changes: Arc<AppChanges>,
    pub(crate) authenticate: Authenticate,
    pub(crate) watches: Arc<Watches>,
    pub(crate) revocations: Arc<dyn Revocations>,
    pub(crate) publish: Publish,
    pub(crate) channels: Channels,
    pub(crate) keepers: Keepers,
    pub(crate) passes: Arc<dyn PassVerifier>,
    pub(crate) presence: Arc<Presence>,
    pub(crate) connections: Connections,
    pub(crate) wheel: Wheel,
    pub(crate) limits: Limits,
    pub(crate) events: Arc<dyn EventSink>,
    pub(crate) flight: Arc<dyn FlightLog>,
    pub(crate) tallies: Arc<dyn Tallies>,
    pub(crate) chronicle: Arc<dyn Chronicle>,
    pub(crate) log: Option<Arc<dyn EventLog>>,
    pub(crate) meter: Arc<dyn Meter>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) rules: Rules,
}

/// What a transport brings for a new connection.
pub struct Opening {
    /// Its writing side.
    pub outbound: Arc<dyn Outbound>,
    /// Its protocol.
    pub codec: Arc<dyn Codec>,
    /// The other end.
    pub peer: Peer,
    /// The language of its replies; the codec writes in it, this is for the log.
    pub language: Language,
    /// Its place among the connections that may be open; nothing for a transport that counts by
    /// itself.
    pub seat: Option<Seat>,
    /// How it comes in.
    pub entry: Entry,
}

/// How a connection comes in.
pub enum Entry {
    /// By a token, in an `auth` that follows; of the app that the address named, where it did.
    Token(Option<AppId>),
    /// As a guest of this app.
    Guest(Arc<App>),
    /// Not at all: it is told why.
    Refused(CloseReason),
}

/// What a transport may know of an app before anybody has authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screened {
    /// Whether messages may be compressed.
    pub compression: bool,
}

impl Hub {
    /// A hub of these ports. Somebody has to poll [`Self::run_timers`].
    #[must_use]
    pub fn new(ports: Ports, fanout: Arc<Fanout>, rules: Rules) -> Arc<Self> {
        let app_changes = Arc::new(AppChanges::default());
        let told: Weak<AppChanges> = Arc::downgrade(&app_changes);
        ports.registry.watch(told);
        let (events, clock) = (Arc::clone(&ports.events), Arc::clone(&ports.clock));
        let meter = Arc::clone(&ports.meter);
        let chronicle = Arc::clone(&ports.chronicle);
        let watches = Arc::new(Watches::new(ports.seal));
        let limits = Limits::new(ports.limiter, events, meter, clock, ports.usage, chronicle);
        let witnesses = Witnesses {
            meter: Arc::clone(&ports.meter),
            events: Arc::clone(&ports.events),
            chronicle: Arc::clone(&ports.chronicle),
            fanout: Arc::clone(&fanout),
        };
        Arc::new(Self {
            app_changes,
            registry: Arc::clone(&ports.registry),
            authenticate: Authenticate::new(
                ports.registry,
                ports.verifier,
                Arc::clone(&ports.revocations),
                Arc::clone(&watches),
            ),
            watches,
            revocations: ports.revocations,
            publish: Publish::new(ports.keepers.clone(), witnesses),
            presence: Arc::new(Presence::new(ports.presence, Arc::clone(&fanout))),
            channels: Channels::new(fanout, ports.keepers.clone(), Arc::clone(&ports.chronicle)),
            keepers: ports.keepers,
            passes: ports.passes,
            connections: Connections::new(),
            wheel: Wheel::new(Arc::clone(&ports.clock)),
            limits,
            events: ports.events,
            flight: ports.flight,
            tallies: ports.tallies,
            chronicle: ports.chronicle,
            log: ports.log,
            meter: ports.meter,
            clock: ports.clock,
            ids: ports.ids,
            rules,
        })
    }

    /// A session for a connection that was just made. While the server shuts down it is closed at
    /// once, with a delay after which to come back.
    #[must_use]
    pub fn open(self: &Arc<Self>, opening: Opening) -> Session {
        let now = self.clock.moment();
        let deadlines = Deadlines::new(&self.rules, now);
        let first_visit = deadlines.first(now);
        let connection = Arc::new(Connection::new(
            self.ids.connection(),
            now,
            opening.outbound,
            opening.codec,
            deadlines,
            self.ids.session(),
        ));
        self.connections.insert(&connection);
        self.wheel.arm(&connection, first_visit);
        self.events.record(&DomainEvent::Opened {
            connection: connection.id,
            address: opening.peer.address,
            language: opening.language,
        });
        // After the insert: a shutdown either sees this connection or is seen here.
        if self.connections.is_draining() {
            self.send_away(&connection);
        }
        let rate = self.rules.attempts_per_address;
        if let Err(refusal) = self.limits.attempt(opening.peer.address, rate) {
            self.send_back(&connection, &refusal);
        }
        let entry = opening.entry;
        Session::new(Arc::clone(self), connection, opening.peer, opening.seat).entering(entry)
    }

    /// Whether a connection from there may be one of this app, as far as can be said before its
    /// token: for transports that know the app from the address.
    ///
    /// # Errors
    /// No such app, disabled, or not from there. The server's own pages are let in, to watch: what
    /// they show is judged by the app's rules yet.
    pub async fn screen(&self, app: &AppId, peer: &Peer) -> Result<Screened, Refusal> {
        let app =
            self.authenticate.screen_upgrade(app, peer).await.map_err(|error| error.refusal())?;
        Ok(Screened { compression: app.compression })
    }

    /// The app that has this key of the Pusher protocol, if it lets in who comes from there.
    ///
    /// # Errors
    /// What the connection is closed with.
    pub async fn screen_guest(&self, key: &str, peer: &Peer) -> Result<Arc<App>, CloseReason> {
        self.authenticate.screen_guest(key, peer).await.map_err(|error| error.close_reason())
    }

    /// What the apps' own backends may do.
    #[must_use]
    pub fn backend(self: &Arc<Self>) -> Backend {
        Backend::new(Arc::clone(self))
    }

    /// Turns the timers of all connections, ends the leases of members who did not return, brings
    /// changes of apps to their connections, and lets the slowest readers go where too much waits,
    /// for as long as the future is polled.
    pub async fn run_timers(&self) {
        let (presence, channels) = (self.presence.run(), self.channels.run());
        let (changes, relief) = (self.run_app_changes(), self.run_relief());
        tokio::join!(self.wheel.run(), presence, channels, changes, relief);
    }

    /// Visits what is due now; for tests with a clock of their own.
    pub fn turn_timers(&self) {
        self.wheel.turn();
        self.presence.store().sweep();
        self.channels.tick();
        self.presence.tell_counts();
    }

    /// The open connections.
    #[must_use]
    pub fn connections(&self) -> &Connections {
        &self.connections
    }

    /// The subscribers of every channel.
    pub(crate) fn fanout(&self) -> &Fanout {
        self.channels.fanout()
    }

    /// What waits to be sent: transports count their queues there.
    #[must_use]
    pub fn waiting(&self) -> &Arc<Waiting> {
        self.fanout().waiting()
    }

    /// What every connection is held to.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Begins the end: from now on no request is taken; what was sent before is written to its
    /// subscribers; then every client is told to come back after a delay, spread over the shutdown
    /// window so that they do not come all at once. New connections get the same answer at once.
    pub async fn shut_down(&self) {
        self.connections.begin_drain();
        // Behind a goodbye nothing is written. Goodbyes do not wait for long, though.
        drop(tokio::time::timeout(Rules::LAST_MESSAGES, self.channels.settled()).await);
        for connection in self.connections.all() {
            self.send_away(&connection);
        }
    }

    /// Ends a connection that came too early. Each has a delay of its own behind what it is told:
    /// those who were refused together do not come back together.
    pub(crate) fn send_back(&self, connection: &Connection, refusal: &Refusal) {
        let spread = Duration::from_millis(connection.id.spread(Rules::RETURN_SPREAD_MS));
        let delay = refusal.retry_after.map(|wait| wait.saturating_add(spread));
        connection.close(CloseReason::RateLimited, delay);
    }

    fn send_away(&self, connection: &Connection) {
        let window = u64::try_from(self.rules.shutdown_window.as_millis()).unwrap_or(u64::MAX);
        let delay = Duration::from_millis(self.ids.below(window));
        connection.close(CloseReason::ShuttingDown, Some(delay));
    }
}
