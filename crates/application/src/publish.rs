//! The use case: send a message to a channel.

use std::sync::Arc;

use domain::{
    Action, Author, ChannelKey, Client, ConnectionId, Denial, Draft, Durability, Hidden, Receipt,
    Sender, SenderView, SessionToken, Source, TraceId,
};

use crate::{
    Fanout, Keepers, Send,
    keepers::durability,
    ports::{BrokerError, Chronicle, DomainEvent, EventSink, Meter, Reading},
    told::Told,
};

/// Publishes what a client may publish.
pub(crate) struct Publish {
    keepers: Keepers,
    witnesses: Witnesses,
}

/// Who hears of each message that a broker took, and who knows how many it goes to.
#[derive(Clone)]
pub(crate) struct Witnesses {
    pub(crate) meter: Arc<dyn Meter>,
    pub(crate) events: Arc<dyn EventSink>,
    pub(crate) chronicle: Arc<dyn Chronicle>,
    pub(crate) fanout: Arc<Fanout>,
}

/// Who sends a draft, for those who are told of it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sending<'a> {
    /// Nothing for the app's backend.
    pub(crate) connection: Option<ConnectionId>,
    /// What the sender calls its request.
    pub(crate) trace: Option<&'a TraceId>,
}

/// What of a draft is measured and told, once a broker took it.
struct Measured {
    channel: ChannelKey,
    bytes: usize,
    broker: Durability,
    kept: bool,
    hidden_from: Option<ConnectionId>,
    told: Told,
}

impl Measured {
    fn of(draft: &Draft, chronicle: &dyn Chronicle) -> Self {
        Self {
            channel: draft.channel.clone(),
            bytes: draft.data.as_str().len(),
            broker: durability(&draft.namespace),
            kept: draft.namespace.kept().is_some(),
            hidden_from: draft.source.hidden_from.as_ref().map(|hidden| hidden.connection),
            told: Told::of(draft, chronicle),
        }
    }

    fn note(
        self,
        outcome: &Result<Receipt, BrokerError>,
        witnesses: &Witnesses,
        sending: Sending<'_>,
    ) {
        let Ok(receipt) = outcome else { return };
        let Self { channel, bytes, broker, kept, hidden_from, told } = self;
        if !receipt.repeated {
            let app = &channel.app;
            witnesses.meter.note(&Reading::Published { app, bytes, broker, kept });
            told.note(app, receipt, &*witnesses.chronicle);
        }
        witnesses.events.record(&DomainEvent::Published {
            connection: sending.connection,
            channel: &channel,
            receipt,
            hidden_from,
            subscribers: witnesses.fanout.heard_by(&channel),
            bytes,
            trace: sending.trace,
        });
    }
}

impl Publish {
    pub(crate) const fn new(keepers: Keepers, witnesses: Witnesses) -> Self {
        Self { keepers, witnesses }
    }

    /// What the client asked to send, as the broker takes it. Sending needs a grant, not a
    /// subscription.
    pub(crate) fn draft(
        client: &Client,
        session: impl FnOnce() -> SessionToken,
        send: Send,
    ) -> Result<Draft, Denial> {
        client.check(Action::Send, &send.channel)?;
        let namespace = Arc::clone(client.app.namespace(&send.channel));
        let sender =
            |info| Sender { client: client.id.clone(), connection: client.connection, info };
        let from = match namespace.sender {
            SenderView::None => None,
            SenderView::Id => Some(sender(None)),
            SenderView::Full => Some(sender(client.info.clone())),
        };
        let Send { channel, data, name, key, echo } = send;
        let (id, connection) = (|| client.id.clone(), client.connection);
        let hidden_from = (!echo).then(|| Hidden { connection, client: id(), session: session() });
        let source = Source { author: Author::Client(id()), hidden_from };
        let channel = ChannelKey { app: client.app.id.clone(), channel };
        Ok(Draft { channel, name, data, key, from, source, namespace })
    }

    /// Hands the draft over to a broker that need not wait.
    ///
    /// # Errors
    /// The draft: its broker has to be awaited.
    pub(crate) fn at_once(
        &self,
        draft: Draft,
        sending: Sending<'_>,
    ) -> Result<Result<Receipt, BrokerError>, Box<Draft>> {
        let measured = Measured::of(&draft, &*self.witnesses.chronicle);
        let broker = &self.keepers.of(durability(&draft.namespace)).broker;
        let outcome = broker.publish_at_once(draft)?;
        measured.note(&outcome, &self.witnesses, sending);
        Ok(outcome)
    }

