//! Replays the inputs of the fuzz target `websocket`.

#[path = "../../../fuzz/src/websocket.rs"]
mod check;
mod client;

use std::fs;
use std::path::PathBuf;

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/websocket")
}

#[test]
fn every_input_of_the_corpus_passes() {
    let mut inputs = 0;
    for entry in fs::read_dir(corpus()).expect("the corpus is part of the repository") {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        check::check(&fs::read(path).unwrap());
        inputs += 1;
    }
    assert!(inputs > 0, "fuzz/corpus/websocket is empty");
}

#[test]
fn the_corpus_holds_every_seed() {
    for (name, data) in seeds() {
        let held = fs::read(corpus().join(name)).ok();
        let mend = "cargo test -p websocket --test corpus -- --ignored";
        assert_eq!(held, Some(data), "{name} is missing or old; write it with: {mend}");
    }
}

#[test]
#[ignore = "writes the seeds into the repository"]
fn write_seeds() {
    fs::create_dir_all(corpus()).unwrap();
    for (name, data) in seeds() {
        fs::write(corpus().join(name), data).unwrap();
    }
}

/// Zeros, 1,040 of them.
const BOMB: &[u8] = b"\x62\x60\x18\x05\xa3\x60\x14\x8c\x02\x08\x00\x00";

/// One input for each rule, for the fuzzer to start from.
fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let long = "x".repeat(200);
    vec![
        ("text", seed(3, &[text(0x81, "Hello")])),
        ("text-empty", seed(2, &[text(0x81, "")])),
        ("text-two-byte-length", seed(9, &[text(0x81, &long)])),
        ("text-fragments", seed(8, &[text(0x01, "Hel"), text(0x00, ""), text(0x80, "lo")])),
        ("text-cut-code-point", seed(8, &[raw(0x01, b"\xf0\x9f"), raw(0x80, b"\xa6\x80")])),
        ("text-not-utf8", seed(9, &[raw(0x81, b"ok\xed\xa0\x80")])),
        ("text-not-utf8-in-fragment", seed(7, &[raw(0x01, b"a\xf4"), raw(0x00, b"\x90")])),
        ("text-ends-in-code-point", seed(7, &[raw(0x81, b"a\xe4\xb8")])),
        ("binary", seed(5, &[raw(0x82, &[0, 255, 128, 1])])),
        ("ping-between-fragments", seed(11, &[text(1, "a"), text(0x89, "p"), text(0x80, "b")])),
        ("pong-unasked", seed(1, &[text(0x8a, "")])),
        ("close", seed(7, &[raw(0x88, b"\x03\xe8bye")])),
        ("close-empty", seed(1, &[raw(0x88, b"")])),
        ("close-half-code", seed(6, &[raw(0x88, b"\x03")])),
        ("close-code-1005", seed(7, &[raw(0x88, b"\x03\xed")])),
        ("close-reason-not-utf8", seed(8, &[raw(0x88, b"\x03\xe8\xc0")])),
        ("too-big", seed(4, &[client::header(0x81, 1 << 40), vec![0; 8]])),
        ("too-big-together", seed(210, &[text(0x01, &long), text(0x80, &long)])),
        ("length-not-minimal", seed(3, &[b"\x81\xfe\x00\x05\0\0\0\0Hello".to_vec()])),
        ("length-overflow", seed(3, &[b"\x82\xff\xff\0\0\0\0\0\0\0".to_vec()])),
        ("control-too-long", seed(2, &[text(0x89, &long)])),
        ("control-fragmented", seed(2, &[text(0x09, "p")])),
        ("reserved-bit", seed(1, &[text(0xc1, "Hello")])),
        ("reserved-opcode", seed(1, &[text(0x83, "Hello")])),
        ("unmasked", seed(1, &[b"\x81\x05Hello".to_vec()])),
        ("continuation-of-nothing", seed(1, &[text(0x80, "Hello")])),
        ("compressed", seed(3, &[raw(0xc1, b"\xf2\x48\xcd\xc9\xc9\x07\x00")])),
        (
            "compressed-fragments",
            seed(9, &[raw(0x41, b"\xf2\x48\xcd"), raw(0x80, b"\xc9\xc9\x07\x00")]),
        ),
        (
            "compressed-two-blocks",
            seed(9, &[raw(0xc1, b"\xf2\x48\x05\0\0\0\xff\xff\xca\xc9\xc9\x07\0")]),
        ),
        ("compressed-last-block", seed(9, &[raw(0xc1, b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00")])),
        ("compressed-stored", seed(4, &[raw(0xc2, b"\x00\x05\x00\xfa\xffHello\x00")])),
        ("compressed-empty", seed(4, &[raw(0xc1, b"\x00"), raw(0xc1, b"")])),
        ("compressed-bomb", seed(4, &[raw(0xc2, BOMB)])),
        ("compressed-cut-off", seed(4, &[raw(0xc1, b"\xf2\x48\xcd")])),
        ("compressed-broken", seed(4, &[raw(0xc1, b"\xff\xff")])),
        ("compressed-not-utf8", seed(4, &[raw(0xc1, b"\x00\x01\x00\xfe\xff\xff\x00")])),
        ("compressed-continuation", seed(4, &[text(0x01, "a"), text(0xc0, "b")])),
        ("compressed-control", seed(4, &[text(0xc9, "p")])),
        ("message-in-message", seed(9, &[text(0x01, "a"), text(0x81, "b")])),
    ]
}

/// Cut at `cut`.
fn seed(cut: u16, frames: &[Vec<u8>]) -> Vec<u8> {
    [&cut.to_be_bytes()[..], &frames.concat()].concat()
}

fn text(first: u8, payload: &str) -> Vec<u8> {
    raw(first, payload.as_bytes())
}

fn raw(first: u8, payload: &[u8]) -> Vec<u8> {
    client::frame(first, payload, [0x37, 0xfa, 0x21, 0x3d])
}
