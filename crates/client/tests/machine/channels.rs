//! Channels: subscriptions, positions, gaps.

use client::{Action, ChannelEvent, Command, Gap, GapCause, Input, Recovery};
use serde_json::json;

use crate::play::{EPOCH, Play, channel, joined, message, offsets, place};

fn subscribed(position: Option<u64>, recovery: Recovery) -> ChannelEvent {
    ChannelEvent::Subscribed { position: position.map(place), recovery }
}

fn gap(cause: GapCause, from: Option<u64>, to: Option<u64>) -> ChannelEvent {
    ChannelEvent::Gap(Gap { cause, from: from.map(place), to: to.map(place) })
}

#[test]
fn a_subscription_made_offline_is_asked_for_online() {
    let mut play = Play::new();
    play.subscribe("a");
    assert!(play.transmitted().is_empty());
    play.enter();
    let request = play.asked("subscribe");
    assert_eq!(request["payload"], json!({"channels": [{"channel": "a"}]}));
    play.succeed(&request, json!({"channels": [joined("a", 4)]}));
    assert_eq!(play.told(), [subscribed(Some(4), Recovery::Fresh)]);
    assert_eq!(offsets(&play.message(5).told()), [5]);
}

#[test]
fn what_was_missed_comes_after_a_reconnect_in_order_and_once() {
    let mut play = Play::live(4);
    play.message(5);
    let request = play.reconnect().asked("subscribe");
    let wish = json!({"channel": "a", "position": {"epoch": EPOCH, "offset": 5}});
    assert_eq!(request["payload"]["channels"], json!([wish]));
    let mut reply = joined("a", 8);
    reply["recovered"] = json!(true);
    // 5 is known, 7 was hidden on purpose.
    reply["messages"] = json!([message("a", 5), message("a", 6), message("a", 8)]);
    play.succeed(&request, json!({"channels": [reply]}));
    assert_eq!(play.told()[0], subscribed(Some(5), Recovery::Complete));
    assert_eq!(offsets(&play.told()), [6, 8]);
    assert_eq!(play.told().len(), 3, "no gap: {:?}", play.told());
    assert!(play.message(8).told().is_empty(), "a repeat");
    assert_eq!(offsets(&play.message(9).told()), [9]);
    assert_eq!((play.machine.counters().repeats, play.machine.counters().recovered), (2, 1));
}

#[test]
fn what_could_not_be_recovered_is_a_gap() {
    for (recovered, epoch) in
        [(Some(false), EPOCH), (None, EPOCH), (Some(true), "00000000000000bb")]
    {
        let mut play = Play::live(4);
        let request = play.reconnect().asked("subscribe");
        let mut reply = joined("a", 9);
        reply["epoch"] = json!(epoch);
        reply["recovered"] = json!(recovered);
        play.succeed(&request, json!({"channels": [reply]}));
        let told = play.told();
        let ChannelEvent::Gap(gap) = told[0] else { panic!("{told:?}") };
        assert_eq!((gap.cause, gap.from), (GapCause::NotRecovered, Some(place(4))));
        assert_eq!(gap.to.unwrap().epoch.to_string(), epoch);
        let broken = Recovery::Broken;
        assert!(matches!(told[1], ChannelEvent::Subscribed { recovery, .. } if recovery == broken));
        assert_eq!(play.message(10).told().len(), 1, "and goes on from there");
    }
}

#[test]
fn a_hole_is_told() {
    let mut play = Play::live(4);
    play.message(7);
    assert_eq!(play.told()[0], gap(GapCause::Jump, Some(4), Some(7)));
    assert_eq!(offsets(&play.told()), [7]);
    assert_eq!(play.message(8).told().len(), 1);
}

#[test]
fn what_was_hidden_on_purpose_is_no_hole() {
    let mut play = Play::live(4);
    play.push("position", json!({"channel": "a", "offset": 6}));
    assert!(play.told().is_empty());
    assert_eq!(play.message(7).told().len(), 1);
    play.push("position", json!({"channel": "a", "offset": 3}));
    assert!(play.message(7).told().is_empty(), "a position never goes back");
}

#[test]
fn an_acknowledgement_moves_no_position() {
    let mut play = Play::live(4);
    play.send(1);
    let request = play.asked("messageSend");
    let data = json!({"channel": "a", "id": "m5", "ts": 1, "epoch": EPOCH, "offset": 5});
    play.succeed(&request, data);
    let (_, receipt) = play.settled().remove(0);
    assert_eq!(receipt.unwrap().position, Some(place(5)));
    assert_eq!(offsets(&play.message(5).told()), [5], "its push comes later and counts");
}

