//! The codecs of every protocol, in every framing.

use std::{ops::RangeInclusive, sync::Arc};

use adapters_ws::{Codecs, DeflateFraming, InLanguages, TextFraming};
use application::ports::{Codec, Framing};
use domain::Language;
use protocol_native::NativeCodec;
use protocol_pusher::{PusherCodec, VERSION};

/// Versions of the Pusher protocol that are spoken: they differ only in what is not used here.
pub(super) const PUSHER_VERSIONS: RangeInclusive<u32> = 5..=VERSION;

pub(super) fn native() -> Codecs {
    fn framed<F: Framing>() -> InLanguages {
        InLanguages {
            chinese: Arc::new(NativeCodec::<F>::new(Language::Chinese)),
            english: Arc::new(NativeCodec::<F>::new(Language::English)),
        }
    }
    Codecs {
        plain: framed::<TextFraming>(),
        deflate: [
            framed::<DeflateFraming<9>>(),
            framed::<DeflateFraming<10>>(),
            framed::<DeflateFraming<11>>(),
            framed::<DeflateFraming<12>>(),
            framed::<DeflateFraming<13>>(),
            framed::<DeflateFraming<14>>(),
            framed::<DeflateFraming<15>>(),
        ],
    }
}

/// Speaks English only.
pub(super) fn pusher() -> Codecs {
    fn framed<F: Framing>() -> InLanguages {
        let codec: Arc<dyn Codec> = Arc::new(PusherCodec::<F>::default());
        InLanguages { chinese: Arc::clone(&codec), english: codec }
    }
    Codecs {
        plain: framed::<TextFraming>(),
        deflate: [
            framed::<DeflateFraming<9>>(),
            framed::<DeflateFraming<10>>(),
            framed::<DeflateFraming<11>>(),
            framed::<DeflateFraming<12>>(),
            framed::<DeflateFraming<13>>(),
            framed::<DeflateFraming<14>>(),
            framed::<DeflateFraming<15>>(),
        ],
    }
}
