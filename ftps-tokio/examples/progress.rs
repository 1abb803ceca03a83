//! Downloads a file and shows how far it has come.
//!
//! ```text
//! cargo run -p ftps-tokio --example progress -- ftpes://user:password@ftp.example.com/big.iso big.iso
//! ```
//! The server's certificate is verified by the platform, or by the authorities in the file that `FTPS_CA` names.

use std::env;
use std::time::Instant;

use ftps_tokio::tls::TlsConfig;
use ftps_tokio::{Builder, Url};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [url, file] = &arguments[..] else { return Err("usage: progress URL FILE".into()) };
    let url: Url = url.parse()?;
    let mut builder = Builder::from_url(&url);
    if let Some(path) = env::var_os("FTPS_CA") {
        builder = builder.tls(TlsConfig::builder().ca_pem(std::fs::read(path)?).build()?);
    }
    let mut client = builder.connect().await?;
    // Not every server tells it.
    let size = client.size(url.path()).await.ok();

    // Renamed once it is whole.
    let part = format!("{file}.part");
    let mut out = File::create(&part).await?;
    let mut download = client.download(url.path()).await?;
    let (mut buffer, mut bytes, began) = (vec![0; 64 * 1024], 0, Instant::now());
    loop {
        // 0 means that all of it has come, and that the server has confirmed it. Anything less is an error.
        let n = download.read(&mut buffer).await?;
        if n == 0 {
            break;
        }
        out.write_all(&buffer[..n]).await?;
        bytes += n as u64;
        match size.filter(|size| *size > 0) {
            Some(size) => eprint!("\r{:3} % of {size} bytes", bytes * 100 / size),
            None => eprint!("\r{bytes} bytes"),
        }
    }
    out.flush().await?;
    drop(out);
    std::fs::rename(part, file)?;
    eprintln!("\r{bytes} bytes in {:.1} s, confirmed", began.elapsed().as_secs_f64());
    drop(download);
    client.quit().await?;
    Ok(())
}
