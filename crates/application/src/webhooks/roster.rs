//! The endpoints of all apps, each with its task.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{App, AppId, AppStatus, Webhook};
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
};

use super::{
    WebhookPorts,
    courier::{Courier, Pause},
    lanes::Lanes,
    standing::Standing,
};
use crate::{
    app_changes::AppChanges,
    causes::Causes,
    ports::{AppSink, DeliveriesError, DomainEvent, EndpointKey},
};

/// What an endpoint's task is told.
#[derive(Clone)]
enum Order {
    /// Serve it with these options.
    Serve(Arc<App>, Box<Webhook>),
    /// End; it goes on some day.
    Stop,
    /// End, and forget it.
    Forget,
}

struct Endpoint {
    orders: watch::Sender<Order>,
    nudged: Arc<Notify>,
    standing: Arc<Standing>,
    task: JoinHandle<()>,
}

/// Tells the endpoints of all apps what happened, each in a task of its own, as the apps say at the
/// moment.
pub struct Webhooks {
    pub(super) ports: WebhookPorts,
    changes: Arc<AppChanges>,
    lanes: Lanes,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    endpoints: BTreeMap<EndpointKey, Endpoint>,
    /// Tasks that were told to end: who comes back under the name waits for them.
    ending: HashMap<EndpointKey, JoinHandle<()>>,
    /// Those of apps that are disabled, which go on when these are active again.
    resting: BTreeSet<EndpointKey>,
}

impl Drop for Table {
    fn drop(&mut self) {
        self.endpoints.values().for_each(|endpoint| endpoint.task.abort());
        self.ending.values().for_each(JoinHandle::abort);
    }
}

impl Webhooks {
    /// When something is asked again that could not answer.
    const ASK_AGAIN: Duration = Duration::from_secs(1);

    /// Nothing is told before [`Self::run`]; the registry's changes are heard from now on.
    #[must_use]
    pub fn new(ports: WebhookPorts) -> Self {
        let changes = Arc::new(AppChanges::default());
        let sink: Arc<dyn AppSink> = Arc::clone(&changes) as _;
        ports.registry.watch(Arc::downgrade(&sink));
        Self { ports, changes, lanes: Lanes::new(), table: Mutex::default() }
    }

    /// Tells the endpoints of these apps, and of those that come and change, for as long as the
    /// future is polled. Endpoints that no app has any more are forgotten.
    pub async fn run(&self, apps: impl IntoIterator<Item = AppId>) {
        apps.into_iter().for_each(|app| self.changes.changed(&app));
        let mut strangers = false;
        loop {
            if !strangers {
                strangers = self.forget_strangers().await.is_ok();
            }
            if !self.follow_changes().await || !strangers {
                tokio::time::sleep(Self::ASK_AGAIN).await;
                continue;
            }
            self.changes.came.notified().await;
        }
    }

