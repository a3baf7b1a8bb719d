//! What every `AppRegistry` guarantees.

use std::sync::Arc;

use application::ports::AppRegistry;
use domain::{App, AppId, AppStatus, PusherKey};

fn app(id: &str) -> App {
    App::new(AppId::parse(id).expect("an app's name"))
}

async fn find(registry: &dyn AppRegistry, id: &str) -> Option<Arc<App>> {
    let id = AppId::parse(id).expect("an app's name");
    registry.find(&id).await.expect("the registry answers")
}

/// Guarantee 1: an app that exists is found by its exact id, and no other is.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn an_app_is_found_by_its_exact_id(
    holding: impl AsyncFnOnce(Vec<App>) -> Arc<dyn AppRegistry>,
) {
    let registry = holding(vec![app("shop"), app("Shop"), app("shop.eu")]).await;
    for id in ["shop", "Shop", "shop.eu"] {
        let found = find(&*registry, id).await.unwrap_or_else(|| panic!("{id} is not found"));
        assert_eq!(found.id.as_str(), id);
    }
    for id in ["sho", "shops", "SHOP", "shop.", "shopxeu", "eu"] {
        assert!(find(&*registry, id).await.is_none(), "{id} is found");
    }
}

/// Guarantee 2: a disabled app is found, with its status.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn a_disabled_app_is_found(holding: impl AsyncFnOnce(Vec<App>) -> Arc<dyn AppRegistry>) {
    let disabled = App { status: AppStatus::Disabled, ..app("old") };
    let registry = holding(vec![disabled, app("new")]).await;
    let status = async |id| find(&*registry, id).await.map(|app| app.status);
    assert_eq!(status("old").await, Some(AppStatus::Disabled));
    assert_eq!(status("new").await, Some(AppStatus::Active));
}

/// Guarantee 3: an app is found by each of its Pusher keys, and by no other.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn an_app_is_found_by_its_pusher_keys(
    holding: impl AsyncFnOnce(Vec<App>) -> Arc<dyn AppRegistry>,
) {
    let key = |key: &str| PusherKey { key: key.into(), secret: "s".into() };
    let shop = App { pusher_keys: vec![key("k-1"), key("k-2")], ..app("shop") };
    let bazaar = App { pusher_keys: vec![key("k-3")], ..app("bazaar") };
    let registry = holding(vec![shop, bazaar, app("k-4")]).await;
    for (key, id) in [
        ("k-1", Some("shop")),
        ("k-2", Some("shop")),
        ("k-3", Some("bazaar")),
        ("k-4", None),
        ("K-1", None),
        ("", None),
    ] {
        let found = registry.find_by_pusher_key(key).await.expect("the registry answers");
        assert_eq!(found.as_ref().map(|app| app.id.as_str()), id, "{key}");
    }
}

/// Guarantee 4: an app that did not change is the same `Arc`.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn an_app_keeps_its_address(holding: impl AsyncFnOnce(Vec<App>) -> Arc<dyn AppRegistry>) {
    let registry = holding(vec![app("shop"), app("bazaar")]).await;
    let (first, second) = (find(&*registry, "shop").await, find(&*registry, "shop").await);
    let (first, second) = (first.expect("found"), second.expect("found"));
    assert!(Arc::ptr_eq(&first, &second));
}
