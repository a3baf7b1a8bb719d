//! All rounds of a comparison, and their medians.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::contest::{Bar, Bound, Contest, Peer};
use crate::figures::{Figures, number};

/// What each round of each contest found.
#[derive(Default)]
pub(super) struct Tally {
    runs: Vec<(&'static str, Peer, Figures)>,
}

/// A bar and what was reached.
pub(super) struct Line {
    contest: &'static str,
    peer: Peer,
    key: &'static str,
    /// What is held against the bound: a figure or a ratio.
    reached: f64,
    bound: Bound,
    /// Nothing where there is no bar.
    pub(super) met: Option<bool>,
}

/// The middle of all rounds, and how far they lie apart.
struct Spread {
    median: f64,
    lowest: f64,
    highest: f64,
}

impl Tally {
    pub(super) fn add(&mut self, contest: &'static str, peer: Peer, figures: Figures) {
        self.runs.push((contest, peer, figures));
    }

    pub(super) fn lines(&self, contests: &[&Contest]) -> Vec<Line> {
        let of = |contest: &&Contest| {
            let name = contest.name;
            contest.bars.iter().map(move |bar| (name, bar)).collect::<Vec<_>>()
        };
        contests.iter().flat_map(of).map(|(contest, bar)| self.line(contest, bar)).collect()
    }

    fn line(&self, contest: &'static str, bar: &Bar) -> Line {
        let Bar { peer, key, bound } = *bar;
        let own = self.median(contest, peer, key);
        let (reached, met) = match bound {
            Bound::Times(times, other) => {
                let ratio = own / self.median(contest, other, key);
                (ratio, Some(ratio <= times))
            }
            Bound::AtMost(most) => (own, Some(own <= most)),
            Bound::Exactly(wanted) => (own, Some(own == wanted)),
            Bound::Beside(other) => (own / self.median(contest, other, key), None),
        };
        Line { contest, peer, key, reached, bound, met }
    }

    /// Not a number where nothing was measured, which meets no bar.
    fn median(&self, contest: &str, peer: Peer, key: &str) -> f64 {
        self.spread(contest, peer, key).map_or(f64::NAN, |spread| spread.median)
    }

    fn spread(&self, contest: &str, peer: Peer, key: &str) -> Option<Spread> {
        let runs = self.runs.iter().filter(|(name, who, _)| *name == contest && *who == peer);
        spread(runs.filter_map(|(_, _, figures)| figures.get(key)).collect())
    }

    fn warnings(&self) -> Vec<String> {
        let of = |(contest, peer, figures): &(&'static str, Peer, Figures)| {
            let place = format!("{contest} / {}", peer.name());
            figures.warnings().iter().map(|text| format!("{place}: {text}")).collect::<Vec<_>>()
        };
        let mut warnings: Vec<_> = self.runs.iter().flat_map(of).collect();
        let unsound = |key: &'static str| {
            let bad = self.runs.iter().filter(move |run| run.2.get(key).is_some_and(|n| n > 0.0));
            bad.map(move |(contest, peer, _)| format!("{contest} / {}: {key}", peer.name()))
        };
        for key in ["lost", "surplus", "disordered", "dropped_connections"] {
            warnings.extend(unsound(key));
        }
        warnings
    }

    pub(super) fn table(&self, contests: &[&Contest], lines: &[Line]) -> String {
        let mut out = String::from("medians, and the lowest and highest of all rounds\n\n");
        for contest in contests {
            for key in contest.keys {
                self.rows(&mut out, contest, key);
            }
        }
        _ = writeln!(out, "\nbars");
        for line in lines {
            let verdict = match line.met {
                Some(true) => "met",
                Some(false) => "MISSED",
                None => "no bar",
            };
            let (what, reached) = (format!("{} {}", line.contest, line.key), number(line.reached));
            let bound = bound(line.bound);
            _ = writeln!(out, "  {what:48} {reached:>12}  {bound:34} {verdict}");
        }
        for warning in self.warnings() {
            _ = writeln!(out, "warning: {warning}");
        }
        out
    }

    /// One figure of all peers.
    fn rows(&self, out: &mut String, contest: &Contest, key: &str) {
        _ = writeln!(out, "{} ({key})", contest.name);
        for peer in contest.peers {
            let Some(spread) = self.spread(contest.name, *peer, key) else { continue };
            let Spread { median, lowest, highest } = spread;
            let (median, lowest, highest) = (number(median), number(lowest), number(highest));
            _ = writeln!(out, "  {:18} {median:>12}  {lowest} .. {highest}", peer.name());
        }
    }

