//! Plain HTTP surface: health, the demo page and its token.
//!
//! * [`health`] says whether the process serves and whether it wants traffic.
//! * [`demo_page`] is the page of this same machine, its files are in `assets/demo`.
//! * [`demo_token`] is that page's token.

mod demo_page;
mod demo_token;
mod health;

pub use demo_page::demo_page;
pub use demo_token::demo_token;
pub use health::{Health, health};
