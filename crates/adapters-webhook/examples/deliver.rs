//! Tells a receiver what happens in an app that is made up, in both formats, and ends when it has
//! taken everything: `deliver http://127.0.0.1:PORT`. `scripts/webhooks` verifies what comes with the
//! official libraries.

use std::{sync::Arc, time::Duration};

use adapters_memory::{
    MemoryAppRegistry, MemoryChronicle, MemoryDeliveries, RandomIds, SystemClock,
};
use adapters_webhook::HttpPost;
use application::{
    EventSinks, WebhookPorts, Webhooks,
    ports::{Chronicle as _, Clock, Deliveries as _, EndpointKey, EventSink, IdSource, Progress},
};
use domain::{
    App, AppId, Arrival, ChannelName, ClientEvent, ClientId, ConnectionId, Fact, FactKinds,
    Message, MessageName, Payload, Published, PusherKey, Sequence, Webhook, WebhookBatch,
    WebhookFormat, WebhookName,
};

type Fault = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Fault> {
    let url = std::env::args().nth(1).ok_or("deliver http://127.0.0.1:PORT")?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let ids: Arc<dyn IdSource> = Arc::new(RandomIds);
    let app = app(&url)?;
    let (epoch, deliveries) = (ids.epoch(), Arc::new(MemoryDeliveries::default()));
    // New endpoints begin at the log's end, wherever that is when they first look: these are known.
    for webhook in &app.webhooks {
        let endpoint = EndpointKey { app: app.id.clone(), name: webhook.name.clone() };
        let cursor = Sequence::default();
        let begun = Progress { cursor, number: 0, epoch, sealed: cursor };
        deliveries.advance(&endpoint, begun, None).await?;
    }
    let chronicle = Arc::new(MemoryChronicle::new(Arc::clone(&clock), epoch));
    chronicle.follow(&app);
    let (id, known) = (app.id.clone(), Arc::new(app.clone()));
    let ports = WebhookPorts {
        log: Arc::clone(&chronicle) as _,
        deliveries,
        post: Arc::new(HttpPost::new(Arc::clone(&clock))),
        registry: Arc::new(MemoryAppRegistry::new([app])),
        events: Arc::new(EventSinks::of(Vec::<Arc<dyn EventSink>>::new())),
        clock: Arc::clone(&clock),
        ids: Arc::clone(&ids),
    };
    let webhooks = Arc::new(Webhooks::new(ports));
    let running = Arc::clone(&webhooks);
    let task = tokio::spawn({
        let id = id.clone();
        async move { running.run([id]).await }
    });
    let facts = facts(&*clock, &*ids)?;
    let last = u64::try_from(facts.len())?;
    facts.into_iter().for_each(|fact| chronicle.note(&id, fact));
    chronicle.sweep();
    while webhooks.states(&known).await.iter().any(|state| state.cursor.0 < last) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    task.abort();
    Ok(())
}

fn app(url: &str) -> Result<App, Fault> {
    let mut app = App::new(AppId::parse("shop")?);
    app.events.vacated_delay = Duration::ZERO;
    app.pusher_keys.push(PusherKey { key: "app-key".into(), secret: "app-secret".into() });
    let webhook = |name: &str, format, secrets: &[&str]| {
        Ok::<_, Fault>(Webhook {
            name: WebhookName::parse(name).ok_or("a name")?,
            url: format!("{url}/{name}").into(),
            events: FactKinds::all(),
            channels: Vec::new(),
            headers: Vec::new(),
            format,
            secrets: secrets.iter().map(|secret| (*secret).into()).collect(),
            batch: WebhookBatch { size: 4, delay: Duration::from_millis(50) },
            allow_private_addresses: true,
        })
    };
    let secrets =
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "the plain secret of before, long enough"];
    app.webhooks = vec![
        webhook("standard", WebhookFormat::Rtmate, &secrets)?,
        webhook("pusher", WebhookFormat::Pusher, &[])?,
    ];
    Ok(app)
}

/// One of most kinds; the channel's last subscriber goes at the end.
fn facts(clock: &dyn Clock, ids: &dyn IdSource) -> Result<Vec<Fact>, Fault> {
    let channel = ChannelName::parse("presence-room")?;
    let (client, connection) =
        (ClientId::parse("alice")?, ConnectionId::from_random(12 << 64 | 34));
    let info = Arc::new(Payload::parse(r#"{"name":"Älice 😀"}"#, 100)?);
    let ts = clock.now();
    let message = Message {
        id: ids.message(ts),
        ts,
        offset: None,
        name: None,
        data: Payload::parse(r#"{"text":"grüße \"you\""}"#, 100)?,
        from: None,
    };
    let event = ClientEvent {
        channel: channel.clone(),
        name: MessageName::parse_pusher("client-typing")?,
        data: Payload::parse(r#"{"on":true}"#, 100)?,
        connection,
        client: Some(client.clone()),
    };
    Ok(vec![
        Fact::ConnectionOpened(Arrival { connection, client: client.clone(), guest: false }),
        Fact::ChannelOccupied(channel.clone()),
        Fact::MemberJoined { channel: channel.clone(), client: client.clone(), info: Some(info) },
        Fact::SubscriptionCount { channel: channel.clone(), count: 1 },
        Fact::CacheMissed(ChannelName::parse("cache-prices")?),
        Fact::MessagePublished(Box::new(Published {
            channel: channel.clone(),
            message,
            with_data: true,
        })),
        Fact::ClientEvent(Box::new(event)),
        Fact::MemberLeft { channel: channel.clone(), client },
        Fact::ChannelVacated(channel),
    ])
}
