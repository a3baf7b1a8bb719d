//! Which adapter is behind which port.

use std::{
    path::Path,
    sync::{Arc, Weak},
    time::Duration,
};

use adapters_flight::FlightRecorder;
use adapters_http::{Health, MakePage, OpenTo, ServerApi};
use adapters_jwt::{HmacSeal, JwksOptions, JwtTokenIssuer, JwtTokenVerifier};
use adapters_memory::{
    MemoryBroker, MemoryPresence, MemoryRateLimiter, MemoryRevocations, RandomIds, SystemClock,
};
use adapters_metrics::Metrics;
use adapters_store::FileRevocations;
use adapters_tracing::TracingEvents;
use application::{
    Admission, AdmissionLimits, Checkpoints, DemoToken, EventSinks, Fanout, Hub, Keeper, Keepers,
    Ports, Rules, ToldPresence, UsageCounter, UsageReports, Waiting,
    ports::{
        AppRegistry, AppTable as _, Chronicle, Clock, DeliverySink, EventLog, EventSink, IdSource,
        NoChronicle, PresenceSink, PresenceStore as _, Revocations,
    },
};
use listener::Address;
use protocol_pusher::PusherPasses;
use tokio::signal::unix::Signal;
use tracing::{info, warn};

use super::{
    NotStarted,
    apps::Apps,
    certificate::Certificate,
    figures::{self, Watched},
    listeners::{Listeners, Routes},
    logging::Logging,
    memory,
    metering::{Counting, Metering},
    reload::Reload,
    shutdown::Signals,
    store::Store,
    surface::Surface,
    webhooks::{self, Telling},
};
use crate::{
    data_dir,
    settings::{Loaded, Settings},
};

/// How often what is too old is let go.
const SWEEP: Duration = Duration::from_secs(10);

/// The server, bound and ready to run.
pub(super) struct Server {
    listeners: Listeners,
    routes: Routes,
    certificate: Option<Arc<Certificate>>,
    hub: Arc<Hub>,
    presence: Arc<MemoryPresence>,
    checkpoints: Arc<Checkpoints>,
    /// Counts every connection, from its first byte to its last.
    admission: Arc<Admission>,
    telling: Option<Telling>,
    /// How long a stopping server waits for what is under way.
    drain: Duration,
}

impl Server {
    /// Builds everything and binds the addresses. Nothing is served yet.
    pub(super) async fn build(
        loaded: &Loaded,
        logging: Logging,
        hangups: Signal,
    ) -> Result<Self, NotStarted> {
        let settings = &loaded.settings;
        let waiting = Waiting::new(settings.limits.queues.unwrap_or_else(memory::for_queues));
        let admission = Admission::minding(admission_limits(settings), Arc::clone(&waiting));
        let certificate = settings.server.tls.as_ref().map(Certificate::new);
        let listeners =
            Listeners::bind(settings, Arc::clone(&admission), certificate.as_deref()).await?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let ids: Arc<dyn IdSource> = Arc::new(RandomIds);
        let apps = Apps::of(settings)?;
        let metrics = figures::metrics(&clock);
        let flight = Arc::new(FlightRecorder::new(Arc::clone(&clock)));
        let counting = Counting::new(settings, &clock);
        let events = events(&metrics, &flight, &counting.counter(), &clock);
        let meter = counting.beside(Arc::clone(&metrics) as _);
        let fanout = Fanout::gathering(tokio::runtime::Handle::current())
            .measured_by(Arc::clone(&meter))
            .bounded_by(waiting)
            .told_to(Arc::clone(&events));
        #[cfg(feature = "planted")]
        let fanout = crate::planted::fanout(fanout);
        let fanout = Arc::new(fanout);
        let sink = Arc::clone(&fanout) as _;
        let store = Store::open(settings, sink, &clock, &ids, &metrics)?;
        let registry: Arc<dyn AppRegistry> = Arc::clone(&apps.table) as _;
        let (chronicle, log) = chronicle(store.as_ref());
        let watched: Arc<dyn PresenceSink> = Arc::new(ToldPresence {
            sink: Arc::clone(&fanout) as _,
            chronicle: Arc::clone(&chronicle),
        });
        let presence = presence(settings, watched, store.as_ref(), &counting, &clock).await?;
        let usage = counting.counter();
        let metering = counting.recorded(store.as_ref(), &events, &clock, &settings.prices);
        let keepers = keepers(&fanout, store.as_ref(), &clock, &ids);
        let ports = Ports {
            registry: Arc::clone(&registry),
            verifier: Arc::new(verifier(&clock)?),
            // The secret is this process's alone and nowhere else.
            seal: Arc::new(HmacSeal::new(&ids.key(), Arc::clone(&clock))),
            keepers,
            presence: Arc::clone(&presence) as _,
            passes: Arc::new(PusherPasses),
            revocations: revocations(settings, &clock)?,
            limiter: Arc::new(MemoryRateLimiter::new(Arc::clone(&clock))),
            usage,
            events: Arc::clone(&events),
            flight,
            tallies: Arc::clone(&metrics) as _,
            meter,
            chronicle: Arc::clone(&chronicle),
            log,
            clock: Arc::clone(&clock),
            ids: Arc::clone(&ids),
        };
        let hub = Hub::new(ports, Arc::clone(&fanout), rules(settings));
        let operator = apps.operator(settings, &hub, store.as_ref(), &ids).await?;
        // Those that were made before this start among them.
        let all = apps.table.all();
        all.iter().for_each(|app| chronicle.follow(app));
        metering.know(&all).await;
        let Metering { checkpoints, reports } = metering;
        let app_ids = all.iter().map(|app| app.id.clone()).collect();
        let telling = webhooks::told(store.as_ref()).map(|told| {
            Telling::new(told, &registry, Arc::clone(&events), (&clock, &ids), app_ids)
        });
        let webhooks = telling.as_ref().map(|telling| Arc::clone(telling.webhooks()));
        let writable: Arc<dyn Fn() -> bool + Send + Sync> =
            store.as_ref().map_or_else(|| Arc::new(|| true) as _, Store::health);
        let watched = Watched {
            metrics,
            hub: Arc::clone(&hub),
            fanout,
            presence: Arc::clone(&presence),
            writable: Arc::clone(&writable),
            webhooks: webhooks.clone(),
            connections_limit: settings.limits.connections,
        };
        let api = server_api(settings, &hub, &registry, &clock, reports);
        let reload = Reload::new(loaded, Arc::clone(&operator), logging, certificate.clone());
        tokio::spawn(Arc::clone(&reload).follow(hangups));
        let api = api.operated_by(operator, apps.local_operator).configured_by(reload);
        let api = api.with_webhooks(webhooks);
        let issuer = Arc::new(JwtTokenIssuer::new(Arc::clone(&clock)));
        let tokens = Arc::new(DemoToken::new(registry, issuer, Arc::clone(&clock), ids));
        let health = Health { hub: Arc::clone(&hub), admission: Arc::clone(&admission), writable };
        let metrics = shown(settings, watched.pages());
        let routes = Surface { settings, hub: &hub, health, tokens, clock, api, metrics }.routes();
        let drain = settings.server.shutdown_deadline;
        Ok(Self {
            listeners,
            routes,
            certificate,
            hub,
            presence,
            checkpoints,
            telling,
            admission,
            drain,
        })
    }

