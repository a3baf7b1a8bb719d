//! How many connections there may be, and how many of them unknown.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::watch;

use crate::Waiting;

/// Bounds of what is accepted from the network.
#[derive(Debug, Clone, Copy)]
pub struct AdmissionLimits {
    /// Connections in all.
    pub total: u32,
    /// Connections in all that have not authenticated.
    pub unauthenticated: u32,
    /// The same from one address (of IPv6: from one /64).
    pub unauthenticated_per_address: u32,
}

impl Default for AdmissionLimits {
    fn default() -> Self {
        Self { total: 100_000, unauthenticated: 10_000, unauthenticated_per_address: 1_000 }
    }
}

/// Why a connection is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAdmitted {
    /// The server has as many connections as it may.
    #[error("the server has as many connections as it may")]
    OverCapacity,
    /// More waits to be sent than should.
    #[error("more waits to be sent than should")]
    TooMuchWaits,
    /// Too many that have not authenticated, from everywhere together.
    #[error("too many connections have not authenticated")]
    TooManyUnknown,
    /// Too many that have not authenticated, from this address.
    #[error("too many connections of one address have not authenticated")]
    TooManyFromAddress,
}

/// Counts connections and refuses those over a limit, before a byte of them is read.
pub struct Admission {
    limits: AdmissionLimits,
    /// Nobody comes in while too much of it waits.
    waiting: Arc<Waiting>,
    counts: Mutex<Counts>,
    /// Connections in all: what a shutdown waits on.
    total: watch::Sender<u32>,
}

#[derive(Default)]
struct Counts {
    total: u32,
    unauthenticated: u32,
    by_address: HashMap<IpAddr, u32>,
}

impl Admission {
    /// Nobody is in yet.
    #[must_use]
    pub fn new(limits: AdmissionLimits) -> Arc<Self> {
        Self::minding(limits, Waiting::unbounded())
    }

    /// The same, and nobody is let in while more waits to be sent than should.
    #[must_use]
    pub fn minding(limits: AdmissionLimits, waiting: Arc<Waiting>) -> Arc<Self> {
        let (counts, total) = (Mutex::default(), watch::Sender::new(0));
        Arc::new(Self { limits, waiting, counts, total })
    }

    /// Lets a connection in that comes from this address.
    ///
    /// # Errors
    /// Which limit it would pass.
    pub fn admit(self: &Arc<Self>, address: IpAddr) -> Result<Seat, NotAdmitted> {
        self.admit_from(Some(origin_of(address)))
    }

    /// Lets a connection in of a proxy that speaks for others: it counts for no address before
    /// [`Seat::attribute`] says for whom.
    ///
    /// # Errors
    /// Which limit it would pass.
    pub fn admit_proxy(self: &Arc<Self>) -> Result<Seat, NotAdmitted> {
        self.admit_from(None)
    }

    fn admit_from(self: &Arc<Self>, origin: Option<IpAddr>) -> Result<Seat, NotAdmitted> {
        if self.waiting.is_over() {
            return Err(NotAdmitted::TooMuchWaits);
        }
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.total >= self.limits.total {
            return Err(NotAdmitted::OverCapacity);
        }
        if counts.unauthenticated >= self.limits.unauthenticated {
            return Err(NotAdmitted::TooManyUnknown);
        }
        self.count_at(&mut counts, origin)?;
        counts.total += 1;
        counts.unauthenticated += 1;
        self.total.send_replace(counts.total);
        drop(counts);
        Ok(Seat { admission: Arc::clone(self), origin, known: false })
    }

    /// Resolves when no connection is left: no request, no session, no goodbye on its way.
    pub async fn emptied(&self) {
        // The sender lives as long as `self`, so waiting can't fail.
        drop(self.total.subscribe().wait_for(|total| *total == 0).await);
    }

    /// How many connections there are.
    #[must_use]
    pub fn count(&self) -> u32 {
        *self.total.borrow()
    }

    /// Whether the next connection would be refused for lack of room, wherever it came from.
    #[must_use]
    pub fn is_full(&self) -> bool {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.total >= self.limits.total
            || counts.unauthenticated >= self.limits.unauthenticated
            || self.waiting.is_over()
    }

    /// Counts one more at this address.
    fn count_at(&self, counts: &mut Counts, origin: Option<IpAddr>) -> Result<(), NotAdmitted> {
        let Some(origin) = origin else { return Ok(()) };
        let here = counts.by_address.get(&origin).copied().unwrap_or(0);
        if here >= self.limits.unauthenticated_per_address {
            return Err(NotAdmitted::TooManyFromAddress);
        }
        counts.by_address.insert(origin, here + 1);
        Ok(())
    }
}

impl Counts {
    fn no_longer_unknown(&mut self, origin: Option<IpAddr>) {
        self.unauthenticated -= 1;
        self.leave(origin);
    }

    /// One less at this address.
    fn leave(&mut self, origin: Option<IpAddr>) {
        let Some(origin) = origin else { return };
        if let Some(here) = self.by_address.get_mut(&origin) {
            *here -= 1;
            if *here == 0 {
                self.by_address.remove(&origin);
            }
        }
    }
}

