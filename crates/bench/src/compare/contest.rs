//! What is compared with what, and how good it must be.

use crate::{
    args::{ScenarioName, Size},
    content::Content,
};

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peer {
    /// The floor that writes once per delivery.
    Floor,
    /// The floor that gathers a turn of its loop.
    Gather,
    /// RTMate with so many worker threads.
    Rtmate(usize),
    /// RTMate with one, over TLS.
    Tls,
    /// RTMate with one, to subscribers who agreed to compression.
    Compressing,
}

impl Peer {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Gather => "gathering floor",
            Self::Rtmate(1) => "rtmate",
            Self::Rtmate(_) => "rtmate, 2 workers",
            Self::Tls => "rtmate, TLS",
            Self::Compressing => "rtmate, compressed",
        }
    }
}

/// A scenario of one size, measured at several peers.
pub(super) struct Contest {
    pub(super) name: &'static str,
    pub(super) scenario: ScenarioName,
    pub(super) size: fn() -> Size,
    pub(super) peers: &'static [Peer],
    /// The figures that are shown of all peers.
    pub(super) keys: &'static [&'static str],
    pub(super) bars: &'static [Bar],
}

impl Contest {
    /// Whether a name on the command line means it: its own, or how several begin.
    pub(super) fn is_meant_by(&self, name: &str) -> bool {
        let rest = self.name.strip_prefix(name);
        name == "all" || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }
}

/// What RTMate must reach, or what is only set beside something.
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
    /// As many times the figure of another peer as it may be: no bar.
    Beside(Peer),
}

/// What `apps.limits.queue` is by default, plus 2 MiB.
const QUEUE_AND_TWO: f64 = 3.0 * 1024.0 * 1024.0;
const RTMATE: Peer = Peer::Rtmate(1);
const PER_DELIVERY: &str = "server_cpu_us_per_delivery";
const PER_CONNECTION: &str = "server_bytes_per_connection";
const PER_OPENING: &str = "server_cpu_us_per_opening";
const WIRE_BYTES: &str = "wire_bytes_per_delivery";

/// A warm-up, and else the scenario's defaults.
fn usual() -> Size {
    Size { warmup: 1.0, ..Size::default() }
}

const fn beside(peer: Peer, key: &'static str) -> Bar {
    Bar { peer, key, bound: Bound::Beside(RTMATE) }
}

pub(super) const CONTESTS: [Contest; 12] = [
    Contest {
        name: "one-at-a-time",
        scenario: ScenarioName::Fanout,
        size: usual,
        peers: &[Peer::Floor, RTMATE],
        keys: &[PER_DELIVERY],
        bars: &[Bar { peer: RTMATE, key: PER_DELIVERY, bound: Bound::Times(1.2, Peer::Floor) }],
    },
    Contest {
        name: "sixteen-under-way",
        scenario: ScenarioName::Fanout,
        size: || Size { in_flight: Some(16), ..usual() },
        peers: &[Peer::Floor, Peer::Gather, RTMATE],
        keys: &[PER_DELIVERY],
        bars: &[Bar { peer: RTMATE, key: PER_DELIVERY, bound: Bound::Times(1.3, Peer::Gather) }],
    },
    Contest {
        name: "channels",
        scenario: ScenarioName::Channels,
        size: usual,
        peers: &[Peer::Floor, Peer::Gather, RTMATE],
        keys: &[PER_DELIVERY],
        bars: &[Bar { peer: RTMATE, key: PER_DELIVERY, bound: Bound::Times(1.3, Peer::Floor) }],
    },
    Contest {
        name: "idle",
        scenario: ScenarioName::Idle,
        size: usual,
        peers: &[Peer::Floor, RTMATE],
        keys: &[PER_CONNECTION],
        bars: &[Bar { peer: RTMATE, key: PER_CONNECTION, bound: Bound::AtMost(2500.0) }],
    },
    Contest {
        name: "churn",
        scenario: ScenarioName::Churn,
        size: usual,
        peers: &[Peer::Floor, RTMATE],
        keys: &["server_cpu_us_per_cycle"],
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
        keys: &["server_growth_bytes"],
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
        keys: &[PER_DELIVERY],
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
        keys: &["latency_us_p99"],
        bars: &[Bar {
            peer: RTMATE,
            key: "small_p99_per_large_duration",
            bound: Bound::AtMost(1.0 / 3.0),
        }],
    },
    Contest {
        name: "tls-idle",
        scenario: ScenarioName::Idle,
        size: usual,
        peers: &[RTMATE, Peer::Tls],
        keys: &[PER_CONNECTION, PER_OPENING],
        bars: &[beside(Peer::Tls, PER_CONNECTION), beside(Peer::Tls, PER_OPENING)],
    },
    Contest {
        name: "tls-one-at-a-time",
        scenario: ScenarioName::Fanout,
        size: usual,
        peers: &[RTMATE, Peer::Tls],
        keys: &[PER_DELIVERY, WIRE_BYTES],
        bars: &[beside(Peer::Tls, PER_DELIVERY), beside(Peer::Tls, WIRE_BYTES)],
    },
    Contest {
        name: "tls-sixteen-under-way",
        scenario: ScenarioName::Fanout,
        size: || Size { in_flight: Some(16), ..usual() },
        peers: &[RTMATE, Peer::Tls],
        keys: &[PER_DELIVERY, WIRE_BYTES],
        bars: &[beside(Peer::Tls, PER_DELIVERY), beside(Peer::Tls, WIRE_BYTES)],
    },
    Contest {
        name: "compression",
        scenario: ScenarioName::Fanout,
        size: || Size {
            in_flight: Some(16),
            payload: Some(1024),
            content: Content::Json,
            ..usual()
        },
        peers: &[RTMATE, Peer::Compressing],
        keys: &[PER_DELIVERY, WIRE_BYTES],
        bars: &[beside(Peer::Compressing, PER_DELIVERY), beside(Peer::Compressing, WIRE_BYTES)],
    },
];
