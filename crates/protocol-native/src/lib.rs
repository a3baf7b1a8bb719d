//! Sans-I/O codec of the native protocol, version 1.
