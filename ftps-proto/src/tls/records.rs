//! TLS 1.3 record protection (RFC 8446 section 5) after the handshake, with the cipher suite's own sealing and
//! opening. rustls keeps only what needs the key schedule: the next traffic secrets and the tickets' keys.
//!
//! Why not leave it to rustls: its connections copy every record they open, and swallow the raw NewSessionTicket
//! that every data connection is to resume from.

use std::ops::Range;
use std::sync::Arc;

use rustls::client::{ClientConnectionData, UnbufferedClientConnection};
use rustls::crypto::cipher::{
    AeadKey, InboundOpaqueMessage, Iv, MessageDecrypter, MessageEncrypter, OutboundPlainMessage,
    Tls13AeadAlgorithm,
};
use rustls::kernel::KernelConnection;
use rustls::{
    AlertDescription, ConnectionTrafficSecrets, ContentType, Error, HandshakeType, InvalidMessage,
    PeerMisbehaved, ProtocolVersion, SupportedCipherSuite,
};

use super::store::{Role, TicketStore};

/// Length of a record's header: type, version, length.
pub(super) const HEADER: usize = 5;
/// Most plaintext in a record (RFC 8446 section 5.1).
pub(super) const FRAGMENT: usize = 16_384;
/// Most ciphertext in a record (RFC 8446 section 5.2).
const CIPHERTEXT: usize = FRAGMENT + 256;
/// Longest post-handshake message, as in rustls.
const MESSAGE: usize = 0xffff;
/// Records in a row without application data that a peer may send while we send none either.
pub(super) const FRUITLESS: u8 = 64;
/// Sequence numbers never come near to wrapping.
const LAST_SEQUENCE: u64 = u64::MAX - 0xffff;

/// What a record held.
pub(super) enum Record {
    /// Application data, at this range of the record.
    Data(Range<usize>),
    /// Something that was dealt with.
    Other,
    /// close_notify.
    Closed,
}

/// One direction's cipher, and the number of its next record.
pub(super) struct Keys<T: ?Sized> {
    pub(super) cipher: Box<T>,
    pub(super) sequence: u64,
}

impl Keys<dyn MessageDecrypter> {
    /// Opens a whole record, header included, in place: its type, and where in it the plaintext is. Under TLS 1.2
    /// `typ` is the header's type; under TLS 1.3 it is application data, and the real type comes out.
    pub(super) fn open(
        &mut self,
        typ: ContentType,
        record: &mut [u8],
    ) -> Result<(ContentType, Range<usize>), Error> {
        let sequence = self.sequence;
        if sequence >= LAST_SEQUENCE {
            return Err(Error::DecryptError);
        }
        let base = record.as_ptr().addr();
        let length = record.len();
        let message = InboundOpaqueMessage::new(typ, ProtocolVersion::TLSv1_2, &mut record[HEADER..]);
        let message = self.cipher.decrypt(message, sequence)?;
        self.sequence = sequence + 1;
        if message.payload.is_empty() {
            return Ok((message.typ, 0..0));
        }
        let start = message.payload.as_ptr().addr().wrapping_sub(base);
        let end = start.saturating_add(message.payload.len());
        // The suite's contract is to decrypt in place; a provider that does not has no range to tell.
        if end > length {
            return Err(Error::General("the provider does not decrypt in place".into()));
        }
        Ok((message.typ, start..end))
    }
}

/// Both directions of an established TLS 1.3 connection.
pub(super) struct Records {
    kernel: KernelConnection<ClientConnectionData>,
    aead: &'static dyn Tls13AeadAlgorithm,
    tx: Keys<dyn MessageEncrypter>,
    rx: Keys<dyn MessageDecrypter>,
    /// Records that may be sealed with one key.
    limit: u64,
    /// A post-handshake message that has come in part.
    message: Vec<u8>,
    fruitless: u8,
    /// The peer asked for a KeyUpdate that it has not got yet.
    update_due: bool,
    role: Role,
    store: Arc<TicketStore>,
}

