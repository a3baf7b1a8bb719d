//! One run: from the first connection to the records.

use std::time::Duration;

use client::{Client, Counters};
use tokio::{sync::watch, task::JoinHandle};

use super::{
    NoVerdict, disorder, history,
    hooks::Hooks,
    members,
    plan::{Part, Plan},
    publisher,
    reader::{END, Reader},
    record::{Promise, Records, Sent},
    report::Report,
    rewinder,
    server::Server,
};

/// How often an end is sent to the channels whose readers have not seen one: a reader without
/// history misses those that come while it is away.
const ENDS: usize = 40;

/// How long the readers have to see one.
const PATIENCE: Duration = Duration::from_millis(500);

/// Runs it. Gives the server back, if it is our own.
pub(super) async fn run(plan: Plan) -> Result<(Report, Option<Server>), NoVerdict> {
    let (stop, stopped) = watch::channel(false);
    let mut hooks = match plan.webhooks {
        true => Some(Hooks::listen(&plan, &stopped).await?),
        false => None,
    };
    let server = start(&plan, hooks.as_ref()).await?;
    let url = match (&server, &plan.url) {
        (Some(server), _) => server.url(),
        (None, Some(url)) => url.clone(),
        (None, None) => return Err(NoVerdict::Fault("the plan")),
    };
    let mut report = Report::new(&plan, &url);
    let mut readers = Vec::new();
    for number in 0..plan.subscribers {
        readers.push(Reader::start(&plan, &url, number).await?);
    }
    for reader in &mut readers {
        reader.begun().await?;
    }
    let closer = plan.client(&url, "closer", u16::MAX);
    if let Some(hooks) = &mut hooks {
        report.records.sends = hooks.begin(&plan, &url, &closer, &stopped).await?;
    }
    let (server, sends) = disturb(&plan, &url, server, &readers, &mut report, stop).await?;
    report.records.sends.extend(sends);
    finish(&plan, &closer, &mut readers, &mut report.records).await?;
    if plan.has_presence() {
        report.records.attended = members::settled(&plan, &readers).await;
    }
    if plan.promise != Promise::None {
        for channel in &plan.channels {
            report.records.kept.push(history::read(&closer, channel).await);
        }
    }
    if let Some(hooks) = hooks {
        let kills = report.kills.clone();
        report.records.hooks = Some(hooks.settle(&plan, &readers, &closer, kills).await?);
    }
    for reader in readers {
        let (logs, counters) = reader.finish().await?;
        report.records.logs.extend(logs);
        report.count(counters);
    }
    Ok((report, server))
}

async fn start(plan: &Plan, hooks: Option<&Hooks>) -> Result<Option<Server>, NoVerdict> {
    if plan.url.is_some() {
        return Ok(None);
    }
    let secret = plan.tokens.secret().ok_or(NoVerdict::Fault("the plan"))?;
    Server::start(&plan.run, &plan.prefix, plan.promise, secret, hooks).await.map(Some)
}

type Publishing = JoinHandle<Result<Vec<Sent>, NoVerdict>>;

