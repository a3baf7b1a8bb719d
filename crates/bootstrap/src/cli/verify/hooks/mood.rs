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

/// How many of a hundred requests become of it what.
type Share = (u64, fn(&mut Random) -> Mood);

const SHARES: [Share; 11] = [
    (58, |_| Mood::Take(Duration::ZERO)),
    (8, |random| Mood::Take(Duration::from_millis(random.within(20..1500)))),
    (6, |_| Mood::TakeAndFail),
    (5, |_| Mood::TakeAndCut),
    (6, |_| Mood::Refuse(500)),
    (4, |_| Mood::Refuse(503)),
    (3, |_| Mood::Redirect),
    (3, |_| Mood::Hang),
    (3, |_| Mood::CutRequest),
    (3, |_| Mood::CutAnswer),
    (1, |_| Mood::Refuse(410)),
];

impl Mood {
    pub(super) const GOOD: Self = Self::Take(Duration::ZERO);

    /// The next one.
    pub(super) fn any(random: &mut Random) -> Self {
        let mut at = random.within(0..100);
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
    fn the_shares_are_a_hundred_and_all_come() {
        assert_eq!(SHARES.iter().map(|(share, _)| share).sum::<u64>(), 100);
        let mut random = Random::new(1);
        let moods: Vec<_> = (0..2000).map(|_| Mood::any(&mut random)).collect();
        for wanted in [Mood::GOOD, Mood::Refuse(410), Mood::Redirect, Mood::Hang, Mood::CutAnswer] {
            assert!(moods.contains(&wanted), "{wanted:?}");
        }
    }
}
