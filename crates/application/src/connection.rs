//! One open connection, as everything but its own session sees it.

use std::{
    fmt,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use domain::{
    App, Arrival, Client, CloseReason, ConnectionId, Ended, Fact, Family, Hidden, Moment,
    SessionToken, Timestamp, TraceId,
};
use tokio::sync::oneshot;

use crate::{
    Push, Refusal, Rules,
    deadlines::Deadlines,
    orders::{Due, NotOrdered, Order, Ordered, Orders},
    ports::{Codec, Outbound, QueueFull},
};

/// One open connection: what the fan-out, the timers and a shutdown need of it.
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// When it was opened.
    pub opened: Moment,
    pub(crate) outbound: Arc<dyn Outbound>,
    pub(crate) codec: Arc<dyn Codec>,
    /// Milliseconds of the moment at which the peer was last heard; written by the session on each
    /// arrival, read by the timers.
    last_heard: AtomicU64,
    /// Whether it showed the session of an earlier connection: read without the lock, so that who
    /// continues nothing pays nothing.
    continues: AtomicBool,
    /// Orders wait in `own`: set under its lock, read without, so that who has none pays nothing.
    ordered: AtomicBool,
    /// Set once, by whoever closes first: session, timers, fan-out or shutdown.
    closed: OnceLock<CloseReason>,
    /// Short lock: session writes on `auth`, the timers on each visit; never held over a call out.
    own: Mutex<Own>,
}

/// What is only this connection's, and others ask for.
struct Own {
    deadlines: Deadlines,
    identity: Identity,
    /// Boxed: almost nobody ever has any.
    orders: Option<Box<Orders>>,
}

/// Who is at the other end.
#[derive(Clone)]
pub(crate) struct Identity {
    /// Nobody before `auth`.
    pub(crate) client: Option<Arc<Client>>,
    /// What a later connection shows to continue this one.
    pub(crate) session: SessionToken,
}

impl Connection {
    pub(crate) fn new(
        id: ConnectionId,
        opened: Moment,
        outbound: Arc<dyn Outbound>,
        codec: Arc<dyn Codec>,
        deadlines: Deadlines,
        session: SessionToken,
    ) -> Self {
        let identity = Identity { client: None, session };
        Self {
            id,
            opened,
            outbound,
            codec,
            last_heard: AtomicU64::new(opened.as_millis()),
            continues: AtomicBool::new(false),
            ordered: AtomicBool::new(false),
            closed: OnceLock::new(),
            own: Mutex::new(Own { deadlines, identity, orders: None }),
        }
    }

    /// Notes a sign of life: anything at all that came from the peer.
    pub fn heard(&self, now: Moment) {
        self.last_heard.store(now.as_millis(), Ordering::Relaxed);
    }

    pub(crate) fn last_heard(&self) -> Moment {
        Moment::from_millis(self.last_heard.load(Ordering::Relaxed))
    }

    /// Queues a frame that is shared with other connections of the same encoding. A queue at its
    /// limit ends the connection as too slow. What the protocol has no word for is no frame. Says
    /// whether it was taken.
    pub(crate) fn push_shared(&self, frame: &Bytes) -> bool {
        if frame.is_empty() || self.closed().is_some() {
            return false;
        }
        let pushed = self.outbound.push(frame);
        if let Err(QueueFull) = pushed {
            self.close(CloseReason::TooSlow, None);
        }
        pushed.is_ok()
    }

