//! The machine, played by hand: what happens goes in, what is to be done comes out.
//!
//! `play` is the player; the other modules are the stories.

#![expect(clippy::unwrap_used, reason = "what a test needs is there, or the test fails")]

mod channels;
mod connection;
mod members;
mod play;
mod readers;
mod sends;
mod tokens;
