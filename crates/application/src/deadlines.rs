//! What one connection waits for, as a value: time comes in, decisions go out.

use std::time::Duration;

use domain::{CloseReason, Moment, Timestamp};

use crate::Rules;

/// The times that matter to one connection.
#[derive(Debug)]
pub(crate) struct Deadlines {
    ping_interval: Duration,
    ping_timeout: Duration,
    /// Until `auth` succeeds.
    auth_by: Option<Moment>,
    token: Option<TokenLife>,
    /// When the last unanswered probe was sent.
    probed: Option<Moment>,
    /// When the next heartbeat push is due, for those who asked.
    heartbeat: Option<Moment>,
    /// Which entry of the wheel counts; older ones are stale.
    pub(crate) generation: u32,
}

#[derive(Debug)]
struct TokenLife {
    expires_at: Timestamp,
    notice_at: Timestamp,
    noticed: bool,
    /// When the refresh began that is being decided, if that was before the end: the end waits
    /// for it, for a while.
    refreshing: Option<Moment>,
}

impl TokenLife {
    /// When the connection is closed.
    fn end(&self) -> Timestamp {
        self.expires_at.after(Rules::EXPIRY_GRACE)
    }
}

/// What is to be done at a visit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) close: Option<CloseReason>,
    pub(crate) probe: bool,
    pub(crate) expiring: Option<Timestamp>,
    pub(crate) heartbeat: bool,
    pub(crate) next: Moment,
}

impl Deadlines {
    pub(crate) fn new(rules: &Rules, opened: Moment) -> Self {
        Self {
            ping_interval: rules.ping_interval,
            ping_timeout: rules.ping_timeout,
            auth_by: Some(opened.after(rules.auth_timeout)),
            token: None,
            probed: None,
            heartbeat: None,
            generation: 0,
        }
    }

    /// The first visit.
    pub(crate) fn first(&self, opened: Moment) -> Moment {
        let heard = opened.after(self.ping_interval);
        self.auth_by.map_or(heard, |auth_by| auth_by.min(heard))
    }

    /// A token was accepted, now or anew; or a guest, who has none.
    pub(crate) fn admit(&mut self, expires_at: Option<Timestamp>, wall: Timestamp) {
        self.auth_by = None;
        let Some(expires_at) = expires_at else { return };
        let life = expires_at.since(wall);
        let notice = Rules::EXPIRY_NOTICE.min(life / 4);
        let notice_at = expires_at.before(notice);
        self.token = Some(TokenLife { expires_at, notice_at, noticed: false, refreshing: None });
    }

    /// The client wants `heartbeat` pushes, or none.
    pub(crate) fn want_heartbeats(&mut self, wanted: bool, now: Moment) {
        self.heartbeat = wanted.then(|| now.after(self.ping_interval));
    }

    /// A refresh begins: meanwhile the old token's end waits, if it has not come yet.
    pub(crate) fn refresh_begins(&mut self, now: Moment, wall: Timestamp) {
        if let Some(token) = self.token.as_mut().filter(|token| wall < token.end()) {
            token.refreshing = Some(now);
        }
    }

    /// A refresh was refused: the old token ends when it ends.
    pub(crate) fn refresh_failed(&mut self) {
        if let Some(token) = &mut self.token {
            token.refreshing = None;
        }
    }

    pub(crate) fn step(&mut self, now: Moment, wall: Timestamp, heard: Moment) -> Step {
        let mut step = Step {
            close: None,
            probe: false,
            expiring: None,
            heartbeat: false,
            next: now.after(self.ping_interval),
        };
        self.judge_auth(now, &mut step);
        self.judge_token(now, wall, &mut step);
        self.judge_silence(now, heard, &mut step);
        if let Some(due) = self.heartbeat {
            step.heartbeat = now >= due;
            let next = if step.heartbeat { now.after(self.ping_interval) } else { due };
            self.heartbeat = Some(next);
            step.next = step.next.min(next);
        }
        step
    }

    fn judge_auth(&self, now: Moment, step: &mut Step) {
        if let Some(auth_by) = self.auth_by {
            if now >= auth_by {
                step.close = Some(CloseReason::AuthTimeout);
            }
            step.next = step.next.min(auth_by);
        }
    }

    fn judge_token(&mut self, now: Moment, wall: Timestamp, step: &mut Step) {
        let Some(token) = &mut self.token else { return };
        let end = token.end();
        let decided =
            token.refreshing.is_none_or(|began| now.since(began) >= Rules::REFRESH_PATIENCE);
        if wall >= end && decided {
            step.close = Some(CloseReason::TokenExpired);
        }
        if wall >= token.notice_at && !token.noticed {
            token.noticed = true;
            step.expiring = Some(token.expires_at);
        }
        let until = if token.noticed { end.since(wall) } else { token.notice_at.since(wall) };
        // While a refresh is being decided the end may be past: look again soon, not at once.
        step.next = step.next.min(now.after(until.max(Duration::from_millis(100))));
    }

