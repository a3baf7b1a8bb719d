//! Any stream, cut anywhere, gives what a naive parser sees in it whole.

#[path = "../../../fuzz/src/websocket.rs"]
mod check;
mod client;
mod naive;

use check::{MAX_MESSAGE, Outcome, Seen};
use flate2::{Compress, Compression, FlushCompress};
use naive::Terms;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::RngSeed;
use websocket::Decoder;

/// Frames, and what they say.
type Said = (Vec<u8>, Vec<Seen>);

/// A ping, a pong or a close frame.
fn control() -> impl Strategy<Value = Said> {
    let payload = vec(any::<u8>(), 0..=125);
    let code = prop_oneof![1000..=1003u16, 1007..=1014u16, 3000..=4999u16];
    let closing = proptest::option::of((code, "\\PC{0,30}"));
    let seen = prop_oneof![
        4 => payload.clone().prop_map(Seen::Ping),
        4 => payload.prop_map(Seen::Pong),
        1 => closing.prop_map(Seen::Close),
    ];
    (seen, any::<[u8; 4]>()).prop_map(|(seen, key)| {
        let frame = match &seen {
            Seen::Ping(payload) => client::frame(0x89, payload, key),
            Seen::Pong(payload) => client::frame(0x8a, payload, key),
            Seen::Close(None) => client::frame(0x88, b"", key),
            Seen::Close(Some((code, reason))) => {
                let payload = [&code.to_be_bytes()[..], reason.as_bytes()].concat();
                client::frame(0x88, &payload, key)
            }
            Seen::Text(_) | Seen::Binary(_) => unreachable!("not generated"),
        };
        (frame, vec![seen])
    })
}

/// How a message is compressed: at this level, as one block, two or one that is marked as the last.
#[derive(Debug, Clone, Copy)]
struct Squeeze {
    level: u32,
    blocks: Option<FlushCompress>,
}

impl Squeeze {
    fn apply(self, message: &[u8]) -> Vec<u8> {
        let mut state = Compress::new(Compression::new(self.level), false);
        let mut output = Vec::with_capacity(2 * MAX_MESSAGE + 100);
        let mut write = |piece: &[u8], flush| {
            state.compress_vec(piece, &mut output, flush).expect("there is room");
            if flush == FlushCompress::Finish {
                state.reset();
            }
        };
        let mut rest = message;
        if let Some(flush) = self.blocks {
            let (front, back) = message.split_at(message.len() / 2);
            write(front, flush);
            rest = back;
        }
        write(rest, FlushCompress::Sync);
        assert!(output.ends_with(b"\x00\x00\xff\xff"));
        output.truncate(output.len() - 4);
        output
    }
}

fn squeeze() -> impl Strategy<Value = Squeeze> {
    let flush = prop_oneof![
        Just(FlushCompress::Sync),
        Just(FlushCompress::Full),
        Just(FlushCompress::Finish)
    ];
    let squeeze = (0..=9u32, proptest::option::of(flush));
    squeeze.prop_map(|(level, blocks)| Squeeze { level, blocks })
}

/// A message in one frame or more, compressed or not, cut without regard to code points, with control frames between.
fn message() -> impl Strategy<Value = Said> {
    let seen = prop_oneof![
        "\\PC{0,70}".prop_map(Seen::Text),
        vec(any::<u8>(), 0..=MAX_MESSAGE).prop_map(Seen::Binary),
        (any::<u8>(), 0..=MAX_MESSAGE).prop_map(|(byte, len)| Seen::Binary(vec![byte; len])),
    ];
    let squeeze = proptest::option::of(squeeze());
    let cuts = vec((any::<Index>(), proptest::option::of(control())), 0..4);
    (seen, squeeze, cuts, any::<[u8; 4]>()).prop_map(|(message, squeeze, cuts, key)| {
        let (opcode, payload) = match &message {
            Seen::Text(text) => (1, text.as_bytes()),
            Seen::Binary(bytes) => (2, &bytes[..]),
            Seen::Ping(_) | Seen::Pong(_) | Seen::Close(_) => unreachable!("not generated"),
        };
        // Compressed, it has to keep to the limit as well.
        let squeezed = squeeze.map(|squeeze| squeeze.apply(payload));
        let squeezed = squeezed.filter(|squeezed| squeezed.len() <= MAX_MESSAGE);
        let mut first = if squeezed.is_some() { 0x40 | opcode } else { opcode };
        let mut rest = squeezed.as_deref().unwrap_or(payload);
        let (mut stream, mut seen) = (Vec::new(), Vec::new());
        for (cut, between) in cuts {
            let (fragment, after) = rest.split_at(cut.index(rest.len() + 1));
            stream.extend(client::frame(first, fragment, key));
            let (frame, said) = between.unwrap_or_default();
            stream.extend(frame);
            seen.extend(said);
            (first, rest) = (0, after);
        }
        stream.extend(client::frame(0x80 | first, rest, key));
        seen.push(message.clone());
        (stream, seen)
    })
}

