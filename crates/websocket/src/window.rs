//! How far back compressed data may refer.

/// The size of a deflate window: `2^bits` bytes, with 9 to 15 bits.
///
/// RFC 7692 knows 8 as well, which no common implementation of deflate can write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window(u8);

impl Window {
    /// The window that every inflating side has, unless it asks for a smaller one.
    pub const LARGEST: Self = Self(15);

    /// The bits of the smallest window.
    const LEAST: u8 = 9;

    /// How many sizes there are.
    pub const SIZES: usize = 7;

    /// The window of so many bits. Nothing where there is none.
    #[must_use]
    pub const fn new(bits: u8) -> Option<Self> {
        match bits {
            Self::LEAST..=15 => Some(Self(bits)),
            _ => None,
        }
    }

    /// The base-2 logarithm of the size in bytes.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Its place among the sizes, the smallest first: below [`SIZES`](Self::SIZES).
    #[must_use]
    pub const fn index(self) -> usize {
        (self.0 - Self::LEAST) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_seven_sizes() {
        let windows: Vec<Window> = (0..=u8::MAX).filter_map(Window::new).collect();
        assert_eq!(windows.len(), Window::SIZES);
        for (index, window) in windows.iter().enumerate() {
            assert_eq!((window.index(), usize::from(window.bits())), (index, index + 9));
        }
        assert_eq!(windows.last(), Some(&Window::LARGEST));
    }
}
