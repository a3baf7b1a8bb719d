//! `rtmate top`

use std::time::Duration;

use serde::Deserialize;
use tokio::signal::unix::{SignalKind, signal};

use super::{
    TopArgs,
    screen::Screen,
    server::{NotAnswered, Server},
    table,
};
use crate::{
    demo_app,
    settings::{Loaded, Refused, Span},
};

/// What is to be watched.
pub(super) struct Watch {
    server: Server,
    apps: Vec<String>,
    once: bool,
    interval: Duration,
}

impl Watch {
    pub(super) fn parse(args: &TopArgs, loaded: &Loaded) -> Result<Self, Refused> {
        let settings = &loaded.settings;
        let mut apps = args.apps.clone();
        if apps.is_empty() {
            if args.ask.key.is_some() || args.ask.key_file.is_some() {
                apps.extend(settings.apps.iter().map(|app| app.id.to_string()));
            }
            if settings.demo.enabled {
                apps.push(demo_app::ID.to_owned());
            }
        }
        if apps.is_empty() {
            let why = "no app to watch: name one with --app, or give a key of an operator";
            return Err(Refused::new(why));
        }
        let interval = args.interval.get();
        if interval < Duration::from_millis(500) || args.interval > Span::secs(60) {
            return Err(Refused::new(format!("--interval {}: must be 500ms to 1m", args.interval)));
        }
        let server = Server::new(&args.ask, &apps, loaded)?;
        Ok(Self { server, apps, once: args.once, interval })
    }
}

/// An app at one moment, as the server API tells it.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Look {
    pub(super) at: u64,
    pub(super) connections: Option<u64>,
    pub(super) subscriptions: Option<u64>,
    pub(super) published: Option<u64>,
    pub(super) delivered: Option<u64>,
    pub(super) refused: Option<u64>,
    pub(super) channels: u64,
    pub(super) largest: Vec<Channel>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Channel {
    pub(super) channel: String,
    pub(super) subscribers: u64,
}

/// An app: the look before and the latest one, or why there is none.
pub(super) struct Row {
    pub(super) app: String,
    pub(super) before: Option<Look>,
    pub(super) now: Result<Look, String>,
}

/// Shows what goes on until it is interrupted, or once.
pub(super) async fn run(watch: Watch) -> Result<(), NotAnswered> {
    if watch.once {
        let (rows, failure) = rounds(&watch).await;
        let mut screen = Screen::plain();
        return match failure {
            Some(error) => Err(error),
            None => screen.show(&table::text(watch.server.name(), &rows)).map_err(Into::into),
        };
    }
    // Heard from the beginning; whatever ends this, the screen is put back.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut screen = Screen::open()?;
    tokio::select! {
        outcome = follow(&watch, &mut screen) => outcome,
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
    }
}

/// Two looks, for rates; and the first failure.
async fn rounds(watch: &Watch) -> (Vec<Row>, Option<NotAnswered>) {
    let mut rows = Vec::new();
    for app in &watch.apps {
        match look(watch, app).await {
            Err(error) => return (rows, Some(error)),
            Ok(now) => rows.push(Row { app: app.clone(), before: None, now: Ok(now) }),
        }
    }
    tokio::time::sleep(watch.interval).await;
    for row in &mut rows {
        match look(watch, &row.app).await {
            Err(error) => return (Vec::new(), Some(error)),
            Ok(now) => row.before = std::mem::replace(&mut row.now, Ok(now)).ok(),
        }
    }
    (rows, None)
}

/// Looks again and again. A server that goes away is waited for.
async fn follow(watch: &Watch, screen: &mut Screen) -> Result<(), NotAnswered> {
    let row = |app: &String| Row { app: app.clone(), before: None, now: Err("...".to_owned()) };
    let mut rows: Vec<Row> = watch.apps.iter().map(row).collect();
    loop {
        for row in &mut rows {
            let now = look(watch, &row.app).await.map_err(|error| error.to_string());
            row.before = std::mem::replace(&mut row.now, now).ok();
        }
        screen.show(&table::text(watch.server.name(), &rows))?;
        tokio::time::sleep(watch.interval).await;
    }
}

async fn look(watch: &Watch, app: &str) -> Result<Look, NotAnswered> {
    let data = watch.server.get(app, "overview", &[]).await?;
    serde_json::from_str(data.get()).map_err(|error| NotAnswered::Answer(error.to_string()))
}
