//! A server that sends what rustls never would.

use std::sync::Arc;

use ftps_proto::tls::{Engine, TlsError, TlsSession, Version};
use rustls::crypto::cipher::{
    AeadKey, InboundOpaqueMessage, Iv, MessageDecrypter, MessageEncrypter, OutboundPlainMessage,
};
use rustls::{
    ConnectionTrafficSecrets, ContentType, ProtocolVersion, ServerConfig, ServerConnection,
    SupportedCipherSuite,
};

use super::pair::Pair;
use super::pki::{Pki, name, stateless};

/// A server whose records the test seals itself, to send what rustls never would.
pub(super) struct Forger {
    pub(super) pair: Pair,
    pub(super) encrypter: Box<dyn MessageEncrypter>,
    pub(super) sequence: u64,
    pub(super) decrypter: Box<dyn MessageDecrypter>,
    pub(super) heard: u64,
    /// The NewSessionTicket messages that the server sent, kept from the client.
    pub(super) tickets: Vec<Vec<u8>>,
}

impl Forger {
    pub(super) fn new(client: Engine, server: &Arc<ServerConfig>) -> Self {
        let mut pair = Pair::new(client, server);
        while !pair.client.handshake_done() {
            pair.pull().unwrap();
            pair.push();
            pair.draw();
        }
        let mut wire = std::mem::take(&mut pair.to_client);
        let server = std::mem::replace(&mut pair.server, ServerConnection::new(Arc::clone(server)).unwrap());
        let suite = server.negotiated_cipher_suite().unwrap().tls13().unwrap();
        let secrets = server.dangerous_extract_secrets().unwrap();
        let heard = secrets.rx.0;
        let (
            ConnectionTrafficSecrets::Aes256Gcm { key, iv },
            ConnectionTrafficSecrets::Aes256Gcm { key: rx_key, iv: rx_iv },
        ) = (secrets.tx.1, secrets.rx.1)
        else {
            panic!("suite")
        };
        let again = |key: &AeadKey| AeadKey::from(<[u8; 32]>::try_from(key.as_ref()).unwrap());
        let mut decrypter: Box<dyn MessageDecrypter> =
            suite.aead_alg.decrypter(again(&key), Iv::copy(iv.as_ref()));
        let (mut tickets, mut rest, mut sequence) = (vec![], &mut wire[..], 0);
        while !rest.is_empty() {
            let length = 5 + usize::from(u16::from_be_bytes([rest[3], rest[4]]));
            let (record, tail) = rest.split_at_mut(length);
            rest = tail;
            let record = InboundOpaqueMessage::new(
                ContentType::ApplicationData,
                ProtocolVersion::TLSv1_2,
                &mut record[5..],
            );
            let message = decrypter.decrypt(record, sequence).unwrap();
            sequence += 1;
            assert_eq!(message.typ, ContentType::Handshake);
            let mut messages = message.payload;
            while !messages.is_empty() {
                let (message, tail) =
                    messages.split_at(4 + usize::from(u16::from_be_bytes([messages[2], messages[3]])));
                tickets.push(message.to_vec());
                messages = tail;
            }
        }
        let encrypter = suite.aead_alg.encrypter(key, iv);
        let decrypter = suite.aead_alg.decrypter(rx_key, rx_iv);
        Self { pair, encrypter, sequence: 0, decrypter, heard, tickets }
    }

    /// The first record that the client has to send.
    pub(super) fn hear(&mut self) -> (ContentType, Vec<u8>) {
        let mut record = self.pair.client.outgoing().to_vec();
        let length = 5 + usize::from(u16::from_be_bytes([record[3], record[4]]));
        self.pair.client.sent(length);
        let record = InboundOpaqueMessage::new(
            ContentType::ApplicationData,
            ProtocolVersion::TLSv1_2,
            &mut record[5..length],
        );
        let message = self.decrypter.decrypt(record, self.heard).unwrap();
        self.heard += 1;
        (message.typ, message.payload.to_vec())
    }

    pub(super) fn control(pki: &Pki) -> (Self, TlsSession, Arc<ServerConfig>) {
        let server = pki.server(Version::Tls13, |config| {
            stateless(config);
            config.enable_secret_extraction = true;
        });
        let session = pki.session();
        (Self::new(Engine::control(&session, name()).unwrap(), &server), session, server)
    }

    pub(super) fn send(&mut self, typ: ContentType, payload: &[u8]) -> Result<usize, TlsError> {
        let message =
            OutboundPlainMessage { typ, version: ProtocolVersion::TLSv1_2, payload: payload.into() };
        let record = self.encrypter.encrypt(message, self.sequence).unwrap().encode();
        self.sequence += 1;
        self.pair.to_client.extend(record);
        self.pair.pull()
    }
}

/// The same under TLS 1.2.
pub(super) struct Forger12 {
    pub(super) pair: Pair,
    encrypter: Box<dyn MessageEncrypter>,
    sequence: u64,
}

impl Forger12 {
    /// As the server of a client that has sent its close_notify.
    pub(super) fn after_close_notify(pki: &Pki) -> Self {
        Self::after(pki, |client| client.close_notify().unwrap())
    }

    /// As the server of a client that has done this after the handshake.
    pub(super) fn after(pki: &Pki, act: impl FnOnce(&mut Engine)) -> Self {
        let server = pki.server(Version::Tls12, |config| {
            stateless(config);
            config.enable_secret_extraction = true;
        });
        let mut pair = Pair::control(&pki.session(), &server);
        act(&mut pair.client);
        pair.push();
        let server = std::mem::replace(&mut pair.server, ServerConnection::new(server).unwrap());
        let SupportedCipherSuite::Tls12(suite) = server.negotiated_cipher_suite().unwrap() else {
            panic!("version")
        };
        let secrets = server.dangerous_extract_secrets().unwrap();
        let (sequence, ConnectionTrafficSecrets::Aes256Gcm { key, iv }) = secrets.tx else { panic!("suite") };
        let (salt, nonce) = iv.as_ref().split_at(suite.aead_alg.key_block_shape().fixed_iv_len);
        let encrypter = suite.aead_alg.encrypter(key, salt, nonce);
        let mut forger = Self { pair, encrypter, sequence: 0 };
        // The library takes its nonces to begin with the first record's, and checks that they increase.
        while forger.sequence < sequence {
            forger.seal(ContentType::ApplicationData, b"never sent");
        }
        forger
    }

    pub(super) fn seal(&mut self, typ: ContentType, payload: &[u8]) -> Vec<u8> {
        let message =
            OutboundPlainMessage { typ, version: ProtocolVersion::TLSv1_2, payload: payload.into() };
        let record = self.encrypter.encrypt(message, self.sequence).unwrap().encode();
        self.sequence += 1;
        record
    }

    pub(super) fn send(&mut self, typ: ContentType, payload: &[u8]) -> Result<usize, TlsError> {
        let record = self.seal(typ, payload);
        self.pair.to_client.extend(record);
        self.pair.pull()
    }
}
