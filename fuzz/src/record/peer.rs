//! A server of rustls that becomes a forger with its keys.

use std::io::Read as _;
use std::sync::{Arc, OnceLock};

use ftps_proto::tls::{ServerName, TlsConfig, Version};
use rustls::crypto::aws_lc_rs::{Ticketer, default_provider};
use rustls::crypto::cipher::{MessageEncrypter, OutboundPlainMessage};
use rustls::pki_types::PrivateKeyDer;
use rustls::{
    ConnectionTrafficSecrets, ProtocolVersion, ServerConfig, ServerConnection, SupportedCipherSuite,
};

const NAME: &str = "ftp.example.com";

/// A certificate, and what is configured with it: made once.
pub(super) struct Pki {
    pub(super) client: TlsConfig,
    tls12: Arc<ServerConfig>,
    tls13: Arc<ServerConfig>,
}

impl Pki {
    pub(super) fn get() -> &'static Self {
        static PKI: OnceLock<Pki> = OnceLock::new();
        PKI.get_or_init(|| Self::new().unwrap_or_else(|error| unreachable!("{error}")))
    }

    pub(super) fn name() -> ServerName<'static> {
        ServerName::try_from(NAME).unwrap_or_else(|error| unreachable!("{error}"))
    }

    fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let key = rcgen::KeyPair::generate()?;
        let mut params = rcgen::CertificateParams::new([NAME.to_owned()])?;
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key)?;
        let server = |version| -> Result<_, Box<dyn std::error::Error>> {
            let key = PrivateKeyDer::try_from(key.serialize_der())?;
            let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
                .with_protocol_versions(&[version])?
                .with_no_client_auth()
                .with_single_cert(vec![certificate.der().clone()], key)?;
            config.ticketer = Ticketer::new()?;
            config.enable_secret_extraction = true;
            Ok(Arc::new(config))
        };
        Ok(Self {
            client: TlsConfig::builder().ca_pem(certificate.pem()).build()?,
            tls12: server(&rustls::version::TLS12)?,
            tls13: server(&rustls::version::TLS13)?,
        })
    }

    pub(super) fn server(&self, version: Version) -> Server {
        let config = if version == Version::Tls12 { &self.tls12 } else { &self.tls13 };
        ServerConnection::new(Arc::clone(config))
            .map_or(Server::Gone, |server| Server::Honest(Box::new(server)))
    }
}

pub(super) enum Server {
    Honest(Box<ServerConnection>),
    Forger {
        encrypter: Box<dyn MessageEncrypter>,
        sequence: u64,
    },
    /// It has left, or has no keys.
    Gone,
}

impl Server {
    /// What the client has sent.
    pub(super) fn hear(&mut self, mut bytes: &[u8]) {
        let Self::Honest(server) = self else { return };
        while !bytes.is_empty() {
            if !server.read_tls(&mut bytes).is_ok_and(|n| n > 0) || server.process_new_packets().is_err() {
                return;
            }
            let _ = server.reader().read_to_end(&mut Vec::new());
        }
    }

    /// What it has to send.
    pub(super) fn draw(&mut self) -> Vec<u8> {
        let mut wire = Vec::new();
        if let Self::Honest(server) = self {
            while server.wants_write() && server.write_tls(&mut wire).is_ok() {}
        }
        wire
    }

    /// Sends a KeyUpdate, while it is honest, and TLS 1.3.
    pub(super) fn refresh_keys(&mut self) {
        if let Self::Honest(server) = self
            && server.protocol_version() == Some(ProtocolVersion::TLSv1_3)
            && !server.is_handshaking()
        {
            let _ = server.refresh_traffic_keys();
        }
    }

    /// Says close_notify, while it is honest, and leaves: what it has to send.
    pub(super) fn close(&mut self) -> Vec<u8> {
        let Self::Honest(server) = self else { return Vec::new() };
        if server.is_handshaking() {
            return Vec::new();
        }
        server.send_close_notify();
        let wire = self.draw();
        *self = Self::Gone;
        wire
    }

    /// A record of this type, with the server's keys, for the client to open.
    pub(super) fn seal(&mut self, typ: u8, payload: &[u8]) -> Option<Vec<u8>> {
        self.forge();
        let Self::Forger { encrypter, sequence } = self else { return None };
        let message = OutboundPlainMessage {
            typ: typ.into(),
            version: ProtocolVersion::TLSv1_2,
            payload: payload.into(),
        };
        let record = encrypter.encrypt(message, *sequence).ok()?;
        *sequence += 1;
        Some(record.encode())
    }

    /// Becomes a forger, where it has come so far.
    fn forge(&mut self) {
        if !matches!(self, Self::Honest(server) if !server.is_handshaking()) {
            return;
        }
        if let Self::Honest(server) = core::mem::replace(self, Self::Gone) {
            *self = forger(*server).unwrap_or(Self::Gone);
        }
    }
}

fn forger(server: ServerConnection) -> Option<Server> {
    let suite = server.negotiated_cipher_suite()?;
    let (sequence, secrets) = server.dangerous_extract_secrets().ok()?.tx;
    let ConnectionTrafficSecrets::Aes256Gcm { key, iv } = secrets else { return None };
    let encrypter = match suite {
        SupportedCipherSuite::Tls13(suite) => suite.aead_alg.encrypter(key, iv),
        SupportedCipherSuite::Tls12(suite) => {
            let (salt, nonce) = iv.as_ref().split_at(suite.aead_alg.key_block_shape().fixed_iv_len);
            let mut encrypter = suite.aead_alg.encrypter(key, salt, nonce);
            // The library takes its nonces to begin with the first record's, and checks that they increase.
            for sequence in 0..sequence {
                let message = OutboundPlainMessage {
                    typ: rustls::ContentType::ApplicationData,
                    version: ProtocolVersion::TLSv1_2,
                    payload: (&b"never sent"[..]).into(),
                };
                encrypter.encrypt(message, sequence).ok()?;
            }
            encrypter
        }
    };
    Some(Server::Forger { encrypter, sequence })
}
