//! An FTPS server inside this process, so that the example needs no other.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use libunftp::options::{FtpsRequired, TlsFlags};
use libunftp::{ServerBuilder, ServerError};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use tokio::net::TcpListener;
use unftp_core::auth::{AuthenticationError, Authenticator, Credentials, Principal};
use unftp_sbe_fs::Filesystem;

pub(crate) const USER: &str = "user";
pub(crate) const PASSWORD: &str = "secret";

/// What the client needs to know.
pub(crate) struct Running {
    /// Explicit TLS; its certificate names `localhost` and 127.0.0.1.
    pub(crate) addr: SocketAddr,
    /// The PEM file of the authority that signed the certificate.
    pub(crate) ca_pem: PathBuf,
}

/// Starts the server on a free loopback port. Below `dir` it makes its certificates and `files`, which it serves.
pub(crate) async fn start(dir: &Path) -> Result<Running, Box<dyn Error>> {
    let files = dir.join("files");
    std::fs::create_dir_all(&files)?;
    let certificate = certify(dir)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let running = Running { addr: listener.local_addr()?, ca_pem: certificate.ca };

    tokio::spawn(async move {
        // One server for each control connection: it takes the port that we found, and TLS sessions are resumed
        // within one control connection only.
        while let Ok((stream, _)) = listener.accept().await {
            let root = files.clone();
            #[expect(
                clippy::expect_used,
                reason = "the closure has no way to fail, and start() made the directory"
            )]
            let storage = move || Filesystem::new(&root).expect("a directory");
            let server = ServerBuilder::new(Box::new(storage))
                .authenticator(Arc::new(OneUser))
                .ftps(&certificate.chain, &certificate.key)
                .ftps_required(FtpsRequired::All, FtpsRequired::All)
                .ftps_tls_flags(
                    TlsFlags::LATEST_VERSIONS | TlsFlags::RESUMPTION_SESS_ID | TlsFlags::RESUMPTION_TICKETS,
                )
                .passive_ports(49152..=65535)
                .build()?;
            tokio::spawn(server.service(stream));
        }
        Ok::<_, ServerError>(())
    });
    Ok(running)
}

struct Certificate {
    ca: PathBuf,
    chain: PathBuf,
    key: PathBuf,
}

fn certify(dir: &Path) -> Result<Certificate, Box<dyn Error>> {
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "Quickstart authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;

    let key = KeyPair::generate()?;
    let chain =
        CertificateParams::new(["localhost".into(), "127.0.0.1".into()])?.signed_by(&key, &authority)?;

    let made =
        Certificate { ca: dir.join("ca.pem"), chain: dir.join("server.pem"), key: dir.join("server.key") };
    std::fs::write(&made.ca, authority.pem())?;
    std::fs::write(&made.chain, chain.pem())?;
    std::fs::write(&made.key, key.serialize_pem())?;
    Ok(made)
}

#[derive(Debug)]
struct OneUser;

#[async_trait::async_trait]
impl Authenticator for OneUser {
    async fn authenticate(&self, user: &str, given: &Credentials) -> Result<Principal, AuthenticationError> {
        match given.password.as_deref() {
            _ if user != USER => Err(AuthenticationError::BadUser),
            Some(PASSWORD) => Ok(Principal { username: user.into() }),
            _ => Err(AuthenticationError::BadPassword),
        }
    }
}
