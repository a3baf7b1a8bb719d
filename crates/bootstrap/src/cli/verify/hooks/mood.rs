//! What becomes of a request.

use std::time::Duration;

use client::Random;

/// What a receiver does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// Does what it says, and answers with 2xx after so long.
    Take(Duration),
    /// Does what it says, and then fails: it comes again.
    TakeAndFail,
    /// Does what it says, and the connection breaks before the answer.
    TakeAndCut,
    /// Refuses, with this status; 503 asks for a second.
    Refuse(u16),
    /// Sends it elsewhere.
    Redirect,
    /// Never answers.
    Hang,
    /// The connection breaks before all of it was read.
    CutRequest,
    /// The connection breaks in the middle of an answer.
    CutAnswer,
}

/// Of how many requests this becomes.
type Share = (u64, fn(&mut Random) -> Mood);

/// Of a thousand.
const SHARES: [Share; 11] = [
    (640, |_| Mood::Take(Duration::ZERO)),
    (80, |random| Mood::Take(Duration::from_millis(random.within(20..1500)))),
    (60, |_| Mood::TakeAndFail),
    (50, |_| Mood::TakeAndCut),
    (60, |_| Mood::Refuse(500)),
    (40, |_| Mood::Refuse(503)),
    (26, |_| Mood::Redirect),
    (8, |_| Mood::Hang),
    (16, |_| Mood::CutRequest),
    (16, |_| Mood::CutAnswer),
    (4, |_| Mood::Refuse(410)),
];

impl Mood {
    pub(super) const GOOD: Self = Self::Take(Duration::ZERO);

    /// The next one.
    pub(super) fn any(random: &mut Random) -> Self {
        let mut at = random.within(0..1000);
        for (share, mood) in SHARES {
            match at.checked_sub(share) {
                Some(left) => at = left,
                None => return mood(random),
            }
        }
        Self::GOOD
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_are_a_thousand_and_all_come() {
        assert_eq!(SHARES.iter().map(|(share, _)| share).sum::<u64>(), 1000);
        let mut random = Random::new(1);
        let moods: Vec<_> = (0..5000).map(|_| Mood::any(&mut random)).collect();
        for wanted in [Mood::GOOD, Mood::Refuse(410), Mood::Redirect, Mood::Hang, Mood::CutAnswer] {
            assert!(moods.contains(&wanted), "{wanted:?}");
        }
    }
}