/// Sends and breaks things for the time of the plan.
async fn disturb(
    plan: &Plan,
    url: &str,
    server: Option<Server>,
    readers: &[Reader],
    report: &mut Report,
    stop: watch::Sender<bool>,
) -> Result<(Option<Server>, Vec<Sent>), NoVerdict> {
    let stopped = stop.subscribe();
    let mut publishing: Vec<(Client, Publishing)> = Vec::new();
    let mut breaking = Vec::new();
    for number in 0..plan.publishers {
        // Numbers of clients go on after the readers'.
        let client = plan.client(url, &format!("publisher-{number}"), plan.subscribers + number);
        let breaks = plan.random(Part::PublisherBreaks(number));
        breaking.push(tokio::spawn(disorder::break_connections(
            client.clone(),
            breaks,
            stopped.clone(),
        )));
        let random = plan.random(Part::Publisher(number));
        let run = publisher::run(plan.clone(), client.clone(), number, random, stopped.clone());
        publishing.push((client, tokio::spawn(run)));
    }
    for (reader, number) in readers.iter().zip(0..) {
        let breaks = plan.random(Part::ReaderBreaks(number));
        let client = reader.client.clone();
        breaking.push(tokio::spawn(disorder::break_connections(client, breaks, stopped.clone())));
    }
    let quiet = murmurs(plan, readers, &stopped);
    let rewinding = (plan.promise != Promise::None).then(|| {
        let client = plan.client(url, "rewinder", u16::MAX - 1);
        let random = plan.random(Part::Rewinds);
        tokio::spawn(rewinder::run(plan.clone(), client, random, stopped.clone()))
    });
    let visiting = plan
        .has_presence()
        .then(|| tokio::spawn(members::visit(plan.clone(), url.to_owned(), stopped.clone())));
    let killing = server.map(|server| {
        tokio::spawn(disorder::kill_server(
            server,
            plan.random(Part::Server),
            stopped,
            plan.webhooks,
        ))
    });
    tokio::time::sleep(plan.time).await;
    stop.send_replace(true);
    let mut server = None;
    if let Some(killing) = killing {
        let (ours, kills) =
            killing.await.map_err(|_| NoVerdict::Fault("the server's killer"))??;
        server = Some(ours);
        report.kills = kills;
    }
    if let Some(visiting) = visiting {
        report.visits = visiting.await.map_err(|_| NoVerdict::Fault("a visitor"))?;
    }
    for breaking in breaking {
        report.breaks += breaking.await.map_err(|_| NoVerdict::Fault("a breaker"))?;
    }
    let mut sends = Vec::new();
    for (client, publishing) in publishing {
        sends.extend(publishing.await.map_err(|_| NoVerdict::Fault("a publisher"))??);
        report.count(*client.counters().borrow());
    }
    for murmuring in quiet {
        sends.extend(murmuring.await.map_err(|_| NoVerdict::Fault("a reader's sends"))??);
    }
    if let Some(rewinding) = rewinding {
        let rewinds = rewinding.await.map_err(|_| NoVerdict::Fault("the rewinder"))?;
        report.records.rewinds = rewinds.map_err(NoVerdict::Rewind)?;
    }
    Ok((server, sends))
}

/// Readers send too, and must not be told of that. Only where everything that was sent is in the
/// history at the end: else nobody knows which places such a message had.
fn murmurs(
    plan: &Plan,
    readers: &[Reader],
    stopped: &watch::Receiver<bool>,
) -> Vec<JoinHandle<Result<Vec<Sent>, NoVerdict>>> {
    if plan.promise != Promise::Durable {
        return Vec::new();
    }
    let murmur = |(reader, number): (&Reader, u16)| {
        let random = plan.random(Part::Murmur(number));
        let client = reader.client.clone();
        tokio::spawn(publisher::murmur(plan.clone(), client, number, random, stopped.clone()))
    };
    readers.iter().zip(0..).map(murmur).collect()
}

/// Sends the last messages, until every reader has seen one of each channel.
async fn finish(
    plan: &Plan,
    closer: &Client,
    readers: &mut [Reader],
    records: &mut Records,
) -> Result<(), NoVerdict> {
    let publisher = usize::from(plan.publishers);
    for round in 0..ENDS {
        for (index, channel) in plan.channels.iter().enumerate() {
            if !readers.iter().all(|reader| reader.has_ended(index)) {
                let body = format!("{END}{round}-{index}");
                records.sends.push(publisher::send(closer, publisher, channel, body).await?);
            }
        }
        let all = async {
            for reader in &mut *readers {
                reader.ended().await;
            }
        };
        if tokio::time::timeout(PATIENCE, all).await.is_ok() {
            break;
        }
    }
    Ok(())
}

/// The sum of what clients counted.
pub(super) fn add(sum: &mut Counters, more: Counters) {
    sum.connections += more.connections;
    sum.refreshes += more.refreshes;
    sum.resends += more.resends;
    sum.repeats += more.repeats;
    sum.recovered += more.recovered;
    sum.not_recovered += more.not_recovered;
}
