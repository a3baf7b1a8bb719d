//! Endpoints from their first event to their last, over real sockets.

use std::{sync::Arc, time::Duration};

use adapters_webhook::HttpPost;
use application::{
    WebhookError,
    ports::{DeadLetter, Deliveries as _, EndpointKey, Progress},
};
use domain::{App, Epoch, EventOptions, Sequence, Timestamp, Webhook, WebhookFormat, WebhookName};

use crate::{
    receiver::{Came, Receiver},
    stage::{Stage, key, shop},
};

fn http(stage: &Stage) -> Arc<HttpPost> {
    Arc::new(HttpPost::new(Arc::clone(&stage.clock)).with_timeout(Duration::from_secs(2)))
}

fn events(came: &[Came]) -> Vec<serde_json::Value> {
    let bodies = came.iter().map(|came| serde_json::from_str::<serde_json::Value>(&came.body));
    bodies.flat_map(|body| body.unwrap()["events"].as_array().unwrap().clone()).collect()
}

fn messages(came: &[Came]) -> Vec<String> {
    let ids = events(came).into_iter().map(|event| event["message"]["id"].clone());
    ids.filter_map(|id| id.as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn a_new_endpoint_is_told_what_happens_from_now_on() {
    let (stage, receiver) = (Stage::new(), Receiver::start().await);
    stage.configure(vec![receiver.endpoint("crm", "200")]);
    stage.publish("chat", "before");
    let sending = stage.send(http(&stage));
    stage.ready("crm").await;
    for id in ["a", "b", "c"] {
        stage.publish("chat", id);
    }
    sending.told(&stage).await;
    assert_eq!(messages(&receiver.take()), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_restart_goes_on_and_repeats_with_the_same_id() {
    let (stage, receiver) = (Stage::new(), Receiver::start().await);
    // It has the request, and the sender never hears so.
    stage.configure(vec![receiver.endpoint("crm", "hang")]);
    let sending = stage.send(http(&stage));
    stage.ready("crm").await;
    stage.publish("chat", "a");
    let first = receiver.wait(1).await;
    drop(sending);
    // More has come, which must not slip into the request that the receiver has had.
    stage.publish("chat", "b");
    stage.configure(vec![receiver.endpoint("crm", "200")]);
    let sending = stage.send(http(&stage));
    sending.until(&stage, |all| all.get("crm").is_some_and(|it| it.number == 2)).await;
    let came = receiver.take();
    let [again, next] = &came[..] else { panic!("{came:?}") };
    assert_eq!((again.id(), &again.body), (first[0].id(), &first[0].body));
    assert_ne!(next.id(), again.id());
    assert_eq!(messages(&came), ["a", "b"]);
}

#[tokio::test]
async fn who_is_gone_is_left_alone_until_the_app_changes() {
    let (stage, receiver) = (Stage::new(), Receiver::start().await);
    stage.configure(vec![receiver.endpoint("crm", "410")]);
    let sending = stage.send(http(&stage));
    stage.ready("crm").await;
    stage.publish("chat", "a");
    sending.until(&stage, |all| all.get("crm").is_some_and(|it| it.switched_off)).await;
    assert_eq!(stage.events.take_of("webhook"), ["webhook crm switched off"]);
    stage.configure(vec![receiver.endpoint("crm", "200")]);
    sending.told(&stage).await;
    let came = receiver.take();
    assert_eq!(came.iter().map(|came| came.path.as_str()).collect::<Vec<_>>(), ["/410", "/200"]);
    assert_eq!(came[0].id(), came[1].id());
}

#[tokio::test]
async fn one_that_hangs_delays_no_other() {
    let (stage, receiver) = (Stage::new(), Receiver::start().await);
    let mut all: Vec<_> =
        (0..30).map(|number| receiver.endpoint(&format!("bad{number}"), "hang")).collect();
    all.push(receiver.endpoint("good", "200"));
    stage.configure(all);
    // They hang until the test ends.
    let post = HttpPost::new(Arc::clone(&stage.clock));
    let sending = stage.send(Arc::new(post));
    for number in 0..30 {
        stage.ready(&format!("bad{number}")).await;
    }
    stage.ready("good").await;
    for id in ["a", "b", "c"] {
        stage.publish("chat", id);
        let is_told = |all: &crate::stage::States| all["good"].lag == Some(0);
        sending.until(&stage, is_told).await;
    }
    let good = receiver.take().into_iter().filter(|came| came.path == "/200");
    assert_eq!(messages(&good.collect::<Vec<_>>()), ["a", "b", "c"]);
}

#[tokio::test]
async fn an_endpoint_that_no_app_has_is_forgotten() {
    let (stage, receiver) = (Stage::new(), Receiver::start().await);
    let (epoch, sealed) = (Epoch::from_random(7), Sequence(0));
    let progress = Progress { cursor: Sequence(0), number: 0, epoch, sealed };
    stage.deliveries.advance(&key("stranger"), progress, None).await.unwrap();
    stage.configure(vec![receiver.endpoint("crm", "200"), receiver.endpoint("audit", "200")]);
    let _sending = stage.send(http(&stage));
    let wait = async |wanted: &[EndpointKey]| {
        while stage.deliveries.endpoints().await.unwrap() != wanted {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let limit = Duration::from_secs(20);
    tokio::time::timeout(limit, wait(&[key("audit"), key("crm")])).await.unwrap();
    stage.configure(vec![receiver.endpoint("crm", "200")]);
    tokio::time::timeout(limit, wait(&[key("crm")])).await.unwrap();
    stage.configure_app(|app| {
        app.webhooks = vec![receiver.endpoint("crm", "200")];
        app.status = domain::AppStatus::Disabled;
    });
    stage.configure(vec![receiver.endpoint("crm", "200"), receiver.endpoint("new", "200")]);
    tokio::time::timeout(limit, wait(&[key("crm"), key("new")])).await.unwrap();
    // Also while its app is disabled, and nobody is told of anything.
    let disable = |names: &[&str]| {
        let webhooks = names.iter().map(|name| receiver.endpoint(name, "200")).collect();
        stage.configure_app(|app| {
            (app.webhooks, app.status) = (webhooks, domain::AppStatus::Disabled);
        });
    };
    disable(&["crm", "new"]);
    disable(&["crm"]);
    tokio::time::timeout(limit, wait(&[key("crm")])).await.unwrap();
}

#[tokio::test]
async fn a_change_that_makes_no_other_request_forgets_no_attempt() {
    let (stage, receiver) = (Stage::new(), Receiver::start().await);
    stage.configure(vec![receiver.endpoint("crm", "500")]);
    let sending = stage.send(http(&stage));
    stage.ready("crm").await;
    stage.publish("chat", "a");
    sending.until(&stage, |all| all["crm"].attempts == 2).await;
    // Its app has other limits, and itself another address.
    stage.configure_app(|app| {
        app.limits.channels_per_connection = 7;
        app.webhooks = vec![receiver.endpoint("crm", "503")];
    });
    let mut next = 2;
    sending.until(&stage, |all| std::mem::replace(&mut next, all["crm"].attempts) != next).await;
    assert_eq!(next, 3, "counted on");
    let came: Vec<_> = receiver.take().into_iter().map(|came| (came.path.clone(), came)).collect();
    assert_eq!(came.last().map(|(path, _)| path.as_str()), Some("/503"));
    assert!(came.iter().all(|(_, it)| it.id() == came[0].1.id()));
    // What is told in other words is another request.
    let webhook = receiver.endpoint("crm", "503");
    stage.configure(vec![Webhook { format: WebhookFormat::Pusher, ..webhook }]);
    sending.until(&stage, |all| all["crm"].attempts != next).await;
    sending.until(&stage, |all| all["crm"].lag == Some(0)).await;
}

#[tokio::test]
async fn what_the_log_no_longer_has_is_told_in_its_place() {
    let (stage, receiver) = (Stage::new(), Receiver::start().await);
    let (epoch, sealed) = (Epoch::from_random(7), Sequence(0));
    let behind = Progress { cursor: Sequence(2), number: 5, epoch, sealed };
    stage.deliveries.advance(&key("crm"), behind, None).await.unwrap();
    let elsewhere = Progress { epoch: Epoch::from_random(8), ..behind };
    stage.deliveries.advance(&key("audit"), elsewhere, None).await.unwrap();
    stage.configure_app(|app| {
        app.webhooks = vec![receiver.endpoint("crm", "200"), receiver.endpoint("audit", "201")];
        app.events = EventOptions { size: 3, ..EventOptions::default() };
    });
    (1..=10).for_each(|number| stage.publish("chat", &format!("m{number}")));
    let sending = stage.send(http(&stage));
    sending.told(&stage).await;
    let came = receiver.take();
    let of = |path: &str| {
        let came = came.iter().filter(|came| came.path == path).cloned();
        events(&came.collect::<Vec<_>>())
    };
    let gap = |event: &serde_json::Value| {
        let fields = ["type", "reason", "first", "sequence", "count"];
        fields.map(|field| event[field].to_string()).join(" ")
    };
    let crm = of("/200");
    assert_eq!(gap(&crm[0]), r#""events.dropped" "expired" 3 7 5"#);
    assert_eq!(
        crm[1..].iter().map(|it| it["sequence"].as_u64()).collect::<Vec<_>>(),
        [Some(8), Some(9), Some(10)]
    );
    let audit = of("/201");
    assert_eq!(gap(&audit[0]), r#""events.dropped" "another_log" null 10 null"#);
    assert_eq!(gap(&audit[1]), r#""events.dropped" "expired" 3 7 5"#);
    assert_eq!(audit.len(), 5);
}

fn letter(number: u64) -> DeadLetter {
    DeadLetter {
        number,
        first: Sequence(number),
        last: Sequence(number),
        at: Timestamp::from_millis(7),
        attempts: 9,
        failure: "the receiver answered 500".into(),
        body: format!(r#"{{"number":{number},"events":[]}}"#).into(),
    }
}

#[tokio::test]
async fn dead_letters_are_replayed_and_dropped() {
    let (stage, receiver) = (Stage::new(), Receiver::start().await);
    let (epoch, cursor) = (Epoch::from_random(7), Sequence(0));
    for number in 1..=4 {
        let progress = Progress { cursor, number, epoch, sealed: cursor };
        let letter = Some(letter(number));
        stage.deliveries.advance(&key("crm"), progress, letter).await.unwrap();
    }
    stage.configure(vec![receiver.endpoint("crm", "200")]);
    let sending = stage.send(http(&stage));
    let app = |path: &str| {
        let webhooks = vec![receiver.endpoint("crm", path)];
        App { webhooks, ..App::new(shop()) }
    };
    let (crm, desk) = (&key("crm").name, &sending.webhooks);
    let refused = desk.replay(&app("500"), crm, 2).await;
    let Err(WebhookError::NotTaken(why)) = refused else { panic!("{refused:?}") };
    assert_eq!(&*why, "the receiver answered 500");
    let all = desk.replay_all(&app("500"), crm).await.unwrap();
    assert_eq!((all.taken, all.failed.map(|(number, _)| number)), (0, Some(1)));
    desk.replay(&app("200"), crm, 2).await.unwrap();
    assert!(matches!(desk.replay(&app("200"), crm, 2).await, Err(WebhookError::NoLetter)));
    desk.drop_letter(&app("200"), crm, 3).await.unwrap();
    let all = desk.replay_all(&app("200"), crm).await.unwrap();
    assert_eq!((all.taken, all.failed, all.more), (2, None, false));
    assert_eq!(desk.drop_letters(&app("200"), crm).await.unwrap(), 0);
    let came: Vec<_> = receiver.take().into_iter().filter(|came| came.path == "/200").collect();
    let numbers: Vec<_> =
        came.iter().map(|came| came.id().split('_').nth(1).unwrap().to_owned()).collect();
    assert_eq!(numbers, ["2", "1", "4"]);
    let other = WebhookName::parse("other").unwrap();
    assert!(matches!(desk.test(&app("200"), &other).await, Err(WebhookError::NoEndpoint)));
    desk.test(&app("200"), crm).await.unwrap();
    let came = receiver.take();
    assert_eq!(events(&came)[0]["type"], "webhook.test");
}
