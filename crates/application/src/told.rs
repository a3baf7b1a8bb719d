//! What an app is told of a message that it does not keep on disk, and of its clients' own events.

use domain::{
    AppId, Author, ClientEvent, Draft, Durability, Fact, FactKind, Message, MessageEvents,
    MessageId, Payload, Published,
};

use crate::{keepers::durability, ports::Chronicle};

/// The facts of a draft, until a broker took it. Empty for all but those that somebody wants to be
/// told of.
#[derive(Default)]
pub(crate) struct Told {
    message: Option<Box<Published>>,
    event: Option<Box<ClientEvent>>,
}

impl Told {
    /// How the names of such events begin, in a protocol that has them.
    const CLIENT_EVENT: &str = "client-";

    /// A message that is kept on disk is told of by who keeps it, in one write with it.
    pub(crate) fn of(draft: &Draft, chronicle: &dyn Chronicle) -> Self {
        let app = &draft.channel.app;
        let is_message = draft.namespace.events != MessageEvents::None
            && durability(&draft.namespace) == Durability::Memory
            && chronicle.wants(app, FactKind::MessagePublished);
        let is_event = Self::is_client_event(draft) && chronicle.wants(app, FactKind::ClientEvent);
        Self {
            message: is_message.then(|| Box::new(published(draft))),
            event: if is_event { client_event(draft).map(Box::new) } else { None },
        }
    }

    fn is_client_event(draft: &Draft) -> bool {
        let named = |name: &domain::MessageName| name.as_str().starts_with(Self::CLIENT_EVENT);
        draft.name.as_ref().is_some_and(named) && draft.source.author != Author::Backend
    }

    /// The broker took it.
    pub(crate) fn note(self, app: &AppId, receipt: &domain::Receipt, chronicle: &dyn Chronicle) {
        if let Some(mut published) = self.message {
            published.message.id = receipt.id.clone();
            published.message.ts = receipt.ts;
            published.message.offset = receipt.position.map(|position| position.offset);
            chronicle.note(app, Fact::MessagePublished(published));
        }
        self.event.into_iter().for_each(|event| chronicle.note(app, Fact::ClientEvent(event)));
    }
}

/// Without what the broker stamps.
fn published(draft: &Draft) -> Published {
    let with_data = draft.namespace.events == MessageEvents::Data;
    let message = Message {
        id: MessageId::new(""),
        ts: domain::Timestamp::from_millis(0),
        offset: None,
        name: draft.name.clone(),
        data: if with_data { draft.data.clone() } else { Payload::null() },
        from: draft.from.clone(),
    };
    Published { channel: draft.channel.channel.clone(), message, with_data }
}

/// Such an event is not for its own sender: that says on which connection it is.
fn client_event(draft: &Draft) -> Option<ClientEvent> {
    let hidden = draft.source.hidden_from.as_ref()?;
    let channel = draft.channel.channel.clone();
    let client = channel.as_str().starts_with("presence-").then(|| hidden.client.clone());
    let (name, data) = (draft.name.clone()?, draft.data.clone());
    Some(ClientEvent { channel, name, data, connection: hidden.connection, client })
}
