//! The port that knows the apps, and the one that it tells of changes.

use std::sync::{Arc, Weak};

use async_trait::async_trait;
use domain::{App, AppId};

use super::Cause;

/// The apps can't be asked right now.
#[derive(Debug, thiserror::Error)]
#[error("the app registry is unavailable")]
pub struct RegistryError(#[source] pub Cause);

/// Is told which apps changed. Called where the change is made: it returns at once, and asks for
/// nothing meanwhile.
pub trait AppSink: Send + Sync {
    /// The app was made, changed or deleted: what it is now the registry says.
    fn changed(&self, app: &AppId);
}

/// Knows the apps.
///
/// Guarantees of every adapter:
///
/// 1. An app that exists is found by its exact id, and no other is.
/// 2. A disabled app is found, with its status: whoever asks decides.
/// 3. An app is found by each of its Pusher keys, too, and no app by a key that is not its own; a
///    key that an app no longer has finds nothing.
/// 4. As long as an app does not change it is the same `Arc`: what others derive of it (parsed
///    keys) may be remembered by its address. One that was changed is another `Arc`.
/// 5. Each change is announced to every sink that watches, by the app's id, once it can be found:
///    who asks behind the announcement gets this value or a later one, and nothing of an app that
///    is gone. A sink that was dropped is forgotten.
/// 6. Whether a value is current is said without waiting, and agrees with what is found: a value is
///    not current from before its change is announced.
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

    /// Whether the app still is as it is here. Cheap: asked for each connection that becomes a
    /// client's.
    fn is_current(&self, app: &Arc<App>) -> bool;

    /// From now on the sink is told of changes, until it is dropped. Sinks are few, one or two for a
    /// process.
    fn watch(&self, sink: Weak<dyn AppSink>);
}

/// The apps of this process as a table that can be written. What is written is found, announced and
/// current as [`AppRegistry`] guarantees, when the call returns.
pub trait AppTable: AppRegistry {
    /// Puts an app in place of the one with its id, or beside the others.
    fn put(&self, app: App);

    /// Takes an app away. Says whether it was there.
    fn remove(&self, id: &AppId) -> bool;

    /// All apps, in the order of their ids.
    fn all(&self) -> Vec<Arc<App>>;
}