    pub(super) fn json(&self, contests: &[&Contest], lines: &[Line]) -> Value {
        let medians = contests.iter().map(|contest| {
            let peers = contest.peers.iter().map(|peer| {
                let keys = self.runs.iter().find(|run| run.0 == contest.name && run.1 == *peer);
                let names = keys.map(|run| run.2.names()).unwrap_or_default();
                let of = |key: &&'static str| {
                    let Spread { median, lowest, highest } =
                        self.spread(contest.name, *peer, key)?;
                    Some(((*key).to_owned(), json!([median, lowest, highest])))
                };
                (peer.name().to_owned(), Value::Object(names.iter().filter_map(of).collect()))
            });
            (contest.name.to_owned(), Value::Object(peers.collect()))
        });
        let lines = lines.iter().map(|line| {
            json!({
                "comparison": line.contest, "peer": line.peer.name(), "figure": line.key,
                "reached": line.reached, "bar": bound(line.bound), "met": line.met,
            })
        });
        json!({
            "median_lowest_highest": Value::Object(medians.collect()),
            "bars": lines.collect::<Vec<_>>(),
            "warnings": self.warnings(),
        })
    }
}

fn bound(bound: Bound) -> String {
    match bound {
        Bound::Times(times, peer) => format!("at most {times} times {}", peer.name()),
        Bound::AtMost(most) => format!("at most {}", number(most)),
        Bound::Exactly(wanted) => format!("exactly {}", number(wanted)),
        Bound::Beside(peer) => format!("times {}", peer.name()),
    }
}

fn spread(mut values: Vec<f64>) -> Option<Spread> {
    values.sort_by(f64::total_cmp);
    let (lowest, highest) = (*values.first()?, *values.last()?);
    let (low, high) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
    Some(Spread { median: f64::midpoint(low, high), lowest, highest })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::contest::CONTESTS;

    #[test]
    fn a_bar_is_held_against_the_median() {
        let mut tally = Tally::default();
        let mut add = |peer, value| {
            let mut figures = Figures::default();
            figures.put("server_cpu_us_per_delivery", value);
            tally.add("one-at-a-time", peer, figures);
        };
        [5.0, 100.0, 4.0].into_iter().for_each(|value| add(Peer::Floor, value));
        [5.5, 6.0, 6.5].into_iter().for_each(|value| add(Peer::Rtmate(1), value));
        let contests = [&CONTESTS[0]];
        let lines = tally.lines(&contests);
        assert!(lines[0].met == Some(true) && (lines[0].reached - 1.2).abs() < 1e-9);
        let table = tally.table(&contests, &lines);
        assert!(table.contains("4 .. 100") && table.contains("met"), "{table}");
        assert_eq!(tally.json(&contests, &lines)["bars"][0]["met"], json!(true));
    }

    #[test]
    fn what_was_not_measured_meets_no_bar() {
        let contests: Vec<_> = CONTESTS.iter().collect();
        assert!(Tally::default().lines(&contests).iter().all(|line| line.met != Some(true)));
    }

    #[test]
    fn what_has_no_bar_is_a_ratio_and_misses_nothing() {
        let mut tally = Tally::default();
        let mut add = |peer, value| {
            let mut figures = Figures::default();
            figures.put("wire_bytes_per_delivery", value);
            tally.add("compression", peer, figures);
        };
        add(Peer::Rtmate(1), 1200.0);
        add(Peer::Compressing, 600.0);
        let contests: Vec<_> =
            CONTESTS.iter().filter(|contest| contest.is_meant_by("compression")).collect();
        let lines = tally.lines(&contests);
        let line = lines.iter().find(|line| line.key == "wire_bytes_per_delivery").unwrap();
        assert!(line.met.is_none() && (line.reached - 0.5).abs() < 1e-9);
        let table = tally.table(&contests, &lines);
        assert!(table.contains("times rtmate") && table.contains("no bar"), "{table}");
    }

    #[test]
    fn comparisons_are_chosen_alone_and_together() {
        let meant = |name: &str| CONTESTS.iter().filter(|one| one.is_meant_by(name)).count();
        assert_eq!(meant("tls"), 3);
        assert_eq!(meant("tls-idle"), 1);
        assert_eq!(meant("idle"), 1);
        assert_eq!(meant("t"), 0);
        assert_eq!(meant("all"), CONTESTS.len());
    }
}
