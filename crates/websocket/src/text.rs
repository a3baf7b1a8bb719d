//! A text message whose bytes come in pieces.

use crate::violation::Violation;

/// The longest code point in UTF-8.
const CODE_POINT: usize = 4;

/// What came of a text message so far, refused at the first byte that can't belong to UTF-8.
///
/// Checked text is kept apart from the code point that the last piece cut, so that no byte is
/// checked again when the message is whole.
#[derive(Default)]
pub(crate) struct Text {
    whole: String,
    cut: [u8; CODE_POINT],
    cut_len: usize,
}

impl Text {
    /// Adds the next piece, cut anywhere.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<(), Violation> {
        let piece = self.mend(piece)?;
        let Err(error) = str::from_utf8(piece).map(|text| self.whole.push_str(text)) else {
            return Ok(());
        };
        if error.error_len().is_some() {
            return Err(Violation::TextNotUtf8);
        }
        let (good, cut) = piece.split_at(error.valid_up_to());
        // Checks the good part twice. Only a piece that ends inside a code point pays for it.
        self.whole.push_str(str::from_utf8(good).map_err(|_| Violation::TextNotUtf8)?);
        self.cut[..cut.len()].copy_from_slice(cut);
        self.cut_len = cut.len();
        Ok(())
    }

    /// Completes the code point that was cut. Says what is left of the piece.
    fn mend<'a>(&mut self, mut piece: &'a [u8]) -> Result<&'a [u8], Violation> {
        while self.cut_len > 0
            && let Some((&byte, rest)) = piece.split_first()
        {
            self.cut[self.cut_len] = byte;
            self.cut_len += 1;
            piece = rest;
            match str::from_utf8(&self.cut[..self.cut_len]) {
                Ok(text) => {
                    self.whole.push_str(text);
                    self.cut_len = 0;
                }
                Err(error) if error.error_len().is_none() => {}
                Err(_) => return Err(Violation::TextNotUtf8),
            }
        }
        Ok(piece)
    }

    /// The text, where it doesn't end inside a code point.
    pub(crate) fn finish(self) -> Result<String, Violation> {
        if self.cut_len > 0 {
            return Err(Violation::TextNotUtf8);
        }
        Ok(self.whole)
    }

    /// How many bytes came.
    pub(crate) fn len(&self) -> usize {
        self.whole.len() + self.cut_len
    }

    /// How many bytes of the heap it holds.
    pub(crate) fn capacity(&self) -> usize {
        self.whole.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<String, Violation> {
        let mut text = Text::default();
        for piece in pieces {
            text.push(piece)?;
        }
        text.finish()
    }

    #[test]
    fn code_points_may_be_cut_anywhere() {
        let text = "κόσμε, 世界, 🦀, \u{10ffff}";
        for size in 1..=text.len() {
            let joined = join(text.as_bytes().chunks(size));
            assert_eq!(joined.as_deref(), Ok(text), "pieces of {size}");
        }
    }

    #[test]
    fn bad_text_is_refused_at_its_first_bad_byte() {
        // Overlong, a surrogate, above U+10FFFF, a lone continuation, a lead byte that is none.
        let bad: [&[u8]; 5] = [b"\xc0", b"\xed\xa0", b"\xf4\x90", b"\x80", b"\xff"];
        for bytes in bad {
            for size in 1..=bytes.len() {
                let mut text = Text::default();
                let refused = bytes.chunks(size).find_map(|piece| text.push(piece).err());
                assert_eq!(refused, Some(Violation::TextNotUtf8), "{bytes:x?} by {size}");
            }
        }
    }

    #[test]
    fn text_must_not_end_inside_a_code_point() {
        assert_eq!(join([&b"a\xe4\xb8"[..]]), Err(Violation::TextNotUtf8));
        assert_eq!(join([]), Ok(String::new()));
    }
}