    fn judge_silence(&mut self, now: Moment, heard: Moment, step: &mut Step) {
        // At the same millisecond counts: who was heard right before was not asked.
        if self.probed.is_some_and(|probed| heard >= probed) {
            self.probed = None;
        }
        match self.probed {
            Some(probed) if now.since(probed) >= self.ping_timeout => {
                step.close = step.close.or(Some(CloseReason::NoSignOfLife));
            }
            Some(probed) => step.next = step.next.min(probed.after(self.ping_timeout)),
            None if now.since(heard) >= self.ping_interval => {
                self.probed = Some(now);
                step.probe = true;
                step.next = step.next.min(now.after(self.ping_timeout));
            }
            None => step.next = step.next.min(heard.after(self.ping_interval)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Moment {
        Moment::from_millis(millis)
    }

    const fn wall(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn deadlines() -> Deadlines {
        Deadlines::new(&Rules::default(), at(0))
    }

    #[test]
    fn without_auth_the_connection_ends_after_ten_seconds() {
        let mut deadlines = deadlines();
        assert_eq!(deadlines.first(at(0)), at(10_000));
        assert_eq!(deadlines.step(at(9_999), wall(0), at(9_000)).close, None);
        let step = deadlines.step(at(10_000), wall(0), at(9_000));
        assert_eq!(step.close, Some(CloseReason::AuthTimeout));
    }

    #[test]
    fn silence_is_asked_and_then_closed() {
        let mut deadlines = deadlines();
        deadlines.admit(Some(wall(10_000_000)), wall(0));
        let step = deadlines.step(at(25_000), wall(0), at(0));
        assert!(step.probe && step.close.is_none());
        assert_eq!(step.next, at(35_000));
        assert_eq!(
            deadlines.step(at(35_000), wall(0), at(0)).close,
            Some(CloseReason::NoSignOfLife)
        );
    }

    #[test]
    fn an_answer_to_the_probe_is_a_sign_of_life() {
        let mut deadlines = deadlines();
        deadlines.admit(Some(wall(10_000_000)), wall(0));
        assert!(deadlines.step(at(25_000), wall(0), at(0)).probe);
        let step = deadlines.step(at(35_000), wall(0), at(25_001));
        assert_eq!((step.close, step.probe), (None, false));
        assert_eq!(step.next, at(50_001));
    }

    #[test]
    fn an_answer_within_the_millisecond_is_one() {
        let mut deadlines = deadlines();
        deadlines.admit(Some(wall(10_000_000)), wall(0));
        assert!(deadlines.step(at(25_000), wall(0), at(0)).probe);
        assert_eq!(deadlines.step(at(35_000), wall(0), at(25_000)).close, None);
    }

    #[test]
    fn a_token_is_announced_a_minute_ahead_or_a_quarter_of_its_life() {
        let mut long = deadlines();
        long.admit(Some(wall(600_000)), wall(0));
        assert_eq!(long.step(at(1), wall(539_999), at(1)).expiring, None);
        assert_eq!(long.step(at(2), wall(540_000), at(1)).expiring, Some(wall(600_000)));
        assert_eq!(long.step(at(3), wall(541_000), at(1)).expiring, None, "once");
        let mut short = deadlines();
        short.admit(Some(wall(100_000)), wall(0));
        assert_eq!(short.step(at(1), wall(74_999), at(1)).expiring, None);
        assert_eq!(short.step(at(1), wall(75_000), at(1)).expiring, Some(wall(100_000)));
    }

    #[test]
    fn an_expired_token_closes_after_its_grace_unless_a_refresh_is_under_way() {
        let mut deadlines = deadlines();
        deadlines.admit(Some(wall(100_000)), wall(0));
        assert_eq!(deadlines.step(at(1), wall(124_999), at(1)).close, None);
        deadlines.refresh_begins(at(1), wall(124_999));
        assert_eq!(deadlines.step(at(2), wall(125_000), at(1)).close, None);
        deadlines.refresh_failed();
        // One that comes after the end holds nothing off.
        deadlines.refresh_begins(at(2), wall(125_000));
        let step = deadlines.step(at(2), wall(125_000), at(1));
        assert_eq!(step.close, Some(CloseReason::TokenExpired));
    }

    #[test]
    fn the_end_does_not_wait_for_ever() {
        let mut deadlines = deadlines();
        deadlines.admit(Some(wall(100_000)), wall(0));
        deadlines.refresh_begins(at(0), wall(124_999));
        assert_eq!(deadlines.step(at(4_999), wall(129_998), at(1)).close, None);
        let step = deadlines.step(at(5_000), wall(129_999), at(1));
        assert_eq!(step.close, Some(CloseReason::TokenExpired));
    }

    #[test]
    fn heartbeats_come_to_those_who_asked() {
        let mut deadlines = deadlines();
        deadlines.admit(Some(wall(10_000_000)), wall(0));
        deadlines.want_heartbeats(true, at(0));
        assert!(!deadlines.step(at(24_999), wall(0), at(24_000)).heartbeat);
        assert!(deadlines.step(at(25_000), wall(0), at(24_000)).heartbeat);
        assert!(!deadlines.step(at(25_100), wall(0), at(24_000)).heartbeat);
    }
}
