//! What an app used in the present month, for its quotas.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

use domain::{Limit, Metric, MonthlyQuotas, Usage};

/// What an app used in the present month: what the ledger had of it when the process began, and what
/// was counted since.
#[derive(Debug, Default)]
pub(super) struct Month {
    /// Messages, deliveries, milliseconds of connections.
    used: [AtomicU64; 3],
    /// What of it an earlier process counted: that was announced then.
    before: [AtomicU64; 3],
    /// Two bits for each: whether it was announced that it is near, and that it is reached.
    announced: AtomicU8,
    /// Whether a quota was ever asked for, and whether what was before is known.
    asked: AtomicBool,
    known: AtomicBool,
}

/// What a quota has to say of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Judgement {
    /// The first that is used up.
    pub(crate) reached: Option<Limit>,
    /// What is to be announced now: which one, and whether it is reached.
    pub(crate) news: Option<(Limit, bool)>,
}

const COUNTED: [Metric; 3] = [Metric::Messages, Metric::Deliveries, Metric::ConnectionMs];
const MINUTE_MS: u64 = 60_000;

impl Month {
    pub(super) fn add(&self, metric: Metric, more: u64) {
        if let Some(index) = COUNTED.iter().position(|known| *known == metric) {
            self.used[index].fetch_add(more, Ordering::Relaxed);
        }
    }

    /// Another month begins.
    pub(super) fn begin(&self) {
        self.used.iter().chain(&self.before).for_each(|count| count.store(0, Ordering::Relaxed));
        self.announced.store(0, Ordering::Relaxed);
    }

    /// Whether what was before is wanted, and not known yet.
    pub(super) fn is_wanted(&self) -> bool {
        self.asked.load(Ordering::Relaxed) && !self.known.load(Ordering::Relaxed)
    }

    /// What the ledger had of this month before anything of this process.
    pub(super) fn went_before(&self, usage: &Usage) {
        if self.known.swap(true, Ordering::Relaxed) {
            return;
        }
        for (index, metric) in COUNTED.into_iter().enumerate() {
            self.used[index].fetch_add(usage.get(metric), Ordering::Relaxed);
            self.before[index].store(usage.get(metric), Ordering::Relaxed);
        }
    }

    /// Whether one more message may come. Some atomic reads, where nothing is to be announced.
    pub(super) fn judge(&self, quotas: &MonthlyQuotas) -> Judgement {
        if !self.asked.load(Ordering::Relaxed) {
            self.asked.store(true, Ordering::Relaxed);
        }
        let minutes = quotas.connection_minutes.map(|minutes| minutes.saturating_mul(MINUTE_MS));
        let all = [
            (Limit::MonthlyMessages, quotas.messages),
            (Limit::MonthlyDeliveries, quotas.deliveries),
            (Limit::MonthlyConnectionMinutes, minutes),
        ];
        let mut judgement = Judgement { reached: None, news: None };
        for (index, (limit, most)) in all.into_iter().enumerate() {
            let Some(most) = most else { continue };
            let used = self.used[index].load(Ordering::Relaxed);
            let near = u128::from(most) * u128::from(quotas.warn_percent) / 100;
            let near = u64::try_from(near).unwrap_or(u64::MAX).max(1);
            for (bit, level, reached) in [(0, near, false), (1, most, true)] {
                if used >= level && self.is_news(index, bit, level) {
                    judgement.news = Some((limit, reached));
                }
            }
            if used >= most {
                judgement.reached = judgement.reached.or(Some(limit));
            }
        }
        judgement
    }

    /// Whether nobody was told yet, in this process or before it.
    fn is_news(&self, index: usize, bit: usize, level: u64) -> bool {
        let bit = 1 << (index * 2 + bit);
        if self.announced.load(Ordering::Relaxed) & bit > 0 {
            return false;
        }
        let is_first = self.announced.fetch_or(bit, Ordering::Relaxed) & bit == 0;
        is_first && self.before[index].load(Ordering::Relaxed) < level
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_is_news_once_and_the_last_message_is_refused() {
        let month = Month::default();
        let quotas = MonthlyQuotas { messages: Some(10), ..MonthlyQuotas::default() };
        let limit = Limit::MonthlyMessages;
        let mut told = Vec::new();
        let mut taken = 0;
        for _ in 0..15 {
            let Judgement { reached, news } = month.judge(&quotas);
            told.extend(news);
            if reached.is_none() {
                taken += 1;
                month.add(Metric::Messages, 1);
            }
        }
        assert_eq!((taken, told), (10, vec![(limit, false), (limit, true)]));
        month.begin();
        assert_eq!(month.judge(&quotas), Judgement { reached: None, news: None });
    }

    #[test]
    fn what_an_earlier_process_announced_is_no_news() {
        let month = Month::default();
        let quotas = MonthlyQuotas {
            connection_minutes: Some(10),
            warn_percent: 50,
            ..MonthlyQuotas::default()
        };
        assert!(!month.is_wanted() && month.judge(&quotas).reached.is_none() && month.is_wanted());
        let mut before = Usage::default();
        before.count(Metric::ConnectionMs, 6 * MINUTE_MS);
        month.went_before(&before);
        month.went_before(&before);
        assert_eq!(month.judge(&quotas), Judgement { reached: None, news: None });
        month.add(Metric::ConnectionMs, 4 * MINUTE_MS);
        let limit = Limit::MonthlyConnectionMinutes;
        let judgement = Judgement { reached: Some(limit), news: Some((limit, true)) };
        assert_eq!(month.judge(&quotas), judgement);
    }
}
