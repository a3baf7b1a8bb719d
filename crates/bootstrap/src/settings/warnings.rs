//! What is configured and does nothing, or less than it seems. Nothing is silently ignored.

use domain::{
    App, Durability, FactKind, FactKinds, HistoryPolicy, JwtKey, KeyMaterial, MessageEvents,
    Namespace,
};

use super::{demo::Demo, key_path::KeyPath, server::Server, store::Store};

/// Tokens without a `kid` are tried with at most so many keys of their family.
const KEYS_TRIED: usize = 4;

/// One line for each such thing, in the order of the configuration.
pub(crate) fn all(server: &Server, store: &Store, demo: &Demo, apps: &[App]) -> Vec<String> {
    let mut warnings = Warnings(Vec::new());
    if server.is_internal_everywhere() {
        let words =
            "on every address of this machine, public ones too: /metrics needs no key there";
        warnings.add(&KeyPath::of("server.internal_listen"), words);
    }
    if apps.is_empty() && !demo.enabled {
        let words = "the demo app is off and no other app is configured: nobody can connect";
        warnings.add(&KeyPath::of("demo.enabled"), words);
    }
    if demo.secret.is_some() && !demo.enabled {
        warnings.add(&KeyPath::of("demo.secret"), "the demo app is off; the secret opens nothing");
    }
    for (index, app) in apps.iter().enumerate() {
        warnings.app(&KeyPath::of("apps").index(index), app, store);
    }
    warnings.0
}

struct Warnings(Vec<String>);

impl Warnings {
    fn add(&mut self, path: &KeyPath, words: &str) {
        self.0.push(format!("{path}: {words}"));
    }

    fn app(&mut self, path: &KeyPath, app: &App, store: &Store) {
        if app.jwt_keys.is_empty() && app.pusher_keys.is_empty() {
            let words = "there are none, and no pusher_keys: no client can come in";
            self.add(&path.key("jwt_keys"), words);
        }
        self.families(&path.key("jwt_keys"), &app.jwt_keys);
        for (index, namespace) in app.namespaces.iter().enumerate() {
            self.namespace(&path.key("namespaces").index(index), namespace, store);
        }
        self.events(path, app, store);
    }

    fn events(&mut self, path: &KeyPath, app: &App, store: &Store) {
        let recorded = app.recorded();
        if recorded != FactKinds::NONE && store.ephemeral {
            let place = if app.events.keep { "events" } else { "webhooks" };
            self.add(&path.key(place), "store.ephemeral is on: no event is kept or delivered");
        }
        for (index, namespace) in app.namespaces.iter().enumerate() {
            let told = namespace.events != MessageEvents::None;
            if told && !recorded.has(FactKind::MessagePublished) {
                let words = "no webhook is told of message.published, and apps.events.keep is off";
                self.add(&path.key("namespaces").index(index).key("events"), words);
            }
        }
    }

    fn families(&mut self, path: &KeyPath, keys: &[JwtKey]) {
        let held = |key: &&JwtKey| !matches!(key.material, KeyMaterial::JwksUrl(_));
        let shared = keys.iter().filter(held).filter(|key| key.algorithm.is_symmetric()).count();
        if shared > KEYS_TRIED {
            let words = format!(
                "of the {shared} shared secrets a token without kid is tried with {KEYS_TRIED} \
                 only; write kid into your tokens"
            );
            self.add(path, &words);
        }
    }

    fn namespace(&mut self, path: &KeyPath, namespace: &Namespace, store: &Store) {
        let durable = |history: &HistoryPolicy| history.durability == Durability::Durable;
        if store.ephemeral && namespace.history.as_ref().is_some_and(durable) {
            let words = "store.ephemeral is on: nothing is kept";
            self.add(&path.key("history").key("durability"), words);
        }
        let default = Namespace::default();
        let bounds =
            |namespace: &Namespace| (namespace.presence_leave_delay, namespace.presence_members);
        if !namespace.presence && bounds(namespace) != bounds(&default) {
            let words = "it is off: presence_leave_delay and presence_members have no effect";
            self.add(&path.key("presence"), words);
        }
    }
}