#[test]
fn without_history_every_return_is_a_gap() {
    let mut play = Play::online();
    let request = play.subscribe("a").asked("subscribe");
    play.succeed(&request, json!({"channels": [{"code": 200, "channel": "a"}]}));
    assert_eq!(play.told(), [subscribed(None, Recovery::Fresh)]);
    let plain = json!({"channel": "a", "data": null, "id": "m", "ts": 1});
    for _ in 0..2 {
        let told = play.push("message", plain.clone()).told();
        assert!(
            matches!(&told[..], [ChannelEvent::Message(message)] if message.position.is_none())
        );
    }
    let request = play.reconnect().asked("subscribe");
    assert_eq!(request["payload"]["channels"], json!([{"channel": "a"}]), "no position");
    play.succeed(&request, json!({"channels": [{"code": 200, "channel": "a"}]}));
    let lost = gap(GapCause::NoHistory, None, None);
    assert_eq!(play.told(), [lost, subscribed(None, Recovery::Broken)]);
}

#[test]
fn a_channel_without_its_history_any_more_goes_on() {
    for (code, reason) in [(404, "not_enabled"), (403, "permission_denied")] {
        let mut play = Play::live(4);
        let request = play.reconnect().asked("subscribe");
        let refused = json!({"code": code, "channel": "a", "message": "no", "reason": reason});
        play.succeed(&request, json!({"channels": [refused]}));
        assert!(play.told().is_empty());
        let request = play.asked("subscribe");
        assert_eq!(request["payload"]["channels"], json!([{"channel": "a"}]), "no position");
        play.succeed(&request, json!({"channels": [{"code": 200, "channel": "a"}]}));
        let lost = gap(GapCause::NoHistory, Some(4), None);
        assert_eq!(play.told(), [lost, subscribed(None, Recovery::Broken)]);
    }
}

#[test]
fn many_channels_are_asked_for_ten_at_a_time() {
    let mut play = Play::new();
    for number in 0..25 {
        play.subscribe(&format!("c{number:02}"));
    }
    play.enter();
    for count in [10, 10, 5] {
        let request = play.asked("subscribe");
        let channels = request["payload"]["channels"].as_array().unwrap().clone();
        assert_eq!(channels.len(), count, "and the next only after the answer");
        let entry = |wish: &serde_json::Value| joined(wish["channel"].as_str().unwrap(), 0);
        let entries: Vec<_> = channels.iter().map(entry).collect();
        play.succeed(&request, json!({"channels": entries}));
        assert_eq!(play.told().len(), count);
    }
    assert!(play.transmitted().is_empty());
}

#[test]
fn a_refused_channel_ends_and_the_others_go_on() {
    let mut play = Play::new();
    for name in ["a", "b", "c"] {
        play.subscribe(name);
    }
    play.enter();
    let request = play.asked("subscribe");
    let refused = |name: &str, code: u16, reason: &str| json!({"code": code, "channel": name, "message": "no", "reason": reason});
    let mut later = refused("c", 503, "unavailable");
    later["retry_after_ms"] = json!(40);
    let entries = json!([joined("a", 0), refused("b", 403, "permission_denied"), later]);
    play.succeed(&request, json!({"channels": entries}));
    let told = play.told();
    assert_eq!(told[0], subscribed(Some(0), Recovery::Fresh));
    let ChannelEvent::Unsubscribed { reason, resubscribes, refusal } = &told[1] else { panic!() };
    assert_eq!((reason.as_str(), *resubscribes), ("permission_denied", false));
    assert_eq!(refusal.as_ref().unwrap().code, 403);
    assert!(play.wants(|action| matches!(action, Action::Release(name) if *name == channel("b"))));
    assert_eq!(play.sleep(), 40);
    assert_eq!(play.asked("subscribe")["payload"]["channels"], json!([{"channel": "c"}]));
}

