//! The mask of a client's frame.

/// A masking key, turned so that its first byte belongs to the next byte of the payload.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mask([u8; 4]);

impl Mask {
    pub(crate) const fn new(key: [u8; 4]) -> Self {
        Self(key)
    }

    /// Unmasks the next bytes of the payload in place. Eight at once, which the compiler turns
    /// into wider instructions still.
    pub(crate) fn apply(&mut self, payload: &mut [u8]) {
        let turn = payload.len() % 4;
        let [a, b, c, d] = self.0;
        let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
        let (words, rest) = payload.as_chunks_mut::<8>();
        for word in words {
            *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
        }
        for (byte, key) in rest.iter_mut().zip(self.0.iter().cycle()) {
            *byte ^= key;
        }
        self.0.rotate_left(turn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_any_size_unmask_like_the_rule_of_the_rfc() {
        let key = [0x37, 0xfa, 0x21, 0x3d];
        let masked: Vec<u8> = (0..100).collect();
        let plain: Vec<u8> = masked.iter().enumerate().map(|(i, b)| b ^ key[i % 4]).collect();
        for size in 1..=masked.len() {
            let mut mask = Mask::new(key);
            let mut bytes = masked.clone();
            for piece in bytes.chunks_mut(size) {
                mask.apply(piece);
            }
            assert_eq!(bytes, plain, "pieces of {size}");
        }
    }
}
