//! Receivers that mean no good.

use std::{error::Error as _, sync::Arc, time::Duration};

use adapters_webhook::HttpPost;
use application::ports::{Outgoing, PostError, WebhookPost as _};
use domain::{App, AppId, PusherKey, Timestamp, Webhook, WebhookFormat, WebhookHeader};
use testkit::ManualClock;
use tokio::{io::AsyncReadExt, net::TcpListener};
use tokio_rustls::{TlsAcceptor, rustls};

use crate::receiver::{Receiver, endpoint};

const NOW: u64 = 1_800_000_000;

async fn sent(webhook: &Webhook) -> Result<(), PostError> {
    let clock = Arc::new(ManualClock::new(Timestamp::from_secs(NOW)));
    let post = HttpPost::new(clock).with_timeout(Duration::from_secs(2));
    let mut app = App::new(AppId::parse("shop").unwrap());
    app.pusher_keys.push(PusherKey { key: "key1".into(), secret: "the key's secret".into() });
    let request = Outgoing { number: 3, body: r#"{"a":1}"#.into() };
    post.post(&app, webhook, &request).await
}

fn causes(error: &PostError) -> String {
    let (mut text, mut cause) = (error.to_string(), error.source());
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

#[tokio::test]
async fn an_endless_answer_is_not_read() {
    let receiver = Receiver::start().await;
    assert!(sent(&receiver.endpoint("crm", "endless")).await.is_ok(), "its head said 200");
}

#[tokio::test]
async fn elsewhere_is_not_gone_to() {
    let receiver = Receiver::start().await;
    let refused = sent(&receiver.endpoint("crm", "elsewhere")).await;
    assert!(matches!(refused, Err(PostError::Status { status: 302, .. })), "{refused:?}");
    assert_eq!(receiver.take().len(), 1);
}

#[tokio::test]
async fn a_receiver_says_when_to_come_again() {
    let receiver = Receiver::start().await;
    let refused = sent(&receiver.endpoint("crm", "later")).await;
    let Err(PostError::Status { status: 503, retry_after }) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(retry_after, Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn who_accepts_and_says_nothing_is_not_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let hanging = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        while socket.read(&mut [0; 1024]).await.is_ok_and(|read| read > 0) {}
    });
    let refused = sent(&endpoint("crm", &url)).await;
    assert!(matches!(refused, Err(PostError::TimedOut(_))), "{refused:?}");
    hanging.await.unwrap();
}

#[tokio::test]
async fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let refused = sent(&endpoint("crm", &url)).await;
    assert!(matches!(refused, Err(PostError::Failed(_))), "{refused:?}");
}

#[tokio::test]
async fn private_addresses_are_not_connected_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let hosts = ["localhost", "127.0.0.1", "[::ffff:127.0.0.1]", "0x7f000001", "[::1]", "10.0.0.1"];
    for host in hosts {
        let mut webhook = endpoint("crm", &format!("https://{host}:{port}/"));
        webhook.allow_private_addresses = false;
        let refused = sent(&webhook).await.unwrap_err();
        assert!(causes(&refused).contains("no public address"), "{host}: {}", causes(&refused));
    }
    let accepted = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(accepted.is_err(), "no connection was made");
}

#[tokio::test]
async fn who_shows_no_good_certificate_gets_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(own.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .unwrap();
    let serving = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        TlsAcceptor::from(Arc::new(config)).accept(socket).await.is_ok()
    });
    let refused = sent(&endpoint("crm", &format!("https://localhost:{port}/"))).await;
    let error = refused.unwrap_err();
    assert!(causes(&error).contains("certificate"), "{}", causes(&error));
    assert!(!causes(&error).contains(&port.to_string()), "without the address");
    assert!(!serving.await.unwrap(), "there was no session");
}

#[tokio::test]
async fn a_request_has_its_format_s_headers_and_the_endpoint_s() {
    let receiver = Receiver::start().await;
    let mut webhook = receiver.endpoint("crm", "200");
    webhook.headers = vec![WebhookHeader { name: "x-door".into(), value: "open".into() }];
    sent(&webhook).await.unwrap();
    webhook.format = WebhookFormat::Pusher;
    sent(&webhook).await.unwrap();
    let came = receiver.take();
    let [own, pusher] = &came[..] else { panic!("{came:?}") };
    for came in [own, pusher] {
        assert_eq!(came.headers["x-door"], "open");
        assert_eq!(came.headers["content-type"], "application/json");
        assert_eq!(came.path, "/200");
    }
    assert_eq!(own.headers["webhook-timestamp"], NOW.to_string());
    assert!(own.headers["webhook-signature"].starts_with("v1,"));
    assert!(own.id().starts_with("msg_3_"));
    assert_eq!(pusher.headers["x-pusher-key"], "key1");
    assert_eq!(pusher.headers["x-pusher-signature"].len(), 64);
    assert!(!pusher.headers.contains_key("webhook-signature"));
}
