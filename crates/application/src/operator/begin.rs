//! The apps that were made before this start.

use domain::AppId;
use secrecy::SecretString;

use super::{Made, Operator};
use crate::ports::{AppStoreError, BadDocument};

/// The apps that were made before this start.
#[derive(Debug)]
pub struct Begun {
    /// How many there are.
    pub made: usize,
    /// Those that can't be served: they are known, and can be changed and deleted.
    pub unusable: Vec<Unusable>,
}

/// An app that was made and can't be served as it is.
#[derive(Debug)]
pub struct Unusable {
    /// Which.
    pub app: AppId,
    /// Why.
    pub problem: BadDocument,
}

/// Why the apps are not all known.
#[derive(Debug, thiserror::Error)]
pub enum NotBegun {
    /// The documents can't be read.
    #[error("the apps that were made can't be read")]
    Store(#[from] AppStoreError),
    /// An app of the configuration has the id of one that was made.
    #[error(
        "app {0} of the configuration was also made while the server ran; take it out of the \
         configuration, or start without it there and delete the other (rtmate app delete {0})"
    )]
    Twice(AppId),
}

impl Operator {
    /// Brings the apps that were made before this start to the table, which has those of the
    /// configuration.
    ///
    /// # Errors
    /// Which apps there are is not known, or one is there twice.
    pub async fn begin(
        &self,
        given: impl IntoIterator<Item = (AppId, SecretString)>,
    ) -> Result<Begun, NotBegun> {
        let mut known = self.known.lock().await;
        known.given = given.into_iter().collect();
        let mut unusable = Vec::new();
        for (id, document) in self.ports.store.all().await? {
            if known.given.contains_key(&id) {
                return Err(NotBegun::Twice(id));
            }
            let parsed = self.ports.documents.parse(&document, &self.ports.table.all());
            let problem = match parsed {
                Ok(app) => {
                    self.ports.table.put(app);
                    None
                }
                Err(problem) => {
                    unusable.push(Unusable { app: id.clone(), problem: problem.clone() });
                    Some(problem)
                }
            };
            known.made.insert(id, Made { document, unusable: problem });
        }
        Ok(Begun { made: known.made.len(), unusable })
    }
}