    /// Hands the draft over. The future lives by itself, so that a session can have many under way.
    pub(crate) fn run(
        &self,
        draft: Draft,
        sending: Sending<'_>,
    ) -> impl Future<Output = Result<Receipt, BrokerError>> + std::marker::Send + use<> {
        let broker = Arc::clone(&self.keepers.of(durability(&draft.namespace)).broker);
        let measured = Measured::of(&draft, &*self.witnesses.chronicle);
        let (witnesses, connection) = (self.witnesses.clone(), sending.connection);
        let trace = sending.trace.cloned();
        async move {
            let outcome = broker.publish(draft).await;
            let sending = Sending { connection, trace: trace.as_ref() };
            measured.note(&outcome, &witnesses, sending);
            outcome
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        EventSinks, Keeper,
        ports::{MockBroker, MockHistoryStore, NoChronicle, NoMeter},
    };
    use domain::{
        App, AppId, ChannelName, Claims, ClientId, Grant, GrantPattern, MessageId, Namespace,
        Payload, Timestamp,
    };

    fn client(sender: SenderView, allowed: &[Action]) -> Client {
        let mut app = App::new(AppId::parse("shop").unwrap());
        app.default_namespace = Arc::new(Namespace { sender, ..Namespace::default() });
        let claims = Claims {
            client: ClientId::parse("alice").unwrap(),
            expires_at: Timestamp::from_secs(1000),
            issued_at: None,
            token_id: None,
            caps: Some(vec![Grant {
                pattern: GrantPattern::parse("chat:*").unwrap(),
                actions: allowed.iter().copied().collect(),
            }]),
            channels: Vec::new(),
            info: Some(Payload::parse("{\"name\":\"A\"}", 100).unwrap()),
            api: Vec::new(),
        };
        Client::admit(Arc::new(app), ConnectionId::from_random(7), claims)
    }

    fn send(channel: &str) -> Send {
        let data = Payload::parse("1", 10).unwrap();
        Send {
            channel: ChannelName::parse(channel).unwrap(),
            data,
            name: None,
            key: None,
            echo: true,
        }
    }

    #[tokio::test]
    async fn the_broker_gets_what_was_sent_in_the_clients_own_app() {
        let mut broker = MockBroker::new();
        broker
            .expect_publish()
            .withf(|draft| {
                draft.channel.app.as_str() == "shop"
                    && draft.channel.channel.as_str() == "chat:x"
                    && draft.source.author.as_str() == "alice"
            })
            .once()
            .returning(|_| {
                let ts = Timestamp::from_secs(1);
                Ok(Receipt { id: MessageId::new("m"), ts, position: None, repeated: false })
            });
        let draft = Publish::draft(
            &client(SenderView::Id, &[Action::Send]),
            || SessionToken::from_random(7),
            send("chat:x"),
        )
        .unwrap();
        let history = Arc::new(MockHistoryStore::new());
        let keeper = Keeper { broker: Arc::new(broker), history };
        let keepers = Keepers { memory: keeper.clone(), durable: keeper };
        let (events, fanout) = (Arc::new(EventSinks::of([])), Arc::new(Fanout::new()));
        let (meter, chronicle) = (Arc::new(NoMeter), Arc::new(NoChronicle));
        let publish = Publish::new(keepers, Witnesses { meter, events, chronicle, fanout });
        let receipt = publish.run(draft, Sending::default()).await.unwrap();
        assert_eq!(receipt.id.as_str(), "m");
    }

    #[test]
    fn without_the_grant_there_is_no_draft() {
        let reader = client(SenderView::Id, &[Action::Subscribe]);
        let denial =
            Publish::draft(&reader, || SessionToken::from_random(7), send("chat:x")).unwrap_err();
        assert_eq!(denial.to_string(), "send: `chat:*` of the token's caps does not allow it");
        assert!(
            Publish::draft(
                &client(SenderView::Id, &[Action::Send]),
                || SessionToken::from_random(7),
                send("news")
            )
            .is_err()
        );
    }

    #[test]
    fn the_namespace_says_how_much_of_the_sender_is_shown() {
        let from = |view| {
            Publish::draft(
                &client(view, &[Action::Send]),
                || SessionToken::from_random(7),
                send("chat:x"),
            )
            .unwrap()
            .from
        };
        assert_eq!(from(SenderView::None), None);
        assert_eq!(from(SenderView::Id).unwrap().info, None);
        assert!(from(SenderView::Full).unwrap().info.is_some());
    }
}
