//! Which adapter is behind which port.

use std::{io, sync::Arc};

use adapters_jwt::{JwksOptions, JwtTokenVerifier};
use adapters_memory::{
    MemoryAppRegistry, MemoryBroker, MemoryPresence, MemoryRateLimiter, MemoryRevocations,
    RandomIds, SystemClock,
};
use application::ports::{
    DomainEvent, EventSink, NoChronicle, NoFlightLog, NoMeter, NoPasses, NoSeal, NoTallies,
};
use application::{Fanout, Hub, Keeper, Keepers, Ports, Rules, UsageCounter};
use domain::{Actions, App, AppId, Grant, GrantPattern, JwtAlgorithm, JwtKey, KeyMaterial};
use tokio::runtime::Handle;

struct Silence;

impl EventSink for Silence {
    fn record(&self, _: &DomainEvent<'_>) {}
}

/// The app `lines`, whose clients may do everything; nothing where the text is no pattern.
#[must_use]
pub fn app(secret: &str) -> Option<App> {
    let mut app = App::new(AppId::parse("lines").ok()?);
    let (pattern, actions) = (GrantPattern::parse("*").ok()?, Actions::all());
    app.default_grants = vec![Grant { pattern, actions }].into();
    let material = KeyMaterial::Secret(secret.to_owned().into());
    app.jwt_keys = vec![JwtKey {
        kid: None,
        algorithm: JwtAlgorithm::Hs256,
        material,
        issuer: None,
        audience: None,
        client_claim: "client_id".into(),
    }];
    Some(app)
}

/// A server of this app.
///
/// # Errors
/// The verifier's threads can't be started.
///
/// # Panics
/// There is no runtime.
pub fn hub(app: App, rules: Rules) -> io::Result<Arc<Hub>> {
    let (clock, ids, fanout) = (
        Arc::new(SystemClock::new()),
        Arc::new(RandomIds),
        Arc::new(Fanout::gathering(Handle::current())),
    );
    let memory = Arc::new(MemoryBroker::new(fanout.clone(), clock.clone(), ids.clone()));
    let keeper = Keeper { broker: memory.clone(), history: memory };
    let ports = Ports {
        registry: Arc::new(MemoryAppRegistry::new([app])),
        verifier: Arc::new(JwtTokenVerifier::new(clock.clone(), JwksOptions::default())?),
        seal: Arc::new(NoSeal),
        keepers: Keepers { memory: keeper.clone(), durable: keeper },
        presence: Arc::new(MemoryPresence::new(fanout.clone(), clock.clone())),
        passes: Arc::new(NoPasses),
        revocations: Arc::new(MemoryRevocations::new(clock.clone())),
        limiter: Arc::new(MemoryRateLimiter::new(clock.clone())),
        usage: Arc::new(UsageCounter::new(clock.clone(), false)),
        events: Arc::new(Silence),
        flight: Arc::new(NoFlightLog),
        tallies: Arc::new(NoTallies),
        chronicle: Arc::new(NoChronicle),
        log: None,
        meter: Arc::new(NoMeter),
        clock,
        ids,
    };
    Ok(Hub::new(ports, fanout, rules))
}
