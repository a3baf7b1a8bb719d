//! What an operator may do: make, change and delete apps while the server runs.

mod begin;
mod given;
mod keys;
mod node;
mod shown;

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use domain::{App, AppId, ErrorCode};
use secrecy::SecretString;
use tokio::sync::{Mutex, MutexGuard};

use crate::{
    Hub, Refusal,
    causes::Causes,
    ports::{
        AppDocuments, AppStore, AppTable, BadDocument, DomainEvent, Edit, IdSource, NotEdited,
    },
};

pub use begin::{Begun, NotBegun, Unusable};
pub use given::{Clash, GivenApps};
pub use keys::AddedKey;
pub use node::NodeOverview;
pub use shown::{AppPage, AppSource, ShownApp};

/// What an operator's hand is made of.
pub struct OperatorPorts {
    /// The apps of this process; the hub's own registry.
    pub table: Arc<dyn AppTable>,
    /// Keeps the documents of apps that are made.
    pub store: Arc<dyn AppStore>,
    /// Understands them.
    pub documents: Arc<dyn AppDocuments>,
    /// Makes keys.
    pub ids: Arc<dyn IdSource>,
}

/// What an operator may do: make, change and delete apps while the server runs. Whoever calls it has
/// proved that it is one.
///
/// Apps have one of three origins ([`AppSource`]): those of the configuration and the demo app are
/// shown here and can't be changed. What is made here is kept in the [`AppStore`], and changes are
/// there before they count. A change that was begun is finished, whoever stops waiting for it.
pub struct Operator {
    hub: Arc<Hub>,
    ports: OperatorPorts,
    /// One change at a time: held from the look at what is to the end of the change, over awaits.
    known: Mutex<Known>,
}

/// What is known of apps beyond the table.
#[derive(Default)]
struct Known {
    /// Documents of the apps of the configuration.
    given: BTreeMap<AppId, SecretString>,
    /// Those that were made, at most [`Operator::MOST`].
    made: BTreeMap<AppId, Made>,
}

/// An app that was made.
struct Made {
    document: SecretString,
    /// Why it is not served, where its document is no app any more: a bound of the server changed.
    unusable: Option<BadDocument>,
}

impl Operator {
    /// Apps that may be made, beside those of the configuration.
    pub const MOST: usize = 1_000;
    /// The most bytes of a document, with all that is in it.
    pub const DOCUMENT_BYTES: usize = 64 * 1024;
    const AGAIN: Duration = Duration::from_secs(1);

    /// Over the apps of this hub; [`Self::begin`] comes before anything else.
    #[must_use]
    pub fn new(hub: Arc<Hub>, ports: OperatorPorts) -> Arc<Self> {
        Arc::new(Self { hub, ports, known: Mutex::default() })
    }

    /// Makes an app.
    ///
    /// # Errors
    /// `invalid_params` (what is wrong with the document), `conflict` (the id is taken),
    /// `quota_exceeded`, `unavailable`.
    pub async fn create(self: &Arc<Self>, document: SecretString) -> Result<ShownApp, Refusal> {
        self.finished(|me| async move {
            let mut known = me.known.lock().await;
            let id = me.ports.documents.id(&document).map_err(bad)?;
            let taken = known.made.contains_key(&id) || me.found(&id).is_some();
            if taken {
                return Err(Refusal::because(ErrorCode::Conflict, "there is an app of this id"));
            }
            if known.made.len() >= Self::MOST {
                let detail = format!("there are {} apps; delete one first", Self::MOST);
                return Err(Refusal::because(ErrorCode::QuotaExceeded, detail));
            }
            let app = me.parse(&document)?;
            // Nothing of an earlier app of this id is the new one's.
            me.forget(&id).await?;
            me.keep(&mut known, app, document, "made").await
        })
        .await
    }

    /// Changes an app as this JSON object says (RFC 7396).
    ///
    /// # Errors
    /// As [`Self::create`]; `not_found`; `conflict`: it is not one that was made here.
    pub async fn change(self: &Arc<Self>, id: AppId, patch: String) -> Result<ShownApp, Refusal> {
        self.finished(|me| async move {
            let mut known = me.known.lock().await;
            let before = &me.made(&known, &id)?.document;
            let edited = me.ports.documents.edit(before, Edit::Merge(&patch)).map_err(unmade)?;
            let app = me.parse(&edited.document)?;
            if app.id != id {
                let detail = "id: an app keeps its id; make another one";
                return Err(Refusal::because(ErrorCode::InvalidParams, detail));
            }
            me.keep(&mut known, app, edited.document, "changed").await
        })
        .await
    }

