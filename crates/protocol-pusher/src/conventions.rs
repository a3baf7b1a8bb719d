//! The options that channels have by their names in this protocol.

use std::sync::Arc;

use domain::{App, ChannelMode, ChannelName, Namespace, NamespacePattern};

use crate::ChannelKind;

/// The most members of a presence channel, as the hosted service has it.
pub const MEMBERS: u32 = 100;

/// Gives an app that has Pusher keys the namespaces that the protocol promises: presence in
/// `presence-*`, and the latest message for 30 minutes in `cache-*` and its like. What the app's own
/// configuration says of one of these patterns stays; all else is as its other channels have it.
pub fn complete(app: &mut App) {
    if app.pusher_keys.is_empty() {
        return;
    }
    let promised = ["presence-"].into_iter().chain(ChannelKind::CACHES);
    let missing: Vec<_> = promised.filter_map(|prefix| missing(app, prefix)).collect();
    app.namespaces.extend(missing);
}

fn missing(app: &App, prefix: &str) -> Option<Arc<Namespace>> {
    let pattern = NamespacePattern::parse(&format!("{prefix}*"))?;
    if app.namespaces.iter().any(|known| known.pattern.as_ref() == Some(&pattern)) {
        return None;
    }
    let channel = ChannelName::parse(prefix).ok()?;
    let kind = ChannelKind::of(&channel);
    let mut namespace = Namespace::clone(app.namespace(&channel));
    namespace.pattern = Some(pattern);
    if kind.presence {
        namespace.presence = true;
        namespace.presence_members = MEMBERS;
    }
    if kind.cache {
        // Without history of its own a cache keeps what it has for 30 minutes.
        namespace.mode = ChannelMode::Cache;
        namespace.history = None;
    }
    Some(Arc::new(namespace))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{AppId, PusherKey};

    fn app(change: impl FnOnce(&mut App)) -> App {
        let mut app = App::new(AppId::parse("shop").unwrap());
        app.pusher_keys = vec![PusherKey { key: "k".into(), secret: "s".into() }];
        change(&mut app);
        complete(&mut app);
        app
    }

    fn of(app: &App, channel: &str) -> Namespace {
        Namespace::clone(app.namespace(&ChannelName::parse(channel).unwrap()))
    }

    #[test]
    fn names_say_what_a_channel_has() {
        let app = app(|_| ());
        assert!(of(&app, "presence-a").presence);
        assert_eq!(of(&app, "presence-a").presence_members, MEMBERS);
        for cache in ["cache-a", "private-cache-a", "presence-cache-a", "private-encrypted-cache-a"]
        {
            assert_eq!(of(&app, cache).mode, ChannelMode::Cache, "{cache}");
            assert_eq!(of(&app, cache).kept().unwrap().ttl, Namespace::CACHE_TTL);
        }
        assert!(of(&app, "presence-cache-a").presence);
        for plain in ["a", "private-a", "private-encrypted-a", "mycache-a"] {
            assert_eq!(of(&app, plain), Namespace::default(), "{plain}");
        }
    }

    #[test]
    fn what_is_configured_stays() {
        let own = Namespace {
            pattern: NamespacePattern::parse("presence-*"),
            presence: true,
            presence_members: 7,
            ..Namespace::default()
        };
        let app = app(|app| app.namespaces.push(Arc::new(own)));
        assert_eq!(of(&app, "presence-a").presence_members, 7);
        assert_eq!(app.namespaces.len(), 5);
    }

    #[test]
    fn who_has_no_keys_has_no_conventions() {
        let app = app(|app| app.pusher_keys.clear());
        assert!(app.namespaces.is_empty());
    }
}
