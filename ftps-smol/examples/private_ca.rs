//! Trusts a server by the certificate of a private authority, by its own certificate, or by a pin; and shows what would
//! trust it where it is not.
//!
//! ```text
//! cargo run -p ftps-smol --example smol_private_ca -- ftpes://user:password@ftp.example.com/ ca.pem
//! cargo run -p ftps-smol --example smol_private_ca -- ftpes://user:password@ftp.example.com/ sha256//BASE64
//! ```

use std::env;

use ftps_smol::tls::{Pin, TlsConfig, TlsError};
use ftps_smol::{Builder, Error, Url};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    smol::block_on(run())
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let (url, trusted) = match &arguments[..] {
        [url] => (url, None),
        [url, trusted] => (url, Some(trusted)),
        _ => return Err("usage: private_ca URL [PEM-FILE|PIN]".into()),
    };
    let url: Url = url.parse()?;
    let tls = TlsConfig::builder();
    let tls = match trusted {
        // The platform's authorities.
        None => tls,
        Some(trusted) => match trusted.parse::<Pin>() {
            // The public key or the certificate itself, whatever else is in it: as an SSH fingerprint.
            Ok(pin) => tls.pin(pin),
            // Authorities, or the server's own certificate, instead of the platform's.
            Err(_) => tls.ca_pem(std::fs::read(trusted)?),
        },
    };
    let mut client = match Builder::from_url(&url).tls(tls.build()?).connect().await {
        Ok(client) => client,
        Err(error) => {
            eprintln!("{error:#}");
            if let Some(pin) = pin(&error) {
                eprintln!("once its fingerprint is known to be the server's, this pin trusts it: {pin}");
            }
            return Err("not connected".into());
        }
    };
    println!("connected, and verified: {:?} is the working directory", text(&client.current_dir().await?));
    client.quit().await?;
    Ok(())
}

/// What would trust a server whose certificate was refused.
fn pin(error: &Error) -> Option<Pin> {
    error.tls().and_then(TlsError::refused_certificate)?.pin()
}

fn text(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}
