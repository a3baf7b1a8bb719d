//! Clients that ask, wait for the answer and ask again.

use std::{collections::VecDeque, time::Duration};

use crate::{
    fault::Fault,
    histogram::Histogram,
    swarm::{Ear, End, Swarm},
};

/// How long no answer may come.
const PATIENCE: u64 = 30_000_000_000;

/// When to stop asking.
#[derive(Debug, Clone, Copy)]
pub(super) enum Until {
    /// When the time is over.
    Time(Duration),
    /// When so many were asked.
    Asked(u64),
}

/// What came of it.
#[derive(Default)]
pub(super) struct Answers {
    /// From asked to read.
    pub(super) latency: Histogram,
    /// Until the last answer.
    pub(super) nanos: u64,
}

#[derive(Default)]
struct Desk {
    /// By connection: when the requests that wait for an answer were made. Answers come in order.
    asked: Vec<VecDeque<u64>>,
    /// Who got an answer and may ask again.
    free: Vec<usize>,
    latency: Histogram,
    ended: Option<Option<u16>>,
}

impl Ear for Desk {
    fn answered(&mut self, link: usize, _text: &[u8], now: u64) {
        let Some(asked) = self.asked.get_mut(link).and_then(VecDeque::pop_front) else { return };
        self.latency.record(now.saturating_sub(asked));
        self.free.push(link);
    }

    fn ended(&mut self, _link: usize, end: End) {
        self.ended = Some(end.code);
    }
}

/// Lets each connection have `window` requests under way. `request` writes the request with this
/// number, which is the first argument, for the connection with the second.
pub(super) fn ask(
    swarm: &mut Swarm,
    links: &[usize],
    window: usize,
    until: Until,
    mut request: impl FnMut(u64, usize, &Swarm, &mut Vec<u8>),
) -> Result<Answers, Fault> {
    let highest = links.iter().max().map_or(0, |link| link + 1);
    let mut desk = Desk { asked: vec![VecDeque::new(); highest], ..Desk::default() };
    desk.free = links.iter().flat_map(|link| std::iter::repeat_n(*link, window)).collect();
    let (began, mut asked, mut text) = (swarm.now(), 0, Vec::new());
    let mut events = Swarm::events();
    let mut progress = (0, began);
    loop {
        for link in std::mem::take(&mut desk.free) {
            let now = swarm.now();
            let more = match until {
                Until::Time(time) => u128::from(now - began) < time.as_nanos(),
                Until::Asked(most) => asked < most,
            };
            if more {
                text.clear();
                request(asked, link, swarm, &mut text);
                desk.asked[link].push_back(now);
                swarm.ask(link, &text);
                asked += 1;
            }
        }
        if desk.latency.count() == asked {
            return Ok(Answers { latency: desk.latency, nanos: swarm.now() - began });
        }
        swarm.turn(&mut events, Duration::from_millis(20), &mut desk)?;
        if let Some(code) = desk.ended {
            return Err(Fault::Ended(code));
        }
        if progress.0 != desk.latency.count() {
            progress = (desk.latency.count(), swarm.now());
        } else if swarm.now() - progress.1 > PATIENCE {
            let seconds = PATIENCE / 1_000_000_000;
            return Err(Fault::Stuck { what: "answers are waited for", seconds });
        }
    }
}
