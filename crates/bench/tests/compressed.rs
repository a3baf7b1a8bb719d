//! The generator and a server that compresses, played by hand.

#![expect(clippy::unwrap_used, reason = "what a test needs is there, or the test fails")]

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

use bench::{
    args::Transport,
    content::Content,
    dialect::Native,
    fault::Fault,
    stamp::Stamp,
    swarm::{Ear, End, Swarm},
    target::Target,
};
use websocket::{Decoder, Event, Opcode, Window, deflate, header};

const GRANTED: &[u8] = br#"{"code":200,"message":"success","data":{}}"#;
const AGREED: &str = "sec-websocket-extensions: permessage-deflate; \
                      server_no_context_takeover; client_no_context_takeover\r\n";

/// Answers one upgrade with these further lines, grants two requests and answers the third with
/// what there is to send. Gives the upgrade's request and how many bytes it sent.
fn serve(lines: &str, frames: Vec<u8>) -> (String, thread::JoinHandle<(String, usize)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/ws", listener.local_addr().unwrap());
    let answer = format!("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n{lines}\r\n");
    let served = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if socket.read(&mut byte).unwrap_or(0) == 0 {
                break;
            }
            request.extend_from_slice(&byte);
        }
        let mut sent = answer.into_bytes();
        socket.write_all(&sent).unwrap();
        if grant_two(&mut socket).is_some() {
            let replies = [text(GRANTED), text(GRANTED)].concat();
            sent.extend_from_slice(&replies);
            sent.extend_from_slice(&frames);
            assert!(socket.read(&mut [0; 4096]).unwrap() > 0, "the third request");
            socket.write_all(&frames).unwrap();
            // Until the generator is gone.
            drop(socket.read(&mut [0; 1000]));
        }
        (String::from_utf8(request).unwrap(), sent.len())
    });
    (url, served)
}

/// Nothing where the generator went away.
fn grant_two(socket: &mut TcpStream) -> Option<()> {
    let mut decoder = Decoder::new(100_000);
    let mut granted = 0;
    while granted < 2 {
        let mut room = [0; 4096];
        let read = socket.read(&mut room).ok().filter(|read| *read > 0)?;
        let mut at = 0;
        while at < read {
            let step = decoder.step(&mut room[at..read]).unwrap();
            at += step.consumed;
            if let Some(Event::Text(_)) = step.event {
                socket.write_all(&text(GRANTED)).ok()?;
                granted += 1;
            }
        }
    }
    Some(())
}

fn text(payload: &[u8]) -> Vec<u8> {
    [header(Opcode::Text, payload.len()).as_slice(), payload].concat()
}

fn message(sequence: u64) -> Vec<u8> {
    let mut data = Vec::new();
    Content::Json.write(Stamp { at: 5, publisher: 1, sequence }, &mut data, 1024);
    let before = br#"{"event":"message","payload":{"channel":"bench:00000000:00000","data":"#;
    [&before[..], &data, br#","id":"01a2076c","ts":1795420889132}}"#].concat()
}

fn compressed(payload: &[u8]) -> Vec<u8> {
    let mut shrunk = Vec::new();
    assert!(deflate(payload, Window::LARGEST, &mut shrunk));
    [header(Opcode::Text, shrunk.len()).compressed().as_slice(), &shrunk].concat()
}

/// Which messages came.
#[derive(Default)]
struct Heard(Vec<u64>);

impl Ear for Heard {
    fn message(&mut self, _link: usize, data: &[u8], _now: u64) {
        self.0.push(Stamp::read(data).unwrap().sequence);
    }

    fn ended(&mut self, _link: usize, end: End) {
        panic!("{end:?}");
    }
}

fn swarm(url: &str, compress: bool) -> Swarm {
    let native = Native { app: "my-app".into(), token: "t".into() };
    let target = Target::at(url, native, &Transport { ca: None, compress }).unwrap();
    Swarm::new(target, vec!["bench:00000000:00000".into()]).unwrap()
}

/// Asks for messages and turns until so many came.
fn hear(swarm: &mut Swarm, count: usize) -> Result<Vec<u64>, Fault> {
    let (mut heard, mut events) = (Heard::default(), Swarm::events());
    swarm.publish(0, 0, b"1");
    let end = swarm.now() + 10_000_000_000;
    while heard.0.len() < count && swarm.now() < end {
        swarm.turn(&mut events, Duration::from_millis(20), &mut heard)?;
    }
    Ok(heard.0)
}

#[test]
fn stamps_are_read_in_messages_compressed_or_not() {
    let frames = [
        compressed(&message(0)),
        text(&message(1)),
        compressed(&message(2)),
        // Everybody gets the same bytes, here one gets them twice.
        compressed(&message(0)),
        compressed(&message(2)),
    ];
    let (url, served) = serve(AGREED, frames.concat());
    let mut swarm = swarm(&url, true);
    swarm.raise([Some(0)]).unwrap();
    let heard = hear(&mut swarm, 5).unwrap();
    let received = swarm.received();
    drop(swarm);
    let (request, sent) = served.join().unwrap();
    assert_eq!(heard, [0, 1, 2, 0, 2]);
    assert_eq!(received, sent as u64);
    assert!(request.starts_with("GET /ws?app=my-app HTTP/1.1\r\n"), "{request}");
}

#[test]
fn compression_that_was_not_agreed_to_ends_the_run() {
    let (url, served) = serve("", Vec::new());
    let mut asking = swarm(&url, true);
    assert!(matches!(asking.raise([Some(0)]), Err(Fault::NotCompressed)));
    drop(asking);
    served.join().unwrap();
    let (url, served) = serve("", compressed(&message(0)));
    let mut silent = swarm(&url, false);
    let raised = silent.raise([Some(0)]).map(drop);
    let heard = raised.and_then(|()| hear(&mut silent, 1).map(drop));
    assert!(matches!(heard, Err(Fault::BadFrame(_))), "{heard:?}");
    drop(silent);
    served.join().unwrap();
}