/// Whether `suite` is one that [`Records`] can take over.
pub(super) fn can_take_over(suite: SupportedCipherSuite) -> bool {
    // Asked with a made-up key beforehand, since the take-over itself consumes the connection.
    suite
        .tls13()
        .is_some_and(|suite| suite.aead_alg.extract_keys(AeadKey::from([0; 32]), Iv::from([0; 12])).is_ok())
}

pub(super) fn parts(secrets: ConnectionTrafficSecrets) -> Result<(AeadKey, Iv), Error> {
    match secrets {
        ConnectionTrafficSecrets::Aes128Gcm { key, iv }
        | ConnectionTrafficSecrets::Aes256Gcm { key, iv }
        | ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv } => Ok((key, iv)),
        _ => Err(Error::General("a cipher whose keys this version does not know".into())),
    }
}

impl Records {
    /// Takes an established connection over. Nothing may be left in it to be sent.
    pub(super) fn take_over(
        connection: UnbufferedClientConnection,
        role: Role,
        store: Arc<TicketStore>,
    ) -> Result<Self, Error> {
        let (secrets, kernel) = connection.dangerous_into_kernel_connection()?;
        let suite = kernel.negotiated_cipher_suite().tls13().ok_or(Error::HandshakeNotComplete)?;
        let (tx_key, tx_iv) = parts(secrets.tx.1)?;
        let (rx_key, rx_iv) = parts(secrets.rx.1)?;
        Ok(Self {
            kernel,
            aead: suite.aead_alg,
            tx: Keys { cipher: suite.aead_alg.encrypter(tx_key, tx_iv), sequence: secrets.tx.0 },
            rx: Keys { cipher: suite.aead_alg.decrypter(rx_key, rx_iv), sequence: secrets.rx.0 },
            limit: suite.common.confidentiality_limit.clamp(2, LAST_SEQUENCE),
            message: Vec::new(),
            fruitless: 0,
            update_due: false,
            role,
            store,
        })
    }

    /// Makes a ready ticket of a raw one: it lands in the store.
    pub(super) fn mint(&mut self, payload: &[u8]) -> bool {
        self.kernel.handle_new_session_ticket(payload).is_ok()
    }

    /// Seals at most [`FRAGMENT`] bytes of application data.
    pub(super) fn seal(&mut self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        if self.update_due || self.tx.sequence + 1 >= self.limit {
            self.update(out)?;
        }
        self.fruitless = 0;
        self.seal_record(ContentType::ApplicationData, payload, out)
    }

    /// Seals an alert. Warnings exist only in name (RFC 8446 section 6): close_notify is one.
    pub(super) fn alert(&mut self, alert: AlertDescription, out: &mut Vec<u8>) -> Result<(), Error> {
        let level = if alert == AlertDescription::CloseNotify { 1 } else { 2 };
        self.seal_record(ContentType::Alert, &[level, alert.into()], out)
    }

    fn seal_record(&mut self, typ: ContentType, payload: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        let message =
            OutboundPlainMessage { typ, version: ProtocolVersion::TLSv1_2, payload: payload.into() };
        let record = self.tx.cipher.encrypt(message, self.tx.sequence)?;
        self.tx.sequence += 1;
        out.extend_from_slice(&record.encode());
        Ok(())
    }

    /// Answers a KeyUpdate that asked for one. Without this the answer goes with the next application data, as it
    /// must at the latest.
    pub(super) fn answer(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        if self.update_due { self.update(out) } else { Ok(()) }
    }

    /// Sends a KeyUpdate that asks for none in return and seals with the next key from then on (RFC 8446 section
    /// 4.6.3).
    fn update(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        self.seal_record(ContentType::Handshake, &[HandshakeType::KeyUpdate.into(), 0, 0, 1, 0], out)?;
        let (sequence, secrets) = self.kernel.update_tx_secret()?;
        let (key, iv) = parts(secrets)?;
        self.tx = Keys { cipher: self.aead.encrypter(key, iv), sequence };
        self.update_due = false;
        Ok(())
    }

