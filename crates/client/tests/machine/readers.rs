//! Readers that do not keep up.

use client::{ChannelEvent, GapCause, Input, Recovery};
use serde_json::json;

use crate::play::{Play, channel, joined, message, offsets};

#[test]
fn a_channel_whose_reader_is_behind_is_left_and_continued() {
    let mut play = Play::live(4);
    play.message(5);
    let leave = play.feed(Input::Overflowed(channel("a"))).asked("unsubscribe");
    assert!(play.message(6).told().is_empty());
    play.succeed(&leave, json!({"channel": "a"}));
    assert!(play.transmitted().is_empty(), "not before the reader has caught up");
    let request = play.feed(Input::Drained(channel("a"))).asked("subscribe");
    assert_eq!(request["payload"]["channels"][0]["position"]["offset"], 5);
    let mut reply = joined("a", 7);
    reply["recovered"] = json!(true);
    reply["messages"] = json!([message("a", 6), message("a", 7)]);
    play.succeed(&request, json!({"channels": [reply]}));
    assert_eq!(offsets(&play.told()), [6, 7]);
}

#[test]
fn without_history_a_reader_that_is_behind_is_told_of_the_gap() {
    let mut play = Play::online();
    let request = play.subscribe("a").asked("subscribe");
    play.succeed(&request, json!({"channels": [{"code": 200, "channel": "a"}]}));
    play.feed(Input::Overflowed(channel("a")));
    let request = play.feed(Input::Drained(channel("a"))).asked("subscribe");
    play.succeed(&request, json!({"channels": [{"code": 200, "channel": "a"}]}));
    let told = play.told();
    assert!(matches!(told[0], ChannelEvent::Gap(gap) if gap.cause == GapCause::NoHistory));
    assert!(matches!(told[1], ChannelEvent::Subscribed { recovery: Recovery::Broken, .. }));
}

#[test]
fn a_reader_that_is_behind_over_a_reconnect_is_waited_for() {
    let mut play = Play::live(4);
    play.feed(Input::Overflowed(channel("a")));
    assert!(play.reconnect().transmitted().is_empty());
    let request = play.feed(Input::Drained(channel("a"))).asked("subscribe");
    assert_eq!(request["payload"]["channels"][0]["position"]["offset"], 4);
}
