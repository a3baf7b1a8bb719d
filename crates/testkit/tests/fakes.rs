//! The fakes keep the same contracts as what they stand for.

use std::{collections::VecDeque, sync::Arc};

use application::ports::Outbound;
use async_trait::async_trait;
use bytes::Bytes;
use domain::Timestamp;
use testkit::{
    AttachingBroker, ManualClock, RecordingOutbound, RecordingSink, SequenceIds,
    contracts::{
        broker::{self, BrokerFixture},
        clock, id_source,
        outbound::{self, OutboundFixture, Seen},
    },
};

fn attaching_broker() -> BrokerFixture {
    let sink = Arc::new(RecordingSink::default());
    let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1)));
    let ids = Arc::new(SequenceIds::default());
    let broker = Arc::new(AttachingBroker::new(Arc::clone(&sink) as _, clock, ids));
    BrokerFixture { broker, sink }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_attaching_broker_is_a_broker() {
    broker::what_is_acknowledged_is_announced(&attaching_broker()).await;
    broker::announcements_come_one_at_a_time(&attaching_broker()).await;
    broker::apps_do_not_share_channels(&attaching_broker()).await;
    broker::nobody_has_to_listen(&attaching_broker()).await;
    broker::what_is_attached_is_announced(&attaching_broker()).await;
    broker::message_ids_are_unique(&attaching_broker()).await;
}

/// Reads frame by frame what a recording outbound kept.
struct Reader {
    outbound: Arc<RecordingOutbound>,
    taken: VecDeque<Bytes>,
}

impl Reader {
    fn new() -> Self {
        Self { outbound: RecordingOutbound::new(1024), taken: VecDeque::new() }
    }
}

#[async_trait]
impl OutboundFixture for Reader {
    fn outbound(&self) -> Arc<dyn Outbound> {
        Arc::clone(&self.outbound) as _
    }

    fn frame(&self, text: &str) -> Bytes {
        text.to_owned().into()
    }

    fn probes(&self) -> bool {
        false
    }

    fn says_goodbye(&self) -> bool {
        false
    }

    async fn sees(&mut self) -> Seen {
        self.taken.extend(self.outbound.take());
        let next = self.taken.pop_front();
        next.map_or(Seen::End, |frame| Seen::Text(String::from_utf8_lossy(&frame).into_owned()))
    }
}

#[tokio::test]
async fn the_recording_outbound_is_an_outbound() {
    outbound::frames_leave_in_order(&mut Reader::new()).await;
    outbound::after_the_end_calls_have_no_effect(&mut Reader::new()).await;
    outbound::a_push_over_the_limit_is_refused(&mut Reader::new()).await;
    outbound::the_first_close_says_farewell(&mut Reader::new()).await;
    outbound::a_slow_reader_gets_the_farewell_at_once(&mut Reader::new()).await;
    outbound::a_probe_asks_for_a_sign_of_life(&mut Reader::new()).await;
}

#[test]
fn the_manual_clock_is_a_clock() {
    let manual = ManualClock::new(Timestamp::from_secs(1));
    clock::a_moment_never_goes_back(&manual, |while_| manual.advance(while_));
}

/// Its ids are foreseeable on purpose; only the bound of a spread has to hold.
#[test]
fn sequence_ids_spread_below_their_bound() {
    id_source::a_spread_stays_below_its_bound(&SequenceIds::default());
}
