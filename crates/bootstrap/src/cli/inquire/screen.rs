//! Where a live table goes: a terminal's second screen, or any other stream, one after the other.

use std::io::{self, IsTerminal, Write};

/// A second screen without a cursor.
const ENTER: &str = "\u{1b}[?1049h\u{1b}[?25l";
/// The first screen and its cursor.
const LEAVE: &str = "\u{1b}[?25h\u{1b}[?1049l";
/// To the first line; what is left of a line, and of the screen, goes.
const HOME: &str = "\u{1b}[H";
const REST_OF_LINE: &str = "\u{1b}[K";
const REST: &str = "\u{1b}[J";

/// Standard output. Dropped, the terminal is as it was.
pub(super) struct Screen {
    terminal: bool,
    shown: bool,
}

impl Screen {
    /// Without control sequences.
    pub(super) const fn plain() -> Self {
        Self { terminal: false, shown: false }
    }

    /// On a terminal its second screen.
    pub(super) fn open() -> io::Result<Self> {
        let terminal = io::stdout().is_terminal();
        if terminal {
            write(ENTER)?;
        }
        Ok(Self { terminal, shown: false })
    }

    /// Shows this in place of what was shown.
    pub(super) fn show(&mut self, text: &str) -> io::Result<()> {
        if self.terminal {
            let lines = text.replace('\n', &format!("{REST_OF_LINE}\r\n"));
            return write(&format!("{HOME}{lines}{REST}"));
        }
        let gap = if std::mem::replace(&mut self.shown, true) { "\n" } else { "" };
        write(&format!("{gap}{text}"))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if self.terminal {
            // Where there is no terminal any more there is nothing to put back.
            let _ = write(LEAVE);
        }
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
