//! What every `Outbound` guarantees.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use application::ports::{Outbound, QueueFull};
use async_trait::async_trait;
use bytes::Bytes;
use domain::CloseReason;
use futures_util::FutureExt;

/// What the other end sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// A frame with this text.
    Text(String),
    /// The transport asks for a sign of life.
    Probe,
    /// The transport's own goodbye.
    Goodbye,
    /// Nothing more will come.
    End,
}

/// What the suite needs of a transport: one connection whose other end reads only when asked.
#[async_trait]
pub trait OutboundFixture: Send {
    /// The adapter. Nothing is written before the first [`Self::sees`].
    fn outbound(&self) -> Arc<dyn Outbound>;

    /// A whole frame of the transport around this text.
    fn frame(&self, text: &str) -> Bytes;

    /// Whether the transport has a way to ask for a sign of life.
    fn probes(&self) -> bool;

    /// Whether the transport says goodbye beside the farewell.
    fn says_goodbye(&self) -> bool;

    /// The next thing that the other end sees. Once there was one, the transport writes all that
    /// it can, whether it is read or not.
    async fn sees(&mut self) -> Seen;
}

/// A frame's text of so many bytes.
fn text(letter: char, bytes: usize) -> String {
    std::iter::repeat_n(letter, bytes).collect()
}

async fn sees_all(fixture: &mut dyn OutboundFixture) -> Vec<Seen> {
    let mut all = Vec::new();
    loop {
        let seen = fixture.sees().await;
        if seen == Seen::End {
            return all;
        }
        all.push(seen);
    }
}

/// What the other end sees of a connection that says these texts and ends.
fn story(fixture: &dyn OutboundFixture, texts: &[&str]) -> Vec<Seen> {
    let mut story: Vec<Seen> = texts.iter().map(|text| Seen::Text((*text).to_owned())).collect();
    story.extend(fixture.says_goodbye().then_some(Seen::Goodbye));
    story
}

/// Guarantee 1: frames leave in the order of the calls, pushes and replies alike.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn frames_leave_in_order(fixture: &mut dyn OutboundFixture) {
    let outbound = fixture.outbound();
    outbound.set_queue_limit(64 * 1024);
    let texts: Vec<String> = (0..300).map(|n| n.to_string()).collect();
    for (n, text) in texts.iter().enumerate() {
        let frame = fixture.frame(text);
        if n % 3 == 0 {
            outbound.reply(frame);
        } else {
            outbound.push(&frame).expect("there is room");
        }
    }
    for text in &texts {
        assert_eq!(fixture.sees().await, Seen::Text(text.clone()));
    }
}

/// Guarantee 2: after the end calls have no effect, and none fails.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn after_the_end_calls_have_no_effect(fixture: &mut dyn OutboundFixture) {
    let outbound = fixture.outbound();
    outbound.close(fixture.frame("bye"), CloseReason::ShuttingDown);
    let queued = outbound.queued_bytes();
    assert_eq!(outbound.push(&fixture.frame("late")), Ok(()));
    assert_eq!(outbound.push(&fixture.frame(&text('x', 1 << 20))), Ok(()), "not even too slow");
    outbound.reply(fixture.frame("late"));
    outbound.probe();
    outbound.set_queue_limit(0);
    assert_eq!(outbound.queued_bytes(), queued);
    let story = story(fixture, &["bye"]);
    assert_eq!(sees_all(fixture).await, story);
    assert_eq!(outbound.push(&fixture.frame("later still")), Ok(()));
}

/// Guarantee 3: a push over the limit is refused and not queued; replies never are.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn a_push_over_the_limit_is_refused(fixture: &mut dyn OutboundFixture) {
    let outbound = fixture.outbound();
    let (small, large) = (fixture.frame("s"), fixture.frame(&text('l', 1000)));
    // A transport may count what it costs to keep a frame, too.
    outbound.set_queue_limit(1 << 20);
    assert_eq!(outbound.push(&large), Ok(()));
    let large_costs = outbound.queued_bytes();
    assert_eq!(outbound.push(&small), Ok(()));
    let small_costs = outbound.queued_bytes() - large_costs;
    assert!(large_costs >= large.len() && small_costs >= small.len());
    let full = 2 * large_costs + small_costs;
    outbound.set_queue_limit(full);
    assert_eq!(outbound.push(&large), Ok(()), "up to the limit itself");
    assert_eq!(outbound.push(&small), Err(QueueFull));
    assert_eq!(outbound.queued_bytes(), full, "what is refused is not queued");
    outbound.reply(small.clone());
    assert_eq!(outbound.queued_bytes(), full + small_costs, "a reply passes the limit");
    let (l, s) = (Seen::Text(text('l', 1000)), Seen::Text("s".to_owned()));
    for expected in [l.clone(), s.clone(), l, s.clone()] {
        assert_eq!(fixture.sees().await, expected);
    }
    outbound.push(&small).expect("what was read makes room");
    assert_eq!(fixture.sees().await, s);
}

