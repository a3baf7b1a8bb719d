//! What a group writes into the event logs.

use domain::{Fact, FactKind, MessageEvents, Publication, Published};

use crate::{
    command::Answer,
    deliveries::Delivery,
    group::Group,
    space::{Space, live_key},
};

impl Group<'_> {
    /// Makes events of a share of what waits.
    pub(crate) fn take_notes(&mut self) {
        let taken = self.notes.take();
        for (app, live) in &taken.forgotten {
            let number = self.ledger.number(app, &mut self.staged.batch);
            for thing in live.things() {
                self.staged.batch.remove(Space::Live, &live_key(number, &thing));
            }
            if let Some(log) = self.ledger.logs.get_mut(app) {
                log.clear(&mut self.staged.batch);
                self.staged.logs.insert(app.clone());
            }
        }
        for pending in &taken.pending {
            let Some(fact) = &pending.fact else { continue };
            let Some(followed) = self.notes.of(&pending.app) else { continue };
            let batch = &mut self.staged.batch;
            self.ledger.write_event(&pending.app, fact, pending.ts, &followed.options, batch);
            self.staged.logs.insert(pending.app.clone());
        }
        for (app, count) in &taken.dropped {
            let Some(followed) = self.notes.of(app) else { continue };
            let (fact, batch) = (Fact::EventsDropped { count: *count }, &mut self.staged.batch);
            self.ledger.write_event(app, &fact, self.now, &followed.options, batch);
            self.staged.logs.insert(app.clone());
        }
        self.staged.notes.push(taken);
    }

    /// A message of this group is an event where its namespace and its app want it: both are true
    /// together.
    pub(crate) fn log_message(&mut self, publication: &Publication, events: MessageEvents) {
        let with_data = match events {
            MessageEvents::None => return,
            MessageEvents::Bare => false,
            MessageEvents::Data => true,
        };
        let Publication { channel, message, .. } = publication;
        let Some(followed) = self.notes.of(&channel.app) else { return };
        if !followed.kinds.has(FactKind::MessagePublished) {
            return;
        }
        let (channel, app) = (channel.channel.clone(), &channel.app);
        let published = Published { channel, message: message.clone(), with_data };
        let (fact, batch) = (Fact::MessagePublished(Box::new(published)), &mut self.staged.batch);
        self.ledger.write_event(app, &fact, message.ts, &followed.options, batch);
        self.staged.logs.insert(app.clone());
    }

    /// Logs with events that are too old, or that are not erased yet. Says whether there is more.
    pub(crate) fn tend_logs(&mut self) -> bool {
        let mut more = false;
        for (app, log) in &mut self.ledger.logs {
            let Some(followed) = self.notes.of(app) else { continue };
            if log.is_due(&followed.options, self.now) {
                more |= log.trim(&followed.options, self.now, &mut self.staged.batch);
                self.staged.logs.insert(app.clone());
            }
        }
        more
    }

    /// Bounds the logs that changed and writes what is known of them.
    pub(crate) fn seal_logs(&mut self) {
        for app in &self.staged.logs {
            let Some(log) = self.ledger.logs.get_mut(app) else { continue };
            if let Some(followed) = self.notes.of(app) {
                log.trim(&followed.options, self.now, &mut self.staged.batch);
            }
            log.put(&mut self.staged.batch);
        }
    }

    /// Decides a change of what an endpoint has been told.
    pub(crate) fn deliver(&mut self, delivery: Delivery) {
        let view = || self.staged.batch.view();
        let view = view();
        let gone = delivery.stage(self.ledger, || view, &mut self.staged.batch);
        self.staged.answers.push(Answer::Delivered(delivery.answer, gone));
    }
}
