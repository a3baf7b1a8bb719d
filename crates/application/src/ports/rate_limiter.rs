//! The port that says whether something comes too fast.

use std::{net::IpAddr, time::Duration};

use domain::{AppId, ClientId, Limit, Rate};

/// Whose bucket is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Payer<'a> {
    /// An app, with all that its clients and backends do.
    App(&'a AppId),
    /// One client of an app, with all its connections.
    Client(&'a AppId, &'a ClientId),
    /// One address, before anybody knows who is there.
    Address(IpAddr),
}

/// What is to be taken from a bucket.
#[derive(Debug, Clone, Copy)]
pub struct Charge<'a> {
    /// Which limit: a payer has a bucket for each.
    pub limit: Limit,
    /// Whose.
    pub payer: Payer<'a>,
    /// What the bucket is filled and bounded by. As it is now: limiters keep none.
    pub rate: Rate,
    /// How many tokens.
    pub count: u32,
}

/// A bucket has too few tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{} is reached", .limit.name())]
pub struct TooFast {
    /// Of which limit.
    pub limit: Limit,
    /// When it would have enough, if nobody else took any.
    pub retry_after: Duration,
}

/// Decides whether something comes too fast: token buckets.
///
/// Guarantees of every adapter:
///
/// 1. A bucket that nobody knew is full: it lets through `burst` at once, then `per_second` in the
///    long run, and not one more. Asking in vain takes nothing.
/// 2. Of several charges all are taken or none. The refusal names the first whose bucket has too
///    few tokens, and when it would have enough.
/// 3. What costs more than `burst` passes when its bucket is full, and the bucket is in debt until
///    it is paid: nothing is refused for ever, and the long run holds.
/// 4. The rate of the charge counts, whatever it was before: a changed one holds from the next
///    charge on, without a wait for what an old one left.
/// 5. Limits and payers do not share buckets: what one spends no other misses. Only where an
///    adapter has no room for one more bucket do newcomers share one, so that what it keeps is
///    bounded and nobody passes unlimited.
/// 6. A taken charge says when it took its bucket beyond [`Limit::NEAR_PERCENT`] of its burst; once,
///    until the bucket was half full again.
///
/// It is asked for each message, from all threads: it never waits for anything but a short lock that
/// few share, and allocates nothing for a bucket that it knows.
pub trait RateLimiter: Send + Sync {
    /// Takes all charges, or none. Says which limit came near with them, if one did.
    ///
    /// # Errors
    /// A bucket has too few tokens; nothing was taken.
    fn take(&self, charges: &[Charge<'_>]) -> Result<Option<Limit>, TooFast>;
}