    /// Queues several frames that are one shared piece of memory: all of them, or, where the queue
    /// has no room for that, one by one. Says how many of the first were taken, where not all.
    pub(crate) fn push_run<'a>(
        &self,
        whole: &Bytes,
        frames: impl Iterator<Item = &'a Bytes>,
    ) -> Result<(), usize> {
        if whole.is_empty() || self.closed().is_some() {
            return Err(0);
        }
        if self.outbound.push(whole).is_ok() {
            return Ok(());
        }
        Err(frames.take_while(|frame| self.push_shared(frame)).count())
    }

    /// Queues what answers a request, where the protocol has a word for it.
    pub(crate) fn reply(&self, frame: Bytes) {
        if !frame.is_empty() {
            self.outbound.reply(frame);
        }
    }

    /// Queues a push for this connection alone.
    pub(crate) fn push(&self, push: &Push<'_>) {
        self.push_shared(&self.codec.push(push));
    }

    /// Tells the peer why and ends the connection. The first close counts.
    pub(crate) fn close(&self, reason: CloseReason, retry_after: Option<Duration>) {
        if self.closed.set(reason).is_err() {
            return;
        }
        let given = matches!(reason.family(), Family::AfterDelay);
        // Where no delay is given each connection has its own: after an outage that ended many they
        // do not come back in the same moment.
        let own = Duration::from_millis(self.id.spread(Rules::RETURN_SPREAD_MS));
        let retry_after = retry_after.or(given.then_some(own));
        let farewell = self.codec.push(&Push::Disconnect { reason, retry_after });
        self.outbound.close(farewell, reason);
    }

    /// Notes an end that the peer or the network made: nobody is told.
    pub(crate) fn ended(&self, reason: CloseReason) {
        let _ = self.closed.set(reason);
    }

    /// Why it was closed; nothing while it is open.
    #[must_use]
    pub fn closed(&self) -> Option<CloseReason> {
        self.closed.get().copied()
    }

    /// What the app is told of its beginning.
    pub(crate) fn opening(&self, client: &Client) -> Fact {
        let (connection, guest) = (self.id, client.is_guest());
        Fact::ConnectionOpened(Arrival { connection, client: client.id.clone(), guest })
    }

    /// What the app is told of its end.
    pub(crate) fn ending(&self, client: &Client) -> Fact {
        let (connection, client) = (self.id, client.id.clone());
        let reason = Ended::By(self.closed().unwrap_or(CloseReason::PeerLost));
        Fact::ConnectionClosed { connection, client, reason }
    }

    pub(crate) fn with_deadlines<T>(&self, change: impl FnOnce(&mut Deadlines) -> T) -> T {
        change(&mut self.own.lock().unwrap_or_else(PoisonError::into_inner).deadlines)
    }

    /// Asks something of the session. What comes back resolves with what came of it, or fails where
    /// the session ends first.
    pub(crate) fn order(
        &self,
        order: Order,
        trace: Option<TraceId>,
    ) -> Result<oneshot::Receiver<Result<(), Refusal>>, NotOrdered> {
        let (done, receiver) = oneshot::channel();
        {
            let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
            // Looked at under the lock: the session drops its orders after it was closed.
            if self.closed().is_some() {
                return Err(NotOrdered::Over);
            }
            own.orders.get_or_insert_default().push(Ordered { order, trace, done })?;
            self.ordered.store(true, Ordering::Release);
        }
        self.outbound.nudge();
        Ok(receiver)
    }

    /// The client's app is another now: the session takes it when it comes to its orders.
    pub(crate) fn change_app(&self, app: Arc<App>) {
        {
            let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
            if self.closed().is_some() {
                return;
            }
            own.orders.get_or_insert_default().change_app(app);
            self.ordered.store(true, Ordering::Release);
        }
        self.outbound.nudge();
    }

    /// Whether orders wait.
    pub(crate) fn has_orders(&self) -> bool {
        self.ordered.load(Ordering::Acquire)
    }

    /// What the session comes to next.
    pub(crate) fn next_order(&self) -> Option<Due> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let next = own.orders.as_mut().and_then(|orders| orders.pop());
        if own.orders.as_ref().is_none_or(|orders| orders.is_empty()) {
            own.orders = None;
            self.ordered.store(false, Ordering::Release);
        }
        next
    }

    /// The session ended: who waits for an order learns so.
    pub(crate) fn drop_orders(&self) {
        drop(self.own.lock().unwrap_or_else(PoisonError::into_inner).orders.take());
    }

    /// Who is at the other end.
    pub(crate) fn identity(&self) -> Identity {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).identity.clone()
    }

    /// Whether a guest is at the other end.
    pub(crate) fn is_guest(&self) -> bool {
        self.identity().client.is_some_and(|client| client.is_guest())
    }

    /// Whether who is at the other end only watches, and is no client of the app.
    pub(crate) fn is_watcher(&self) -> bool {
        self.identity().client.is_some_and(|client| client.is_watcher())
    }

    /// Whether a message may not be seen here: it came from this connection, or from one that this
    /// one continues and whose send was still under way when it ended.
    pub(crate) fn is_hidden(&self, hidden: &Hidden) -> bool {
        if hidden.connection == self.id {
            return true;
        }
        if !self.continues.load(Ordering::Relaxed) {
            return false;
        }
        let Identity { client, session } = self.identity();
        session == hidden.session && client.is_some_and(|client| client.id == hidden.client)
    }

    /// The other end showed the session of an earlier connection.
    pub(crate) fn continues(&self) {
        self.continues.store(true, Ordering::Relaxed);
    }

    pub(crate) fn become_known(&self, identity: Identity) {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).identity = identity;
    }

    pub(crate) fn session(&self) -> SessionToken {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).identity.session
    }

    /// What the timers do at a visit: says when the next one is due, nothing after a close.
    pub(crate) fn visit(&self, now: Moment, wall: Timestamp) -> Option<Moment> {
        if self.closed().is_some() {
            return None;
        }
        let step = self.with_deadlines(|deadlines| deadlines.step(now, wall, self.last_heard()));
        if let Some(reason) = step.close {
            self.close(reason, None);
            return None;
        }
        if step.probe {
            self.outbound.probe();
        }
        if let Some(expires_at) = step.expiring {
            self.push(&Push::TokenExpiring { expires_at });
        }
        if step.heartbeat {
            self.push(&Push::Heartbeat { ts: wall });
        }
        Some(step.next)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("id", &self.id).finish_non_exhaustive()
    }
}
