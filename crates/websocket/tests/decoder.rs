//! The decoder's story: what a client sends, what the server sees, what stays in memory.

use websocket::{CloseFrame, Decoder, Event, Opcode, Step, Violation};

mod client;

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// The masked "Hello" of RFC 6455, 5.7.
const HELLO: [u8; 11] = *b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";

fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    client::frame(first, payload, KEY)
}

/// What a new decoder refuses these frames with, each in an input of its own.
fn refused(frames: &[Vec<u8>]) -> Option<Violation> {
    let mut decoder = Decoder::new(1000);
    frames.iter().find_map(|frame| decoder.step(&mut frame.clone()).err())
}

#[test]
fn a_message_inside_one_input_borrows_it() {
    let mut decoder = Decoder::new(1000);
    let mut input = [HELLO, HELLO].concat();
    let ends = input.as_ptr_range();
    let step = decoder.step(&mut input).unwrap();
    assert_eq!(step, Step { consumed: 11, event: Some(Event::Text("Hello")) });
    let Some(Event::Text(text)) = step.event else { unreachable!() };
    assert!(ends.contains(&text.as_ptr()), "no copy");
    assert_eq!(decoder.retained(), 0);
}

#[test]
fn a_header_that_comes_alone_costs_no_copy() {
    let mut decoder = Decoder::new(1000);
    let (header, payload) = HELLO.split_at(6);
    let mut header = header.to_vec();
    let step = decoder.step(&mut header).unwrap();
    assert_eq!(step, Step { consumed: 6, event: None });
    let mut payload = payload.to_vec();
    let step = decoder.step(&mut payload).unwrap();
    assert_eq!(step, Step { consumed: 5, event: Some(Event::Text("Hello")) });
    assert_eq!(decoder.retained(), 0);
}

#[test]
fn only_the_incomplete_rest_is_kept() {
    let mut decoder = Decoder::new(100_000);
    let big = frame(0x82, &[7; 50_000]);
    let mut input = [&HELLO[..], &big[..1000]].concat();
    let step = decoder.step(&mut input).unwrap();
    assert_eq!(step.event, Some(Event::Text("Hello")));
    let consumed = step.consumed;
    assert_eq!(decoder.step(&mut input[consumed..]).unwrap().event, None);
    assert!((992..=2000).contains(&decoder.retained()), "not what the header claims");
    assert_eq!(decoder.receiving(), Some(Opcode::Binary));

    let mut rest = big[1000..].to_vec();
    let step = decoder.step(&mut rest).unwrap();
    assert_eq!(step.event, Some(Event::Binary(&[7; 50_000])));
    assert_eq!(decoder.receiving(), None);
    decoder.release();
    assert_eq!(decoder.retained(), 0, "an idle decoder owns nothing");
}

#[test]
fn the_next_step_gives_the_last_buffer_back() {
    let mut decoder = Decoder::new(1000);
    assert!(decoder.step(&mut HELLO[..8].to_vec()).unwrap().event.is_none());
    assert_eq!(decoder.step(&mut HELLO[8..].to_vec()).unwrap().event, Some(Event::Text("Hello")));
    assert!(decoder.retained() > 0, "the event borrowed it");
    assert_eq!(decoder.step(&mut []), Ok(Step { consumed: 0, event: None }));
    assert_eq!(decoder.retained(), 0);
}

#[test]
fn control_frames_come_between_fragments() {
    let mut decoder = Decoder::new(1000);
    let frames = [frame(0x01, b"Hel"), frame(0x89, b"p"), frame(0x80, b"lo"), frame(0x88, b"")];
    let mut input = frames.concat();
    let step = decoder.step(&mut input).unwrap();
    assert_eq!(step, Step { consumed: 9 + 7, event: Some(Event::Ping(b"p")) });
    assert_eq!(decoder.receiving(), Some(Opcode::Text));
    let step = decoder.step(&mut input[16..]).unwrap();
    assert_eq!(step, Step { consumed: 8, event: Some(Event::Text("Hello")) });
    let step = decoder.step(&mut input[24..]).unwrap();
    assert_eq!(step, Step { consumed: 6, event: Some(Event::Close(None)) });
}

