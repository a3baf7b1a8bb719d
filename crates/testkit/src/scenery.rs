//! What stands on a stage.

use std::sync::Arc;

use adapters_memory::{MemoryBroker, MemoryPresence};
use application::{
    Fanout, Keeper, Rules,
    ports::{Broker, Clock, DeliverySink, IdSource, PresenceSink, PresenceStore},
};
use domain::{Action, Actions, App, AppId, Grant, GrantPattern, Namespace};

/// Makes the stage's broker and history.
type MakeKeeper<'a> =
    Box<dyn FnOnce(Arc<dyn DeliverySink>, Arc<dyn Clock>, Arc<dyn IdSource>) -> Keeper + 'a>;

/// Makes the stage's presence store.
type MakePresence<'a> =
    Box<dyn FnOnce(Arc<dyn PresenceSink>, Arc<dyn Clock>) -> Arc<dyn PresenceStore> + 'a>;

/// What stands on a stage: the apps `shop` and `bazaar`, which grant everything in `chat:*` and
/// reading in `news`, and `demo-app` with the same grants and the demo's rules; the broker in
/// memory; the usual rules.
pub struct Scenery<'a> {
    /// The apps.
    pub apps: Vec<App>,
    /// What every connection is held to.
    pub rules: Rules,
    /// The fan-out; the usual one writes each message in the call that delivers it.
    pub fanout: Fanout,
    /// The broker, made with the fan-out as its sink, and its history: of both durabilities.
    pub keeper: MakeKeeper<'a>,
    /// The presence store, made with the fan-out as its sink.
    pub presence: MakePresence<'a>,
}

impl Default for Scenery<'_> {
    fn default() -> Self {
        let demo = App { demo: true, ..app("demo-app") };
        Self {
            apps: vec![app("shop"), app("bazaar"), demo],
            rules: Rules::default(),
            fanout: Fanout::new(),
            keeper: Box::new(|sink, clock, ids| {
                let memory = Arc::new(MemoryBroker::new(sink, clock, ids));
                Keeper { broker: Arc::clone(&memory) as _, history: memory }
            }),
            presence: Box::new(|sink, clock| Arc::new(MemoryPresence::new(sink, clock))),
        }
    }
}

impl<'a> Scenery<'a> {
    /// The same with a broker around this one.
    #[must_use]
    pub fn around_broker(self, wrap: impl FnOnce(Arc<dyn Broker>) -> Arc<dyn Broker> + 'a) -> Self {
        let keeper = self.keeper;
        let keeper: MakeKeeper<'a> = Box::new(|sink, clock, ids| {
            let Keeper { broker, history } = keeper(sink, clock, ids);
            Keeper { broker: wrap(broker), history }
        });
        Self { keeper, ..self }
    }

    /// The same with another broker, whose channels have no history.
    #[must_use]
    pub fn with_broker(
        self,
        make: impl FnOnce(Arc<dyn DeliverySink>, Arc<dyn Clock>, Arc<dyn IdSource>) -> Arc<dyn Broker>
        + 'a,
    ) -> Self {
        let keeper: MakeKeeper<'a> = Box::new(|sink, clock, ids| {
            let history =
                MemoryBroker::new(Arc::clone(&sink), Arc::clone(&clock), Arc::clone(&ids));
            Keeper { broker: make(sink, clock, ids), history: Arc::new(history) }
        });
        Self { keeper, ..self }
    }

    /// The same with a fan-out that gathers messages, as the server's does: what is sent is heard
    /// when the test has let the runtime work ([`Fanout::settled`]).
    ///
    /// # Panics
    /// There is no runtime.
    #[must_use]
    pub fn gathering(self) -> Self {
        Self { fanout: Fanout::gathering(tokio::runtime::Handle::current()), ..self }
    }

    /// The same with presence in the channels of the app `shop`.
    #[must_use]
    pub fn with_presence(self) -> Self {
        self.with_shop(|app| {
            app.default_namespace = Arc::new(Namespace { presence: true, ..Namespace::default() });
        })
    }

    /// The same with other limits or options of the app `shop`.
    #[must_use]
    pub fn with_shop(mut self, change: impl FnOnce(&mut App)) -> Self {
        change(&mut self.apps[0]);
        self
    }
}

fn app(id: &str) -> App {
    let mut app = App::new(AppId::parse(id).expect("an app's name"));
    app.default_grants = vec![grant("chat:*", Actions::all()), grant("news", read())].into();
    app
}

fn read() -> Actions {
    [Action::Subscribe].into_iter().collect()
}

fn grant(pattern: &str, actions: Actions) -> Grant {
    Grant { pattern: GrantPattern::parse(pattern).expect("a pattern"), actions }
}
