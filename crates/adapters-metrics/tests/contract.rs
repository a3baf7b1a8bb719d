//! The metrics keep the contracts of an `EventSink` and of a `Meter`.

use adapters_memory::SystemClock;
use adapters_metrics::{Levels, Metrics};
use allocation_counter::measure;
use application::ports::{Clock, Kind, Meter, Reading, Tallies};
use domain::{AppId, Durability, ErrorCode};
use testkit::contracts::{event_sink, meter as suite, tallies};

fn metrics() -> Metrics {
    let clock = SystemClock::new();
    Metrics::new(move || clock.now())
}

fn page(metrics: &Metrics) -> String {
    metrics.page(&Levels::default())
}

#[track_caller]
fn has(page: &str, line: &str) {
    assert!(page.lines().any(|known| known == line), "{line} is not in\n{page}");
}

#[test]
fn event_sink_1_every_event_is_taken() {
    let metrics = metrics();
    event_sink::every_event_is_taken(&metrics);
    let page = page(&metrics);
    for line in [
        "rtmate_connections_opened_total 2",
        "rtmate_closes_total{reason=\"client_left\"} 2",
        "rtmate_authenticated_connections{app=\"shop\"} 0",
        "rtmate_subscriptions{app=\"shop\"} 0",
        "rtmate_faults_total 4",
    ] {
        has(&page, line);
    }
}

#[test]
fn event_sink_2_foreign_text_begins_no_line() {
    let metrics = metrics();
    // It keeps no foreign text at all: so many lines are what the suite asks for.
    event_sink::foreign_text_begins_no_line(&metrics, || "a reply forged\n".repeat(3));
    assert!(!page(&metrics).contains("forged"));
}

#[test]
fn meter_1_every_reading_is_taken() {
    let metrics = metrics();
    suite::every_reading_is_taken(&metrics);
    let page = page(&metrics);
    let published = page.lines().filter_map(|line| {
        line.strip_prefix("rtmate_messages_published_total{")?
            .split(' ')
            .nth(1)?
            .parse::<u64>()
            .ok()
    });
    assert_eq!(published.sum::<u64>(), 16_000, "none is lost between threads");
    has(&page, "rtmate_auth_total{result=\"accepted\"} 8000");
    has(&page, "rtmate_auth_total{result=\"rate_limited\"} 8000");
    has(&page, "rtmate_command_seconds_count{command=\"send\"} 16000");
    assert!(page.contains("app=\"(others)\""), "further apps are counted together");
}

#[test]
fn meter_2_ticks_do_not_go_back() {
    suite::ticks_do_not_go_back(&metrics(), || SystemClock::new().now());
}

#[test]
fn tallies_1_an_app_is_counted_alone() {
    let metrics = metrics();
    tallies::an_app_is_counted_alone(&metrics, &metrics);
    let late = AppId::parse("app-2999").unwrap();
    assert_eq!(metrics.of(&late), None, "those beyond the first 1,000 are counted together");
}

#[test]
fn tallies_2_counts_go_up() {
    let metrics = metrics();
    tallies::counts_go_up(&metrics, &metrics);
}

#[test]
fn tallies_3_the_node_is_all_apps() {
    let metrics = metrics();
    tallies::the_node_is_all_apps(&metrics, &metrics);
}

/// What the hot path asks for costs no memory.
#[test]
fn nothing_is_allocated_for_an_app_that_is_known() {
    let (metrics, app) = (metrics(), AppId::parse("shop").unwrap());
    let all = || {
        let (since, bytes, messages, app) = (metrics.tick(), 1, 0, &app);
        metrics.note(&Reading::Received { app: Some(app), bytes });
        let broker = Durability::Memory;
        metrics.note(&Reading::Published { app, bytes, broker, kept: false });
        metrics.note(&Reading::Delivered { app, messages: 1, bytes });
        metrics.note(&Reading::Flushed { since });
        let refused = Some(ErrorCode::RateLimited);
        let (app, kind) = (Some(app), Kind::Send);
        metrics.note(&Reading::Answered { app, kind, since, bytes, messages, refused });
    };
    all();
    assert_eq!(measure(all).count_total, 0);
}
