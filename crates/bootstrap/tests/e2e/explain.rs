//! Why a request was refused, and why a client did not get a message: asked over the server API and
//! with `rtmate explain`.

use serde_json::{Value, json};

use crate::{
    api::{Api, BACKEND, OPERATOR, refusal, shop},
    client::Client,
    server::{Server, Start},
    tokens::token,
};

/// A word of payloads and names that no answer may have.
const PRIVATE: &str = "canary-payload";

async fn enter(server: &Server, name: &str) -> Client {
    Client::enter(server, "shop", &token("shop", name)).await
}

/// `rtmate explain` about the app `shop`; what it prints.
async fn command(server: &Server, args: &[&str]) -> String {
    server.folder.write("key", &format!("{BACKEND}\n"));
    let url = format!("http://{}", server.address);
    let reach = ["--app", "shop", "--key-file", "key", "--url", &url];
    let output = server.run(&[&["explain"], args, &reach].concat()).await;
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains(PRIVATE), "{text}");
    text
}

/// The same over the server API.
async fn explained(api: &Api<'_>, query: &str) -> Value {
    let answer = api.done("GET", &format!("/explain?{query}"), "").await;
    assert!(!answer.to_string().contains(PRIVATE), "{answer}");
    answer
}

/// A backend's message; its id.
async fn publish(api: &Api<'_>, exclude: Option<&str>) -> String {
    let mut message = json!({"data": PRIVATE, "name": PRIVATE});
    if let Some(connection) = exclude {
        message["exclude"] = connection.into();
    }
    let sent = api.done("POST", "/channels/plain/messages", &message.to_string()).await;
    sent["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_denied_subscription_names_its_rule() {
    let server = Server::with(&shop()).await;
    let mut alice = enter(&server, "alice").await;
    let payload = json!({"channel": "private-x"});
    let metadata = json!({"traceId": "t-1"});
    let frame = json!({"event": "subscribe", "payload": payload, "id": 7, "metadata": metadata});
    alice.send(&frame.to_string()).await;
    assert_eq!(alice.reply(&json!(7)).await["reason"], "permission_denied");
    let api = Api::of(&server, BACKEND);
    let answer = explained(&api, "trace=t-1").await;
    assert_eq!(answer["verdict"], "refused");
    let denied = answer["facts"].as_array().unwrap().iter().find(|fact| fact["what"] == "denied");
    let denied = denied.unwrap();
    assert_eq!((&denied["client"], &denied["channel"]), (&json!("alice"), &json!("private-x")));
    let rule = json!({"action": "subscribe", "source": "default_grants", "rule": "no_pattern"});
    assert_eq!(denied["denial"], rule);
    let says = "alice was denied in private-x: subscribe: no pattern of the app's default_grants \
                names this channel";
    assert_eq!(answer["says"], says);
    for args in [&["--trace", "t-1"][..], &["--client", "alice"]] {
        let text = command(&server, args).await;
        assert!(text.starts_with(&format!("refused: {says}\n")), "{text}");
    }
    let json: Value =
        serde_json::from_str(&command(&server, &["--trace", "t-1", "--json"]).await).unwrap();
    assert_eq!(json["says"], says);
}

#[tokio::test]
async fn why_a_client_did_not_get_a_message() {
    let server = Server::with(&shop()).await;
    let api = Api::of(&server, BACKEND);
    let mut bob = enter(&server, "bob").await;
    bob.subscribe("plain").await;
    // Nobody of this name is there.
    let message = publish(&api, None).await;
    let why = async |client: &str, message: &str| {
        let answer = explained(&api, &format!("client={client}&message={message}")).await;
        let text = command(&server, &["--client", client, "--message", message]).await;
        let (verdict, says) = (answer["verdict"].as_str().unwrap(), &answer["says"]);
        let first = format!("{verdict}: {}\n", says.as_str().unwrap());
        assert!(text.starts_with(&first), "{first}{text}");
        answer
    };
    let offline = why("alice", &message).await;
    assert_eq!(offline["verdict"], "offline");
    assert_eq!(offline["message"]["subscribers"], 1);
    // There, and not subscribed: never asked, then denied, then ended.
    let mut alice = enter(&server, "alice").await;
    let message = publish(&api, None).await;
    let not = why("alice", &message).await;
    assert_eq!(not["verdict"], "not_subscribed");
    assert!(not["says"].as_str().unwrap().ends_with("it had not asked"), "{not}");
    alice.subscribe("plain").await;
    alice.done("unsubscribe", json!({"channel": "plain"})).await;
    let message = publish(&api, None).await;
    let ended = why("alice", &message).await;
    assert!(ended["says"].as_str().unwrap().contains("the client unsubscribed"), "{ended}");
    // Subscribed, and it is hidden.
    alice.subscribe("plain").await;
    let shown = api.done("GET", "/clients/alice", "").await;
    let connection = shown["connections"][0]["connection"].as_str().unwrap();
    let message = publish(&api, Some(connection)).await;
    let hidden = why("alice", &message).await;
    assert_eq!(
        (&hidden["verdict"], &hidden["message"]["hidden_from"]),
        (&json!("hidden"), &json!(connection))
    );
    let quiet = json!({"channel": "plain", "data": PRIVATE, "echo": false});
    let own = alice.done("messageSend", quiet).await;
    let own = why("alice", own["id"].as_str().unwrap()).await;
    assert!(own["says"].as_str().unwrap().contains("echo: false"), "{own}");
    // And bob got them all.
    let handed = why("bob", &message).await;
    assert_eq!(handed["verdict"], "handed");
    assert_eq!(handed["connections"].as_array().unwrap().len(), 1);
    let latest = explained(&api, "client=bob&channel=plain").await;
    assert_eq!(latest["verdict"], "handed");
    for bad in ["", "client=bob&trace=x", "client=a%20b", "offset=1", "trace=%20"] {
        let refused = api.refused("GET", &format!("/explain?{bad}"), "").await;
        assert_eq!(refused, (400, "invalid_params".to_owned()), "{bad}");
    }
}

#[tokio::test]
async fn nothing_of_another_app_is_shown() {
    let server = Server::with(&shop()).await;
    let api = Api::of(&server, BACKEND);
    let mut alice = enter(&server, "alice").await;
    alice.subscribe("plain").await;
    alice.refused("subscribe", json!({"channel": "private-x"})).await;
    let message = publish(&api, None).await;
    let shown = api.done("GET", "/clients/alice", "").await;
    let connection = shown["connections"][0]["connection"].as_str().unwrap();
    let bazaar = Api { server: &server, app: "bazaar", key: OPERATOR };
    for query in [
        "client=alice".to_owned(),
        "channel=plain".to_owned(),
        format!("connection={connection}"),
        format!("client=alice&message={message}"),
        "client=alice&channel=plain".to_owned(),
    ] {
        let answer = explained(&bazaar, &query).await;
        assert_eq!(answer["facts"], json!([]), "{query}");
        assert!(answer.get("message").is_none(), "{answer}");
        assert!(!explained(&api, &query).await["facts"].as_array().unwrap().is_empty(), "{query}");
    }
    let foreign = Api { server: &server, app: "bazaar", key: BACKEND };
    let answer = foreign.ask("GET", "/explain?client=alice", "").await;
    assert_eq!(refusal(&answer), (401, "invalid_token".to_owned()));
}

#[tokio::test]
async fn the_demo_app_is_explained_without_a_key() {
    let server = Start::bare().args(&["--listen", "127.0.0.1:0"]).serve().await;
    let url = format!("ws://{}/ws", server.address);
    let published = server.run(&["publish", "chat", "1", "--url", &url]).await;
    assert!(published.status.success(), "{published:?}");
    let url = format!("http://{}", server.address);
    let ask = ["explain", "--client", "nobody", "--channel", "chat", "--at", "1s", "--url", &url];
    let output = server.run(&ask).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("offline: the client had no connection then\n"), "{text}");
    for (args, code, words) in [
        (&["explain"][..], 64, "say what to explain"),
        (&["explain", "--client", "a", "--app", "shop"], 64, "--key-file"),
        (&["explain", "--client", "a", "--key", "no-key", "--url", &url], 1, "refused"),
        (&["explain", "--client", "a", "--url", "http://127.0.0.1:1"], 1, "does not answer"),
        (&["explain", "--client", "a", "--url", "ws://x"], 64, "--url"),
    ] {
        let output = server.run(args).await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.lines().count()), (Some(code), 1), "{said}");
        assert!(said.contains(words), "{said}");
    }
}
