//! The suites of the ports that this crate has adapters for.

use std::{sync::Arc, thread};

use adapters_memory::{
    MemoryAppRegistry, MemoryAppStore, MemoryBroker, MemoryPresence, MemoryUsageLedger, RandomIds,
    SystemClock,
};
use application::ports::{AppRegistry, AppStore, AppTable};
use domain::{App, Durability, Timestamp};
use testkit::{
    ManualClock, RecordingPresence, RecordingSink,
    contracts::{
        app_registry, app_store, app_store::AppStoreFixture, broker, broker::BrokerFixture, clock,
        history_store, history_store::HistoryFixture, id_source, presence_store,
        presence_store::PresenceFixture, usage_ledger, usage_ledger::LedgerFixture,
    },
};

fn memory_broker() -> BrokerFixture {
    let sink = Arc::new(RecordingSink::default());
    let (clock, ids) = (Arc::new(SystemClock::new()), Arc::new(RandomIds));
    let broker = Arc::new(MemoryBroker::new(Arc::clone(&sink) as _, clock, ids));
    BrokerFixture { broker, sink }
}

fn memory_history() -> HistoryFixture {
    let sink = Arc::new(RecordingSink::default());
    let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1_800_000_000)));
    let ids = Arc::new(RandomIds);
    let memory = MemoryBroker::new(Arc::clone(&sink) as _, Arc::clone(&clock) as _, ids);
    let memory = Arc::new(memory);
    HistoryFixture {
        broker: Arc::clone(&memory) as _,
        history: Arc::clone(&memory) as _,
        sink,
        clock,
        sweep: Box::new(move || memory.sweep()),
        durability: Durability::Memory,
    }
}

fn memory_presence() -> PresenceFixture {
    let sink = Arc::new(RecordingPresence::default());
    let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1_800_000_000)));
    let store = MemoryPresence::new(Arc::clone(&sink) as _, Arc::clone(&clock) as _);
    PresenceFixture { store: Arc::new(store), sink, clock }
}

async fn memory_table(apps: Vec<App>) -> Arc<dyn AppTable> {
    Arc::new(MemoryAppRegistry::new(apps))
}

fn memory_ledger() -> LedgerFixture {
    let open = Box::new(|| Arc::new(MemoryUsageLedger::default()) as _);
    LedgerFixture { open, outlives: false }
}

async fn memory_registry(apps: Vec<App>) -> Arc<dyn AppRegistry> {
    Arc::new(MemoryAppRegistry::new(apps))
}

