//! The suite of the port.

#![expect(clippy::unwrap_used, reason = "what a test needs is there, or the test fails")]

use std::{fs, path::Path};

use application::ports::Codec;
use domain::Language;
use protocol_native::NativeCodec;
use testkit::{
    LineFraming,
    contracts::codec::{self as suite, CodecFixture},
};

struct Native;

impl CodecFixture for Native {
    fn codecs(&self) -> Vec<Box<dyn Codec>> {
        let codec =
            |language| Box::new(NativeCodec::<LineFraming>::new(language)) as Box<dyn Codec>;
        vec![codec(Language::Chinese), codec(Language::English)]
    }

    fn requests(&self) -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/requests");
        let request = |name: &str| fs::read(folder.join(format!("{name}.json"))).unwrap();
        let names =
            ["auth-full", "subscribe-options", "subscribe-many", "unsubscribe", "send-full"];
        names.iter().chain(&["history", "presence", "ping"]).map(|name| request(name)).collect()
    }

    fn frames(&self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let lines = bytes.strip_suffix(b"\n").expect("a frame ends with its line");
        lines.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
    }
}

#[test]
fn codec_1_decoding_never_panics() {
    suite::decoding_never_panics(&Native);
}

#[test]
fn codec_2_pushes_are_shared() {
    suite::pushes_are_shared(&Native);
}

#[test]
fn codec_3_frames_are_whole() {
    suite::frames_are_whole(&Native);
}
