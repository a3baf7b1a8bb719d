//! Who is there: clients that come and go, and what readers are told of them.

use std::{collections::BTreeSet, ops::Range, time::Duration};

use client::{Attendance, ChannelEvent, Client, Random};
use tokio::{sync::watch, task::JoinSet};

use super::{
    disorder::{Stop, wait},
    plan::{Part, Plan},
    publisher::pick,
    reader::Reader,
    record::Attended,
};

/// How long the server of our own waits for a return, of a client and after a start. Longer than it
/// is dead, and longer than a client waits before it comes back.
pub(super) const LEAVE_DELAY: Duration = Duration::from_secs(2);
pub(super) const RETURN_WINDOW: Duration = Duration::from_secs(4);

/// So long after the last disorder a list may be other than who is there: the return window, in
/// which the leave delay has passed too, and as much again for a machine that is busy.
const BOUND: Duration = RETURN_WINDOW.saturating_mul(2);

/// Clients that come and go.
const VISITORS: u16 = 3;
/// Milliseconds between two visits of one of them.
const AWAY: Range<u64> = 50..700;
/// Milliseconds of a visit.
const STAY: Range<u64> = 50..2500;
/// Their numbers begin behind those of readers and publishers.
const FIRST: u16 = 1000;

/// Who is in a channel, as one reader was told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct View {
    pub(super) here: BTreeSet<String>,
    /// Who came and was there, or left and was not.
    pub(super) odd: Vec<String>,
}

impl View {
    /// Whether the event changed it.
    pub(super) fn take(&mut self, event: &ChannelEvent) -> bool {
        match event {
            ChannelEvent::Members(list) => {
                self.here = list.members.iter().map(|member| member.client.clone()).collect();
            }
            ChannelEvent::Joined(change) => {
                if !self.here.insert(change.client.clone()) {
                    self.odd.push(format!("{} joined and was there", change.client));
                }
            }
            ChannelEvent::Left(change) => {
                if !self.here.remove(&change.client) {
                    self.odd.push(format!("{} left and was not there", change.client));
                }
            }
            ChannelEvent::Subscribed { .. }
            | ChannelEvent::Message(_)
            | ChannelEvent::Counted { .. }
            | ChannelEvent::Gap(_)
            | ChannelEvent::Unsubscribed { .. } => return false,
        }
        true
    }
}

/// Clients come and go until it is time to stop, half of them without a goodbye; how often.
pub(super) async fn visit(plan: Plan, url: String, stop: Stop) -> u64 {
    let mut visitors = JoinSet::new();
    for number in 0..VISITORS {
        let random = plan.random(Part::Visitor(number));
        visitors.spawn(visitor(plan.clone(), url.clone(), number, random, stop.clone()));
    }
    visitors.join_all().await.into_iter().sum()
}

async fn visitor(plan: Plan, url: String, number: u16, mut random: Random, mut stop: Stop) -> u64 {
    let mut visits = 0;
    while !wait(&mut stop, &mut random, AWAY).await {
        let client = plan.client(&url, &format!("visitor-{number}-{visits}"), FIRST + number);
        let channel = pick(&plan.channels, &mut random);
        let Ok(mut subscription) = client.attend(channel, None, Attendance::Enter).await else {
            break;
        };
        // Whether it ever got there depends on what else breaks: afterwards it is gone.
        let reading = async { while subscription.next().await.is_some() {} };
        tokio::select! {
            () = reading => {}
            _ = wait(&mut stop, &mut random, STAY) => {}
        }
        leave(&client, random.within(0..2) == 0).await;
        visits += 1;
    }
    visits
}

async fn leave(client: &Client, silently: bool) {
    if silently {
        // An error: it has ended.
        let _ = client.interrupt().await;
    }
    client.stop().await;
}

/// Waits until every reader sees who is there, for no longer than that may take; what each sees.
pub(super) async fn settled(plan: &Plan, readers: &[Reader]) -> Vec<Attended> {
    let here: BTreeSet<String> =
        readers.iter().map(|reader| plan.client_id(&reader.name)).collect();
    let mut views: Vec<_> = readers.iter().flat_map(Reader::views).collect();
    let all = async {
        for (_, _, view) in &mut views {
            right(view, &here).await;
        }
    };
    // Over: the checker finds it.
    drop(tokio::time::timeout(BOUND, all).await);
    let attended = |(reader, channel, view): (String, String, watch::Receiver<View>)| {
        let View { here: seen, odd } = view.borrow().clone();
        Attended { reader, channel, here: here.clone(), seen, odd }
    };
    views.into_iter().map(attended).collect()
}

async fn right(view: &mut watch::Receiver<View>, here: &BTreeSet<String>) {
    // An error: the subscription has ended.
    drop(view.wait_for(|view| view.here == *here).await);
}

#[cfg(test)]
mod tests {
    use client::{ListedMember, MemberChange, MemberList};
    use domain::PresenceVersion;

    use super::*;

    #[test]
    fn a_view_follows_what_is_told_and_sees_what_can_not_be() {
        let version = PresenceVersion(1);
        let change = |client: &str| MemberChange { client: client.to_owned(), info: None, version };
        let member = |client: &str| {
            let client = client.to_owned();
            ListedMember { client, info: None, connections: 1 }
        };
        let mut view = View::default();
        let members = vec![member("a"), member("b")];
        assert!(view.take(&ChannelEvent::Members(MemberList { members, version })));
        assert!(view.take(&ChannelEvent::Left(change("a"))));
        assert!(view.take(&ChannelEvent::Joined(change("c"))));
        assert!(!view.take(&ChannelEvent::Counted { count: 3, version }));
        let here: BTreeSet<String> = ["b", "c"].map(str::to_owned).into();
        assert_eq!((&view.here, view.odd.len()), (&here, 0));
        view.take(&ChannelEvent::Joined(change("c")));
        view.take(&ChannelEvent::Left(change("d")));
        assert_eq!(view.odd, ["c joined and was there", "d left and was not there"]);
    }
}
