//! The door to what makes TLS less safe than it is.

use super::TlsConfigBuilder;

/// What [`TlsConfigBuilder::dangerous`] opens.
#[derive(Debug)]
pub struct DangerousTlsConfigBuilder(pub(super) TlsConfigBuilder);

impl DangerousTlsConfigBuilder {
    /// Accepts every server certificate that TLS can use, so that anyone between here and the server can read and change
    /// everything: expired, for another name, of X.509 version 1, one that cannot be read at all. That the server owns
    /// its certificate's key is still verified where the key is one that signatures can be verified with.
    ///
    /// Authorities that are given count for nothing. [Pins](TlsConfigBuilder::pin) have to fit all the same, and are
    /// enough alone.
    #[must_use]
    pub fn accept_any_certificate(mut self) -> TlsConfigBuilder {
        self.0.accept_any = true;
        self.0
    }
}
