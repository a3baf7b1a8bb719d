//! What every `Meter` guarantees.

use std::thread;

use application::ports::{Kind, Meter, Reading};
use domain::{AppId, Durability, ErrorCode, Limit, Timestamp};

/// Guarantee 1: it takes every kind of reading, of any app, from several threads, and comes back.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn every_reading_is_taken(meter: &dyn Meter) {
    thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for number in 0..2_000 {
                    let app = format!("app-{}", (number + thread * 7) % 1_500);
                    readings(meter, &AppId::parse(&app).expect("an app's name"));
                }
            });
        }
    });
}

fn readings(meter: &dyn Meter, app: &AppId) {
    let (since, bytes, code) = (meter.tick(), 100, ErrorCode::RateLimited);
    for app in [None, Some(app)] {
        meter.note(&Reading::Received { app, bytes });
    }
    for (kind, app) in Kind::ALL.into_iter().zip([None, Some(app)].into_iter().cycle()) {
        for refused in [None, Some(code)] {
            meter.note(&Reading::Answered { app, kind, since, bytes, messages: 3, refused });
        }
    }
    meter.note(&Reading::Refused { app, code });
    for limit in Limit::ALL {
        meter.note(&Reading::Limited { app: Some(app), limit, reached: true });
        meter.note(&Reading::Limited { app: None, limit, reached: false });
    }
    for broker in [Durability::Memory, Durability::Durable] {
        meter.note(&Reading::Published { app, bytes, broker, kept: true });
    }
    meter.note(&Reading::Delivered { app, messages: 128, bytes });
    meter.note(&Reading::Flushed { since });
    for whole in [true, false] {
        meter.note(&Reading::Recovered { app, whole });
    }
    // Also an end that nothing began.
    for present in [false, true] {
        meter.note(&Reading::Connection { app, present });
        meter.note(&Reading::Channel { app, present });
        meter.note(&Reading::Member { app, present });
    }
}

/// Guarantee 2: ticks do not go back, and a stamp's is not later than the present, also of a stamp
/// that another clock gave. `now` is the wall clock that the meter goes by.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn ticks_do_not_go_back(meter: &dyn Meter, now: impl Fn() -> Timestamp) {
    let mut last = meter.tick();
    for _ in 0..1_000 {
        let tick = meter.tick();
        assert!(tick >= last, "{tick:?} after {last:?}");
        last = tick;
    }
    let later = now().after(std::time::Duration::from_secs(3600));
    for stamp in [now(), Timestamp::from_millis(0), later] {
        let given = meter.tick_of(stamp);
        assert!(given <= meter.tick(), "{given:?} of {stamp:?}");
    }
}
