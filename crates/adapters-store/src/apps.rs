//! Documents of apps, and the end of all that an app has.

use application::ports::{AppStore, AppStoreError, Cause};
use async_trait::async_trait;
use domain::{AppId, ChannelKey};
use secrecy::{ExposeSecret, SecretString};
use tokio::{sync::oneshot, task::spawn_blocking, time::timeout};

use crate::{
    DurableBroker,
    command::{AppChange, Command},
    encoding::{Reader, Writer},
    engine::{Bytes, EngineError, View},
    error::{NotOpen, TooSlow},
    group::Group,
    space::{AppNumber, Space, app_key},
    stream::Stream,
};

/// A document is not what was written.
#[derive(Debug, thiserror::Error)]
#[error("the document of an app is damaged")]
struct DamagedDocument;

impl DurableBroker {
    /// Has an app changed; resolves when that is on disk.
    pub(crate) async fn change_app(&self, app: &AppId, change: AppChange) -> Result<(), Cause> {
        let (answer, settled) = oneshot::channel();
        self.ask(Command::App { app: app.clone(), change, answer })?;
        match timeout(self.options.patience, settled).await {
            Ok(settled) => settled.map_err(|_| NotOpen)?,
            Err(_) => Err(TooSlow.into()),
        }
    }
}

impl Group<'_> {
    pub(crate) fn change_app(&mut self, app: &AppId, change: AppChange) -> Result<(), Cause> {
        let key = app.as_str().as_bytes();
        match change {
            AppChange::Put(document) => {
                let mut value = Writer::with_capacity(document.expose_secret().len() + 4);
                value.text(document.expose_secret());
                self.staged.batch.put(Space::Documents, key, value.sealed(key));
            }
            AppChange::Remove => self.staged.batch.remove(Space::Documents, key),
            AppChange::Forget => self.forget_app(app)?,
        }
        Ok(())
    }

    /// Its number goes with it: a later app of the same name gets another one.
    fn forget_app(&mut self, app: &AppId) -> Result<(), EngineError> {
        let Some(number) = self.ledger.apps.get(app).map(|entry| entry.number) else {
            return Ok(());
        };
        let leases = leases_of(&self.staged.batch.view(), number)?;
        for (channel, stream) in self.streams_of_app(app) {
            self.staged.streams.remove(&channel);
            self.shared.lock().streams.remove(&channel);
            self.bury(&channel, &stream);
        }
        // What this group would have brought, too; but what was buried stays to be erased.
        let spaces = [Space::Streams, Space::Keys, Space::Leases, Space::Apps];
        self.staged.batch.remove_all(&spaces, &app_key(number));
        for scope in self.ledger.keys.forget(number) {
            self.staged.batch.remove(Space::Keys, &scope.to_bytes());
        }
        leases.iter().for_each(|key| self.staged.batch.remove(Space::Leases, key));
        self.staged.batch.remove(Space::Apps, &app_key(number));
        self.ledger.apps.remove(app);
        self.bury_app(app, number);
        Ok(())
    }

    /// As this group leaves them.
    fn streams_of_app(&self, app: &AppId) -> Vec<(ChannelKey, Stream)> {
        let state = self.shared.lock();
        let known = state.streams.places().iter().filter(|(channel, _)| channel.app == *app);
        let known = known.filter(|(channel, _)| !self.staged.streams.contains_key(*channel));
        let staged = self.staged.streams.iter().filter(|(channel, _)| channel.app == *app);
        known.chain(staged).map(|(channel, stream)| (channel.clone(), *stream)).collect()
    }
}

fn leases_of(view: &View, app: AppNumber) -> Result<Vec<Bytes>, EngineError> {
    // No lease has as short a key as the end of the range.
    let rows = view.range(Space::Leases, &app_key(app), &app_key(app.saturating_add(1)));
    rows.map(|row| Ok(row?.0)).collect()
}

fn read(view: &View) -> Result<Vec<(AppId, SecretString)>, Cause> {
    let document = |row: (Bytes, Bytes)| {
        let (key, value) = row;
        let app = AppId::parse(std::str::from_utf8(&key).ok()?).ok()?;
        Some((app, Reader::unsealed(&key, &value)?.text()?.to_owned().into()))
    };
    view.all(Space::Documents)
        .map(|row| document(row?).ok_or_else(|| DamagedDocument.into()))
        .collect()
}

#[async_trait]
impl AppStore for DurableBroker {
    async fn all(&self) -> Result<Vec<(AppId, SecretString)>, AppStoreError> {
        let engine = self.shared.lock().engine.clone();
        let engine = engine.ok_or_else(|| AppStoreError(NotOpen.into()))?;
        let documents = spawn_blocking(move || read(&engine.view()));
        documents.await.map_err(|error| AppStoreError(error.into()))?.map_err(AppStoreError)
    }

    async fn put(&self, app: &AppId, document: SecretString) -> Result<(), AppStoreError> {
        self.change_app(app, AppChange::Put(document)).await.map_err(AppStoreError)
    }

    async fn remove(&self, app: &AppId) -> Result<(), AppStoreError> {
        self.change_app(app, AppChange::Remove).await.map_err(AppStoreError)
    }
}
