//! How far endpoints have been told, in memory: the fake of tests.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use application::ports::{
    DEAD_LETTER_BYTES, DEAD_LETTERS, DeadLetter, Deliveries, DeliveriesError, EndpointKey, Progress,
};
use async_trait::async_trait;

/// Keeps the state of deliveries for as long as the process lives.
#[derive(Default)]
pub struct MemoryDeliveries(Mutex<BTreeMap<EndpointKey, Endpoint>>);

struct Endpoint {
    progress: Progress,
    letters: BTreeMap<u64, DeadLetter>,
}

impl MemoryDeliveries {
    fn endpoints(&self) -> MutexGuard<'_, BTreeMap<EndpointKey, Endpoint>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Deliveries for MemoryDeliveries {
    async fn progress(&self, endpoint: &EndpointKey) -> Result<Option<Progress>, DeliveriesError> {
        Ok(self.endpoints().get(endpoint).map(|known| known.progress))
    }

    async fn advance(
        &self,
        endpoint: &EndpointKey,
        progress: Progress,
        letter: Option<DeadLetter>,
    ) -> Result<usize, DeliveriesError> {
        if letter.as_ref().is_some_and(|letter| letter.body.len() > DEAD_LETTER_BYTES) {
            return Err(DeliveriesError::TooLarge);
        }
        let mut endpoints = self.endpoints();
        let new = || Endpoint { progress, letters: BTreeMap::new() };
        let known = endpoints.entry(endpoint.clone()).or_insert_with(new);
        known.progress = progress;
        known.letters.extend(letter.map(|letter| (letter.number, letter)));
        let surplus = known.letters.len().saturating_sub(DEAD_LETTERS);
        for _ in 0..surplus {
            known.letters.pop_first();
        }
        Ok(surplus)
    }

    async fn letters(
        &self,
        endpoint: &EndpointKey,
        after: u64,
        most: usize,
    ) -> Result<Vec<DeadLetter>, DeliveriesError> {
        let endpoints = self.endpoints();
        let letters = endpoints.get(endpoint).map(|known| &known.letters);
        let behind = letters.into_iter().flatten().filter(|(number, _)| **number > after);
        Ok(behind.take(most).map(|(_, letter)| letter.clone()).collect())
    }

    async fn take_away(
        &self,
        endpoint: &EndpointKey,
        number: u64,
    ) -> Result<bool, DeliveriesError> {
        let mut endpoints = self.endpoints();
        let taken = endpoints.get_mut(endpoint).and_then(|known| known.letters.remove(&number));
        Ok(taken.is_some())
    }

    async fn endpoints(&self) -> Result<Vec<EndpointKey>, DeliveriesError> {
        Ok(self.endpoints().keys().cloned().collect())
    }

    async fn forget(&self, endpoint: &EndpointKey) -> Result<(), DeliveriesError> {
        self.endpoints().remove(endpoint);
        Ok(())
    }
}