#[test]
fn a_cut_control_frame_leaves_the_open_message_alone() {
    let mut decoder = Decoder::new(1000);
    assert!(decoder.step(&mut frame(0x01, b"Hel")).unwrap().event.is_none());
    let close = frame(0x88, b"\x03\xe8bye");
    assert!(decoder.step(&mut close[..8].to_vec()).unwrap().event.is_none());
    let mut rest = close[8..].to_vec();
    let closing = CloseFrame { code: 1000, reason: "bye" };
    assert_eq!(decoder.step(&mut rest).unwrap().event, Some(Event::Close(Some(closing))));
    let mut last = frame(0x80, b"lo");
    assert_eq!(decoder.step(&mut last).unwrap().event, Some(Event::Text("Hello")));
}

#[test]
fn too_long_messages_are_refused_by_their_header() {
    let too_big = Some(Violation::MessageTooBig { limit_bytes: 1000 });
    let header = |first, length| [client::header(first, length), KEY.to_vec()].concat();
    assert_eq!(refused(&[header(0x82, 1000)]), None);
    assert_eq!(refused(&[header(0x82, 1001)]), too_big);
    assert_eq!(refused(&[header(0x01, usize::MAX >> 1)]), too_big);
    assert_eq!(refused(&[frame(0x01, &[b'a'; 600]), header(0x00, 400)]), None);
    assert_eq!(refused(&[frame(0x01, &[b'a'; 600]), header(0x00, 401)]), too_big);
}

#[test]
fn the_limit_can_change_and_control_frames_are_outside_it() {
    let mut decoder = Decoder::new(0);
    assert_eq!(decoder.step(&mut frame(0x89, b"p")).unwrap().event, Some(Event::Ping(b"p")));
    assert_eq!(decoder.step(&mut frame(0x81, b"")).unwrap().event, Some(Event::Text("")));
    decoder.set_max_message(5);
    assert_eq!(decoder.step(&mut HELLO.clone()).unwrap().event, Some(Event::Text("Hello")));
    // A limit that shrinks below what already came refuses the next fragment.
    assert!(decoder.step(&mut frame(0x01, b"Hel")).unwrap().event.is_none());
    decoder.set_max_message(2);
    let too_big = Err(Violation::MessageTooBig { limit_bytes: 2 });
    assert_eq!(decoder.step(&mut frame(0x80, b"l")), too_big);
}

#[test]
fn messages_and_continuations_come_in_order() {
    let lone = [frame(0x80, b"x")];
    assert_eq!(refused(&lone), Some(Violation::UnexpectedContinuation));
    let nested = [frame(0x01, b"a"), frame(0x81, b"b")];
    assert_eq!(refused(&nested), Some(Violation::ExpectedContinuation));
    let after_the_last = [frame(0x01, b"a"), frame(0x80, b"b"), frame(0x80, b"c")];
    assert_eq!(refused(&after_the_last), Some(Violation::UnexpectedContinuation));
}

#[test]
fn bad_text_is_refused_before_its_message_ends() {
    let fragments = [frame(0x01, b"\xce\xba\xe1"), frame(0x00, b"\xbd\xb9\xed\xa0")];
    assert_eq!(refused(&fragments), Some(Violation::TextNotUtf8));
    assert_eq!(refused(&[frame(0x81, b"a\xff")[..8].to_vec()]), Some(Violation::TextNotUtf8));
    assert_eq!(refused(&[frame(0x81, b"\xe4\xb8")]), Some(Violation::TextNotUtf8));
    assert_eq!(
        refused(&[frame(0x01, b"\xe4\xb8"), frame(0x80, b"")]),
        Some(Violation::TextNotUtf8)
    );
    assert_eq!(refused(&[frame(0x01, b"\xe4\xb8"), frame(0x80, b"\x96")]), None);
}