/// Guarantee 4: after `close` come what is queued, the farewell and the goodbye; the first close
/// counts.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn the_first_close_says_farewell(fixture: &mut dyn OutboundFixture) {
    let outbound = fixture.outbound();
    outbound.reply(fixture.frame("1"));
    outbound.push(&fixture.frame("2")).expect("there is room");
    outbound.close(fixture.frame("bye"), CloseReason::BadRequests);
    outbound.close(fixture.frame("bye again"), CloseReason::TooSlow);
    let story = story(fixture, &["1", "2", "bye"]);
    assert_eq!(sees_all(fixture).await, story);
}

/// Guarantee 4: a reason that drops the queue leaves of it at most the frame that is on the wire.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn a_slow_reader_gets_the_farewell_at_once(fixture: &mut dyn OutboundFixture) {
    let outbound = fixture.outbound();
    outbound.set_queue_limit(1024);
    outbound.push(&fixture.frame("first")).expect("there is room");
    assert_eq!(fixture.sees().await, Seen::Text("first".to_owned()));
    // Behind it: more than any socket takes from a transport that nobody reads.
    let large = fixture.frame(&text('x', 1 << 20));
    (0..64).for_each(|_| outbound.reply(large.clone()));
    // The transport gets the chance to put the beginning of it on the wire.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    outbound.close(fixture.frame("bye"), CloseReason::TooSlow);
    let mut seen = sees_all(fixture).await;
    let dropped = 64 - (seen.len() - story(fixture, &["bye"]).len());
    assert!(dropped >= 32, "only {dropped} of 64 were dropped");
    let whole = |seen: &Seen| *seen == Seen::Text(text('x', 1 << 20));
    seen.retain(|seen| !whole(seen));
    assert_eq!(seen, story(fixture, &["bye"]), "what was on the wire is whole");
}

/// Guarantee 4: a reader that takes nothing is cut off 5 s after the close. `writing` is the
/// transport's writing to such a reader, on a runtime whose clock is paused (or patient).
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn who_takes_nothing_is_cut_off(
    outbound: Arc<dyn Outbound>,
    frame: Bytes,
    writing: impl Future<Output = ()>,
) {
    let queued = (256 << 20) / frame.len();
    for _ in 0..queued {
        outbound.reply(frame.clone());
    }
    outbound.close(Bytes::new(), CloseReason::ShuttingDown);
    let limit = std::time::Duration::from_secs(6);
    let begun = tokio::time::Instant::now();
    tokio::time::timeout(limit, writing).await.expect("writing ends within 5 s of the close");
    let took = begun.elapsed();
    assert!(took.as_secs() >= 5, "a reader has 5 s, this one had {took:?}");
}

/// Guarantee 5: `probe` asks for a sign of life, where there is a way to ask.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn a_probe_asks_for_a_sign_of_life(fixture: &mut dyn OutboundFixture) {
    let outbound = fixture.outbound();
    outbound.reply(fixture.frame("1"));
    outbound.probe();
    outbound.reply(fixture.frame("2"));
    assert_eq!(fixture.sees().await, Seen::Text("1".to_owned()));
    if fixture.probes() {
        assert_eq!(fixture.sees().await, Seen::Probe);
    }
    assert_eq!(fixture.sees().await, Seen::Text("2".to_owned()));
}

/// Guarantee 6: `drained` resolves once no more than so many bytes wait, or at the end.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn drained_resolves_when_little_waits(fixture: &mut dyn OutboundFixture) {
    let outbound = fixture.outbound();
    outbound.set_queue_limit(1 << 20);
    outbound.drained(0).await;
    let frame = fixture.frame(&text('x', 1000));
    outbound.reply(frame.clone());
    outbound.reply(frame);
    let queued = outbound.queued_bytes();
    outbound.drained(queued).await;
    assert!(outbound.drained(queued - 1).now_or_never().is_none(), "nobody has read");
    let waiting = tokio::spawn({
        let outbound = Arc::clone(&outbound);
        async move { outbound.drained(0).await }
    });
    for _ in 0..2 {
        assert_eq!(fixture.sees().await, Seen::Text(text('x', 1000)));
    }
    waiting.await.expect("no panic");
    outbound.reply(fixture.frame("more"));
    outbound.close(fixture.frame("bye"), CloseReason::ShuttingDown);
    outbound.drained(0).await;
}

/// Counts how often it was woken.
#[derive(Default)]
struct Woken(AtomicU32);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Guarantee 7: after `nudge` the transport's task is polled, and so asks its session. `transport`
/// is what the task waits with while nothing is to be read or written.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn a_nudge_wakes_the_transport(
    outbound: Arc<dyn Outbound>,
    transport: impl Future<Output = ()>,
) {
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let (mut transport, mut context) = (pin!(transport), Context::from_waker(&waker));
    for _ in 0..3 {
        let before = loop {
            let before = woken.0.load(Ordering::SeqCst);
            assert_eq!(transport.as_mut().poll(&mut context), Poll::Pending, "it is idle");
            if woken.0.load(Ordering::SeqCst) == before {
                break before;
            }
        };
        outbound.nudge();
        assert!(woken.0.load(Ordering::SeqCst) > before, "nobody was woken");
    }
}
