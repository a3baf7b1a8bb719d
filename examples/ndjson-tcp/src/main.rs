//! `cargo run -p ndjson-tcp [ADDRESS]`, then `nc 127.0.0.1 4000` and paste a line that it prints.

use std::{env, error::Error, sync::Arc, time::Duration};

use adapters_jwt::JwtTokenIssuer;
use adapters_memory::{RandomIds, SystemClock};
use application::{
    Rules,
    ports::{Clock, IdSource, TokenIssuer, TokenRequest},
};
use domain::ClientId;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:4000".to_owned());
    // A new secret each time: its tokens end with the process.
    let app = ndjson_tcp::app(&RandomIds.session().reveal()).ok_or("no app")?;
    let clock = Arc::new(SystemClock::new());
    let expires_at = clock.now().after(Duration::from_secs(3600));
    let issuer = JwtTokenIssuer::new(clock);
    for name in ["alice", "bob"] {
        let client = ClientId::parse(name)?;
        let request = TokenRequest {
            client,
            expires_at,
            caps: None,
            channels: Vec::new(),
            info: None,
            api: Vec::new(),
        };
        let token = issuer.issue(&app, &request)?;
        println!(r#"{{"event":"auth","payload":{{"appId":"{}","token":"{token}"}}}}"#, app.id);
    }
    let hub = ndjson_tcp::hub(app, Rules::default())?;
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    tokio::join!(ndjson_tcp::serve(listener, Arc::clone(&hub)), hub.run_timers());
    Ok(())
}
