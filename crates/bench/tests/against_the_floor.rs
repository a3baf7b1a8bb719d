//! The generator against the floor, both as they are used: nothing is lost, all is in order.

#![expect(clippy::unwrap_used, reason = "what a test needs is there, or the test fails")]

use std::path::Path;

use bench::{
    args::{ScenarioName, Size, Transport},
    compare::child::Child,
    dialect::Native,
    figures::Figures,
    process::Process,
    scenario::Scenario,
    target::Target,
};

fn run(gather: bool, name: ScenarioName, size: Size) -> Figures {
    let floor = Child::floor(Path::new(env!("CARGO_BIN_EXE_rtmate-bench")), gather).unwrap();
    let native = Native { app: "bench".into(), token: "t".into() };
    let target = Target::at(floor.url(), native, &Transport::default()).unwrap();
    let server = Process::of_pid(floor.pid()).unwrap();
    Scenario { name, size }.run(&target, Some(&server)).unwrap()
}

fn assert_sound(figures: &Figures, deliveries: f64) {
    for key in ["lost", "surplus", "disordered", "dropped_connections"] {
        assert_eq!(figures.get(key), Some(0.0), "{key}");
    }
    let seen = figures.get("deliveries").unwrap();
    // The last ones may come when the measuring is over.
    assert!(seen > 0.0 && seen <= deliveries, "{seen} of {deliveries}");
}

#[test]
fn a_fanout_loses_nothing() {
    for gather in [false, true] {
        let size = Size {
            subscribers: Some(20),
            in_flight: Some(8),
            messages: Some(400),
            ..Size::default()
        };
        let figures = run(gather, ScenarioName::Fanout, size);
        assert_sound(&figures, 400.0 * 20.0);
        assert!(figures.get("server_cpu_us_per_delivery").unwrap() > 0.0);
    }
}

#[test]
fn channels_do_not_mix() {
    for gather in [false, true] {
        let size = Size { channels: Some(7), messages: Some(300), ..Size::default() };
        assert_sound(&run(gather, ScenarioName::Channels, size), 300.0 * 10.0);
    }
}

#[test]
fn messages_at_a_rate_and_beside_others_arrive() {
    let size =
        Size { subscribers: Some(50), rate: Some(2000.0), messages: Some(300), ..Size::default() };
    assert_sound(&run(false, ScenarioName::Fanout, size.clone()), 300.0 * 50.0);
    assert_sound(&run(true, ScenarioName::Beside, size), 300.0 * 50.0);
}

#[test]
fn connections_come_and_go() {
    let size = Size { messages: Some(100), ..Size::default() };
    let figures = run(false, ScenarioName::Churn, size);
    assert!(figures.get("cycles").unwrap() >= 100.0);
    let size = Size { subscribers: Some(300), channels: Some(3), ..Size::default() };
    let figures = run(false, ScenarioName::Idle, size);
    assert_eq!(figures.get("dropped_connections"), Some(0.0));
}
