//! The suite of `Revocations`, for the adapter of one process.

use std::sync::Arc;

use adapters_memory::MemoryRevocations;
use application::ports::Revocations;
use domain::Timestamp;
use testkit::{
    ManualClock,
    contracts::revocations::{self as suite, RevocationsFixture},
};

struct Memory(Arc<ManualClock>);

impl Memory {
    fn new() -> Self {
        Self(Arc::new(ManualClock::new(Timestamp::from_secs(1_800_000_000))))
    }
}

impl RevocationsFixture for Memory {
    fn clock(&self) -> Arc<ManualClock> {
        Arc::clone(&self.0)
    }

    fn open(&self) -> Arc<dyn Revocations> {
        Arc::new(MemoryRevocations::new(self.clock()))
    }

    fn is_durable(&self) -> bool {
        false
    }
}

#[tokio::test]
async fn revocations_1_what_is_revoked_is_until_its_end() {
    suite::what_is_revoked_is_until_its_end(&Memory::new()).await;
}

#[tokio::test]
async fn revocations_2_a_full_list_refuses() {
    let memory = Memory::new();
    let filled = async |list| {
        Arc::new(MemoryRevocations::holding(list, memory.clock())) as Arc<dyn Revocations>
    };
    suite::a_full_list_refuses(&memory, filled).await;
}

#[tokio::test]
async fn revocations_3_apps_are_apart() {
    suite::apps_are_apart(&Memory::new()).await;
}

#[tokio::test]
async fn revocations_4_what_is_revoked_is_gone_with_the_process() {
    suite::what_is_revoked_stays_so(&Memory::new()).await;
}
