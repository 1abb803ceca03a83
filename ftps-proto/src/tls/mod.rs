//! TLS over rustls.
