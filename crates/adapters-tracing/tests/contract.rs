//! The log keeps the contract of an `EventSink`.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use adapters_tracing::TracingEvents;
use domain::Timestamp;
use testkit::{ManualClock, contracts::event_sink as suite};
use tracing_subscriber::fmt::MakeWriter;

/// What was written, in memory.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Page {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no panic").clone()).expect("text")
    }
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Page {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

fn events() -> TracingEvents {
    TracingEvents::new(Arc::new(ManualClock::new(Timestamp::from_secs(1))))
}

#[test]
fn event_sink_1_every_event_is_taken() {
    let page = Page::default();
    let lines = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(page.clone())
        .finish();
    let _here = tracing_subscriber::util::SubscriberInitExt::set_default(lines);
    suite::every_event_is_taken(&events());
    assert_eq!(page.text().lines().count(), 56, "{}", page.text());
}

#[test]
fn event_sink_2_foreign_text_begins_no_line() {
    let page = Page::default();
    let lines = tracing_subscriber::fmt().with_ansi(false).with_writer(page.clone()).finish();
    let _here = tracing_subscriber::util::SubscriberInitExt::set_default(lines);
    suite::foreign_text_begins_no_line(&events(), || page.text());
}
