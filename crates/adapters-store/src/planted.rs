//! Bugs of the committer that the checks have to find. Never in the product: the feature `planted` is
//! for tests alone.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use crate::{
    command::Answer,
    engine::{Batch, Engine, EngineError},
    space::{Space, message_key},
};

/// What the committer does wrong, and how slow its disk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Planted {
    /// When sends are acknowledged; nothing where it is right.
    pub early: Option<Early>,
    /// Before each group is written, as on a disk with much to do: the moments that a bug needs come
    /// often enough to be found in seconds. By itself it is no bug.
    pub pause: Duration,
    /// Every third group fails: in turn before it is written, and behind that. By itself it is no bug,
    /// but a disk that is.
    pub failing: bool,
}

/// Groups of all stores whose disk fails.
static GROUPS: AtomicU32 = AtomicU32::new(0);

#[derive(Debug, thiserror::Error)]
#[error("a planted failure")]
struct PlantedFailure;

/// When sends are acknowledged too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Early {
    /// Before their group reaches the store: a kill loses them.
    BeforeWrite,
    /// Behind the write and before the sync: only a power loss loses them.
    BeforeSync,
}

fn fail_at_times(batch: Batch) -> Result<(), EngineError> {
    match GROUPS.fetch_add(1, Ordering::Relaxed) % 6 {
        2 => {}
        5 => batch.commit()?,
        _ => return batch.commit(),
    }
    Err(EngineError::Failed(PlantedFailure.into()))
}

impl Planted {
    /// Commits a group, and gives acknowledgements when it should not. Gives back the answers that
    /// are left.
    pub(crate) fn commit(
        self,
        batch: Batch,
        answers: Vec<Answer>,
    ) -> (Result<(), EngineError>, Vec<Answer>) {
        if self.failing {
            return (fail_at_times(batch), answers);
        }
        match self.early {
            None => {
                thread::sleep(self.pause);
                (batch.commit(), answers)
            }
            Some(Early::BeforeWrite) => {
                let answers = acknowledge(answers);
                thread::sleep(self.pause);
                (batch.commit(), answers)
            }
            Some(Early::BeforeSync) => {
                thread::sleep(self.pause);
                match batch.write() {
                    Ok(engine) => {
                        let answers = acknowledge(answers);
                        (engine.sync(), answers)
                    }
                    Err(error) => (Err(error), answers),
                }
            }
        }
    }
}

/// Changes a message of the first stream of the first app behind the store's back, as a disk may that
/// gives back something else: the engine finds the row in order.
///
/// # Panics
/// There is no store in the directory, or it is in use.
pub fn spoil(directory: &Path, offset: u64) {
    let opened = Engine::open(&directory.join("db"), 1 << 20).expect("a store");
    let mut batch = Arc::new(opened).batch();
    batch.put(Space::Messages, &message_key(1, 1, offset), b"anything".to_vec());
    batch.commit().expect("written");
}

fn acknowledge(answers: Vec<Answer>) -> Vec<Answer> {
    let is_receipt = |answer: &Answer| matches!(answer, Answer::Receipt(..));
    let (receipts, others): (Vec<_>, Vec<_>) = answers.into_iter().partition(is_receipt);
    receipts.into_iter().for_each(Answer::give);
    others
}
