//! Plain HTTP surface: health, the demo page and its token.