#[test]
fn a_stream_that_began_anew_is_a_gap_that_is_told() {
    let mut play = Play::live(4);
    play.push("unsubscribed", json!({"channel": "a", "reason": "gap", "resubscribe": true}));
    let ended =
        ChannelEvent::Unsubscribed { reason: "gap".into(), resubscribes: true, refusal: None };
    assert_eq!(play.told(), [ended]);
    let request = play.asked("subscribe");
    assert_eq!(request["payload"]["channels"][0]["position"]["offset"], 4, "where it was");
    let mut anew = joined("a", 2);
    anew["epoch"] = json!("000000000000beef");
    anew["recovered"] = json!(false);
    play.succeed(&request, json!({"channels": [anew]}));
    let told = play.told();
    assert!(matches!(told[0], ChannelEvent::Gap(_)), "{told:?}");
    let ChannelEvent::Subscribed { recovery, .. } = told[1] else { panic!("{told:?}") };
    assert_eq!(recovery, Recovery::Broken);
}

#[test]
fn a_subscription_that_the_server_ended_comes_back_where_it_says_so() {
    let mut play = Play::live(4);
    play.push(
        "unsubscribed",
        json!({"channel": "a", "reason": "overflow", "resubscribe": true, "retryAfterMs": 50}),
    );
    let ended =
        ChannelEvent::Unsubscribed { reason: "overflow".into(), resubscribes: true, refusal: None };
    assert_eq!(play.told(), [ended]);
    assert!(play.message(5).told().is_empty(), "it is not subscribed");
    assert_eq!(play.sleep(), 50);
    let request = play.asked("subscribe");
    assert_eq!(request["payload"]["channels"][0]["position"]["offset"], 4, "and misses nothing");
    play.succeed(&request, json!({"channels": [joined("a", 4)]}));
    play.push(
        "unsubscribed",
        json!({"channel": "a", "reason": "permission_denied", "resubscribe": false}),
    );
    assert!(play.wants(|action| matches!(action, Action::Release(_))));
    assert!(play.reconnect().transmitted().is_empty());
}

#[test]
fn an_unsubscribed_channel_is_told_to_the_server_and_silent() {
    let mut play = Play::live(4);
    let request = play.command(Command::Unsubscribe(channel("a"))).asked("unsubscribe");
    assert_eq!(request["payload"], json!({"channel": "a"}));
    assert!(play.message(5).told().is_empty());
    // Wanted again before the answer: what still comes belongs to the old subscription.
    let again = play.subscribe("a").asked("subscribe");
    assert!(play.message(6).told().is_empty());
    play.succeed(&request, json!({"channel": "a"}));
    play.succeed(&again, json!({"channels": [joined("a", 6)]}));
    assert_eq!(play.told(), [subscribed(Some(6), Recovery::Fresh)]);
    assert_eq!(offsets(&play.message(7).told()), [7]);
}

#[test]
fn a_place_kept_from_before_is_continued_or_a_gap() {
    let from = Some(place(3));
    let mut play = Play::online();
    play.command(Command::Subscribe { channel: channel("a"), from, attendance: None });
    let request = play.asked("subscribe");
    assert_eq!(request["payload"]["channels"][0]["position"]["offset"], 3);
    let mut reply = joined("a", 4);
    reply["recovered"] = json!(true);
    reply["messages"] = json!([message("a", 4)]);
    play.succeed(&request, json!({"channels": [reply]}));
    assert_eq!(play.told()[0], subscribed(Some(3), Recovery::Complete));
    assert_eq!(offsets(&play.told()), [4]);
}

#[test]
fn a_subscription_of_the_token_goes_on_by_auth() {
    let mut play = Play::online();
    let first = play.subscribe("a").asked("subscribe");
    let mut made = joined("a", 4);
    made.as_object_mut().unwrap().remove("code");
    play.push("subscribed", made.clone());
    assert_eq!(play.told(), [subscribed(Some(4), Recovery::Fresh)]);
    play.succeed(&first, json!({"channels": [joined("a", 9)]}));
    assert!(play.told().is_empty(), "the second answer is about the same subscription");
    assert_eq!(offsets(&play.message(5).told()), [5]);

    play.feed(Input::Closed(None)).sleep();
    play.feed(Input::Opened);
    let auth = play.asked("auth");
    assert_eq!(auth["payload"]["positions"], json!({"a": {"epoch": EPOCH, "offset": 5}}));
    play.succeed(&auth, crate::play::welcome(3600));
    assert_eq!(play.asked("subscribe")["payload"]["channels"], json!([{"channel": "a"}]));
    made["offset"] = json!(6);
    made["recovered"] = json!(true);
    made["messages"] = json!([message("a", 6)]);
    play.push("subscribed", made);
    assert_eq!(play.told()[0], subscribed(Some(5), Recovery::Complete));
    assert_eq!(offsets(&play.told()), [6]);
}
