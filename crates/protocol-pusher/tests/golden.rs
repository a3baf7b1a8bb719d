//! Requests and frames of the protocol, to the letter, in `golden/`.
//!
//! `golden/requests/NAME.json` is a request as a client sends it, `NAME.txt` what is understood of
//! it or why it is refused. `golden/frames/` has what the server sends. After a deliberate change
//! write them anew, and read the difference: `UPDATE_GOLDEN=1 cargo test -p protocol-pusher`.

#![expect(clippy::unwrap_used, reason = "what a test needs is there, or the test fails")]

mod frames;

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use application::{
    Command, Request,
    ports::{BadRequest, Bounds, Codec},
};
use protocol_pusher::PusherCodec;
use testkit::LineFraming;

/// Small, so that a request over it is readable.
const BOUNDS: Bounds = Bounds { payload_bytes: 256 };

fn golden(folder: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(folder)
}

fn names(folder: &str, extension: &str) -> BTreeSet<String> {
    let files = fs::read_dir(golden(folder)).expect("the folder is part of the repository");
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| Some(name.strip_suffix(extension)?.to_owned())).collect()
}

/// Compares a file, or writes it. Says whether it was right.
fn agrees(path: PathBuf, now: &str) -> bool {
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(path, now).unwrap();
        return true;
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    if golden != now {
        println!("{}\n  golden: {golden}  now:    {now}", path.display());
    }
    golden == now
}

fn codec() -> PusherCodec<LineFraming> {
    PusherCodec::default()
}

fn text(decoded: &Result<Request, BadRequest>) -> String {
    match decoded {
        Ok(Request { command: Command::Send(send), .. }) => {
            // A payload shows its size only: it is never for a log.
            format!("{send:#?}\ndata: {}\ntext: {}\n", send.data.as_str(), send.data.text())
        }
        Ok(request) => format!("{request:#?}\n"),
        Err(bad) => format!("{bad:#?}\n"),
    }
}

#[test]
fn requests_are_understood_as_before() {
    let requests = names("requests", ".json");
    assert!(requests.len() >= 25, "{requests:?}");
    let mut right = true;
    for name in &requests {
        let frame = fs::read_to_string(golden("requests").join(format!("{name}.json"))).unwrap();
        let decoded = codec().decode(frame.trim_end().as_bytes(), BOUNDS);
        right &= agrees(golden("requests").join(format!("{name}.txt")), &text(&decoded));
    }
    assert!(right, "other than golden; see above");
    assert_eq!(names("requests", ".txt"), requests, "an answer without its request");
}

#[test]
fn frames_are_as_before() {
    let made = frames::all();
    let mut right = true;
    for (name, content) in &made {
        right &= agrees(golden("frames").join(format!("{name}.json")), content);
    }
    assert!(right, "other than golden; see above");
    assert_eq!(names("frames", ".json"), made.into_keys().collect(), "a frame that nobody makes");
}
