//! The codecs of a protocol: which one speaks on a connection.

use std::sync::Arc;

use application::ports::Codec;
use domain::Language;
use websocket::{Agreement, Window};

/// A protocol's codecs of one framing.
pub struct InLanguages {
    /// Answers in Chinese.
    pub chinese: Arc<dyn Codec>,
    /// Answers in English.
    pub english: Arc<dyn Codec>,
}

/// A protocol's codecs, made once: connections share them.
pub struct Codecs {
    /// For connections without compression: framed by [`TextFraming`](crate::TextFraming).
    pub plain: InLanguages,
    /// For those with it, by the window: framed by [`DeflateFraming`](crate::DeflateFraming) of 9
    /// bits, 10, and so on.
    pub deflate: [InLanguages; Window::SIZES],
}

impl Codecs {
    /// The codec in this language for what was agreed.
    pub(crate) fn of(&self, language: Language, agreement: Option<Agreement>) -> Arc<dyn Codec> {
        let framed = match agreement {
            None => &self.plain,
            Some(agreement) => &self.deflate[agreement.window.index()],
        };
        Arc::clone(match language {
            Language::Chinese => &framed.chinese,
            Language::English => &framed.english,
        })
    }
}
