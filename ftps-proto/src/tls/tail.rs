//! What comes after our close_notify under TLS 1.2, opened with the cipher suite's own decrypter.
//!
//! Why not leave it to rustls: a record that it refuses makes it send a fatal alert, and 0.23 holds, by a debug
//! assertion, that none follows close_notify. Nothing is sealed any more, so only the receiving direction is taken
//! over.

use rustls::client::UnbufferedClientConnection;
use rustls::crypto::cipher::{AeadKey, MessageDecrypter};
use rustls::{
    AlertDescription, ContentType, Error, InvalidMessage, PeerMisbehaved, SupportedCipherSuite,
    Tls12CipherSuite,
};

use super::records::{FRUITLESS, Keys, Record, parts};

/// A HelloRequest, which asks for a new handshake (RFC 5246 section 7.4.1.1).
const HELLO_REQUEST: [u8; 4] = [0; 4];
/// The level of an alert that does not end the connection (RFC 5246 section 7.2).
const WARNING: u8 = 1;

/// The receiving direction of a TLS 1.2 connection.
pub(super) struct Tail {
    keys: Keys<dyn MessageDecrypter>,
    fruitless: u8,
}

/// Whether `suite` is one that [`Tail`] can take over.
pub(super) fn can_take_over(suite: SupportedCipherSuite) -> bool {
    // Asked with a made-up key beforehand, since the take-over itself consumes the connection.
    tls12(suite).is_some_and(|suite| {
        let shape = suite.aead_alg.key_block_shape();
        let (iv, explicit) = (vec![0; shape.fixed_iv_len], vec![0; shape.explicit_nonce_len]);
        suite.aead_alg.extract_keys(AeadKey::from([0; 32]), &iv, &explicit).is_ok()
    })
}

fn tls12(suite: SupportedCipherSuite) -> Option<&'static Tls12CipherSuite> {
    match suite {
        SupportedCipherSuite::Tls12(suite) => Some(suite),
        SupportedCipherSuite::Tls13(_) => None,
    }
}

impl Tail {
    /// Takes over a connection that has sent its close_notify. Nothing may be left in it to be sent or consumed.
    pub(super) fn take_over(connection: UnbufferedClientConnection) -> Result<Self, Error> {
        let (secrets, kernel) = connection.dangerous_into_kernel_connection()?;
        let suite = tls12(kernel.negotiated_cipher_suite()).ok_or(Error::HandshakeNotComplete)?;
        let (sequence, secrets) = secrets.rx;
        let (key, iv) = parts(secrets)?;
        // A nonce begins with the key block's part of it.
        let fixed = iv.as_ref().get(..suite.aead_alg.key_block_shape().fixed_iv_len);
        let cipher = suite.aead_alg.decrypter(key, fixed.ok_or(Error::DecryptError)?);
        Ok(Self { keys: Keys { cipher, sequence }, fruitless: 0 })
    }

    /// Opens a whole record, header included, in place.
    pub(super) fn open(&mut self, record: &mut [u8]) -> Result<Record, Error> {
        let typ = ContentType::from(record[0]);
        let (typ, range) = self.keys.open(typ, record)?;
        if typ == ContentType::ApplicationData && !range.is_empty() {
            self.fruitless = 0;
            return Ok(Record::Data(range));
        }
        self.fruitless += 1;
        if self.fruitless > FRUITLESS {
            return Err(PeerMisbehaved::TooManyEmptyFragments.into());
        }
        match (typ, &record[range]) {
            (ContentType::ApplicationData, _) => Ok(Record::Other),
            (ContentType::Alert, [level, alert]) => match AlertDescription::from(*alert) {
                AlertDescription::CloseNotify => Ok(Record::Closed),
                _ if *level == WARNING => Ok(Record::Other),
                alert => Err(Error::AlertReceived(alert)),
            },
            (ContentType::Alert, _) => Err(InvalidMessage::MessageTooShort.into()),
            // A client that is leaving makes no new handshake.
            (ContentType::Handshake, message) if *message == HELLO_REQUEST => Ok(Record::Other),
            (got_type, _) => Err(Error::InappropriateMessage {
                expect_types: vec![ContentType::ApplicationData, ContentType::Alert],
                got_type,
            }),
        }
    }
}
