//! What every `AppStore` guarantees.

use std::sync::Arc;

use application::ports::AppStore;
use domain::AppId;
use secrecy::ExposeSecret;

/// Makes the adapter that a suite runs on.
pub trait AppStoreFixture {
    /// The store; another call is another start over the same place, where there is one. What the
    /// earlier call gave was dropped.
    fn open(&self) -> Arc<dyn AppStore>;

    /// Whether what is kept outlives a start.
    fn is_durable(&self) -> bool;
}

fn id(text: &str) -> AppId {
    AppId::parse(text).expect("an app's name")
}

async fn all(store: &dyn AppStore) -> Vec<(String, String)> {
    let all = store.all().await.expect("documents");
    all.iter().map(|(app, it)| (app.to_string(), it.expose_secret().to_owned())).collect()
}

fn row(app: &str, document: &str) -> (String, String) {
    (app.to_owned(), document.to_owned())
}

/// Guarantee 1: what was put is there, what was removed is not, also for the next start.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn what_was_answered_is_so(fixture: &dyn AppStoreFixture) {
    let mut store = fixture.open();
    let again = |store: Arc<dyn AppStore>| {
        if !fixture.is_durable() {
            return store;
        }
        drop(store);
        fixture.open()
    };
    assert_eq!(all(&*store).await, []);
    store.put(&id("shop"), "1".into()).await.expect("kept");
    store.put(&id("bazaar"), "2".into()).await.expect("kept");
    store.put(&id("shop"), "3".into()).await.expect("kept");
    store = again(store);
    assert_eq!(all(&*store).await, [row("bazaar", "2"), row("shop", "3")]);
    store.remove(&id("bazaar")).await.expect("forgotten");
    store.remove(&id("nobody")).await.expect("nothing to forget");
    store = again(store);
    assert_eq!(all(&*store).await, [row("shop", "3")]);
}

/// Guarantee 2: what comes back is what was put, byte for byte, in the order of the ids.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn what_comes_back_is_what_was_put(fixture: &dyn AppStoreFixture) {
    let store = fixture.open();
    let large = "\u{1F600}\n\"{}".repeat(10_000);
    for (app, document) in [("z", large.as_str()), ("a", ""), ("m.1", "{ }")] {
        store.put(&id(app), document.to_owned().into()).await.expect("kept");
    }
    assert_eq!(all(&*store).await, [row("a", ""), row("m.1", "{ }"), row("z", &large)]);
}

/// Guarantee 3: apps are apart.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn apps_are_apart(fixture: &dyn AppStoreFixture) {
    let store = fixture.open();
    for app in ["shop", "shop.eu", "Shop"] {
        store.put(&id(app), app.to_owned().into()).await.expect("kept");
    }
    store.remove(&id("shop")).await.expect("forgotten");
    assert_eq!(all(&*store).await, [row("Shop", "Shop"), row("shop.eu", "shop.eu")]);
}
