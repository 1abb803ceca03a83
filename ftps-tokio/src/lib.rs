//! FTPS for tokio.
