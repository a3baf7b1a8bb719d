//! What is compared with what, and how good it must be.

use crate::args::{ScenarioName, Size};

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peer {
    /// The floor that writes once per delivery.
    Floor,
    /// The floor that gathers a turn of its loop.
    Gather,
    /// RTMate with so many worker threads.
    Rtmate(usize),
}

impl Peer {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Gather => "gathering floor",
            Self::Rtmate(1) => "rtmate",
            Self::Rtmate(_) => "rtmate, 2 workers",
        }
    }
}

/// A scenario of one size, measured at several peers.
pub(super) struct Contest {
    pub(super) name: &'static str,
    pub(super) scenario: ScenarioName,
    pub(super) size: fn() -> Size,
    pub(super) peers: &'static [Peer],
    /// The figure that is shown of all peers.
    pub(super) key: &'static str,
    pub(super) bars: &'static [Bar],
}

/// What RTMate must reach.
pub(super) struct Bar {
    pub(super) peer: Peer,
    pub(super) key: &'static str,
    pub(super) bound: Bound,
}

/// How a figure is judged.
#[derive(Debug, Clone, Copy)]
pub(super) enum Bound {
    /// At most so many times the figure of another peer.
    Times(f64, Peer),
    /// At most so much.
    AtMost(f64),
    /// Exactly so much.
    Exactly(f64),
}

/// What `apps.limits.queue` is by default, plus 2 MiB.
const QUEUE_AND_TWO: f64 = 3.0 * 1024.0 * 1024.0;
const RTMATE: Peer = Peer::Rtmate(1);
const PER_DELIVERY: &str = "server_cpu_us_per_delivery";

/// A warm-up, and else the scenario's defaults.
fn usual() -> Size {
    Size { warmup: 1.0, ..Size::default() }
}

pub(super) const CONTESTS: [Contest; 8] = [
    Contest {
        name: "one-at-a-time",
        scenario: ScenarioName::Fanout,
        size: usual,
        peers: &[Peer::Floor, RTMATE],
        key: PER_DELIVERY,
        bars: &[Bar { peer: RTMATE, key: PER_DELIVERY, bound: Bound::Times(1.2, Peer::Floor) }],
    },
    Contest {
        name: "sixteen-under-way",
        scenario: ScenarioName::Fanout,
        size: || Size { in_flight: Some(16), ..usual() },
        peers: &[Peer::Floor, Peer::Gather, RTMATE],
        key: PER_DELIVERY,
        bars: &[Bar { peer: RTMATE, key: PER_DELIVERY, bound: Bound::Times(1.3, Peer::Gather) }],
    },
    Contest {
        name: "channels",
        scenario: ScenarioName::Channels,
        size: usual,
        peers: &[Peer::Floor, Peer::Gather, RTMATE],
        key: PER_DELIVERY,
        bars: &[Bar { peer: RTMATE, key: PER_DELIVERY, bound: Bound::Times(1.3, Peer::Floor) }],
    },
    Contest {
        name: "idle",
        scenario: ScenarioName::Idle,
        size: usual,
        peers: &[Peer::Floor, RTMATE],
        key: "server_bytes_per_connection",
        bars: &[Bar {
            peer: RTMATE,
            key: "server_bytes_per_connection",
            bound: Bound::AtMost(2500.0),
        }],
    },
    Contest {
        name: "churn",
        scenario: ScenarioName::Churn,
        size: usual,
        peers: &[Peer::Floor, RTMATE],
        key: "server_cpu_us_per_cycle",
        bars: &[Bar {
            peer: RTMATE,
            key: "server_cpu_us_per_cycle",
            bound: Bound::Times(2.5, Peer::Floor),
        }],
    },
    Contest {
        name: "slow",
        scenario: ScenarioName::Slow,
        size: || Size { seconds: Some(6.0), ..usual() },
        peers: &[RTMATE],
        key: "server_growth_bytes",
        bars: &[
            Bar { peer: RTMATE, key: "server_growth_bytes", bound: Bound::AtMost(QUEUE_AND_TWO) },
            Bar { peer: RTMATE, key: "stalled_closed_4101", bound: Bound::Exactly(10.0) },
            Bar { peer: RTMATE, key: "stalled_told", bound: Bound::Exactly(10.0) },
            Bar { peer: RTMATE, key: "lost", bound: Bound::Exactly(0.0) },
            Bar { peer: RTMATE, key: "latency_p99_ratio", bound: Bound::AtMost(1.5) },
        ],
    },
    Contest {
        name: "workers",
        scenario: ScenarioName::Fanout,
        size: || Size { in_flight: Some(16), ..usual() },
        peers: &[RTMATE, Peer::Rtmate(2)],
        key: PER_DELIVERY,
        bars: &[Bar {
            peer: Peer::Rtmate(2),
            key: PER_DELIVERY,
            bound: Bound::Times(1.15, RTMATE),
        }],
    },
    Contest {
        name: "beside",
        scenario: ScenarioName::Beside,
        size: usual,
        peers: &[RTMATE],
        key: "latency_us_p99",
        bars: &[Bar {
            peer: RTMATE,
            key: "small_p99_per_large_duration",
            bound: Bound::AtMost(1.0 / 3.0),
        }],
    },
];
