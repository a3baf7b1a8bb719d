//! A backend that webhooks tell what happens, as bad as backends are, and a ledger with clients who
//! count for themselves.
//!
//! * `http` reads requests, `mood` says what becomes of one, `receiver` serves them and breaks down.
//! * `backend` is what a receiver knows, saves and forgets; `api` asks the server.
//! * `event` reads what is told, `signature` verifies it.
//! * `books` are clients that only a kill of the server disturbs: they know what they may be charged.
//! * `record` is what the checker is given.

mod api;
mod backend;
mod books;
mod event;
mod http;
mod mood;
mod receiver;
pub(super) mod record;
mod signature;

use std::{collections::BTreeSet, time::Duration};

use client::{Client, State};
use tokio::time::Instant;

use super::{
    NoVerdict,
    disorder::Stop,
    plan::{Part, Plan},
    publisher,
    reader::Reader,
    record::Sent,
};
use api::Api;
use backend::things_of;
use books::Books;
use receiver::Receiver;
use record::{Comparison, HookRecords};

/// The endpoint that wants everything, and knows what is there; and the one that wants messages.
const ALL: &str = "all";
const MESSAGES: &str = "messages";

/// So long the first request of each endpoint may take, and everything once the disorder is over.
const START: Duration = Duration::from_secs(30);
const SETTLED: Duration = Duration::from_secs(60);

/// How often is looked.
const LOOK: Duration = Duration::from_millis(250);

/// The receivers and the books of one run.
pub(super) struct Hooks {
    receivers: [Receiver; 2],
    books: Option<Books>,
    api: Option<Api>,
}

impl Hooks {
    /// Listens, before there is a server.
    pub(super) async fn listen(plan: &Plan, stop: &Stop) -> Result<Self, NoVerdict> {
        let all = Receiver::listen(ALL, plan.random(Part::Receiver(0)), true, stop.clone());
        let messages =
            Receiver::listen(MESSAGES, plan.random(Part::Receiver(1)), false, stop.clone());
        Ok(Self { receivers: [all.await?, messages.await?], books: None, api: None })
    }

    /// What the server's configuration says of the app's events, behind its namespaces, and the app
    /// of the books.
    pub(super) fn configuration(&self) -> String {
        // More than any run makes: everything must be there at its end.
        let mut toml = "\n[apps.events]\nsize = 10000000\nbytes = \"8GiB\"\nttl = \"1d\"\n\
                        vacated_delay = \"500ms\"\n"
            .to_owned();
        for receiver in &self.receivers {
            toml.push_str(&format!(
                "\n[[apps.webhooks]]\nname = \"{}\"\nurl = \"http://{}/hook\"\nsecret = \"{}\"\n\
                 allow_private_addresses = true\n",
                receiver.name(),
                receiver.address(),
                receiver.secret()
            ));
            toml.push_str(match receiver.name() {
                MESSAGES => {
                    "events = [\"message.published\"]\nbatch = { size = 7, delay = \"20ms\" }\n"
                }
                _ => "batch = { size = 200, delay = \"50ms\" }\n",
            });
        }
        toml + &books::configuration()
    }

    /// The server is there. Sends until each endpoint was told of something: what comes from then on
    /// it must be told.
    pub(super) async fn begin(
        &mut self,
        plan: &Plan,
        url: &str,
        client: &Client,
        stop: &Stop,
    ) -> Result<Vec<Sent>, NoVerdict> {
        let api = Api::new(plan, url)?;
        self.receivers.iter().for_each(|receiver| receiver.meets(&api));
        self.api = Some(api);
        let publisher = usize::from(plan.publishers);
        let (mut sends, until) = (Vec::new(), Instant::now() + START);
        let channel = plan.channels.first().ok_or(NoVerdict::Fault("the plan"))?;
        while self.receivers.iter().any(|receiver| receiver.is_untold()) {
            if Instant::now() > until {
                return Err(NoVerdict::Untold);
            }
            let body = format!("hello-{}", sends.len());
            sends.push(publisher::send(client, publisher, channel, body).await?);
            tokio::time::sleep(LOOK).await;
        }
        self.receivers.iter().for_each(Receiver::begins_disorder);
        self.books = Some(Books::open(plan, url, stop)?);
        Ok(sends)
    }

    /// All is quiet: waits until everything is told, and gives what is known.
    pub(super) async fn settle(
        mut self,
        plan: &Plan,
        readers: &[Reader],
        closer: &Client,
        kills: Vec<Instant>,
    ) -> Result<HookRecords, NoVerdict> {
        let api = self.api.take().ok_or(NoVerdict::Fault("the webhooks"))?;
        let books = self.books.take().ok_or(NoVerdict::Fault("the webhooks"))?;
        let mut records = HookRecords { kills, ..HookRecords::default() };
        let (counted, told) = tokio::join!(books.close(&api), async {
            self.look_until_told(plan, readers, closer, &api, &mut records).await?;
            books::charged(&api, &plan.app, |_| true).await
        });
        (records.books, records.charged) = (counted?, told?);
        for receiver in self.receivers {
            receiver.finish(&mut records).await;
        }
        Ok(records)
    }

    async fn look_until_told(
        &self,
        plan: &Plan,
        readers: &[Reader],
        closer: &Client,
        api: &Api,
        records: &mut HookRecords,
    ) -> Result<(), NoVerdict> {
        let until = Instant::now() + SETTLED;
        loop {
            let is_over = Instant::now() > until;
            match self.look(plan, readers, closer, api, records).await {
                Ok(true) => return Ok(()),
                // The checker finds what is missing.
                Ok(false) if is_over => return Ok(()),
                Err(why) if is_over => return Err(NoVerdict::Unanswered(why)),
                Ok(false) | Err(_) => {}
            }
            for receiver in &self.receivers {
                api.retry(receiver.name()).await;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Compares what the server, the receiver and the clients know; whether all know the same and
    /// everything is told.
    async fn look(
        &self,
        plan: &Plan,
        readers: &[Reader],
        closer: &Client,
        api: &Api,
        records: &mut HookRecords,
    ) -> Result<bool, String> {
        let clients = known_to_clients(plan, readers, closer);
        let snapshot = api.snapshot().await?;
        api.read_log(&mut records.log).await?;
        let is_told = self.receivers.iter().all(|receiver| receiver.is_told(&records.log));
        let (cursor, known) = self.receivers[0].knows().await;
        // What happens while this is looked at is compared the next time.
        let is_now = records.log.last().map(|event| event.sequence) == Some(snapshot.cursor)
            && cursor == snapshot.cursor;
        let compare = |who, whose: &str, known| {
            let wanted: BTreeSet<String> = clients.clone();
            Comparison { who, whose: whose.to_owned(), cursor: snapshot.cursor, known, wanted }
        };
        records.last = vec![
            compare("the snapshot", "the clients", snapshot.things),
            compare("the receiver", "the clients", known),
        ];
        Ok(is_told && is_now && records.last.iter().all(Comparison::is_equal))
    }
}

/// Connections, channels and members, as the clients know them.
fn known_to_clients(plan: &Plan, readers: &[Reader], closer: &Client) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    for client in readers.iter().map(|reader| &reader.client).chain([closer]) {
        if let State::Online { client_id, connection_id } = &*client.state().borrow() {
            known.insert(things_of::connection(connection_id, client_id));
        }
    }
    for channel in &plan.channels {
        known.insert(things_of::channel(channel));
        for reader in readers {
            known.insert(things_of::member(channel, &plan.client_id(&reader.name)));
        }
    }
    known
}
