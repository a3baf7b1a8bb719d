//! A rate as a value: what a token bucket goes by.

/// So many a second in the long run, and so many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    per_second: u32,
    burst: u32,
}

impl Rate {
    /// A rate of `per_second`, with up to `burst` at once. Nothing is taken as one: a rate that
    /// never lets anything through would be no rate.
    #[must_use]
    pub const fn new(per_second: u32, burst: u32) -> Self {
        let per_second = if per_second == 0 { 1 } else { per_second };
        let burst = if burst == 0 { 1 } else { burst };
        Self { per_second, burst }
    }

    /// In the long run.
    #[must_use]
    pub const fn per_second(self) -> u32 {
        self.per_second
    }

    /// At once.
    #[must_use]
    pub const fn burst(self) -> u32 {
        self.burst
    }
}
