//! What a server's alert means for a person.

use std::fmt;

use rustls::AlertDescription;

/// What a server needs to have in common with this client.
pub(super) const SPEAKS: &str = "this client speaks TLS 1.2 and 1.3 (unless told to speak one of them only), with forward secrecy \
                      (ECDHE) and authenticated ciphers (AES-GCM, ChaCha20-Poly1305)";

/// An alert that the server sent, with what it takes to satisfy the server.
pub(super) struct Shown(pub(super) AlertDescription);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use AlertDescription::*;
        let Self(alert) = *self;
        let (meaning, rest) = match alert {
            HandshakeFailure => (
                "the server has nothing in common with this client, or requires a client certificate",
                Some(SPEAKS),
            ),
            InsufficientSecurity => ("the server wants stronger TLS than this client offers", Some(SPEAKS)),
            ProtocolVersion => ("the server speaks no version of TLS that this client does", Some(SPEAKS)),
            CertificateRequired | NoCertificate => ("the server requires a client certificate", None),
            // A server has no other certificate to judge.
            BadCertificate
            | UnsupportedCertificate
            | CertificateRevoked
            | CertificateExpired
            | CertificateUnknown
            | UnknownCA
            | AccessDenied => ("the server does not accept the client certificate, or requires one", None),
            UnrecognisedName => ("the server does not know the host name that it was asked for", None),
            _ => ("the server ended TLS", None),
        };
        match alert_name(alert) {
            Some(name) => write!(f, "{meaning} (alert {name})")?,
            None => write!(f, "{meaning} (alert {})", u8::from(alert))?,
        }
        match rest {
            Some(speaks) => write!(f, ": {speaks}; turn that on in the server"),
            None => Ok(()),
        }
    }
}

/// An alert's name (RFC 8446 section 6, and the older ones of RFC 5246 section 7.2).
fn alert_name(alert: AlertDescription) -> Option<&'static str> {
    use AlertDescription::*;
    Some(match alert {
        CloseNotify => "close_notify",
        UnexpectedMessage => "unexpected_message",
        BadRecordMac => "bad_record_mac",
        DecryptionFailed => "decryption_failed",
        RecordOverflow => "record_overflow",
        DecompressionFailure => "decompression_failure",
        HandshakeFailure => "handshake_failure",
        NoCertificate => "no_certificate",
        BadCertificate => "bad_certificate",
        UnsupportedCertificate => "unsupported_certificate",
        CertificateRevoked => "certificate_revoked",
        CertificateExpired => "certificate_expired",
        CertificateUnknown => "certificate_unknown",
        IllegalParameter => "illegal_parameter",
        UnknownCA => "unknown_ca",
        AccessDenied => "access_denied",
        DecodeError => "decode_error",
        DecryptError => "decrypt_error",
        ProtocolVersion => "protocol_version",
        InsufficientSecurity => "insufficient_security",
        InternalError => "internal_error",
        InappropriateFallback => "inappropriate_fallback",
        UserCanceled => "user_canceled",
        NoRenegotiation => "no_renegotiation",
        MissingExtension => "missing_extension",
        UnsupportedExtension => "unsupported_extension",
        UnrecognisedName => "unrecognized_name",
        CertificateRequired => "certificate_required",
        NoApplicationProtocol => "no_application_protocol",
        _ => return None,
    })
}
