//! Turns, where something dear is done once at a time for all apps.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use application::Refusal;
use domain::{AppId, ErrorCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Gives turns, one at a time. Of each app one request at most waits among those of others: whoever
/// asks much waits behind itself.
pub(super) struct Turns {
    all: Arc<Semaphore>,
    /// Of apps that wait or have their turn, and of some that did. Short lock.
    apps: Mutex<HashMap<AppId, Weak<Semaphore>>>,
}

/// One turn, until it is dropped. The app's own ends last: its next one queues behind all others.
pub(super) struct Turn {
    _all: Option<OwnedSemaphorePermit>,
    _own: Option<OwnedSemaphorePermit>,
}

impl Turns {
    pub(super) fn new() -> Self {
        Self { all: Arc::new(Semaphore::new(1)), apps: Mutex::default() }
    }

    /// Waits for the app's turn.
    pub(super) async fn take(&self, app: &AppId) -> Turn {
        // Nobody closes them. The app's own first: who waits for it takes nobody else's place.
        let own = self.of(app).acquire_owned().await.ok();
        let all = Arc::clone(&self.all).acquire_owned().await.ok();
        Turn { _all: all, _own: own }
    }

    /// Does this in the app's turn, beside the threads that serve. The turn lasts until it is done,
    /// also where whoever asked has gone: else those who ask and go would have many at once.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        app: &AppId,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let turn = self.take(app).await;
        let working = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        working.await.map_err(|_| Refusal::plain(ErrorCode::Internal))
    }

    fn of(&self, app: &AppId) -> Arc<Semaphore> {
        let mut apps = self.apps.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = apps.get(app).and_then(Weak::upgrade) {
            return own;
        }
        apps.retain(|_, own| own.strong_count() > 0);
        let own = Arc::new(Semaphore::new(1));
        apps.insert(app.clone(), Arc::downgrade(&own));
        own
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::Future,
        pin::pin,
        sync::mpsc,
        task::{Context, Poll, Waker},
    };

    use super::*;

    fn app(id: &str) -> AppId {
        AppId::parse(id).unwrap()
    }

    fn poll<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Option<T> {
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => Some(done),
            Poll::Pending => None,
        }
    }

    #[test]
    fn who_asks_much_waits_behind_itself_and_others_come_between() {
        let turns = Turns::new();
        let (one, two) = (app("one"), app("two"));
        let first = poll(pin!(turns.take(&one))).unwrap();
        let mut more = pin!(turns.take(&one));
        let mut last = pin!(turns.take(&one));
        assert!(poll(more.as_mut()).is_none() && poll(last.as_mut()).is_none());
        let mut other = pin!(turns.take(&two));
        assert!(poll(other.as_mut()).is_none());
        drop(first);
        assert!(poll(more.as_mut()).is_none(), "it asked first, and its app had its turn");
        let theirs = poll(other.as_mut()).unwrap();
        drop(theirs);
        let second = poll(more.as_mut()).unwrap();
        assert!(poll(last.as_mut()).is_none());
        drop(second);
        assert!(poll(last.as_mut()).is_some());
    }

    #[test]
    fn apps_that_had_their_turn_are_forgotten() {
        let turns = Turns::new();
        for n in 0..100 {
            drop(poll(pin!(turns.take(&app(&format!("app-{n}"))))).unwrap());
        }
        assert_eq!(turns.apps.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_turn_lasts_as_long_as_the_work_though_nobody_waits_for_it() {
        let turns = Turns::new();
        let one = app("one");
        let (go, went) = mpsc::channel::<()>();
        {
            let asked = turns.work(&one, move || went.recv());
            let mut asked = pin!(asked);
            assert!(poll(asked.as_mut()).is_none());
        }
        let two = app("two");
        let mut other = pin!(turns.take(&two));
        assert!(poll(other.as_mut()).is_none(), "the work goes on");
        go.send(()).unwrap();
        other.await;
    }
}