#[test]
fn a_violation_is_the_last_answer() {
    let mut decoder = Decoder::new(1000);
    assert!(decoder.step(&mut frame(0x01, b"kept")).unwrap().event.is_none());
    let close = frame(0x88, b"\x03\xed");
    assert!(decoder.step(&mut close[..7].to_vec()).unwrap().event.is_none());
    assert_eq!(decoder.step(&mut close[7..].to_vec()), Err(Violation::CloseCode(1005)));
    for _ in 0..2 {
        assert_eq!(decoder.step(&mut HELLO.clone()), Err(Violation::CloseCode(1005)));
        assert_eq!(decoder.retained(), 0);
    }
}

/// "Hello", compressed as in RFC 7692, 7.2.3.1.
const COMPRESSED: &[u8] = b"\xf2\x48\xcd\xc9\xc9\x07\x00";

#[test]
fn compressed_messages_are_taken_where_that_was_agreed() {
    let mut decoder = Decoder::new(1000).with_deflate();
    let mut text = frame(0xc1, COMPRESSED);
    assert_eq!(decoder.step(&mut text).unwrap().event, Some(Event::Text("Hello")));
    let mut binary = frame(0xc2, COMPRESSED);
    assert_eq!(decoder.step(&mut binary).unwrap().event, Some(Event::Binary(b"Hello")));
    // Whoever may compress need not.
    assert_eq!(decoder.step(&mut HELLO.clone()).unwrap().event, Some(Event::Text("Hello")));
    assert_eq!(refused(&[frame(0xc1, COMPRESSED)]), Some(Violation::ReservedBits));
}

#[test]
fn a_half_received_compressed_message_costs_what_came() {
    let mut decoder = Decoder::new(100_000).with_deflate();
    assert!(decoder.step(&mut frame(0x41, &COMPRESSED[..3])).unwrap().event.is_none());
    assert!(decoder.retained() <= 16, "no window, no output");
    assert_eq!(decoder.receiving(), Some(Opcode::Text));
    let mut ping = frame(0x89, b"p");
    assert_eq!(decoder.step(&mut ping).unwrap().event, Some(Event::Ping(b"p")));
    let mut rest = frame(0x80, &COMPRESSED[3..]);
    assert_eq!(decoder.step(&mut rest).unwrap().event, Some(Event::Text("Hello")));
    decoder.release();
    assert_eq!(decoder.retained(), 0);
}

#[test]
fn a_compressed_message_is_held_to_the_limit_twice() {
    let too_big = Err(Violation::MessageTooBig { limit_bytes: 6 });
    let mut decoder = Decoder::new(6).with_deflate();
    // Seven bytes on the wire, although they would be five.
    assert_eq!(decoder.step(&mut frame(0xc1, COMPRESSED)), too_big);
    // Few on the wire that would be a thousand.
    let mut decoder = Decoder::new(20).with_deflate();
    let mut bomb = Vec::new();
    assert!(websocket::deflate(&[0; 1000], websocket::Window::LARGEST, &mut bomb));
    assert!(bomb.len() <= 20, "{} bytes", bomb.len());
    let too_big = Err(Violation::MessageTooBig { limit_bytes: 20 });
    assert_eq!(decoder.step(&mut frame(0xc2, &bomb)), too_big);
}

#[test]
fn the_limit_is_that_of_the_last_header() {
    let mut decoder = Decoder::new(7).with_deflate();
    let frame = frame(0xc1, COMPRESSED);
    assert!(decoder.step(&mut frame[..8].to_vec()).unwrap().event.is_none());
    decoder.set_max_message(1);
    let mut rest = frame[8..].to_vec();
    assert_eq!(decoder.step(&mut rest).unwrap().event, Some(Event::Text("Hello")));
}

#[test]
fn bad_compressed_data_is_refused_when_its_message_is_whole() {
    let refused = |payload: &[u8]| {
        let mut decoder = Decoder::new(1000).with_deflate();
        let violation = decoder.step(&mut frame(0xc1, payload)).unwrap_err();
        (violation, violation.close_code())
    };
    assert_eq!(refused(b"\xff\xff"), (Violation::BrokenDeflate, 1007));
    assert_eq!(refused(&COMPRESSED[..5]), (Violation::BrokenDeflate, 1007));
    let not_utf8 = b"\x00\x01\x00\xfe\xff\xff\x00";
    assert_eq!(refused(not_utf8), (Violation::TextNotUtf8, 1007));
}
