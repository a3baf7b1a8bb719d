//! What is on disk: looked at, copied and brought back by the command line.

use std::{fs, path::Path, process::Output};

use serde_json::{Value, json};

use crate::{
    client::Client,
    server::{DEMO_SECRET, Server, Start},
};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// With a data directory, unlike most tests.
fn kept() -> Start {
    Start::bare().args(&["--listen", "127.0.0.1:0"]).env("RTMATE__DEMO__SECRET", DEMO_SECRET)
}

/// A server that was given three messages; the place of the last one.
async fn three_messages() -> (Server, Value) {
    let server = kept().serve().await;
    let mut alice = Client::demo(&server, "alice").await;
    let mut place = Value::Null;
    for number in 1..=3 {
        let sent = alice.say("chat", number).await;
        place = json!({"epoch": sent["epoch"], "offset": sent["offset"]});
    }
    (server, place)
}

async fn stopped(server: &mut Server) {
    server.signal("TERM").await;
    assert_eq!(server.ended().await.code(), Some(0));
}

/// Refused with this code and one line that has all of this in it.
#[track_caller]
fn refused(output: &Output, code: i32, parts: &[&str]) {
    let line = text(&output.stderr);
    assert_eq!((output.status.code(), line.lines().count()), (Some(code), 1), "{output:?}");
    assert!(parts.iter().all(|part| line.contains(part)), "{line}");
}

/// Done; what it printed.
#[track_caller]
fn done(output: &Output) -> String {
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    text(&output.stdout)
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_all(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

#[tokio::test]
async fn a_copy_is_restored_elsewhere_with_its_messages_and_new_epochs() {
    let (mut server, place) = three_messages().await;
    stopped(&mut server).await;
    let checked = done(&server.run(&["store", "check"]).await);
    for line in ["apps: 1", "streams: 1", "messages: 3", "damaged: 0 messages", "whole"] {
        assert!(checked.contains(line), "{line}: {checked}");
    }
    let stats = done(&server.run(&["store", "stats"]).await);
    assert!(stats.contains("streams: 1\n") && stats.contains("database: "), "{stats}");
    let compacted = done(&server.run(&["store", "compact"]).await);
    assert!(compacted.contains(" before, "), "{compacted}");
    let copied = done(&server.run(&["store", "backup", "copy"]).await);
    assert!(copied.contains(" to copy, "), "{copied}");
    let again = server.run(&["store", "backup", "copy"]).await;
    refused(&again, 1, &["copy is not empty", "name a directory"]);
    // There is a store already.
    let over = server.run(&["store", "restore", "copy"]).await;
    refused(&over, 1, &["rtmate-data/store is not empty", "move it away"]);

    let elsewhere = |start: Start| server.again(start.env("RTMATE__STORE__PATH", "elsewhere"));
    let restore = elsewhere(Start::bare().args(&["store", "restore", "copy"]));
    let restored = done(&restore.output().await);
    assert!(restored.contains("1 streams") && restored.contains("new epoch"), "{restored}");
    let server = elsewhere(kept()).serve().await;
    let mut alice = Client::demo(&server, "alice").await;
    let wish = json!({"channel": "chat", "position": place});
    let here = alice.done("subscribe", wish).await;
    assert_eq!((&here["recovered"], &here["messages"]), (&json!(false), &json!([])), "{here}");
    assert_ne!(here["epoch"], place["epoch"]);
    let page = alice.done("history", json!({"channel": "chat"})).await;
    let data: Vec<_> = page["messages"].as_array().unwrap().iter().map(|m| &m["data"]).collect();
    assert_eq!(data, [1, 2, 3]);
}

#[tokio::test]
async fn a_store_in_use_is_left_alone() {
    let (mut server, _) = three_messages().await;
    let pid = format!("process {}", server.pid());
    for command in [&["check"][..], &["stats"], &["compact"], &["backup", "copy"]] {
        let output = server.run(&[&["store"], command].concat()).await;
        refused(&output, 73, &["rtmate-data/store", &pid, "stop"]);
    }
    let second = server.again(kept()).output().await;
    refused(&second, 73, &[&pid]);
    assert!(!server.folder.path().join("copy").exists());
    stopped(&mut server).await;

    done(&server.run(&["store", "backup", "copy"]).await);
    let server = server.again(kept()).serve().await;
    let restore = server.run(&["store", "restore", "copy"]).await;
    refused(&restore, 73, &[&format!("process {}", server.pid()), "stop"]);
}

#[tokio::test]
async fn a_bare_copy_of_the_directory_is_no_restore() {
    let (mut server, _) = three_messages().await;
    stopped(&mut server).await;
    let folder = server.folder.path();
    copy_all(&folder.join("rtmate-data/store"), &folder.join("bare"));
    fs::rename(folder.join("rtmate-data/store"), folder.join("before")).unwrap();
    let restore = server.run(&["store", "restore", "bare"]).await;
    refused(&restore, 1, &["bare is no copy", "rtmate store backup"]);
    assert!(!folder.join("rtmate-data/store").exists(), "nothing is begun");
}

#[tokio::test]
async fn a_check_says_what_opening_mended_once() {
    let (mut server, _) = three_messages().await;
    stopped(&mut server).await;
    fs::remove_file(server.folder.path().join("rtmate-data/store/head")).unwrap();
    let checked = server.run(&["store", "check"]).await;
    let said = text(&checked.stdout);
    assert_eq!(checked.status.code(), Some(1), "{said}");
    assert!(said.contains("messages: 3\n") && said.contains("mended: the store's head"), "{said}");
    done(&server.run(&["store", "check"]).await);
}

#[tokio::test]
async fn of_a_store_that_can_not_be_read_no_empty_copy_is_made() {
    let (mut server, _) = three_messages().await;
    stopped(&mut server).await;
    let folder = server.folder.path();
    for entry in fs::read_dir(folder.join("rtmate-data/store/db")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::write(path, "nonsense").unwrap();
        }
    }
    let backup = server.run(&["store", "backup", "copy"]).await;
    let said = text(&backup.stderr);
    assert_eq!(backup.status.code(), Some(1), "{said}");
    assert!(said.contains("no copy was made") && said.contains("aside-"), "{said}");
    assert!(!folder.join("copy").exists());
    let stats = done(&server.run(&["store", "stats"]).await);
    assert!(stats.contains("streams: 0\n") && stats.contains("set aside: "), "{stats}");
}

#[tokio::test]
async fn where_there_is_no_store_none_is_made() {
    let start = Start::bare().args(&["store", "check"]);
    refused(&start.output().await, 1, &["there is no store", "store.path"]);
    let ephemeral = Start::bare().args(&["store", "stats", "--ephemeral"]);
    refused(&ephemeral.output().await, 64, &["store.ephemeral"]);
    let nothing = Start::bare().args(&["store", "restore", "nowhere"]);
    refused(&nothing.output().await, 1, &["nowhere is no copy"]);
    assert_eq!(fs::read_dir(start.folder().path()).unwrap().count(), 0, "nothing is made");
}
