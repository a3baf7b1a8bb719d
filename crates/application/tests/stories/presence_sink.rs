//! The fan-out keeps the contract of a presence sink.

use std::sync::Arc;

use application::ports::PresenceSink;
use async_trait::async_trait;
use domain::ChannelKey;
use serde_json::json;
use testkit::{
    Actor, RecordingOutbound, Scenery, Stage,
    contracts::presence_sink::{self as suite, PresenceSinkFixture},
};

struct Audience {
    stage: Stage,
    actors: Vec<Actor>,
}

impl Audience {
    fn of(scenery: Scenery<'_>) -> Self {
        Self { stage: Stage::with(scenery.with_presence()), actors: Vec::new() }
    }
}

#[async_trait]
impl PresenceSinkFixture for Audience {
    fn sink(&self) -> Arc<dyn PresenceSink> {
        Arc::clone(&self.stage.fanout) as _
    }

    async fn watcher(&mut self, channel: &ChannelKey) -> Arc<RecordingOutbound> {
        assert_eq!(channel.app.as_str(), "shop");
        let mut actor = self.stage.enter("alice").await;
        let wish = json!({ "channel": channel.channel.as_str(), "presence": "watch" });
        actor.asks("subscribe", wish).await;
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
async fn presence_sink_1_a_slow_watcher_is_its_own_end() {
    suite::a_slow_watcher_is_its_own_end(&mut Audience::of(Scenery::default())).await;
}

#[tokio::test]
async fn presence_sink_2_watchers_hear_the_order_of_the_versions() {
    suite::watchers_hear_the_order_of_the_versions(&mut Audience::of(Scenery::default())).await;
}

#[tokio::test]
async fn presence_sink_1_also_where_changes_are_gathered() {
    let mut audience = Audience::of(Scenery::default().gathering());
    suite::a_slow_watcher_is_its_own_end(&mut audience).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn presence_sink_2_also_where_changes_are_gathered() {
    let mut audience = Audience::of(Scenery::default().gathering());
    suite::watchers_hear_the_order_of_the_versions(&mut audience).await;
}
