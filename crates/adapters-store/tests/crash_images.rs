//! Power losses: kill -9 can't find a missing sync, for the page cache survives it.
//!
//! A child publishes under `strace`. From what it wrote and synced, this makes the store's directory as
//! a power loss right behind an acknowledgement could leave it: of each file only what was synced.

mod common;

use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    io::Write,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::Command,
};

use common::{Store, channel, copy_all, data, draft, publish, read};
use domain::Offset;

const FOLDER: &str = "RTMATE_TEST_STORE";
const MESSAGES: usize = 200;

#[tokio::test]
#[ignore = "runs as the child of another test"]
async fn child_publishes_and_says_so() {
    let Some(path) = std::env::var_os(FOLDER) else { return };
    let broker = Store::at(Path::new(&path)).open();
    for n in 1..=MESSAGES {
        publish(&broker, draft(&channel("lobby"), &n.to_string())).await;
        let said = format!("acknowledged {n}\n");
        // One write for strace to see, past the test's own capture.
        OpenOptions::new()
            .write(true)
            .open("/dev/null")
            .and_then(|mut to| to.write_all(said.as_bytes()))
            .expect("said");
    }
    // Closing would sync: the images are of before.
    std::process::exit(0);
}

/// What the child wrote to a file.
#[derive(Default, Clone)]
struct Written {
    /// The next place of a plain write.
    end: u64,
    /// Bytes by place, in order, that were not synced yet.
    waiting: Vec<(u64, Vec<u8>)>,
    /// The same, synced.
    synced: Vec<(u64, Vec<u8>)>,
}

/// The files at each acknowledgement: how many messages were acknowledged, what was synced.
fn images(trace: &str, store: &Path) -> Vec<(usize, HashMap<PathBuf, Written>)> {
    let mut files: HashMap<PathBuf, Written> = HashMap::new();
    let mut unfinished: HashMap<&str, &str> = HashMap::new();
    let mut images = Vec::new();
    for line in trace.lines() {
        let Some((pid, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        // A sync counts when it is over, a write when it begins.
        if let Some(sync) = call.strip_suffix(" <unfinished ...>") {
            unfinished.insert(pid, sync);
            if sync.contains("sync(") {
                continue;
            }
        }
        let resumed = call.starts_with("<... ");
        let call = if resumed { unfinished.remove(pid).unwrap_or_default() } else { call };
        if resumed && !call.contains("sync(") {
            continue;
        }
        let Some((name, rest)) = call.split_once('(') else { continue };
        let path = rest.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
        let Some((path, rest)) = path else { continue };
        // -xx writes paths in hex too.
        let path = String::from_utf8(unhex(path)).expect("a path");
        let bytes = || unhex(rest.split('"').nth(1).unwrap_or_default());
        if name == "write" && path == "/dev/null" {
            let said = String::from_utf8(bytes()).expect("text");
            let number = said.trim_end().rsplit(' ').next().and_then(|n| n.parse().ok());
            images.extend(number.map(|number| (number, files.clone())));
        }
        let path = PathBuf::from(path);
        if !path.starts_with(store) {
            continue;
        }
        let file = files.entry(path).or_default();
        match name {
            "write" => {
                let bytes = bytes();
                let at = file.end;
                file.end += bytes.len() as u64;
                file.waiting.push((at, bytes));
            }
            "pwrite64" => {
                let at = rest.rsplit(", ").next().and_then(|at| at.split(')').next()?.parse().ok());
                file.waiting.push((at.expect("a place"), bytes()));
            }
            "fsync" | "fdatasync" => {
                let waiting = std::mem::take(&mut file.waiting);
                file.synced.extend(waiting);
            }
            _ => {}
        }
    }
    images
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.split("\\x").skip(1);
    digits.map(|digits| u8::from_str_radix(digits, 16).expect("hex")).collect()
}

/// Zeros behind what was synced, as the file was made before.
fn put_image(path: &Path, written: &Written) {
    let length = fs::metadata(path).expect("a file").len();
    let file = File::create(path).expect("a file");
    file.set_len(length).expect("a length");
    for (at, bytes) in &written.synced {
        file.write_all_at(bytes, *at).expect("written");
    }
}

#[tokio::test]
#[ignore = "needs strace"]
async fn a_power_loss_loses_nothing_acknowledged() {
    let store = Store::new();
    let trace = store.folder.path().join("trace");
    let status = Command::new("strace")
        .args([
            "-f",
            "-y",
            "-xx",
            "-s",
            "100000",
            "-e",
            "trace=write,pwrite64,fsync,fdatasync",
            "-o",
        ])
        .arg(&trace)
        .arg(std::env::current_exe().expect("this binary"))
        .args(["--ignored", "--exact", "child_publishes_and_says_so", "--test-threads=1"])
        .env(FOLDER, store.path())
        .status()
        .expect("strace");
    assert!(status.success());
    let trace = fs::read_to_string(trace).expect("the trace");
    let images = images(&trace, &store.path());
    assert_eq!(images.len(), MESSAGES);
    for (acknowledged, files) in images.into_iter().step_by(17) {
        let image = Store::new();
        copy_all(&store.path(), &image.path());
        let mut journals = 0;
        for (path, written) in &files {
            let name = path.strip_prefix(store.path()).expect("inside");
            let journal = name.extension().is_some_and(|ending| ending == "jnl");
            journals += usize::from(journal);
            if journal || name == Path::new("head") {
                put_image(&image.path().join(name), written);
            }
        }
        assert_eq!(journals, 1);
        // Opens without a doubt: a power loss is no damage.
        let broker = image.open();
        let page = read(&broker, &channel("lobby")).await;
        let expected: Vec<String> = (1..=acknowledged).map(|n| n.to_string()).collect();
        assert_eq!(data(&page), expected, "nothing acknowledged is lost, nothing else was synced");
        assert_eq!(page.position.offset, Offset(acknowledged as u64));
    }
}
