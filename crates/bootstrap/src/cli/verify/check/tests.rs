//! Clean records pass; each planted bug is found.

use domain::{Epoch, Offset, Position};

use super::check;
use crate::cli::verify::{
    finding::Finding,
    record::{
        Attended, Kept, KeptMessages, Log, MessageSeen, Outcome, Promise, Records, Rewind, Seen,
        Sent,
    },
};

const MESSAGES: u64 = 6;

fn at(epoch: u64, offset: u64) -> Position {
    Position { epoch: Epoch::from_random(epoch), offset: Offset(offset) }
}

fn seen(offset: u64) -> MessageSeen {
    MessageSeen {
        id: format!("m{offset}"),
        body: format!("b{offset}"),
        position: Some(at(1, offset)),
    }
}

fn log(reader: &str, seen: Vec<Seen>) -> Log {
    Log { reader: reader.into(), channel: "a".into(), seen, complete: true }
}

fn began(offset: u64) -> Seen {
    Seen::Began { after: Some(at(1, offset)) }
}

/// From the beginning to the end, with a reconnect in between.
fn everything() -> Vec<Seen> {
    let mut all = vec![began(0)];
    all.extend((1..=3).map(|offset| Seen::Message(seen(offset))));
    all.push(began(3));
    all.extend((4..=MESSAGES).map(|offset| Seen::Message(seen(offset))));
    all
}

fn sent(offset: u64) -> Sent {
    let MessageSeen { id, body, position } = seen(offset);
    let outcome = Outcome::Acknowledged { id, position, repeated: false };
    let publisher = usize::try_from(offset % 2).unwrap();
    Sent { publisher, channel: "a".into(), body, outcome, hidden_from: None }
}

/// Two publishers, two readers, six messages, of which the last was never acknowledged.
fn clean() -> Records {
    let mut sends: Vec<Sent> = (1..=MESSAGES).map(sent).collect();
    sends[5].outcome = Outcome::Unknown;
    let messages = (1..=MESSAGES).map(seen).collect();
    let messages = Ok(KeptMessages { after: at(1, 0), messages });
    let attended = ["r1", "r2"].map(|reader| attended(reader, &["r1", "r2"])).into();
    Records {
        promise: Promise::Durable,
        sends,
        logs: vec![log("r1", everything()), log("r2", everything())],
        kept: vec![Kept { channel: "a".into(), messages }],
        rewinds: vec![rewind(2, 1..=2), rewind(9, 1..=5), rewind(3, 4..=6)],
        attended,
        hooks: None,
    }
}

fn rewind(asked: u64, offsets: std::ops::RangeInclusive<u64>) -> Rewind {
    let position = at(1, *offsets.end());
    Rewind { channel: "a".into(), asked, position, messages: offsets.map(seen).collect() }
}

/// What the second reader sent without wanting to hear it.
fn murmured() -> Records {
    let mut records = clean();
    for number in [2, 3] {
        records.sends[number].hidden_from = Some("r2".into());
    }
    records.logs[1]
        .seen
        .retain(|seen| !matches!(seen.message(), Some(copy) if copy.id == "m3" || copy.id == "m4"));
    records
}

/// Two are there; whom a reader sees.
fn attended(reader: &str, seen: &[&str]) -> Attended {
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    let (reader, channel) = (reader.into(), "a".into());
    Attended { reader, channel, here: names(&["r1", "r2"]), seen: names(seen), odd: Vec::new() }
}

fn kept(records: &mut Records) -> &mut Vec<MessageSeen> {
    &mut records.kept[0].messages.as_mut().unwrap().messages
}

/// The one kind of finding.
fn finds(records: &Records, what: impl Fn(&Finding) -> bool) {
    let findings = check(records);
    assert!(findings.iter().any(what), "{findings:?}");
}

#[test]
fn clean_records_pass() {
    assert_eq!(check(&clean()), []);
}

#[test]
fn a_gap_with_notice_passes() {
    let mut records = clean();
    let after = Seen::Message(seen(6));
    records.logs[1].seen = vec![began(0), Seen::Message(seen(1)), Seen::Gap, began(5), after];
    assert_eq!(check(&records), []);
}

#[test]
fn an_acknowledged_message_that_is_not_kept_is_found() {
    let mut records = clean();
    kept(&mut records).retain(|message| message.id != "m3");
    finds(&records, |finding| matches!(finding, Finding::Lost { id, .. } if id == "m3"));
}

