//! A second address for what is not public.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};

use crate::{
    api::{OPERATOR, hash, shop},
    client::{Client, Wire},
    http::{self, Answer},
    raw::Raw,
    server::{Server, Start},
    soon,
    surface::ask_over,
};

const INTERNAL: &str = "[server]\ninternal_listen = \"127.0.0.1:0\"\n";

/// The second address, as the banner names it.
pub(crate) async fn internal(server: &Server) -> SocketAddr {
    let line = server.banner.expect("internal: http://").await;
    let address = line.strip_prefix("internal: http://").unwrap().trim_end_matches('/');
    address.parse().unwrap()
}

async fn connect(address: SocketAddr) -> impl Wire {
    soon("connecting", TcpStream::connect(address)).await.unwrap()
}

async fn ask(address: SocketAddr, head: &str) -> Answer {
    ask_over(connect(address).await, head, "").await
}

#[tokio::test]
async fn what_is_not_public_is_there_alone() {
    let toml = format!("{INTERNAL}[debug]\necho = true\n{}", shop());
    let server = Server::with(&toml).await;
    let address = internal(&server).await;
    server.log.expect(&format!("listening address={} internal={address}", server.address)).await;
    let api = format!("/v1/apps/shop/channels HTTP/1.1\r\nAuthorization: Bearer {OPERATOR}");
    for path in ["/metrics", "/docs", "/docs/docs.js", "/v1/openapi.json", "/debug/echo", "/v1/x"] {
        assert_eq!(http::get(&server, path, &[]).await.status, 404, "{path}");
    }
    let refused = ask(server.address, &format!("GET {api}")).await;
    assert_eq!(refused.status, 404);
    assert_eq!(ask(address, "GET /ws HTTP/1.1").await.status, 426, "who operates watches there");
    for path in ["/", "/demo/demo.js", "/app/key"] {
        assert_eq!(ask(address, &format!("GET {path} HTTP/1.1")).await.status, 404, "{path}");
    }
    // What is no secret needs no key there, whoever asks; all else does.
    for path in ["/metrics", "/docs", "/docs/docs.js", "/v1/openapi.json"] {
        let head = format!("GET {path} HTTP/1.1\r\nX-Forwarded-For: 192.0.2.1");
        assert_eq!(ask(address, &head).await.status, 200, "{path}");
    }
    assert_eq!(ask(address, "GET /v1/apps/shop/channels HTTP/1.1").await.status, 401);
    assert_eq!(ask(address, &format!("GET {api}")).await.status, 200);
    assert_eq!(ask(address, "GET /debug/echo HTTP/1.1").await.status, 426);
    // Both say how the server is, and what backends of the Pusher protocol sign.
    for at in [server.address, address] {
        assert_eq!(ask(at, "GET /healthz HTTP/1.1").await.body, "ok\n");
        assert_eq!(ask(at, "GET /readyz HTTP/1.1").await.body, "ready\n");
        assert_eq!(ask(at, "GET /apps/shop/channels HTTP/1.1").await.status, 401);
    }
}

#[tokio::test]
async fn a_full_server_still_says_so() {
    let start = Start::new().env("RTMATE__LIMITS__CONNECTIONS", "1").toml(INTERNAL);
    let server = start.serve().await;
    let address = internal(&server).await;
    assert_eq!(ask(address, "GET /readyz HTTP/1.1").await.status, 200);
    let alice = Client::demo(&server, "alice").await;
    let full = ask(address, "GET /readyz HTTP/1.1").await;
    assert_eq!((full.status, &*full.body), (503, "over capacity\n"));
    assert_eq!(ask(address, "GET /healthz HTTP/1.1").await.status, 200);
    assert!(ask(address, "GET /metrics HTTP/1.1").await.body.contains("rtmate_connections 1\n"));
    alice.leave().await;
    let ready = async { while ask(address, "GET /readyz HTTP/1.1").await.status != 200 {} };
    soon("room", ready).await;
}

#[tokio::test]
async fn a_stopping_server_says_so_until_its_clients_are_gone() {
    let mut server = Start::new().toml(INTERNAL).serve().await;
    let address = internal(&server).await;
    // A request under way, whose body does not come: it is waited for.
    let mut slow = Raw::connect(&server).await;
    let host = server.address;
    slow.write(
        format!("POST /demo/token HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\n\r\n{{")
            .as_bytes(),
    )
    .await;
    server.signal("TERM").await;
    server.log.expect("shutting down").await;
    let draining = async {
        loop {
            let answer = ask(address, "GET /readyz HTTP/1.1").await;
            if answer.status == 503 {
                return answer.body;
            }
        }
    };
    assert_eq!(soon("the drain", draining).await, "draining\n");
    slow.write(b"}").await;
    assert_eq!(server.ended().await.code(), Some(0));
}

#[tokio::test]
async fn an_address_that_is_taken_ends_the_start() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = Start::new().env("RTMATE__SERVER__INTERNAL_LISTEN", &address).output().await;
    assert_eq!(output.status.code(), Some(69));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains(&format!("{address} is in use by another process")), "{told}");
}

#[tokio::test]
async fn an_operators_key_is_an_operators_everywhere() {
    // The same key at the same page, where the page is public.
    let keys = format!(
        "[[operator.keys]]\nname = 'ops'\nhash = '{}'\nscopes = ['read']\n",
        hash(OPERATOR)
    );
    let server = Server::with(&keys).await;
    let key = format!("Bearer {OPERATOR}");
    let headers = [("X-Forwarded-For", "192.0.2.1"), ("Authorization", &*key)];
    for path in ["/metrics", "/docs"] {
        assert_eq!(http::get(&server, path, &headers).await.status, 200, "{path}");
        assert_eq!(http::get(&server, path, &headers[..1]).await.status, 401, "{path}");
    }
}