    /// Ends every task; what was under way is sent again by the next start.
    pub fn stop(&self) {
        let table = std::mem::take(&mut *self.table());
        drop(table);
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Endpoints with progress whose app is gone, or no longer has them.
    async fn forget_strangers(&self) -> Result<(), DeliveriesError> {
        for key in self.ports.deliveries.endpoints().await? {
            let Ok(app) = self.ports.registry.find(&key.app).await else { continue };
            let has = |app: Arc<App>| app.webhooks.iter().any(|webhook| webhook.name == key.name);
            if !app.is_some_and(has) {
                self.ports.deliveries.forget(&key).await?;
            }
        }
        Ok(())
    }

    /// Says whether the registry answered; what it did not say waits.
    async fn follow_changes(&self) -> bool {
        let mut answered = true;
        for id in self.changes.take() {
            match self.ports.registry.find(&id).await {
                Ok(app) => self.follow(&id, app.as_ref()),
                Err(error) => {
                    let (app, what, cause) = (&id, "webhooks of an app", &Causes(&error));
                    self.ports.events.record(&DomainEvent::BackendFailed {
                        app,
                        what,
                        cause,
                        trace: None,
                    });
                    self.changes.changed(&id);
                    answered = false;
                }
            }
        }
        answered
    }

    /// Brings the endpoints of an app to what it says now.
    fn follow(&self, id: &AppId, app: Option<&Arc<App>>) {
        let wanted = app.map_or(&[][..], |app| &app.webhooks);
        let is_served = app.is_some_and(|app| app.status == AppStatus::Active);
        let mut table = self.table();
        table.ending.retain(|_, task| !task.is_finished());
        let of_app = |key: &&EndpointKey| key.app == *id;
        let known: Vec<_> = table.endpoints.keys().filter(of_app).cloned().collect();
        for key in known {
            let is_wanted = wanted.iter().any(|webhook| webhook.name == key.name);
            if is_wanted && is_served {
                continue;
            }
            if let Some(endpoint) = table.endpoints.remove(&key) {
                let order = if is_wanted { Order::Stop } else { Order::Forget };
                endpoint.orders.send_replace(order);
                table.ending.insert(key, endpoint.task);
            }
        }
        let key_of =
            |webhook: &Webhook| EndpointKey { app: id.clone(), name: webhook.name.clone() };
        let (resting, others) =
            std::mem::take(&mut table.resting).into_iter().partition(|key| key.app == *id);
        table.resting = others;
        for key in BTreeSet::into_iter(resting) {
            if !wanted.iter().any(|webhook| webhook.name == key.name) {
                let before = table.ending.remove(&key);
                let forgetting = forgotten_behind(before, self.ports.clone(), key.clone());
                table.ending.insert(key, tokio::spawn(forgetting));
            }
        }
        let Some(app) = app.filter(|_| is_served) else {
            return table.resting.extend(wanted.iter().map(key_of));
        };
        for webhook in wanted {
            let key = key_of(webhook);
            match table.endpoints.get(&key) {
                Some(endpoint) => {
                    let order = Order::Serve(Arc::clone(app), Box::new(webhook.clone()));
                    endpoint.orders.send_replace(order);
                }
                None => {
                    let before = table.ending.remove(&key);
                    let endpoint = self.begin(app, webhook, before);
                    table.endpoints.insert(key, endpoint);
                }
            }
        }
    }

    fn begin(&self, app: &Arc<App>, webhook: &Webhook, before: Option<JoinHandle<()>>) -> Endpoint {
        let standing = Arc::new(Standing::new(webhook.name.clone()));
        let lanes = self.lanes.of(&app.id);
        let value = (Arc::clone(app), webhook.clone());
        let courier = Courier::new(self.ports.clone(), value, lanes, Arc::clone(&standing));
        let nudged = Arc::new(Notify::new());
        let order = Order::Serve(Arc::clone(app), Box::new(webhook.clone()));
        let (orders, told) = watch::channel(order);
        let task = tokio::spawn({
            let nudged = Arc::clone(&nudged);
            async move {
                if let Some(before) = before {
                    drop(before.await);
                }
                run(courier, told, &nudged).await;
            }
        });
        Endpoint { orders, nudged, standing, task }
    }

    /// The standing of an endpoint at work.
    pub(super) fn standing(&self, key: &EndpointKey) -> Option<Arc<Standing>> {
        self.table().endpoints.get(key).map(|endpoint| Arc::clone(&endpoint.standing))
    }

    /// Has an endpoint try at once. Says whether it is at work.
    pub(super) fn nudge(&self, key: &EndpointKey) -> bool {
        let table = self.table();
        let endpoint = table.endpoints.get(key);
        endpoint.inspect(|endpoint| endpoint.nudged.notify_one()).is_some()
    }

    /// For each app with endpoints at work: how long the oldest event has waited that one of them
    /// has not been told.
    #[must_use]
    pub fn lags(&self) -> Vec<(AppId, Duration)> {
        let now = self.ports.clock.now();
        let mut lags = BTreeMap::<AppId, Duration>::new();
        for (key, endpoint) in &self.table().endpoints {
            let lag = endpoint.standing.lag(now);
            let longest = lags.entry(key.app.clone()).or_default();
            *longest = lag.max(*longest);
        }
        lags.into_iter().collect()
    }

    pub(super) fn lane(&self, app: &AppId) -> super::lanes::AppLanes {
        self.lanes.of(app)
    }
}

/// Runs one endpoint until it is told to end.
async fn run(mut courier: Courier, mut told: watch::Receiver<Order>, nudged: &Notify) {
    loop {
        let pause = courier.step().await;
        tokio::select! {
            biased;
            changed = told.changed() => {
                if changed.is_err() {
                    return;
                }
                let order = told.borrow_and_update().clone();
                match order {
                    Order::Serve(app, webhook) => courier.change(app, *webhook),
                    Order::Stop => return,
                    Order::Forget => return forget(courier.ports(), courier.key()).await,
                }
            }
            () = nudged.notified() => courier.retry(),
            () = over(&courier, pause) => {}
        }
    }
}

async fn over(courier: &Courier, pause: Pause) {
    let news = async {
        match pause.news {
            Some(after) => courier.ports().log.news(&courier.key().app, after).await,
            None => std::future::pending().await,
        }
    };
    match pause.at_most {
        Some(time) => drop(tokio::time::timeout(time, news).await),
        None => news.await,
    }
}

/// The same for one that rests, behind its task, which may be at its last request.
async fn forgotten_behind(before: Option<JoinHandle<()>>, ports: WebhookPorts, key: EndpointKey) {
    if let Some(before) = before {
        drop(before.await);
    }
    forget(&ports, &key).await;
}

/// What can't be forgotten now is a stranger to the next start.
async fn forget(ports: &WebhookPorts, key: &EndpointKey) {
    if let Err(error) = ports.deliveries.forget(key).await {
        let news = crate::ports::WebhookNews::Stalled { cause: &Causes(&error) };
        ports.tell(&key.app, &key.name, news);
    }
}