#[test]
fn a_stream_that_began_anew_lost_what_was_acknowledged() {
    let mut records = clean();
    let anew = MessageSeen { position: Some(at(2, 1)), ..seen(6) };
    let messages = KeptMessages { after: at(2, 0), messages: vec![anew.clone()] };
    records.kept[0].messages = Ok(messages);
    for log in &mut records.logs {
        log.seen.truncate(6);
        let after = Some(at(2, 0));
        log.seen.extend([Seen::Gap, Seen::Began { after }, Seen::Message(anew.clone())]);
    }
    finds(&records, |finding| matches!(finding, Finding::Lost { id, .. } if id == "m3"));
    records.promise = Promise::Memory;
    assert_eq!(check(&records), [], "memory does not promise more");
}

#[test]
fn a_delivered_message_that_is_not_kept_is_found() {
    let mut records = clean();
    kept(&mut records).pop();
    finds(
        &records,
        |finding| matches!(finding, Finding::Lost { id, known: "delivered", .. } if id == "m6"),
    );
}

#[test]
fn what_history_has_trimmed_is_not_lost() {
    let mut records = clean();
    kept(&mut records).drain(..2);
    records.kept[0].messages.as_mut().unwrap().after = at(1, 2);
    assert_eq!(check(&records), []);
}

#[test]
fn an_acknowledged_message_that_a_reader_was_not_told_is_found() {
    let mut records = clean();
    records.logs[0].seen.remove(2);
    finds(
        &records,
        |finding| matches!(finding, Finding::Lost { id, place, .. } if id == "m2" && place.contains("r1")),
    );
}

#[test]
fn a_duplicate_is_found() {
    let mut records = clean();
    records.logs[1].seen.insert(3, Seen::Message(seen(2)));
    finds(&records, |finding| matches!(finding, Finding::Twice { body, .. } if body == "b2"));
}

#[test]
fn one_send_that_made_two_messages_is_found() {
    let mut records = clean();
    let again = MessageSeen { id: "m7".into(), body: "b2".into(), position: Some(at(1, 7)) };
    for log in &mut records.logs {
        log.seen.push(Seen::Message(again.clone()));
    }
    kept(&mut records).push(again);
    finds(&records, |finding| matches!(finding, Finding::Twice { body, .. } if body == "b2"));
    assert_eq!(check(&records).len(), 1);
    records.promise = Promise::None;
    assert_eq!(check(&records), [], "no history promises no keys");
}

#[test]
fn a_reorder_between_readers_is_found_with_and_without_positions() {
    let disorder = |finding: &Finding| {
        matches!(finding, Finding::Disorder { first, second, .. }
            if [first.as_str(), second.as_str()].iter().all(|id| ["m1", "m2", "b1"].contains(id)
                || id.ends_with("/2")))
    };
    let mut records = clean();
    records.logs[1].seen.swap(1, 2);
    finds(&records, disorder);
    records.promise = Promise::None;
    for log in &mut records.logs {
        for seen in &mut log.seen {
            match seen {
                Seen::Began { after } => *after = None,
                Seen::Message(message) => message.position = None,
                Seen::Gap | Seen::Hole | Seen::Ended(_) => {}
            }
        }
    }
    records.kept.clear();
    finds(&records, disorder);
    records.logs[1].seen.swap(1, 2);
    assert_eq!(check(&records), []);
}

#[test]
fn an_order_that_only_three_readers_contradict_is_found() {
    let plain = |id: u64| Seen::Message(MessageSeen { position: None, ..seen(id) });
    let began = Seen::Began { after: None };
    let row = |one, other| vec![began.clone(), plain(one), plain(other)];
    let logs = vec![log("r1", row(1, 2)), log("r2", row(2, 3)), log("r3", row(3, 1))];
    let records = Records {
        promise: Promise::None,
        sends: Vec::new(),
        logs,
        kept: Vec::new(),
        rewinds: Vec::new(),
        attended: Vec::new(),
        hooks: None,
    };
    finds(&records, |finding| matches!(finding, Finding::Disorder { .. }));
}

#[test]
fn a_publishers_own_order_counts() {
    let mut records = clean();
    // Acknowledged before the other one was sent.
    records.sends.swap(1, 3);
    finds(&records, |finding| matches!(finding, Finding::Disorder { .. }));
}

#[test]
fn a_silent_gap_is_found() {
    let gap = |finding: &Finding| {
        matches!(finding, Finding::SilentGap { from, to, .. }
            if *from == Some(at(1, 4)) && *to == Some(at(1, 6)))
    };
    let mut records = clean();
    records.logs[0].seen.remove(6);
    finds(&records, gap);
    records.logs[0].seen.insert(6, Seen::Hole);
    finds(&records, gap);
    records.logs[0].seen[6] = Seen::Gap;
    records.logs[0].seen.insert(7, began(5));
    assert_eq!(check(&records), [], "with notice it is none");
}

