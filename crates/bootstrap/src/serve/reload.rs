//! The configuration is read anew while the server runs.

use std::{collections::HashMap, sync::Arc};

use adapters_http::hash_of_key;
use application::{
    GivenApps, Operator,
    ports::{Configuration, Difference, NotReloaded, SettingChange},
};
use async_trait::async_trait;
use domain::{ApiKeyHash, App, AppId, KeyMaterial};
use protocol_pusher::conventions;
use secrecy::ExposeSecret;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::Mutex,
};
use tracing::{info, warn};

use super::{certificate::Certificate, logging::Logging};
use crate::settings::{self, Flags, Loaded, Places, Settings, Surroundings};

/// Reads the configuration as the start did, and lets count at once what can.
pub(super) struct Reload {
    flags: Flags,
    around: Surroundings,
    operator: Arc<Operator>,
    logging: Logging,
    /// Whose files may be others now, under the same names.
    certificate: Option<Arc<Certificate>>,
    /// One reload at a time.
    running: Mutex<Running>,
}

/// What the server runs with.
struct Running {
    places: Places,
    apps: HashMap<AppId, ApiKeyHash>,
}

impl Reload {
    pub(super) fn new(
        loaded: &Loaded,
        operator: Arc<Operator>,
        logging: Logging,
        certificate: Option<Arc<Certificate>>,
    ) -> Arc<Self> {
        let running = Running { places: loaded.places(), apps: fingerprints(&loaded.settings) };
        let (flags, around) = (loaded.flags.clone(), loaded.around.clone());
        Arc::new(Self {
            flags,
            around,
            operator,
            logging,
            certificate,
            running: Mutex::new(running),
        })
    }

    /// Reloads at each SIGHUP, and tells the log.
    pub(super) async fn follow(self: Arc<Self>, mut signals: Signal) {
        while signals.recv().await.is_some() {
            // Told by whoever reloads.
            drop(self.reload(false).await);
        }
    }

    /// Begins to hear SIGHUP: it no longer ends the process.
    pub(super) fn signals() -> std::io::Result<Signal> {
        signal(SignalKind::hangup())
    }

    fn read(&self) -> Result<Loaded, NotReloaded> {
        let refused = |refused: settings::Refused| NotReloaded(refused.to_string());
        let loaded = settings::load(&self.flags, &self.around).map_err(refused)?;
        loaded.check_exposure().map_err(refused)?;
        Ok(loaded)
    }

    async fn carry_out(&self, dry_run: bool) -> Result<Vec<Difference>, NotReloaded> {
        let mut running = self.running.lock().await;
        let loaded = self.read()?;
        let (places, apps) = (loaded.places(), fingerprints(&loaded.settings));
        let mut differences = running.places.differences(&places);
        let is_new = |app: &&App| running.apps.get(&app.id) != apps.get(&app.id);
        let mut changed: Vec<App> = loaded.settings.apps.iter().filter(is_new).cloned().collect();
        for app in &changed {
            let place = format!("apps[{}]", app.id);
            if !differences.iter().any(|known| known.setting.starts_with(&place)) {
                // A file or a variable that it names has another secret.
                let change = SettingChange::Changed;
                differences.push(Difference { setting: place, change, live: true });
            }
        }
        changed.iter_mut().for_each(conventions::complete);
        let gone = running.apps.keys().filter(|app| !apps.contains_key(*app)).cloned().collect();
        let documents = loaded.settings.documented_apps().collect();
        let given = GivenApps { documents, changed, gone };
        let done = self.operator.give(given, dry_run).await;
        done.map_err(|clash| NotReloaded(clash.to_string()))?;
        if !dry_run {
            self.logging.filter(&loaded.settings.log.filter);
            self.certificate.iter().for_each(|certificate| certificate.reload());
            running.places.adopt(&places);
            running.apps = apps;
        }
        Ok(differences)
    }
}

#[async_trait]
impl Configuration for Reload {
    async fn reload(&self, dry_run: bool) -> Result<Vec<Difference>, NotReloaded> {
        let outcome = self.carry_out(dry_run).await;
        match &outcome {
            Ok(_) if dry_run => {}
            Ok(differences) => {
                let names = |live: bool| -> Vec<&str> {
                    let those = differences.iter().filter(|difference| difference.live == live);
                    those.map(|difference| difference.setting.as_str()).collect()
                };
                let (changed, needs_restart) = (names(true).join(", "), names(false).join(", "));
                info!(target: "rtmate", changed, needs_restart, "the configuration was read anew");
            }
            Err(error) => {
                warn!(target: "rtmate", %error, dry_run, "the configuration can't be used; nothing changed");
            }
        }
        outcome
    }
}

fn fingerprints(settings: &Settings) -> HashMap<AppId, ApiKeyHash> {
    settings.apps.iter().map(|app| (app.id.clone(), fingerprint(app))).collect()
}

/// The same for two apps that are the same, their secrets included.
fn fingerprint(app: &App) -> ApiKeyHash {
    let mut text = format!("{app:?}");
    let jwt = app.jwt_keys.iter().filter_map(|key| match &key.material {
        KeyMaterial::Secret(secret) => Some(secret),
        KeyMaterial::PublicKey(_) | KeyMaterial::JwksUrl(_) => None,
    });
    let pusher = app.pusher_keys.iter().map(|key| &key.secret);
    for secret in jwt.chain(pusher) {
        text.push('\n');
        text.push_str(secret.expose_secret());
    }
    for key in &app.api_keys {
        text.extend(key.hash.as_bytes().iter().map(|byte| format!("{byte:02x}")));
    }
    hash_of_key(&text)
}
