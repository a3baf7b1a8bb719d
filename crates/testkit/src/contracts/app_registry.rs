//! What every `AppRegistry` guarantees.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use application::ports::{AppRegistry, AppSink, AppTable};
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

/// A table that can be written, holding these apps.
type Holding = Arc<dyn AppTable>;

fn with_key(id: &str, key: &str) -> App {
    App { pusher_keys: vec![PusherKey { key: key.into(), secret: "s".into() }], ..app(id) }
}

async fn by_key(registry: &dyn AppRegistry, key: &str) -> Option<String> {
    let found = registry.find_by_pusher_key(key).await.expect("the registry answers");
    found.map(|app| app.id.to_string())
}

/// Guarantee 3: keys come and go with their apps.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn keys_follow_their_app(holding: impl AsyncFnOnce(Vec<App>) -> Holding) {
    let table = holding(vec![with_key("shop", "k-1"), with_key("bazaar", "k-2")]).await;
    table.put(with_key("shop", "k-3"));
    assert_eq!(by_key(&*table, "k-1").await, None, "a key that was taken away");
    assert_eq!(by_key(&*table, "k-3").await.as_deref(), Some("shop"));
    // A key that moves: whichever app is written last has it.
    table.put(with_key("market", "k-2"));
    table.put(app("bazaar"));
    assert_eq!(by_key(&*table, "k-2").await.as_deref(), Some("market"));
    assert!(table.remove(&AppId::parse("shop").expect("an app's name")));
    assert_eq!(by_key(&*table, "k-3").await, None);
    let ids: Vec<_> = table.all().iter().map(|app| app.id.to_string()).collect();
    assert_eq!(ids, ["bazaar", "market"]);
}

/// Guarantee 4: an app that changed is another `Arc`, and the others are not.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn an_app_that_changed_is_another(holding: impl AsyncFnOnce(Vec<App>) -> Holding) {
    let table = holding(vec![app("shop"), app("bazaar")]).await;
    let (shop, bazaar) = (find(&*table, "shop").await, find(&*table, "bazaar").await);
    let (shop, bazaar) = (shop.expect("found"), bazaar.expect("found"));
    table.put(App { status: AppStatus::Disabled, ..app("shop") });
    let now = find(&*table, "shop").await.expect("found");
    assert_eq!((shop.status, now.status), (AppStatus::Active, AppStatus::Disabled));
    assert!(!Arc::ptr_eq(&shop, &now));
    assert!(Arc::ptr_eq(&bazaar, &find(&*table, "bazaar").await.expect("found")));
}

/// Writes down what is announced, and what was current then.
struct Witness {
    table: Weak<dyn AppTable>,
    before: Arc<App>,
    told: Mutex<Vec<(String, bool)>>,
}

impl AppSink for Witness {
    fn changed(&self, app: &AppId) {
        let table = self.table.upgrade().expect("the table announces");
        let outdated = !table.is_current(&self.before);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.push((app.to_string(), outdated));
    }
}

impl Witness {
    fn told(&self) -> Vec<(String, bool)> {
        std::mem::take(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Guarantees 5 and 6: a change is announced once it can be found, and from before then what was
/// known is not current.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn changes_are_announced_behind_them(holding: impl AsyncFnOnce(Vec<App>) -> Holding) {
    let table = holding(vec![app("shop")]).await;
    let before = find(&*table, "shop").await.expect("found");
    assert!(table.is_current(&before));
    let (weak, told) = (Arc::downgrade(&table), Mutex::default());
    let witness = Arc::new(Witness { table: weak, before: Arc::clone(&before), told });
    let one: Weak<dyn AppSink> = Arc::downgrade(&witness) as _;
    table.watch(one);
    table.put(app("bazaar"));
    assert_eq!(witness.told(), [("bazaar".to_owned(), false)], "another app is new");
    table.put(app("shop"));
    assert_eq!(witness.told(), [("shop".to_owned(), true)]);
    let now = find(&*table, "shop").await.expect("found");
    assert!(table.is_current(&now) && !table.is_current(&before));
    let shop = AppId::parse("shop").expect("an app's name");
    assert!(table.remove(&shop) && !table.remove(&shop));
    assert_eq!(witness.told(), [("shop".to_owned(), true)], "once, for there was one");
    assert!(find(&*table, "shop").await.is_none() && !table.is_current(&now));
    let other = Witness { table: Arc::downgrade(&table), before, told: Mutex::default() };
    let other = Arc::new(other);
    let two: Weak<dyn AppSink> = Arc::downgrade(&other) as _;
    table.watch(two);
    drop(witness);
    table.put(app("shop"));
    assert_eq!(other.told().len(), 1, "who is gone is forgotten, who is there is told");
}
