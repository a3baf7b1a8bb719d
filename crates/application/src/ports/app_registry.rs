//! The port that knows the apps.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{App, AppId};

use super::Cause;

/// The apps can't be asked right now.
#[derive(Debug, thiserror::Error)]
#[error("the app registry is unavailable")]
pub struct RegistryError(#[source] pub Cause);

/// Knows the apps.
///
/// Guarantees of every adapter:
///
/// 1. An app that exists is found by its exact id, and no other is.
/// 2. A disabled app is found, with its status: whoever asks decides.
/// 3. An app is found by each of its Pusher keys, too, and no app by a key that is not its own.
/// 4. As long as an app does not change it is the same `Arc`: what others derive of it (parsed
///    keys) may be remembered by its address.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait AppRegistry: Send + Sync {
    /// The app with this id; nothing where there is none.
    ///
    /// # Errors
    /// The registry can't answer.
    async fn find(&self, id: &AppId) -> Result<Option<Arc<App>>, RegistryError>;

    /// The app that has this key of the Pusher protocol; nothing where none has.
    ///
    /// # Errors
    /// The registry can't answer.
    async fn find_by_pusher_key(&self, key: &str) -> Result<Option<Arc<App>>, RegistryError>;
}