#[tokio::test]
async fn broker_1_what_is_acknowledged_is_announced() {
    broker::what_is_acknowledged_is_announced(&memory_broker()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broker_2_announcements_come_one_at_a_time() {
    broker::announcements_come_one_at_a_time(&memory_broker()).await;
}

#[tokio::test]
async fn broker_3_apps_do_not_share_channels() {
    broker::apps_do_not_share_channels(&memory_broker()).await;
}

#[tokio::test]
async fn broker_4_nobody_has_to_listen() {
    broker::nobody_has_to_listen(&memory_broker()).await;
}

#[tokio::test]
async fn broker_5_what_is_attached_is_announced() {
    broker::what_is_attached_is_announced(&memory_broker()).await;
}

#[tokio::test]
async fn broker_6_message_ids_are_unique() {
    broker::message_ids_are_unique(&memory_broker()).await;
}

#[tokio::test]
async fn broker_7_what_is_published_is_in_the_stream() {
    broker::what_is_published_is_in_the_stream(&memory_history()).await;
}

#[tokio::test]
async fn broker_8_a_repeated_key_gives_the_first_receipt() {
    broker::a_repeated_key_gives_the_first_receipt(&memory_history()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broker_8_two_at_once_share_one_outcome() {
    broker::two_at_once_share_one_outcome(&memory_history()).await;
}

#[tokio::test]
async fn history_1_offsets_begin_at_one_and_grow_by_one() {
    history_store::offsets_begin_at_one_and_grow_by_one(&memory_history()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn history_2_what_was_announced_is_read() {
    history_store::what_was_announced_is_read(&memory_history()).await;
}

#[tokio::test]
async fn history_3_pages_have_no_hole() {
    history_store::pages_have_no_hole(&memory_history()).await;
}

#[tokio::test]
async fn history_4_the_policy_bounds_what_is_kept() {
    history_store::the_policy_bounds_what_is_kept(&memory_history()).await;
}

#[tokio::test]
async fn history_5_a_position_outlives_its_messages() {
    history_store::a_position_outlives_its_messages(&memory_history()).await;
}

#[tokio::test]
async fn history_6_a_purge_keeps_the_place() {
    history_store::a_purge_keeps_the_place(&memory_history()).await;
}

#[tokio::test]
async fn history_7_streams_are_apart() {
    history_store::streams_are_apart(&memory_history()).await;
}

#[tokio::test]
async fn history_8_asking_begins_no_stream() {
    history_store::asking_begins_no_stream(&memory_history()).await;
}

#[tokio::test]
async fn history_9_what_an_app_keeps_is_known() {
    history_store::what_an_app_keeps_is_known(&memory_history()).await;
}

#[tokio::test]
async fn presence_7_an_app_has_a_bound_of_its_own() {
    presence_store::an_app_has_a_bound_of_its_own(&memory_presence()).await;
}

#[tokio::test]
async fn presence_13_who_comes_late_is_told_of_all_members() {
    presence_store::who_comes_late_is_told_of_all_members(&memory_presence()).await;
}

#[tokio::test]
async fn presence_1_a_member_is_a_client() {
    presence_store::a_member_is_a_client(&memory_presence()).await;
}

#[tokio::test]
async fn presence_2_a_leave_waits_for_its_delay() {
    presence_store::a_leave_waits_for_its_delay(&memory_presence()).await;
}

#[tokio::test]
async fn presence_3_a_return_makes_no_noise() {
    presence_store::a_return_makes_no_noise(&memory_presence()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn presence_4_versions_grow_by_one() {
    presence_store::versions_grow_by_one(&memory_presence()).await;
}

#[tokio::test]
async fn presence_4_versions_never_go_back() {
    presence_store::versions_never_go_back(&memory_presence()).await;
}

#[tokio::test]
async fn presence_5_a_roster_has_the_changes_up_to_its_version() {
    presence_store::a_roster_has_the_changes_up_to_its_version(&memory_presence()).await;
}

#[tokio::test]
async fn presence_6_info_is_the_newest() {
    presence_store::info_is_the_newest(&memory_presence()).await;
}

#[tokio::test]
async fn presence_7_a_full_channel_takes_nobody_more() {
    presence_store::a_full_channel_takes_nobody_more(&memory_presence()).await;
}

#[tokio::test]
async fn presence_8_lists_are_apart() {
    presence_store::lists_are_apart(&memory_presence()).await;
}

#[tokio::test]
async fn presence_9_a_leave_undoes_what_nobody_waited_for() {
    presence_store::a_leave_undoes_what_nobody_waited_for(&memory_presence()).await;
}

#[tokio::test]
async fn app_registry_1_an_app_is_found_by_its_exact_id() {
    app_registry::an_app_is_found_by_its_exact_id(memory_registry).await;
}

#[tokio::test]
async fn app_registry_2_a_disabled_app_is_found() {
    app_registry::a_disabled_app_is_found(memory_registry).await;
}

#[tokio::test]
async fn app_registry_3_an_app_is_found_by_its_pusher_keys() {
    app_registry::an_app_is_found_by_its_pusher_keys(memory_registry).await;
}

#[tokio::test]
async fn app_registry_4_an_app_keeps_its_address() {
    app_registry::an_app_keeps_its_address(memory_registry).await;
}

#[test]
fn clock_1_a_moment_never_goes_back() {
    clock::a_moment_never_goes_back(&SystemClock::new(), thread::sleep);
}

#[test]
fn id_source_1_all_bits_are_random() {
    id_source::all_bits_are_random(&RandomIds);
}

#[test]
fn id_source_2_message_ids_sort_by_time() {
    id_source::message_ids_sort_by_time(&RandomIds);
}

#[test]
fn id_source_a_spread_stays_below_its_bound() {
    id_source::a_spread_stays_below_its_bound(&RandomIds);
}

#[tokio::test]
async fn app_registry_3_keys_follow_their_app() {
    app_registry::keys_follow_their_app(memory_table).await;
}

#[tokio::test]
async fn app_registry_4_an_app_that_changed_is_another() {
    app_registry::an_app_that_changed_is_another(memory_table).await;
}

#[tokio::test]
async fn app_registry_5_and_6_changes_are_announced_behind_them() {
    app_registry::changes_are_announced_behind_them(memory_table).await;
}

#[tokio::test]
async fn usage_ledger_1_what_is_recorded_is_added_once() {
    usage_ledger::what_is_recorded_is_added_once(&memory_ledger()).await;
}

#[tokio::test]
async fn usage_ledger_2_rows_come_in_order() {
    usage_ledger::rows_come_in_order(&memory_ledger()).await;
}

#[tokio::test]
async fn usage_ledger_3_rows_are_apart() {
    usage_ledger::rows_are_apart(&memory_ledger()).await;
}

#[tokio::test]
async fn usage_ledger_4_a_start_goes_on() {
    usage_ledger::a_start_goes_on(&memory_ledger()).await;
}

#[tokio::test]
async fn broker_9_a_forgotten_app_leaves_nothing() {
    broker::a_forgotten_app_leaves_nothing(&memory_history()).await;
}

struct NothingKept;

impl AppStoreFixture for NothingKept {
    fn open(&self) -> Arc<dyn AppStore> {
        Arc::new(MemoryAppStore::default())
    }

    fn is_durable(&self) -> bool {
        false
    }
}

#[tokio::test]
async fn app_store_1_what_was_answered_is_so() {
    app_store::what_was_answered_is_so(&NothingKept).await;
}

#[tokio::test]
async fn app_store_2_what_comes_back_is_what_was_put() {
    app_store::what_comes_back_is_what_was_put(&NothingKept).await;
}

#[tokio::test]
async fn app_store_3_apps_are_apart() {
    app_store::apps_are_apart(&NothingKept).await;
}
