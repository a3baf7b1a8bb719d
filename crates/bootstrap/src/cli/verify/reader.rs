//! Clients that read every channel.

use std::time::Duration;

use client::{Attendance, ChannelEvent, Client, Counters, GapCause, Message, State, Subscription};
use tokio::{sync::watch, task::JoinHandle};

use super::{
    NoVerdict,
    members::View,
    plan::Plan,
    record::{Log, MessageSeen, Seen},
};

/// The beginning of the last messages of a run.
pub(super) const END: &str = "end-";

/// So long the first subscriptions may take.
const START: Duration = Duration::from_secs(30);

/// How far a reader is in one channel.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    begun: bool,
    ended: bool,
}

/// A client that reads every channel.
pub(super) struct Reader {
    pub(super) name: String,
    pub(super) client: Client,
    logs: Vec<JoinHandle<Log>>,
    progress: Vec<watch::Receiver<Progress>>,
    /// Who is where.
    views: Vec<(String, watch::Receiver<View>)>,
}

/// The name of the reader with this number.
pub(super) fn name(number: u16) -> String {
    format!("reader-{number}")
}

impl Reader {
    pub(super) async fn start(plan: &Plan, url: &str, number: u16) -> Result<Self, NoVerdict> {
        let name = name(number);
        let client = plan.client(url, &name, number);
        let (logs, progress, views) = (Vec::new(), Vec::new(), Vec::new());
        let mut reader = Self { name, client, logs, progress, views };
        for channel in &plan.channels {
            let subscription = if plan.has_presence() {
                reader.client.attend(channel, None, Attendance::Enter).await
            } else {
                reader.client.subscribe(channel).await
            };
            let subscription = subscription.map_err(|_| NoVerdict::Fault("a reader"))?;
            let (sender, receiver) = watch::channel(Progress::default());
            let name = reader.name.clone();
            let (shown, view) = watch::channel(View::default());
            reader.logs.push(tokio::spawn(read(name, subscription, sender, shown)));
            reader.progress.push(receiver);
            reader.views.push((channel.clone(), view));
        }
        Ok(reader)
    }

    /// Waits until every channel is subscribed to for the first time.
    pub(super) async fn begun(&mut self) -> Result<(), NoVerdict> {
        let all = async {
            let mut subscribed = true;
            for progress in &mut self.progress {
                // An error: the subscription has ended.
                subscribed &= progress.wait_for(|progress| progress.begun).await.is_ok();
            }
            subscribed
        };
        if let Ok(true) = tokio::time::timeout(START, all).await {
            return Ok(());
        }
        let who = self.name.clone();
        let state = self.client.state().borrow().clone();
        Err(match state {
            State::Stopped(why) => NoVerdict::Stopped { who, why },
            State::Waiting { .. } | State::Connecting | State::Online { .. } => {
                NoVerdict::NotSubscribed { who }
            }
        })
    }

    /// Whether it has seen an end of the channel with this index.
    pub(super) fn has_ended(&self, index: usize) -> bool {
        self.progress.get(index).is_some_and(|progress| progress.borrow().ended)
    }

    /// Waits until it has seen the end of every channel.
    pub(super) async fn ended(&mut self) {
        for progress in &mut self.progress {
            drop(progress.wait_for(|progress| progress.ended).await);
        }
    }

    /// Who is in each channel, as it is told.
    pub(super) fn views(&self) -> impl Iterator<Item = (String, String, watch::Receiver<View>)> {
        let named = |(channel, view): &(String, watch::Receiver<View>)| {
            (self.name.clone(), channel.clone(), view.clone())
        };
        self.views.iter().map(named)
    }

    /// Stops and gives what it was told.
    pub(super) async fn finish(self) -> Result<(Vec<Log>, Counters), NoVerdict> {
        self.client.stop().await;
        let mut logs = Vec::new();
        for log in self.logs {
            logs.push(log.await.map_err(|_| NoVerdict::Fault("a reader"))?);
        }
        let counters = *self.client.counters().borrow();
        Ok((logs, counters))
    }
}

async fn read(
    reader: String,
    mut subscription: Subscription,
    progress: watch::Sender<Progress>,
    view: watch::Sender<View>,
) -> Log {
    let channel = subscription.channel().to_owned();
    let mut log = Log { reader, channel, seen: Vec::new(), complete: false };
    while let Some(event) = subscription.next().await {
        view.send_if_modified(|view| view.take(&event));
        let Some(seen) = seen(event) else { continue };
        log.complete |= matches!(&seen, Seen::Message(message) if message.body.starts_with(END));
        let begun = matches!(seen, Seen::Began { .. });
        log.seen.push(seen);
        progress.send_modify(|progress| {
            progress.begun |= begun;
            progress.ended = log.complete;
        });
    }
    log
}

fn seen(event: ChannelEvent) -> Option<Seen> {
    match event {
        ChannelEvent::Subscribed { position, .. } => Some(Seen::Began { after: position }),
        ChannelEvent::Message(message) => Some(Seen::Message(message_seen(&message))),
        ChannelEvent::Gap(gap) => Some(match gap.cause {
            GapCause::NotRecovered | GapCause::NoHistory => Seen::Gap,
            GapCause::Jump => Seen::Hole,
        }),
        ChannelEvent::Unsubscribed { reason, resubscribes: false, .. } if reason != "stopped" => {
            Some(Seen::Ended(reason))
        }
        ChannelEvent::Unsubscribed { .. }
        | ChannelEvent::Members(_)
        | ChannelEvent::Joined(_)
        | ChannelEvent::Left(_)
        | ChannelEvent::Counted { .. } => None,
    }
}

fn message_seen(message: &Message) -> MessageSeen {
    let data = message.data.get();
    let body = serde_json::from_str(data).unwrap_or_else(|_| data.to_owned());
    MessageSeen { id: message.id.clone(), body, position: message.position }
}