    /// Opens a whole record, header included, in place.
    pub(super) fn open(&mut self, record: &mut [u8]) -> Result<Record, Error> {
        if record[0] != u8::from(ContentType::ApplicationData) {
            return Err(Error::InappropriateMessage {
                expect_types: vec![ContentType::ApplicationData],
                got_type: record[0].into(),
            });
        }
        let (typ, range) = self.rx.open(ContentType::ApplicationData, record)?;
        if !self.message.is_empty() && typ != ContentType::Handshake {
            return Err(PeerMisbehaved::MessageInterleavedWithHandshakeMessage.into());
        }
        if typ == ContentType::ApplicationData && !range.is_empty() {
            self.fruitless = 0;
            return Ok(Record::Data(range));
        }
        self.fruitless += 1;
        if self.fruitless > FRUITLESS {
            return Err(PeerMisbehaved::TooManyEmptyFragments.into());
        }
        let payload = &record[range];
        match typ {
            ContentType::ApplicationData => Ok(Record::Other),
            ContentType::Alert => match *payload {
                [_, alert] => match AlertDescription::from(alert) {
                    AlertDescription::CloseNotify => Ok(Record::Closed),
                    AlertDescription::UserCanceled => Ok(Record::Other),
                    alert => Err(Error::AlertReceived(alert)),
                },
                _ => Err(InvalidMessage::MessageTooShort.into()),
            },
            ContentType::Handshake if !payload.is_empty() => {
                // What waits is less than a message, and no more than a record comes.
                self.message.extend_from_slice(payload);
                self.messages()?;
                Ok(Record::Other)
            }
            got_type => Err(Error::InappropriateMessage {
                expect_types: vec![ContentType::ApplicationData, ContentType::Handshake],
                got_type,
            }),
        }
    }

    /// Deals with the post-handshake messages that have come whole (RFC 8446 section 4.6).
    fn messages(&mut self) -> Result<(), Error> {
        let buffer = std::mem::take(&mut self.message);
        let mut rest = &buffer[..];
        while let [typ, a, b, c, tail @ ..] = rest {
            let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
            if length > MESSAGE {
                return Err(InvalidMessage::HandshakePayloadTooLarge.into());
            }
            let Some((payload, tail)) = tail.split_at_checked(length) else { break };
            match HandshakeType::from(*typ) {
                HandshakeType::NewSessionTicket => match self.role {
                    Role::Control => self.store.keep(payload),
                    Role::Data => self.kernel.handle_new_session_ticket(payload)?,
                },
                HandshakeType::KeyUpdate => {
                    // The keys change with the record: nothing may follow in it.
                    if !tail.is_empty() {
                        return Err(PeerMisbehaved::KeyEpochWithPendingFragment.into());
                    }
                    match payload {
                        [0] => {}
                        [1] => self.update_due = true,
                        _ => return Err(InvalidMessage::InvalidKeyUpdate.into()),
                    }
                    let (sequence, secrets) = self.kernel.update_rx_secret()?;
                    let (key, iv) = parts(secrets)?;
                    self.rx = Keys { cipher: self.aead.decrypter(key, iv), sequence };
                }
                got_type => {
                    return Err(Error::InappropriateHandshakeMessage {
                        expect_types: vec![HandshakeType::NewSessionTicket, HandshakeType::KeyUpdate],
                        got_type,
                    });
                }
            }
            rest = tail;
        }
        self.message = rest.to_vec();
        Ok(())
    }
}

/// The length of the record that `bytes` start with, header included, once its header has come.
pub(super) fn length(bytes: &[u8]) -> Result<Option<usize>, Error> {
    let [_, _, _, high, low, ..] = *bytes else { return Ok(None) };
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length > CIPHERTEXT {
        return Err(Error::PeerSentOversizedRecord);
    }
    Ok(Some(HEADER + length))
}

/// The alert that tells a peer about an error that was found here (RFC 8446 section 6.2).
pub(super) fn alert_of(error: &Error) -> Option<AlertDescription> {
    Some(match error {
        Error::AlertReceived(_) => return None,
        Error::DecryptError => AlertDescription::BadRecordMac,
        Error::PeerSentOversizedRecord => AlertDescription::RecordOverflow,
        Error::InvalidMessage(_) => AlertDescription::DecodeError,
        Error::InappropriateMessage { .. }
        | Error::InappropriateHandshakeMessage { .. }
        | Error::PeerMisbehaved(_) => AlertDescription::UnexpectedMessage,
        _ => AlertDescription::InternalError,
    })
}