/// One address, or the /64 that one customer of a provider has.
pub(crate) fn origin_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// A connection that was let in. Dropping it gives the place back.
pub struct Seat {
    admission: Arc<Admission>,
    /// Nothing for a proxy's, between requests.
    origin: Option<IpAddr>,
    known: bool,
}

impl Seat {
    /// The connection, a proxy's, is about to speak for this address; for none between requests.
    /// Only while it is unknown does it count there.
    ///
    /// # Errors
    /// The address has as many as it may: then the connection counts for none.
    pub fn attribute(&mut self, address: Option<IpAddr>) -> Result<(), NotAdmitted> {
        let origin = address.map(origin_of);
        if self.known || origin == self.origin {
            return Ok(());
        }
        let mut counts = self.admission.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.leave(self.origin.take());
        self.admission.count_at(&mut counts, origin)?;
        self.origin = origin;
        Ok(())
    }

    /// The connection authenticated: it no longer counts as unknown.
    pub fn authenticated(&mut self) {
        if !self.known {
            self.known = true;
            let mut counts = self.admission.counts.lock().unwrap_or_else(PoisonError::into_inner);
            counts.no_longer_unknown(self.origin);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.admission.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.total -= 1;
        self.admission.total.send_replace(counts.total);
        if !self.known {
            counts.no_longer_unknown(self.origin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission() -> Arc<Admission> {
        let limits =
            AdmissionLimits { total: 5, unauthenticated: 3, unauthenticated_per_address: 2 };
        Admission::new(limits)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn each_limit_refuses_by_its_own_name() {
        let admission = admission();
        let mut a = admission.admit(address("10.0.0.1")).unwrap();
        let mut b = admission.admit(address("10.0.0.1")).unwrap();
        let refused = admission.admit(address("::ffff:10.0.0.1")).err();
        assert_eq!(refused, Some(NotAdmitted::TooManyFromAddress));
        let _c = admission.admit(address("10.0.0.2")).unwrap();
        assert!(admission.is_full());
        let refused = admission.admit(address("10.0.0.3")).err();
        assert_eq!(refused, Some(NotAdmitted::TooManyUnknown));
        a.authenticated();
        b.authenticated();
        let _d = admission.admit(address("10.0.0.1")).unwrap();
        let _e = admission.admit(address("10.0.0.1")).unwrap();
        assert!(admission.is_full());
        let refused = admission.admit(address("10.0.0.9")).err();
        assert_eq!(refused, Some(NotAdmitted::OverCapacity));
    }

    #[test]
    fn nobody_comes_in_while_too_much_waits() {
        let waiting = Waiting::new(Waiting::UNIT);
        let admission = Admission::minding(AdmissionLimits::default(), Arc::clone(&waiting));
        waiting.changed(0, 2 * Waiting::UNIT);
        assert_eq!(admission.admit(address("10.0.0.1")).err(), Some(NotAdmitted::TooMuchWaits));
        assert!(admission.is_full());
        waiting.changed(2 * Waiting::UNIT, Waiting::UNIT);
        assert!(admission.admit(address("10.0.0.1")).is_ok() && !admission.is_full());
    }

    #[test]
    fn dropping_gives_the_place_back() {
        let admission = admission();
        for _ in 0..10 {
            let mut seat = admission.admit(address("2001:db8::1")).unwrap();
            seat.authenticated();
            let _other = admission.admit(address("2001:db8::2")).unwrap();
        }
        let counts = admission.counts.lock().unwrap();
        assert_eq!((counts.total, counts.unauthenticated, counts.by_address.len()), (0, 0, 0));
    }

    #[test]
    fn a_proxy_counts_for_whom_it_speaks() {
        let admission = admission();
        let client = Some(address("192.0.2.1"));
        let mut seats: Vec<_> = (0..3).map(|_| admission.admit_proxy().unwrap()).collect();
        assert_eq!(admission.admit_proxy().err(), Some(NotAdmitted::TooManyUnknown));
        seats[0].attribute(client).unwrap();
        seats[1].attribute(client).unwrap();
        seats[1].attribute(client).unwrap();
        assert_eq!(seats[2].attribute(client), Err(NotAdmitted::TooManyFromAddress));
        // Between requests it is nobody's, and who authenticated counts nowhere.
        seats[1].attribute(None).unwrap();
        seats[2].attribute(client).unwrap();
        seats[0].authenticated();
        seats[0].attribute(Some(address("192.0.2.9"))).unwrap();
        seats[1].attribute(client).unwrap();
        drop(seats);
        let counts = admission.counts.lock().unwrap();
        assert_eq!((counts.total, counts.unauthenticated, counts.by_address.len()), (0, 0, 0));
    }

    #[test]
    fn one_customers_ipv6_network_is_one_address() {
        let admission = admission();
        let _a = admission.admit(address("2001:db8::1")).unwrap();
        let _b = admission.admit(address("2001:db8::ffff")).unwrap();
        assert!(admission.admit(address("2001:db8::2:2:2:2")).is_err());
    }
}
