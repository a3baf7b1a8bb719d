//! What every `Tallies` guarantees. It is told what happens as a `Meter`.

use application::ports::{Kind, Meter, Reading, Tallies};
use domain::{AppId, Durability, ErrorCode};

fn happens(meter: &dyn Meter, app: &AppId) {
    let (since, bytes, refused) = (meter.tick(), 10, Some(ErrorCode::RateLimited));
    let broker = Durability::Memory;
    meter.note(&Reading::Published { app, bytes, broker, kept: false });
    meter.note(&Reading::Delivered { app, messages: 3, bytes: 30 });
    meter.note(&Reading::Answered {
        app: Some(app),
        kind: Kind::Send,
        since,
        bytes,
        messages: 0,
        refused,
    });
}

/// Guarantee 1: what is told of an app is of that app alone, however many there are.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn an_app_is_counted_alone(tallies: &dyn Tallies, meter: &dyn Meter) {
    let app = |number: u32| AppId::parse(&format!("app-{number}")).expect("an app's name");
    let quiet = AppId::parse("quiet").expect("an app's name");
    assert_eq!(tallies.of(&quiet), Some(application::ports::Tally::default()));
    for number in 0..3_000 {
        happens(meter, &app(number));
    }
    for number in 0..3_000 {
        let Some(tally) = tallies.of(&app(number)) else { continue };
        assert_eq!((tally.published, tally.delivered, tally.refused), (1, 3, 1), "app-{number}");
    }
    assert!(tallies.of(&app(0)).is_some(), "some are counted by themselves");
}

/// Guarantee 2: what counts since the server began never goes down.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn counts_go_up(tallies: &dyn Tallies, meter: &dyn Meter) {
    let app = AppId::parse("shop").expect("an app's name");
    for number in 1..100 {
        happens(meter, &app);
        let tally = tallies.of(&app).expect("it is counted");
        assert_eq!((tally.published, tally.published_bytes), (number, 10 * number));
        assert_eq!((tally.delivered, tally.delivered_bytes), (3 * number, 30 * number));
        assert_eq!(tally.refused, number);
    }
}

/// Guarantee 3: what is told of the node is of all apps, and its spreads fit their bounds.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn the_node_is_all_apps(tallies: &dyn Tallies, meter: &dyn Meter) {
    const APPS: u32 = 3_000;
    for number in 0..APPS {
        let app = AppId::parse(&format!("app-{number}")).expect("an app's name");
        happens(meter, &app);
        meter.note(&Reading::Flushed { since: meter.tick() });
    }
    let node = tallies.node();
    let all = u64::from(APPS);
    assert_eq!((node.apps.published, node.apps.delivered), (all, 3 * all));
    assert_eq!((node.apps.published_bytes, node.apps.refused), (10 * all, all));
    let send = node.commands.iter().find(|(kind, _)| *kind == Kind::Send).expect("it was asked");
    assert!(node.bounds.is_sorted() && !node.bounds.is_empty());
    for (spread, count) in [(&node.delivery, all), (&send.1, all), (&node.commits, 0)] {
        assert_eq!(spread.cumulative.len(), node.bounds.len() + 1);
        assert!(spread.cumulative.is_sorted() && spread.cumulative.last() == Some(&count));
    }
}
