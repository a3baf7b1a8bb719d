//! Requests over HTTP prove their port.

use std::{sync::Arc, time::Duration};

use adapters_webhook::HttpPost;
use domain::{App, AppId, Timestamp};
use testkit::{
    ManualClock,
    contracts::webhook_post::{self, PostFixture},
};

use crate::receiver::Receiver;

async fn http() -> PostFixture {
    let receiver = Arc::new(Receiver::start().await);
    let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1_800_000_000)));
    let post = HttpPost::new(clock).with_timeout(Duration::from_secs(2));
    let seen = Arc::clone(&receiver);
    PostFixture {
        post: Arc::new(post),
        app: App::new(AppId::parse("shop").unwrap()),
        endpoint: Box::new(move |name, status| match status {
            0 => receiver.endpoint(name, "hang"),
            status => receiver.endpoint(name, &status.to_string()),
        }),
        ids: Box::new(move || seen.take().iter().map(|came| came.id().to_owned()).collect()),
    }
}

#[tokio::test]
async fn post_1_a_body_is_what_it_tells() {
    webhook_post::a_body_is_what_it_tells(&http().await);
}

#[tokio::test]
async fn post_2_an_id_is_one_requests() {
    webhook_post::an_id_is_one_requests(&http().await).await;
}

#[tokio::test]
async fn post_3_a_request_ends() {
    webhook_post::a_request_ends(&http().await).await;
}

#[tokio::test]
async fn post_4_only_2xx_is_a_success() {
    webhook_post::only_2xx_is_a_success(&http().await).await;
}
