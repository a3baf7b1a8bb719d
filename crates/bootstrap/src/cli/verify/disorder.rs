//! Breaks things, by a schedule.

use std::{ops::Range, time::Duration};

use client::{Client, Random};
use tokio::{sync::watch, time::Instant};

use super::{NoVerdict, server::Server};

/// Milliseconds between two broken connections of one client.
const BREAKS: Range<u64> = 300..3000;
/// Milliseconds that a server lives.
const LIVES: Range<u64> = 800..4000;
/// The same for one life of so many, where the server has to be waited for: until a receiver's answer
/// is overdue, and the ledger has what was used.
const LONG_LIVES: Range<u64> = 8000..16000;
const LONG_ONE_OF: Range<u64> = 0..6;
/// Milliseconds that it is dead.
const DEATHS: Range<u64> = 0..1000;

/// Becomes true when it is time to stop.
pub(super) type Stop = watch::Receiver<bool>;

/// Waits; whether it is time to stop.
pub(super) async fn wait(stop: &mut Stop, random: &mut Random, millis: Range<u64>) -> bool {
    let pause = Duration::from_millis(random.within(millis));
    // A sender that is gone stops nothing: the trial has ended by itself.
    tokio::time::timeout(pause, stop.wait_for(|stop| *stop)).await.is_ok()
}

/// Breaks a client's connection again and again; how often.
pub(super) async fn break_connections(client: Client, mut random: Random, mut stop: Stop) -> u64 {
    let mut breaks = 0;
    while !wait(&mut stop, &mut random, BREAKS).await {
        if client.interrupt().await.is_err() {
            break;
        }
        breaks += 1;
    }
    breaks
}

/// Kills and restarts the server again and again; when. It runs at the end. `long`: some of its lives
/// are longer.
pub(super) async fn kill_server(
    mut server: Server,
    mut random: Random,
    mut stop: Stop,
    long: bool,
) -> Result<(Server, Vec<Instant>), NoVerdict> {
    let mut kills = Vec::new();
    loop {
        let is_long = long && random.within(LONG_ONE_OF) == 0;
        if wait(&mut stop, &mut random, if is_long { LONG_LIVES } else { LIVES }).await {
            break;
        }
        server.kill().await?;
        kills.push(Instant::now());
        wait(&mut stop, &mut random, DEATHS).await;
        server.restart().await?;
    }
    Ok((server, kills))
}
