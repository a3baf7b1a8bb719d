//! The fan-out keeps the contract of a sink.

use std::sync::Arc;

use application::ports::DeliverySink;
use async_trait::async_trait;
use domain::ChannelKey;
use testkit::{
    Actor, RecordingOutbound, Scenery, Stage,
    contracts::delivery_sink::{self as suite, DeliverySinkFixture},
};

struct Audience {
    stage: Stage,
    actors: Vec<Actor>,
}

impl Audience {
    fn new() -> Self {
        Self { stage: Stage::new(), actors: Vec::new() }
    }

    fn gathering() -> Self {
        Self { stage: Stage::with(Scenery::default().gathering()), actors: Vec::new() }
    }
}

#[async_trait]
impl DeliverySinkFixture for Audience {
    fn sink(&self) -> Arc<dyn DeliverySink> {
        Arc::clone(&self.stage.fanout) as _
    }

    async fn subscriber(&mut self, channel: &ChannelKey) -> Arc<RecordingOutbound> {
        assert_eq!(channel.app.as_str(), "shop");
        let mut actor = self.stage.enter("alice").await;
        actor.subscribes(channel.channel.as_str()).await;
        let outbound = actor.outbound();
        assert_eq!(outbound.take().len(), 1, "the reply");
        self.actors.push(actor);
        outbound
    }

    async fn settled(&mut self) {
        let fanout = Arc::clone(&self.stage.fanout);
        fanout.settled().await;
    }
}

#[tokio::test]
async fn delivery_sink_1_a_slow_reader_is_its_own_end() {
    suite::a_slow_reader_is_its_own_end(&mut Audience::new()).await;
}

#[tokio::test]
async fn delivery_sink_2_subscribers_hear_the_order_of_the_calls() {
    suite::subscribers_hear_the_order_of_the_calls(&mut Audience::new()).await;
}

#[tokio::test]
async fn delivery_sink_1_a_slow_reader_of_gathered_messages_is_its_own_end() {
    suite::a_slow_reader_is_its_own_end(&mut Audience::gathering()).await;
}

#[tokio::test]
async fn delivery_sink_2_gathered_messages_keep_the_order_of_the_calls() {
    suite::subscribers_hear_the_order_of_the_calls(&mut Audience::gathering()).await;
}

#[tokio::test]
async fn delivery_sink_3_a_gap_is_seen_in_its_place() {
    suite::a_gap_is_seen_in_its_place(&mut Audience::new()).await;
}

#[tokio::test]
async fn delivery_sink_3_a_gap_among_gathered_messages_is_seen_in_its_place() {
    suite::a_gap_is_seen_in_its_place(&mut Audience::gathering()).await;
}
