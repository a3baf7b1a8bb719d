//! The port that keeps the documents of apps that were made while the server runs.

use async_trait::async_trait;
use domain::AppId;
use secrecy::SecretString;

use super::Cause;

/// A document can't be kept, or not be read.
#[derive(Debug, thiserror::Error)]
#[error("the store of apps is unavailable")]
pub struct AppStoreError(#[source] pub Cause);

/// Keeps the documents of apps: texts that only [`AppDocuments`](super::AppDocuments) understands,
/// with the apps' secrets in them.
///
/// Guarantees of every adapter:
///
/// 1. Once `put` is answered the document is there, in place of the one of before, and once `remove`
///    is answered none is; an adapter that outlives the process has it on disk by then.
/// 2. What comes back is, byte for byte, what was put, in the order of the ids.
/// 3. Apps are apart: nothing that is done to one is seen of another.
#[async_trait]
pub trait AppStore: Send + Sync {
    /// All documents.
    ///
    /// # Errors
    /// They can't be read, or one is damaged: a server that went on would not know its apps.
    async fn all(&self) -> Result<Vec<(AppId, SecretString)>, AppStoreError>;

    /// Keeps the document of an app.
    ///
    /// # Errors
    /// The outcome is unknown; it may be repeated.
    async fn put(&self, app: &AppId, document: SecretString) -> Result<(), AppStoreError>;

    /// Forgets the document of an app, if there is one.
    ///
    /// # Errors
    /// The outcome is unknown; it may be repeated.
    async fn remove(&self, app: &AppId) -> Result<(), AppStoreError>;
}
