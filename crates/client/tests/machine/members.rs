//! Who is there.

use client::{Attendance, ChannelEvent, Command};
use serde_json::{Value, json};

use crate::play::{Play, channel};

/// A reader of the channel that watches it, or is in it.
fn attending(attendance: Attendance) -> (Play, Value) {
    let mut play = Play::online();
    let channel = channel("a");
    let attendance = Some(attendance);
    let request =
        play.command(Command::Subscribe { channel, from: None, attendance }).asked("subscribe");
    (play, request)
}

fn list(clients: &[&str], version: u64) -> Value {
    let member = |client: &&str| json!({"client": client, "connections": 1});
    let members: Vec<_> = clients.iter().map(member).collect();
    let count = clients.len();
    json!({"code": 200, "channel": "a", "members": members, "count": count, "version": version})
}

fn answer(play: &mut Play, request: &Value, list: &Value) -> Vec<String> {
    play.succeed(request, json!({ "channels": [list] }));
    said(play)
}

fn moved(play: &mut Play, event: &str, client: &str, version: u64) -> Vec<String> {
    play.push(event, json!({"channel": "a", "client": client, "version": version}));
    said(play)
}

/// What the reader was told of members.
fn said(play: &Play) -> Vec<String> {
    let say = |event: ChannelEvent| match event {
        ChannelEvent::Members(list) => {
            let names: Vec<_> = list.members.iter().map(|member| member.client.clone()).collect();
            Some(format!("{}: {}", list.version.0, names.join(" ")))
        }
        ChannelEvent::Joined(change) => Some(format!("{}: +{}", change.version.0, change.client)),
        ChannelEvent::Left(change) => Some(format!("{}: -{}", change.version.0, change.client)),
        ChannelEvent::Counted { count, version } => Some(format!("{}: {count}", version.0)),
        ChannelEvent::Subscribed { .. }
        | ChannelEvent::Message(_)
        | ChannelEvent::Gap(_)
        | ChannelEvent::Unsubscribed { .. } => None,
    };
    play.told().into_iter().filter_map(say).collect()
}

#[test]
fn a_list_comes_first_and_changes_follow_it() {
    for (attendance, wish) in
        [(Attendance::Enter, json!(true)), (Attendance::Watch, json!("watch"))]
    {
        let (mut play, request) = attending(attendance);
        assert_eq!(request["payload"]["channels"], json!([{"channel": "a", "presence": wish}]));
        assert_eq!(answer(&mut play, &request, &list(&["zoe", "bob"], 4)), ["4: zoe bob"]);
        assert_eq!(moved(&mut play, "memberJoined", "alice", 5), ["5: +alice"]);
        assert_eq!(moved(&mut play, "memberLeft", "zoe", 6), ["6: -zoe"]);
        assert_eq!(moved(&mut play, "memberLeft", "zoe", 6), [""; 0], "known");
        play.command(Command::Unsubscribe(channel("a")));
        assert_eq!(moved(&mut play, "memberLeft", "bob", 7), [""; 0]);
    }
}

#[test]
fn a_return_tells_what_changed_meanwhile() {
    let (mut play, request) = attending(Attendance::Watch);
    answer(&mut play, &request, &list(&["alice", "bob", "carol"], 9));
    moved(&mut play, "memberLeft", "carol", 10);
    let request = play.reconnect().asked("subscribe");
    assert_eq!(request["payload"]["channels"][0]["presence"], "watch");
    // A push that is behind it is of no list that we know.
    let told = answer(&mut play, &request, &list(&["bob", "dave"], 1 << 32));
    assert_eq!(told, ["4294967296: -alice", "4294967296: +dave"]);
    assert_eq!(moved(&mut play, "memberJoined", "alice", (1 << 32) + 1), ["4294967297: +alice"]);
    // The server may count anew: its list is the truth.
    let request = play.reconnect().asked("subscribe");
    let told = answer(&mut play, &request, &list(&["bob", "dave", "alice"], 3));
    assert_eq!(told, [""; 0], "a return makes no noise");
    assert_eq!(moved(&mut play, "memberLeft", "bob", 4), ["4: -bob"]);
}

#[test]
fn a_missing_change_makes_it_ask_for_the_list() {
    let (mut play, request) = attending(Attendance::Watch);
    answer(&mut play, &request, &list(&["alice"], 1));
    assert_eq!(moved(&mut play, "memberJoined", "carol", 3), [""; 0]);
    let question = play.asked("presence");
    assert_eq!(question["payload"], json!({"channel": "a"}));
    moved(&mut play, "memberJoined", "dave", 4);
    assert!(play.transmitted().is_empty(), "one question is enough");
    play.succeed(&question, list(&["alice", "bob", "carol", "dave"], 4));
    assert_eq!(said(&play), ["4: +bob", "4: +carol", "4: +dave"]);
    assert_eq!(moved(&mut play, "memberLeft", "alice", 5), ["5: -alice"]);
}

#[test]
fn a_large_channel_is_counted_and_followed_again() {
    let (mut play, request) = attending(Attendance::Enter);
    let large = json!({"code": 200, "channel": "a", "count": 1001, "version": 7});
    assert_eq!(answer(&mut play, &request, &large), ["7: 1001"]);
    play.push("presence", json!({"channel": "a", "count": 1002, "version": 9}));
    assert_eq!(said(&play), ["9: 1002"]);
    assert_eq!(moved(&mut play, "memberLeft", "alice", 10), [""; 0]);
    let question = play.asked("presence");
    play.succeed(&question, list(&["bob"], 10));
    assert_eq!(said(&play), ["10: bob"], "its first list");
    play.push("presence", json!({"channel": "a", "count": 1001, "version": 12}));
    moved(&mut play, "memberLeft", "carol", 13);
    let question = play.asked("presence");
    play.succeed(&question, list(&["dave"], 13));
    assert_eq!(said(&play), ["13: -bob", "13: +dave"]);
}