    /// The address for clients that was bound.
    pub(super) const fn address(&self) -> &Address {
        self.listeners.address()
    }

    /// The one for what is not public.
    pub(super) fn internal_address(&self) -> Option<&Address> {
        self.listeners.internal_address()
    }

    /// Serves until a signal, then tells every client to come back later and waits until the last
    /// socket is closed, for as long as the deadline allows. A second signal ends the wait.
    pub(super) async fn run(self, mut signals: Signals) -> Result<(), NotStarted> {
        let Self { listeners, routes, certificate, hub, presence, .. } = self;
        let Self { checkpoints, telling, admission, drain, .. } = self;
        let telling = telling.map(|telling| (telling.start(), telling));
        let mut timers = tokio::spawn({
            let (hub, checkpoints) = (Arc::clone(&hub), Arc::clone(&checkpoints));
            async move { tokio::join!(hub.run_timers(), checkpoints.run()) }
        });
        let watching = certificate.map(|known| tokio::spawn(async move { known.watch().await }));
        let mut serving = listeners.serve(routes);
        // Neither ends by itself: without one of them the server would only seem to serve.
        let ended = tokio::select! {
            signal = signals.next() => Ok(signal),
            _ = &mut timers => Err(NotStarted::Ended { what: "timers" }),
            _ = serving.ended() => Err(NotStarted::Ended { what: "accept loop" }),
        };
        let connections = hub.connections().count();
        serving.stop();
        let cause = *ended.as_ref().unwrap_or(&"fault");
        info!(target: "rtmate", signal = cause, connections, "shutting down");
        // Who is there now is there for the next start.
        presence.stop();
        hub.shut_down().await;
        tokio::select! {
            drained = tokio::time::timeout(drain, admission.emptied()) => {
                if drained.is_err() {
                    let connections = admission.count();
                    warn!(target: "rtmate", connections, "the deadline cut connections off");
                }
            }
            signal = signals.next() => info!(target: "rtmate", signal, "not waiting any longer"),
        }
        serving.close().await;
        telling.inspect(|(running, telling)| telling.stop(running));
        timers.abort();
        watching.inspect(tokio::task::JoinHandle::abort);
        // The last changes go to the store, which ends what waits before it closes.
        presence.sweep();
        checkpoints.checkpoint().await;
        info!(target: "rtmate", "stopped");
        ended.map(|_| ())
    }
}

/// Told to the log, counted and remembered.
fn events(
    metrics: &Arc<Metrics>,
    flight: &Arc<FlightRecorder>,
    usage: &Arc<UsageCounter>,
    clock: &Arc<dyn Clock>,
) -> Arc<dyn EventSink> {
    let log: Arc<dyn EventSink> = Arc::new(TracingEvents::new(Arc::clone(clock)));
    let (metrics, flight) = (Arc::clone(metrics), Arc::clone(flight));
    Arc::new(EventSinks::of([log, metrics as _, flight as _, Arc::clone(usage) as _]))
}

