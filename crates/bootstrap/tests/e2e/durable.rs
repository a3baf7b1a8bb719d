//! What was acknowledged survives the server.

use serde_json::{Value, json};

use crate::{
    client::Client,
    server::{DEMO_SECRET, Server, Start},
};

/// The demo app, kept in the folder.
fn start() -> Start {
    Start::bare().args(&["--listen", "127.0.0.1:0"]).env("RTMATE__DEMO__SECRET", DEMO_SECRET)
}

async fn subscribe(client: &mut Client, options: Value) -> Value {
    let mut payload = json!({"channel": "chat"});
    payload.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
    client.done("subscribe", payload).await
}

fn said(reply: &Value) -> Vec<&Value> {
    reply["messages"].as_array().unwrap().iter().map(|message| &message["data"]).collect()
}

#[tokio::test]
async fn a_server_that_was_killed_goes_on_where_it_was() {
    let mut server: Server = start().serve().await;
    let mut alice = Client::demo(&server, "alice").await;
    let place = subscribe(&mut alice, json!({})).await;
    let keyed = json!({"channel": "chat", "data": 1, "key": "k"});
    let first = alice.done("messageSend", keyed.clone()).await;
    alice.say("chat", 2).await;
    server.signal("KILL").await;
    server.ended().await;

    let server = server.again(start()).serve().await;
    let mut alice = Client::demo(&server, "alice").await;
    let position = json!({"epoch": place["epoch"], "offset": place["offset"]});
    let back = subscribe(&mut alice, json!({"position": position})).await;
    assert_eq!((&back["recovered"], &back["offset"]), (&json!(true), &json!(2)), "{back}");
    assert_eq!(said(&back), [1, 2]);
    let again = alice.done("messageSend", keyed).await;
    assert_eq!((&again["repeated"], &again["id"]), (&json!(true), &first["id"]));
    alice.say("chat", 3).await;
    assert_eq!(alice.push("message").await["offset"], 3);
}

#[tokio::test]
async fn a_second_process_is_refused_and_told_of_the_first() {
    let server = start().serve().await;
    let output = server.again(start()).output().await;
    assert_eq!(output.status.code(), Some(73), "{output:?}");
    let line = String::from_utf8(output.stderr).unwrap();
    let why = line.lines().find(|line| line.contains("in use by")).unwrap_or_default();
    assert!(why.contains("--ephemeral") && why.contains("process"), "{line}");
}
