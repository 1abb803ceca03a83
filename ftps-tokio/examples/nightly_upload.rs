//! Uploads a file so that nobody ever sees a part of it under its name, and tries again where that can help.
//!
//! ```text
//! cargo run -p ftps-tokio --example nightly_upload -- report.csv ftpes://user:password@ftp.example.com/outbox/
//! ```
//! The server's certificate is verified by the platform, or by the authorities in the file that `FTPS_CA` names.

use std::env;
use std::path::Path;
use std::time::Duration;

use ftps_tokio::tls::TlsConfig;
use ftps_tokio::{Builder, Error, Put, Retry, Url};
use tokio::fs::File;

/// The pauses between them double: the last is two and a half minutes.
const ATTEMPTS: u32 = 6;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [file, url] = &arguments[..] else { return Err("usage: nightly_upload FILE URL".into()) };
    let (file, url) = (Path::new(file), url.parse::<Url>()?);
    let name = file.file_name().ok_or("the file has no name")?.as_encoded_bytes();
    let to = [url.path(), name].concat();
    let mut builder = Builder::from_url(&url).retry(Retry::new());
    if let Some(path) = env::var_os("FTPS_CA") {
        builder = builder.tls(TlsConfig::builder().ca_pem(std::fs::read(path)?).build()?);
    }

    let mut pause = Duration::from_secs(5);
    for attempt in 1.. {
        match upload(&builder, file, &to).await {
            Ok(bytes) => {
                println!("uploaded and confirmed: {bytes} bytes");
                break;
            }
            // A certificate that is not trusted, a wrong password or a missing permission stays what it is.
            Err(error) if error.is_temporary() && attempt < ATTEMPTS => {
                eprintln!("attempt {attempt}: {error:#}; the next one in {pause:?}");
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            Err(error) => return Err(format!("{error:#}").into()),
        }
    }
    Ok(())
}

/// Under another name until the server has confirmed all of it: whoever watches the directory sees a whole file or none.
/// What is cut half-way goes on from there, in a new session where need be.
async fn upload(builder: &Builder, file: &Path, to: &[u8]) -> Result<u64, Error> {
    let mut source = File::open(file).await.map_err(|error| Error::Source(error.into()))?;
    let mut client = builder.connect().await?;
    let uploaded = client.upload_seekable(Put::new(to).atomic().verify(), &mut source).await?;
    // What was to be done is done, however the server takes its leave.
    let _ = client.quit().await;
    Ok(uploaded.bytes)
}
