//! A tenant.

use std::sync::Arc;

use crate::{
    ApiKey, AppId, AppLimits, ChannelName, EventOptions, FactKind, FactKinds, Grant, JwtKey,
    Namespace, OriginPolicy, PusherKey, PusherOptions, Webhook, namespace,
};

/// Whether an app is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AppStatus {
    /// Served.
    #[default]
    Active,
    /// Known and refused.
    Disabled,
}

/// A tenant: everything that one application has to itself.
#[derive(Debug, Clone)]
pub struct App {
    /// Its name.
    pub id: AppId,
    /// Whether it is served.
    pub status: AppStatus,
    /// Whether it answers only this same machine, and explains its denials: the demo app.
    pub demo: bool,
    /// Keys of tokens.
    pub jwt_keys: Vec<JwtKey>,
    /// Keys of the Pusher protocol.
    pub pusher_keys: Vec<PusherKey>,
    /// Options of the Pusher protocol.
    pub pusher: PusherOptions,
    /// Keys of the server API.
    pub api_keys: Vec<ApiKey>,
    /// Web origins.
    pub origins: OriginPolicy,
    /// Bounds of one connection.
    pub limits: AppLimits,
    /// What a token without `caps` allows. Nothing unless configured.
    pub default_grants: Arc<[Grant]>,
    /// Options of channels, by pattern.
    pub namespaces: Vec<Arc<Namespace>>,
    /// Options of channels without a pattern.
    pub default_namespace: Arc<Namespace>,
    /// Whether messages may be compressed for its connections, where the transport can.
    pub compression: bool,
    /// Receivers of events.
    pub webhooks: Vec<Webhook>,
    /// What is kept of events.
    pub events: EventOptions,
}

impl App {
    /// An app that has nothing yet: nobody can authenticate, nothing is allowed.
    #[must_use]
    pub fn new(id: AppId) -> Self {
        Self {
            id,
            status: AppStatus::Active,
            demo: false,
            jwt_keys: Vec::new(),
            pusher_keys: Vec::new(),
            pusher: PusherOptions::default(),
            api_keys: Vec::new(),
            origins: OriginPolicy::default(),
            limits: AppLimits::default(),
            default_grants: Arc::default(),
            namespaces: Vec::new(),
            default_namespace: Arc::default(),
            compression: false,
            webhooks: Vec::new(),
            events: EventOptions::default(),
        }
    }

    /// The options of a channel: those of the longest fitting pattern, else the app's default.
    #[must_use]
    pub fn namespace(&self, channel: &ChannelName) -> &Arc<Namespace> {
        namespace::choose(&self.namespaces, &self.default_namespace, channel)
    }

    /// The kinds of events that are written for the app: all where it keeps them for whoever reads;
    /// with endpoints what any of them wants, and what makes the live set; none for all others.
    #[must_use]
    pub fn recorded(&self) -> FactKinds {
        if self.events.keep {
            return FactKinds::all();
        }
        if self.webhooks.is_empty() {
            return FactKinds::NONE;
        }
        let state = FactKind::ALL.into_iter().filter(|kind| kind.is_state()).collect();
        let dropped = [FactKind::EventsDropped].into_iter().collect::<FactKinds>().and(state);
        self.webhooks.iter().fold(dropped, |kinds, webhook| kinds.and(webhook.events))
    }

    /// Whether the subscribers of a channel are told how many they are: where members are told one
    /// by one they know.
    #[must_use]
    pub fn counts_subscribers(&self, channel: &ChannelName) -> bool {
        self.pusher.subscription_count && !channel.as_str().starts_with("presence-")
    }
}
