//! The apps: those of the configuration, the demo app, and those that are made while the server runs.

use std::sync::Arc;

use adapters_http::hash_of_key;
use adapters_memory::{MemoryAppRegistry, MemoryAppStore};
use application::{
    Hub, Operator, OperatorPorts,
    ports::{AppStore, IdSource},
};
use domain::{ApiKey, App, Scope};
use protocol_pusher::conventions;
use secrecy::ExposeSecret;
use tracing::{error, info};

use super::{NotStarted, store::Store};
use crate::{
    demo_app::demo_app,
    demo_secrets::DemoSecrets,
    settings::{Documents, Settings},
};

/// The apps that there are from the start, and what the demo app's operator shows.
pub(super) struct Apps {
    pub(super) table: Arc<MemoryAppRegistry>,
    /// Good for this same machine alone; nothing without a demo app.
    pub(super) local_operator: Option<ApiKey>,
}

impl Apps {
    /// The apps of the configuration, and the demo app where it is on.
    pub(super) fn of(settings: &Settings) -> Result<Self, NotStarted> {
        let mut apps: Vec<App> = settings.apps.clone();
        let mut local_operator = None;
        if settings.demo.enabled {
            let secrets = demo_secrets(settings)?;
            let hash = hash_of_key(secrets.operator_key.expose_secret());
            let (name, scopes) = ("demo".into(), Scope::ALL.into());
            local_operator = Some(ApiKey { name, hash, scopes });
            apps.push(demo_app(&secrets));
        }
        apps.iter_mut().for_each(conventions::complete);
        Ok(Self { table: Arc::new(MemoryAppRegistry::new(apps)), local_operator })
    }

    /// Who changes them; brings those that were made before this start.
    pub(super) async fn operator(
        &self,
        settings: &Settings,
        hub: &Arc<Hub>,
        store: Option<&Store>,
        ids: &Arc<dyn IdSource>,
    ) -> Result<Arc<Operator>, NotStarted> {
        let kept: Arc<dyn AppStore> = match store {
            Some(store) => Arc::clone(&store.broker) as _,
            None => Arc::new(MemoryAppStore::default()),
        };
        let ports = OperatorPorts {
            table: Arc::clone(&self.table) as _,
            store: kept,
            documents: Arc::new(Documents::new(settings.limits.clone())),
            ids: Arc::clone(ids),
        };
        let operator = Operator::new(Arc::clone(hub), ports);
        let begun = operator.begin(settings.documented_apps()).await.map_err(NotStarted::Apps)?;
        for unusable in &begun.unusable {
            let (app, problem) = (&unusable.app, &unusable.problem);
            error!(target: "rtmate", %app, %problem, "the app can't be served as it is; change it, or delete it");
        }
        if begun.made > 0 {
            info!(target: "rtmate", apps = begun.made, "apps that were made while the server ran");
        }
        Ok(operator)
    }
}

fn demo_secrets(settings: &Settings) -> Result<DemoSecrets, NotStarted> {
    if let Some(secret) = &settings.demo.secret {
        return Ok(DemoSecrets::from_given(secret));
    }
    if settings.store.ephemeral {
        return Ok(DemoSecrets::ephemeral()?);
    }
    let directory = &settings.store.path;
    DemoSecrets::load_or_create(directory).map_err(|error| NotStarted::DemoSecrets {
        directory: directory.display().to_string(),
        error,
    })
}
