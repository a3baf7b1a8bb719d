//! An app's cells, found without a lock.

use std::{
    hash::{BuildHasher, RandomState},
    sync::OnceLock,
};

use domain::AppId;

use super::cells::Cells;

/// A place, taken by one app for good.
type Place = OnceLock<Box<(AppId, Cells)>>;

/// The cells of any number of apps.
///
/// Places are taken once and never given back, so that finding one takes no lock and what was
/// counted can't be lost. They come in blocks, each twice as large as all before it: an app that
/// finds no place near its own in one block looks in the next. An app costs some 250 bytes once it
/// is counted; there are no more of them than the registry ever knew, as only those are counted.
pub(super) struct Table {
    blocks: [OnceLock<Box<[Place]>>; Self::BLOCKS],
    hasher: RandomState,
}

impl Table {
    /// Enough for some sixteen million apps.
    const BLOCKS: usize = 16;
    /// Places of the first block.
    const FIRST: usize = 512;
    /// Places that are looked at in each block.
    const NEAR: usize = 8;

    pub(super) fn new() -> Self {
        Self { blocks: [const { OnceLock::new() }; Self::BLOCKS], hasher: RandomState::new() }
    }

    /// The cells of an app. Nothing only where there are as many apps as there can be.
    pub(super) fn of(&self, app: &AppId) -> Option<&Cells> {
        let hash = usize::try_from(self.hasher.hash_one(app) >> 16).unwrap_or(0);
        self.blocks.iter().enumerate().find_map(|(number, block)| {
            let block =
                block.get_or_init(|| (0..Self::FIRST << number).map(|_| OnceLock::new()).collect());
            let near = (0..Self::NEAR).map(|step| hash.wrapping_add(step) % block.len());
            near.filter_map(|index| block.get(index)).find_map(|place| {
                // Whoever comes first has it; the other one looks on.
                let (known, cells) =
                    &**place.get_or_init(|| Box::new((app.clone(), Cells::default())));
                (known == app).then_some(cells)
            })
        })
    }

    /// All apps that were ever counted.
    pub(super) fn all(&self) -> impl Iterator<Item = (&AppId, &Cells)> {
        let places = self.blocks.iter().filter_map(OnceLock::get).flatten();
        places.filter_map(OnceLock::get).map(|known| (&known.0, &known.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Metric, Moment};
    use std::thread;

    #[test]
    fn twenty_thousand_apps_have_cells_of_their_own_from_four_threads() {
        let table = Table::new();
        let app = |number: u64| AppId::parse(&format!("app-{number}")).unwrap();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for number in 0..20_000 {
                        table.of(&app(number)).unwrap().add(Metric::Messages, 1);
                    }
                });
            }
        });
        let now = Moment::from_millis(0);
        let counts: Vec<_> =
            table.all().map(|(_, cells)| cells.take(now).get(Metric::Messages)).collect();
        assert_eq!((counts.len(), counts.iter().all(|count| *count == 4)), (20_000, true));
    }
}
