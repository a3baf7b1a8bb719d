//! What a message's `data` is made of.

use std::io::Write as _;

use clap::ValueEnum;

use crate::{frame::Masks, stamp::Stamp};

/// What a message's `data` is made of, behind its stamp.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Content {
    /// A text of one letter: nothing is cheaper to make.
    #[default]
    Filler,
    /// An object such as apps send, with names that come again and values that don't: for
    /// compression, which makes nothing of a single letter.
    Json,
}

impl Content {
    /// Makes `out` the JSON of exactly `size` bytes, or as few more as the stamp needs.
    pub fn write(self, stamp: Stamp, out: &mut Vec<u8>, size: usize) {
        match self {
            Self::Filler => stamp.write(out, size),
            Self::Json => object(stamp, out, size),
        }
    }
}

const NAMES: [&str; 8] =
    ["amara", "bruno", "chiara", "dmitri", "elif", "farid", "greta", "hiroshi"];
const STATES: [&str; 4] = ["online", "away", "typing", "offline"];
const NOTE: &[u8] = b"the ferry to the island leaves at nine and comes back before the rain does, ";
const BEFORE_NOTE: &[u8] = b"],\"note\":\"";
const AFTER_NOTE: &[u8] = b"\"}";

fn object(stamp: Stamp, out: &mut Vec<u8>, size: usize) {
    stamp.begin_object(out);
    out.extend_from_slice(b",\"room\":\"harbour\",\"members\":[");
    let mut dice = Masks::new(stamp.at ^ (stamp.publisher as u64) << 48 ^ stamp.sequence << 20);
    let mut next = Vec::new();
    let most = size.saturating_sub(BEFORE_NOTE.len() + AFTER_NOTE.len());
    for number in 0.. {
        next.clear();
        member(&mut dice, &mut next, number > 0, stamp.at / 1_000_000);
        if out.len() + next.len() > most {
            break;
        }
        out.extend_from_slice(&next);
    }
    out.extend_from_slice(BEFORE_NOTE);
    let note = size.saturating_sub(out.len() + AFTER_NOTE.len());
    out.extend(NOTE.iter().cycle().take(note));
    out.extend_from_slice(AFTER_NOTE);
}

fn member(dice: &mut Masks, out: &mut Vec<u8>, follows: bool, millis: u64) {
    let comma = if follows { "," } else { "" };
    let bits = dice.bits();
    let (id, name) = (bits >> 32, NAMES[bits as usize % NAMES.len()]);
    let state = STATES[(bits >> 8) as usize % STATES.len()];
    let (score, ago) = ((bits >> 12) % 10_000, (bits >> 26) % 60_000);
    let (x, y) = (dice.bits() % 1920, dice.bits() % 1080);
    let seen = 1_795_420_889_132 + millis - ago;
    // Writing to memory can't fail.
    drop(write!(
        out,
        "{comma}{{\"id\":\"{id:08x}\",\"name\":\"{name}\",\"state\":\"{state}\",\"score\":{score},\
         \"at\":[{x},{y}],\"seen\":{seen}}}"
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(content: Content, sequence: u64, size: usize) -> (Stamp, Vec<u8>) {
        let stamp = Stamp { at: 1_234_567_890_123, publisher: 3, sequence };
        let mut out = b"of before".to_vec();
        content.write(stamp, &mut out, size);
        (stamp, out)
    }

    #[test]
    fn content_is_json_of_its_size_and_carries_the_stamp() {
        for content in [Content::Filler, Content::Json] {
            for size in [128, 200, 1000, 1024, 1100, 16 * 1024] {
                let (stamp, data) = written(content, 7, size);
                assert_eq!(data.len(), size, "{content:?}");
                assert_eq!(Stamp::read(&data), Some(stamp));
                assert!(serde_json::from_slice::<serde_json::Value>(&data).is_ok());
            }
        }
    }

    #[test]
    fn objects_differ_and_shrink_as_those_of_apps_do() {
        let (_, first) = written(Content::Json, 0, 1024);
        let (_, second) = written(Content::Json, 1, 1024);
        assert_ne!(first[100..], second[100..]);
        let mut compressed = Vec::new();
        assert!(websocket::deflate(&first, websocket::Window::LARGEST, &mut compressed));
        assert!((300..600).contains(&compressed.len()), "{} bytes", compressed.len());
    }
}
