//! What an application is told, in the words of the vectors.

use client::{ChannelEvent, GapCause, Receipt, Recovery, Refusal, SendError, State, StopReason};
use serde_json::{Value, json};

/// A channel's event; a list of members is told as joins.
pub(crate) fn of_channel(channel: &str, event: &ChannelEvent) -> Vec<Value> {
    let one = match event {
        ChannelEvent::Subscribed { recovery, .. } => {
            let recovery = match recovery {
                Recovery::Fresh => "fresh",
                Recovery::Complete => "complete",
                Recovery::Broken => "broken",
            };
            json!({"told": "subscribed", "recovery": recovery})
        }
        ChannelEvent::Message(message) => {
            let data: Value = serde_json::from_str(message.data.get()).unwrap();
            json!({"told": "message", "id": message.id, "data": data})
        }
        ChannelEvent::Members(list) => {
            let join = |client: &str| json!({"told": "join", "client": client, "channel": channel});
            return list.members.iter().map(|member| join(&member.client)).collect();
        }
        ChannelEvent::Joined(member) => json!({"told": "join", "client": member.client}),
        ChannelEvent::Left(member) => json!({"told": "leave", "client": member.client}),
        ChannelEvent::Counted { .. } => return Vec::new(),
        ChannelEvent::Gap(gap) => {
            let cause = match gap.cause {
                GapCause::NotRecovered => "not_recovered",
                GapCause::Jump => "jump",
                GapCause::NoHistory => "no_history",
            };
            json!({"told": "gap", "cause": cause})
        }
        ChannelEvent::Unsubscribed { reason, .. } if reason == "stopped" => return Vec::new(),
        ChannelEvent::Unsubscribed { reason, resubscribes, .. } => {
            json!({"told": "unsubscribed", "reason": reason, "resubscribes": resubscribes})
        }
    };
    let mut one = one;
    one["channel"] = channel.into();
    vec![one]
}

/// A state that the vectors have a word for.
pub(crate) fn of_state(state: &State) -> Option<Value> {
    match state {
        State::Online { .. } => Some(json!({"told": "online"})),
        State::Stopped(StopReason::Asked) | State::Waiting { .. } | State::Connecting => None,
        State::Stopped(why) => {
            let (code, reason) = stop(why);
            Some(json!({"told": "stopped", "code": code, "reason": reason}))
        }
    }
}

fn stop(why: &StopReason) -> (u16, String) {
    match why {
        StopReason::Closed(departure) => {
            (departure.code, departure.reason.clone().unwrap_or_default())
        }
        StopReason::AuthRefused(refusal) => (refusal.code, refusal.reason.clone()),
        StopReason::NoToken(_) => (0, "no_token".to_owned()),
        StopReason::UpgradeRefused(status) => (*status, "upgrade_refused".to_owned()),
        StopReason::BadAddress(_) => (0, "bad_address".to_owned()),
        StopReason::Asked => (0, "closed".to_owned()),
    }
}

/// How a send was decided.
pub(crate) fn of_send(reference: &str, outcome: &Result<Receipt, SendError>) -> Value {
    match outcome {
        Ok(receipt) => json!({
            "told": "receipt", "ref": reference, "id": receipt.id, "ts": receipt.ts,
            "repeated": receipt.repeated, "key": receipt.key,
        }),
        Err(error) => {
            let (reason, code, attempted) = failure(error);
            json!({
                "told": "failed", "ref": reference,
                "reason": reason, "code": code, "attempted": attempted,
            })
        }
    }
}

fn failure(error: &SendError) -> (String, u16, bool) {
    match error {
        SendError::QueueFull { .. } => ("queue_full".to_owned(), 0, false),
        SendError::Refused(Refusal { code, reason, .. }) => (reason.clone(), *code, true),
        SendError::Expired { attempted } => ("timeout".to_owned(), 0, *attempted),
        SendError::Stopped { why, attempted } => {
            let (code, reason) = stop(why);
            (reason, code, *attempted)
        }
    }
}
