//! The door to what makes TLS less safe than it is.

use std::sync::Arc;

use rustls::KeyLog;

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

    /// Takes data connections whose server shows another certificate than the control connection's, as long as it is a trusted
    /// one for the same name: for clusters whose members have certificates of their own. Whoever holds any trusted
    /// certificate for that name can then take data connections over.
    #[must_use]
    pub fn accept_other_data_certificates(mut self) -> TlsConfigBuilder {
        self.0.other_data_certificates = true;
        self.0
    }

    /// Tells the keys of every connection, so that whoever has a record of it can read it: for debugging, say with
    /// [`rustls::KeyLogFile`], which writes to the file that the environment's SSLKEYLOGFILE names. Nothing else here
    /// looks at that variable.
    #[must_use]
    pub fn key_log(mut self, key_log: Arc<dyn KeyLog>) -> TlsConfigBuilder {
        self.0.key_log = Some(key_log);
        self.0
    }
}
