//! The accept loop: sockets to hyper, with a deadline and a cap.
