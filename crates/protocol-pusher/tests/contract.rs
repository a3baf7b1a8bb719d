//! The suite of the port.

#![expect(clippy::unwrap_used, reason = "what a test needs is there, or the test fails")]

use std::{fs, path::Path};

use application::ports::Codec;
use protocol_pusher::PusherCodec;
use testkit::{
    LineFraming,
    contracts::codec::{self as suite, CodecFixture},
};

struct Pusher;

impl CodecFixture for Pusher {
    fn codecs(&self) -> Vec<Box<dyn Codec>> {
        let codec = || Box::new(PusherCodec::<LineFraming>::default()) as Box<dyn Codec>;
        vec![codec(), codec()]
    }

    fn requests(&self) -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/requests");
        let request = |name: &&str| fs::read(folder.join(format!("{name}.json"))).unwrap();
        let names = ["ping", "pong", "subscribe", "subscribe-presence", "unsubscribe"];
        names.iter().chain(&["signin", "client-event", "client-event-text"]).map(request).collect()
    }

    fn frames(&self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let lines = bytes.strip_suffix(b"\n").expect("a frame ends with its line");
        lines.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
    }
}

#[test]
fn codec_1_decoding_never_panics() {
    suite::decoding_never_panics(&Pusher);
}

#[test]
fn codec_2_pushes_are_shared() {
    suite::pushes_are_shared(&Pusher);
}

#[test]
fn codec_3_frames_are_whole() {
    suite::frames_are_whole(&Pusher);
}