#[test]
fn a_return_to_another_place_without_notice_is_found() {
    let mut records = clean();
    records.logs[0].seen[4] = began(4);
    records.logs[0].seen.remove(5);
    finds(&records, |finding| matches!(finding, Finding::SilentGap { .. }));
}

#[test]
fn two_messages_at_one_place_are_found() {
    let two = |finding: &Finding| matches!(finding, Finding::TwoAtOnePlace { position, .. } if *position == at(1, 4));
    let mut records = clean();
    let Seen::Message(message) = &mut records.logs[1].seen[5] else { panic!() };
    assert_eq!(message.position, Some(at(1, 4)));
    message.id = "other".into();
    finds(&records, two);
    let mut records = clean();
    let position = Some(at(1, 4));
    let id = "acknowledged".to_owned();
    records.sends[5].outcome = Outcome::Acknowledged { id, position, repeated: false };
    finds(&records, two);
}

#[test]
fn what_else_is_wrong_is_found() {
    let mut records = clean();
    records.logs[0].complete = false;
    records.logs[0].seen.push(Seen::Ended("permission_denied".into()));
    finds(&records, |finding| matches!(finding, Finding::Behind { ended: Some(_), .. }));

    let mut records = clean();
    records.logs[0].seen[0] = Seen::Began { after: None };
    finds(&records, |finding| matches!(finding, Finding::NoPositions { .. }));

    let mut records = clean();
    records.kept[0].messages = Err("not_enabled".into());
    finds(&records, |finding| matches!(finding, Finding::Unread { .. }));

    let mut records = clean();
    records.sends[5].outcome = Outcome::Refused("idempotency_conflict".into());
    finds(&records, |finding| matches!(finding, Finding::Refused { .. }));
}

#[test]
fn what_is_hidden_from_its_sender_is_no_gap() {
    let mut records = murmured();
    assert_eq!(check(&records), []);
    // The client may have passed one of them or both when it comes back.
    for offset in [2, 4] {
        let place = records.logs[1].seen.iter().rposition(|seen| *seen == began(3));
        let mut seen = records.logs[1].clone();
        seen.seen[place.unwrap()] = began(offset);
        assert_eq!(check(&Records { logs: vec![seen], ..records.clone() }), []);
    }
    // Nobody knows what became of it, but others read it.
    records.sends[3].outcome = Outcome::Unknown;
    assert_eq!(check(&records), []);
    records.sends[3].hidden_from = None;
    finds(&records, |finding| matches!(finding, Finding::SilentGap { .. }));
}

#[test]
fn an_echo_that_was_not_wanted_is_found() {
    let mut records = clean();
    records.sends[2].hidden_from = Some("r2".into());
    finds(&records, |finding| matches!(finding, Finding::Echo { body, .. } if body == "b3"));
}

#[test]
fn a_rewind_to_other_messages_is_found() {
    for wrong in [rewind(3, 1..=2), rewind(2, 1..=4), rewind(3, 3..=6)] {
        let mut records = clean();
        records.rewinds.push(wrong);
        let right = records.rewinds.last().unwrap().messages.len() == 2;
        let findings = check(&records);
        assert_eq!(findings.is_empty(), right, "{findings:?}");
    }
    let mut records = clean();
    records.rewinds[0].messages.remove(0);
    finds(&records, |finding| matches!(finding, Finding::Rewound { asked: 2, .. }));
    let Ok(messages) = &mut records.kept[0].messages else { panic!() };
    messages.after = at(1, 1);
    messages.messages.remove(0);
    assert_eq!(check(&records), [], "the first one is no longer kept");
    let mut records = clean();
    records.rewinds[0].messages[0].body = "other".into();
    finds(&records, |finding| matches!(finding, Finding::TwoAtOnePlace { .. }));
}

#[test]
fn a_member_that_left_is_found_and_one_that_is_not_listed() {
    let mut records = clean();
    records.attended[1] = attended("r2", &["r1", "r2", "visitor"]);
    finds(
        &records,
        |finding| matches!(finding, Finding::Ghost { reader, member, .. } if reader == "r2" && member == "visitor"),
    );
    records.attended[1] = attended("r2", &["r2"]);
    finds(&records, |finding| matches!(finding, Finding::Unseen { member, .. } if member == "r1"));
    assert_eq!(check(&records).len(), 1);
}

#[test]
fn a_member_that_joined_or_left_twice_is_found() {
    let mut records = clean();
    records.attended[0].odd.push("r2 joined and was there".into());
    finds(&records, |finding| matches!(finding, Finding::OddMember { .. }));
}
