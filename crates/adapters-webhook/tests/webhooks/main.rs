//! Webhooks as their receivers see them.

mod contract;
mod disorder;
mod hostile;
mod lifecycle;
mod receiver;
mod stage;