/// What a client that keeps all rules sends.
fn conversation() -> impl Strategy<Value = Said> {
    let turn = prop_oneof![3 => message(), 1 => control()];
    vec(turn, 0..6).prop_map(|turns| {
        let (frames, seen): (Vec<_>, Vec<_>) = turns.into_iter().unzip();
        (frames.concat(), seen.concat())
    })
}

/// What the naive parser sees in a stream.
fn naive(stream: &[u8], max_message: usize, deflate: bool) -> Outcome {
    naive::decode(stream, Terms { max_message, deflate })
}

/// What the decoder sees in the pieces of a stream.
fn decode(pieces: Vec<&[u8]>, max_message: usize, deflate: bool) -> Outcome {
    let decoder = Decoder::new(max_message);
    check::decode(if deflate { decoder.with_deflate() } else { decoder }, pieces)
}

/// Cuts a stream at any number of places.
fn pieces<'a>(stream: &'a [u8], cuts: &[Index]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
    at.extend([0, stream.len()]);
    at.sort_unstable();
    at.windows(2).map(|ends| &stream[ends[0]..ends[1]]).collect()
}

proptest! {
    // A fixed seed: a build fails by its own change alone. New inputs are the fuzzer's work.
    #![proptest_config(ProptestConfig {
        cases: 256,
        rng_seed: RngSeed::Fixed(6455),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn valid_streams((stream, said) in conversation(), cuts in vec(any::<Index>(), 0..20)) {
        prop_assert_eq!(&naive(&stream, MAX_MESSAGE, true), &(said.clone(), None));
        prop_assert_eq!(decode(pieces(&stream, &cuts), MAX_MESSAGE, true), (said, None));
    }

    #[test]
    fn damaged_streams(
        (mut stream, _) in conversation(),
        damage in vec((any::<Index>(), any::<u8>()), 1..4),
        end in any::<Index>(),
        max_message in 0..=MAX_MESSAGE,
        deflate in prop::bool::weighted(0.8),
        cuts in vec(any::<Index>(), 0..20),
    ) {
        if !stream.is_empty() {
            for (place, byte) in damage {
                let place = place.index(stream.len());
                stream[place] = byte;
            }
        }
        // Sometimes cut short, sometimes not.
        stream.truncate(end.index(2 * stream.len() + 1));
        let expected = naive(&stream, max_message, deflate);
        prop_assert_eq!(decode(pieces(&stream, &cuts), max_message, deflate), expected);
    }

    /// Payloads are not masked here, so that damage to a header or to text isn't hidden.
    #[test]
    fn random_frames(
        frames in vec((any::<u8>(), vec(any::<u8>(), 0..6)), 0..8),
        deflate in any::<bool>(),
        cuts in vec(any::<Index>(), 0..20),
    ) {
        let known = [0x00, 0x01, 0x02, 0x41, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8a, 0xc1, 0xc2];
        let stream: Vec<u8> = frames
            .iter()
            .flat_map(|(first, payload)| {
                let first = known.get(usize::from(*first) % 13).unwrap_or(first);
                client::frame(*first, payload, [0; 4])
            })
            .collect();
        let expected = naive(&stream, MAX_MESSAGE, deflate);
        prop_assert_eq!(decode(pieces(&stream, &cuts), MAX_MESSAGE, deflate), expected);
    }

    #[test]
    fn random_bytes_keep_what_the_fuzzer_checks(data in vec(any::<u8>(), 0..200)) {
        check::check(&data);
    }
}
