//! WebSocket transport: upgrade, frames, writer, close codes; serves any codec.
