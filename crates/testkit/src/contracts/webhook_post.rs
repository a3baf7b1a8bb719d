//! What every `WebhookPost` guarantees.

use std::sync::Arc;

use application::ports::{
    Content, Missed, Outgoing, POST_TIMEOUT, Parcel, PostError, WebhookPost, WhyMissed,
};
use domain::{
    App, ChannelName, Epoch, Event, Fact, Sequence, Timestamp, Webhook, WebhookFormat, WebhookName,
};

/// Makes an endpoint of a name and what its receiver answers.
pub type MakeEndpoint = Box<dyn Fn(&str, u16) -> Webhook>;

/// The adapter under test, and receivers that it reaches.
pub struct PostFixture {
    /// The adapter.
    pub post: Arc<dyn WebhookPost>,
    /// Whose endpoints they are.
    pub app: App,
    /// An endpoint of this name whose receiver answers with a status; with 0 it never answers.
    pub endpoint: MakeEndpoint,
    /// The ids of the requests that came since the last call.
    pub ids: Box<dyn Fn() -> Vec<String>>,
}

fn occupied(sequence: u64, channel: &str) -> Event {
    let channel = ChannelName::parse(channel).expect("a channel");
    let (sequence, ts) = (Sequence(sequence), Timestamp::from_millis(1000 + sequence));
    Event { sequence, ts, fact: Fact::ChannelOccupied(channel) }
}

/// Guarantee 1: the same parcel has the same body, another one another.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn a_body_is_what_it_tells(fixture: &PostFixture) {
    let endpoint = &WebhookName::parse("crm").expect("a name");
    let (app, at) = (&fixture.app.id, Timestamp::from_millis(5));
    let (first, last, why) = (Sequence(4), Sequence(9), WhyMissed::Expired);
    let one = [occupied(7, "chat")];
    let two = [occupied(7, "chat"), occupied(8, "news")];
    let contents = [
        Content::Events(&one),
        Content::Events(&two),
        Content::Missed(Missed { first, last, why, at }),
        Content::Test(at),
    ];
    for format in [WebhookFormat::Rtmate, WebhookFormat::Pusher] {
        let bodies = || {
            contents.map(|content| {
                let epoch = Epoch::from_random(3);
                let parcel = Parcel { app, endpoint, number: 7, epoch, content };
                fixture.post.body(format, &parcel)
            })
        };
        let all = bodies();
        assert_eq!(all, bodies());
        for (index, body) in all.iter().enumerate() {
            assert!(!all[..index].contains(body), "{body}");
            let json: Result<serde_json::Value, _> = serde_json::from_str(body);
            assert!(json.is_ok_and(|json| json.is_object()), "{body}");
        }
    }
}

fn request(number: u64, body: &str) -> Outgoing {
    Outgoing { number, body: body.into() }
}

/// Guarantee 2: an id is a request's of one endpoint.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn an_id_is_one_requests(fixture: &PostFixture) {
    let (crm, audit) = ((fixture.endpoint)("crm", 200), (fixture.endpoint)("audit", 200));
    let requests = [
        (&crm, request(1, r#"{"a":1}"#)),
        (&crm, request(2, r#"{"a":1}"#)),
        (&crm, request(1, r#"{"a":2}"#)),
        (&audit, request(1, r#"{"a":1}"#)),
    ];
    let mut seen = Vec::new();
    for (webhook, request) in &requests {
        for _ in 0..2 {
            fixture.post.post(&fixture.app, webhook, request).await.expect("taken");
        }
        let ids = (fixture.ids)();
        let [one, again] = &ids[..] else { panic!("{ids:?}") };
        assert_eq!(one, again);
        assert!(!seen.contains(one), "{one}");
        seen.push(one.clone());
    }
}

/// Guarantee 3: a request ends in time.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn a_request_ends(fixture: &PostFixture) {
    let hanging = (fixture.endpoint)("crm", 0);
    let request = request(1, "{}");
    let sent = fixture.post.post(&fixture.app, &hanging, &request);
    let sent = tokio::time::timeout(POST_TIMEOUT, sent).await.expect("in time");
    assert!(matches!(sent, Err(PostError::TimedOut(_))), "{sent:?}");
}

/// Guarantee 4: only 2xx is a success.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn only_2xx_is_a_success(fixture: &PostFixture) {
    let answered = async |status| {
        let webhook = (fixture.endpoint)("crm", status);
        fixture.post.post(&fixture.app, &webhook, &request(1, "{}")).await
    };
    for good in [200, 201, 204] {
        assert!(answered(good).await.is_ok(), "{good}");
    }
    for bad in [301, 302, 307, 400, 404, 429, 500, 503] {
        let refused = answered(bad).await;
        let told = matches!(refused, Err(PostError::Status { status, .. }) if status == bad);
        assert!(told, "{bad}: {refused:?}");
    }
    assert!(matches!(answered(410).await, Err(PostError::Gone)));
}
