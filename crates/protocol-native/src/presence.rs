//! Writing who is in a channel.

use domain::{Member, Movement, PresenceChange, PresenceCount, Roster};

use json_writer::Object;

/// `members` (where they are listed), `count` and `version`.
pub(crate) fn write_roster(object: &mut Object<'_>, roster: &Roster) {
    if let Some(members) = &roster.members {
        write_members(object.key("members"), members);
    }
    object.number("count", roster.count);
    object.number("version", roster.version.0);
}

fn write_members(out: &mut Vec<u8>, members: &[Member]) {
    out.push(b'[');
    for (index, member) in members.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let mut object = Object::begin(out);
        object.text("client", member.client.as_str());
        if let Some(info) = &member.info {
            object.raw("info", info.as_str());
        }
        object.number("connections", member.connections);
        object.end();
    }
    out.push(b']');
}

pub(crate) fn event(change: &PresenceChange) -> &'static str {
    match change.movement {
        Movement::Joined => "memberJoined",
        Movement::Left => "memberLeft",
    }
}

pub(crate) fn write_change(payload: &mut Object<'_>, change: &PresenceChange) {
    payload.text("channel", change.channel.channel.as_str());
    payload.text("client", change.client.as_str());
    if let Some(info) = &change.info {
        payload.raw("info", info.as_str());
    }
    payload.number("version", change.version.0);
}

pub(crate) fn write_count(payload: &mut Object<'_>, count: &PresenceCount) {
    payload.text("channel", count.channel.channel.as_str());
    payload.number("count", count.count);
    payload.number("version", count.version.0);
}
