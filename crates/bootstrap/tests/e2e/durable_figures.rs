//! The bench's measurements of durable history, in small: they come to their end, and what they say is
//! possible.

use bench::{
    args::{DurableArgs, DurableScenario},
    durable,
    figures::Figures,
};

use crate::scratch::Scratch;

fn measured(scenario: DurableScenario) -> Vec<(String, Figures)> {
    let scratch = Scratch::new();
    let args = DurableArgs {
        server: env!("CARGO_BIN_EXE_rtmate").into(),
        scenario,
        seconds: 0.3,
        clients: 150,
        within: 0.2,
        missed: 3,
        channels: 20,
        messages: 400,
        payload: 64,
        folder: Some(scratch.path().to_owned()),
        json: false,
    };
    let mut all = Vec::new();
    durable::measure(&args, |measured| all.push(measured.clone())).unwrap();
    let left = std::fs::read_dir(scratch.path()).unwrap().count();
    assert_eq!(left, 0, "its folders are gone");
    all
}

fn get(figures: &Figures, name: &str) -> f64 {
    figures.get(name).unwrap_or_else(|| panic!("{name} of {:?}", figures.names()))
}

#[test]
fn sends_are_held_against_the_disk() {
    let all = measured(DurableScenario::Sends);
    assert_eq!(all.len(), 3);
    for ((_, figures), senders) in all.iter().zip([1.0, 16.0, 256.0]) {
        assert_eq!(get(figures, "senders"), senders);
        let ratio = get(figures, "sends_per_second") / get(figures, "disk_syncs_per_second");
        assert!((get(figures, "sends_per_disk_sync") - ratio).abs() < 1e-6);
        assert!(get(figures, "latency_us_p50") <= get(figures, "latency_us_max"));
        assert!(get(figures, "latency_us_p50") > 0.0);
    }
}

#[test]
fn everybody_who_comes_back_is_made_up_for() {
    let all = measured(DurableScenario::Returns);
    let figures = &all[0].1;
    assert_eq!((get(figures, "clients"), get(figures, "recovered")), (150.0, 150.0));
    assert!(get(figures, "last_is_live_after_seconds") >= get(figures, "connects_took_seconds"));
    assert!(get(figures, "server_cpu_seconds") > 0.0);
}

#[test]
fn pages_and_starts_are_measured() {
    let pages = measured(DurableScenario::History);
    assert_eq!(pages.len(), 3);
    assert!(pages.iter().all(|(_, figures)| get(figures, "pages_per_second") > 0.0));
    let starts = measured(DurableScenario::Start);
    let figures = &starts[0].1;
    assert_eq!((get(figures, "messages"), get(figures, "channels")), (400.0, 20.0));
    assert!(
        get(figures, "start_after_kill_seconds") > 0.0 && get(figures, "store_bytes") > 10_000.0
    );
}
