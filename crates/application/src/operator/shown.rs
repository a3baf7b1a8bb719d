//! Apps as an operator sees them.

use domain::{AppId, AppStatus, ErrorCode};

use super::{Known, Operator};
use crate::Refusal;

/// Where an app comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppSource {
    /// The server's configuration.
    Configuration,
    /// It was made while a server ran.
    Made,
    /// It is the demo app.
    Demo,
}

/// An app as an operator sees it.
#[derive(Debug, Clone)]
pub struct ShownApp {
    /// Its id.
    pub id: AppId,
    /// Whether it is served; nothing where it can't be.
    pub status: Option<AppStatus>,
    /// Where it comes from.
    pub source: AppSource,
    /// Why it can't be served.
    pub problem: Option<String>,
    /// Its document without secrets, as JSON; nothing for the demo app.
    pub document: Option<String>,
}

/// Some of the apps, in the order of their ids.
#[derive(Debug)]
pub struct AppPage {
    /// They.
    pub apps: Vec<ShownApp>,
    /// There are more behind the last one.
    pub more: bool,
}

impl Operator {
    /// The apps behind `after`, at most `limit` of them, without their documents.
    pub async fn list(&self, after: Option<&AppId>, limit: usize) -> AppPage {
        let known = self.known.lock().await;
        let served = self.ports.table.all();
        let mut ids: Vec<AppId> = served.iter().map(|app| app.id.clone()).collect();
        let unusable = known.made.iter().filter(|(_, made)| made.unusable.is_some());
        ids.extend(unusable.map(|(id, _)| id.clone()));
        ids.retain(|id| after.is_none_or(|after| id > after));
        ids.sort_unstable();
        let more = ids.len() > limit;
        ids.truncate(limit);
        let apps = ids.into_iter().map(|id| {
            let status = served.iter().find(|app| app.id == id).map(|app| app.status);
            known.shown(id, status)
        });
        AppPage { apps: apps.collect(), more }
    }

    /// One app with its document.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn show(&self, id: &AppId) -> Result<ShownApp, Refusal> {
        let known = self.known.lock().await;
        self.shown(&known, id)
    }

    pub(super) fn shown(&self, known: &Known, id: &AppId) -> Result<ShownApp, Refusal> {
        let found = self.found(id);
        if found.is_none() && !known.made.contains_key(id) {
            return Err(Refusal::because(ErrorCode::NotFound, "no such app"));
        }
        let mut shown = known.shown(id.clone(), found.map(|app| app.status));
        if let Some(document) = known.document(id) {
            let text = self.ports.documents.show(document).map_err(super::bad)?;
            shown.document = Some(text);
        }
        Ok(shown)
    }
}

impl Known {
    fn shown(&self, id: AppId, status: Option<AppStatus>) -> ShownApp {
        let made = self.made.get(&id);
        let source = match made {
            Some(_) => AppSource::Made,
            None if self.given.contains_key(&id) => AppSource::Configuration,
            None => AppSource::Demo,
        };
        let problem = made.and_then(|made| made.unusable.as_ref()).map(ToString::to_string);
        ShownApp { id, status, source, problem, document: None }
    }

    fn document(&self, id: &AppId) -> Option<&secrecy::SecretString> {
        self.made.get(id).map(|made| &made.document).or_else(|| self.given.get(id))
    }
}