    /// Deletes an app: its connections end, and what its channels kept is gone.
    ///
    /// # Errors
    /// `not_found`, `conflict` (it is not one that was made here), `unavailable`.
    pub async fn delete(self: &Arc<Self>, id: AppId) -> Result<(), Refusal> {
        self.finished(|me| async move {
            let mut known = me.known.lock().await;
            me.made(&known, &id)?;
            let removed = me.ports.store.remove(&id).await;
            removed.map_err(|error| me.failed(&id, "delete an app", &error))?;
            known.made.remove(&id);
            me.ports.table.remove(&id);
            me.hub.bring_app_changes().await;
            me.hub.events.record(&DomainEvent::AppChanged { app: &id, how: "deleted" });
            // Its data can't be seen any more. What is left where this fails goes when another app
            // of the id is made, so it is no failure of the deletion.
            drop(me.forget(&id).await);
            Ok(())
        })
        .await
    }

    /// Keeps a document and lets it count.
    async fn keep(
        &self,
        known: &mut MutexGuard<'_, Known>,
        app: App,
        document: SecretString,
        how: &'static str,
    ) -> Result<ShownApp, Refusal> {
        let id = app.id.clone();
        let kept = self.ports.store.put(&id, document.clone()).await;
        kept.map_err(|error| self.failed(&id, "keep an app", &error))?;
        known.made.insert(id.clone(), Made { document, unusable: None });
        self.ports.table.put(app);
        // It counts from the answer on.
        self.hub.bring_app_changes().await;
        self.hub.events.record(&DomainEvent::AppChanged { app: &id, how });
        self.shown(known, &id)
    }

    /// The app, if it was made here.
    fn made<'a>(&self, known: &'a Known, id: &AppId) -> Result<&'a Made, Refusal> {
        if let Some(made) = known.made.get(id) {
            return Ok(made);
        }
        let detail = if known.given.contains_key(id) {
            "the app is in the server's configuration: change it there, and reload"
        } else if self.found(id).is_some() {
            "the demo app is as it is"
        } else {
            return Err(Refusal::because(ErrorCode::NotFound, "no such app"));
        };
        Err(Refusal::because(ErrorCode::Conflict, detail))
    }

    fn found(&self, id: &AppId) -> Option<Arc<App>> {
        self.ports.table.all().into_iter().find(|app| app.id == *id)
    }

    fn parse(&self, document: &SecretString) -> Result<App, Refusal> {
        use secrecy::ExposeSecret as _;
        if document.expose_secret().len() > Self::DOCUMENT_BYTES {
            let detail = format!("a document has at most {} bytes", Self::DOCUMENT_BYTES);
            return Err(Refusal::because(ErrorCode::InvalidParams, detail));
        }
        self.ports.documents.parse(document, &self.ports.table.all()).map_err(bad)
    }

    /// All that channels of an app of this id have kept.
    async fn forget(&self, id: &AppId) -> Result<(), Refusal> {
        for keeper in [&self.hub.keepers.memory, &self.hub.keepers.durable] {
            let forgotten = keeper.broker.forget(id).await;
            forgotten.map_err(|error| self.failed(id, "forget an app", &error))?;
        }
        Ok(())
    }

    /// The log gets the cause, the operator learns that it may try again.
    fn failed(&self, app: &AppId, what: &'static str, cause: &dyn std::error::Error) -> Refusal {
        let cause = &Causes(cause);
        self.hub.events.record(&DomainEvent::BackendFailed { app, what, cause, trace: None });
        Refusal::later(ErrorCode::Unavailable, Self::AGAIN)
    }

    /// Does it to its end, also where nobody waits for it any more: a change is never made by half.
    async fn finished<T, F>(
        self: &Arc<Self>,
        change: impl FnOnce(Arc<Self>) -> F,
    ) -> Result<T, Refusal>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Refusal>> + Send + 'static,
    {
        let done = tokio::spawn(change(Arc::clone(self))).await;
        done.unwrap_or_else(|_| Err(Refusal::plain(ErrorCode::Internal)))
    }
}

fn bad(error: BadDocument) -> Refusal {
    Refusal::because(ErrorCode::InvalidParams, error.0)
}

fn unmade(error: NotEdited) -> Refusal {
    match error {
        NotEdited::NoSuchKey => Refusal::because(ErrorCode::NotFound, "no such key"),
        NotEdited::Bad(error) => bad(error),
    }
}

impl fmt::Debug for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operator").finish_non_exhaustive()
    }
}