/// The metrics, and who sees them.
fn shown(settings: &Settings, page: MakePage) -> adapters_http::Metrics {
    let open_to = match &settings.server.internal_listen {
        Some(_) => OpenTo::Everybody,
        None if settings.server.is_loopback() => OpenTo::ThisMachine,
        None => OpenTo::Nobody,
    };
    adapters_http::Metrics { page, format: Metrics::FORMAT, open_to }
}

fn admission_limits(settings: &Settings) -> AdmissionLimits {
    AdmissionLimits {
        total: settings.limits.connections,
        unauthenticated: settings.limits.unauthenticated,
        unauthenticated_per_address: settings.limits.unauthenticated_per_address,
    }
}

fn rules(settings: &Settings) -> Rules {
    Rules {
        auth_timeout: settings.limits.auth_timeout,
        ping_interval: settings.limits.ping_interval,
        ping_timeout: settings.limits.ping_timeout,
        frame_bytes: settings.limits.frame_bytes,
        unauthenticated_frame_bytes: settings.limits.unauthenticated_frame_bytes,
        shutdown_window: settings.server.shutdown_window,
        attempts_per_address: settings.limits.attempts_per_address,
    }
}

fn verifier(clock: &Arc<dyn Clock>) -> Result<JwtTokenVerifier, NotStarted> {
    let verifier = JwtTokenVerifier::new(Arc::clone(clock), JwksOptions::default());
    verifier.map_err(NotStarted::NoThread)
}

fn keepers(
    fanout: &Arc<Fanout>,
    store: Option<&Store>,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn IdSource>,
) -> Keepers {
    let sink: Arc<dyn DeliverySink> = Arc::clone(fanout) as _;
    let memory = Arc::new(MemoryBroker::new(sink, Arc::clone(clock), Arc::clone(ids)));
    tokio::spawn(sweep(Arc::downgrade(&memory)));
    let memory = Keeper { broker: Arc::clone(&memory) as _, history: memory };
    let durable = store.map_or_else(
        || memory.clone(),
        |Store { broker, .. }| Keeper {
            broker: Arc::clone(broker) as _,
            history: Arc::clone(broker) as _,
        },
    );
    #[cfg(feature = "planted")]
    let durable = crate::planted::keeper(durable);
    Keepers { memory, durable }
}

/// Who is there: with a store, also who was when the server ended.
async fn presence(
    settings: &Settings,
    watched: Arc<dyn PresenceSink>,
    store: Option<&Store>,
    counting: &Counting,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<MemoryPresence>, NotStarted> {
    let clock = Arc::clone(clock);
    let Some(store) = store else { return Ok(Arc::new(MemoryPresence::new(watched, clock))) };
    let window = settings.store.return_window;
    let before = store.members_of_before(&*clock, window).await?;
    counting.members_of_before(&before);
    let leases = Arc::clone(&store.broker) as _;
    Ok(Arc::new(MemoryPresence::keeping(watched, clock, leases, before, window)))
}

/// Who writes down what apps are told of, and who reads it: the store, where there is one.
fn chronicle(store: Option<&Store>) -> (Arc<dyn Chronicle>, Option<Arc<dyn EventLog>>) {
    match store {
        None => (Arc::new(NoChronicle), None),
        Some(Store { broker, .. }) => {
            (Arc::clone(broker) as _, Some(Arc::clone(broker) as Arc<dyn EventLog>))
        }
    }
}

/// What is revoked: on disk, where anything is.
fn revocations(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn Revocations>, NotStarted> {
    let clock = Arc::clone(clock);
    if settings.store.ephemeral {
        return Ok(Arc::new(MemoryRevocations::new(clock)));
    }
    let path = settings.store.path.join(data_dir::REVOCATIONS);
    let prepare = |folder: &Path| data_dir::prepare(folder).map(drop);
    let revocations = FileRevocations::open(&path, clock, prepare);
    Ok(Arc::new(revocations.map_err(NotStarted::Revocations)?))
}

/// Lets go what is too old, for as long as anybody has the broker.
async fn sweep(memory: Weak<MemoryBroker>) {
    let mut times = tokio::time::interval(SWEEP);
    times.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        times.tick().await;
        let Some(memory) = memory.upgrade() else { return };
        memory.sweep();
    }
}

fn server_api(
    settings: &Settings,
    hub: &Arc<Hub>,
    registry: &Arc<dyn AppRegistry>,
    clock: &Arc<dyn Clock>,
    usage: Arc<UsageReports>,
) -> ServerApi {
    let (backend, keys) = (hub.backend(), settings.operator_keys.clone());
    let (registry, clock) = (Arc::clone(registry), Arc::clone(clock));
    let language = settings.server.language;
    ServerApi::new(backend, registry, keys, clock, language, usage)
}
