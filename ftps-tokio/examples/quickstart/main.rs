//! A file goes to an FTPS server in this process and comes back, over TLS that is verified on both connections.
//!
//! ```text
//! cargo run -p ftps-tokio --no-default-features --features ring --example quickstart
//! ```
//!
//! It runs with the default features as well. aws-lc-rs takes a minute or more to build, ring a few seconds.

mod server;

use std::error::Error;

use ftps_tokio::Client;
use ftps_tokio::tls::TlsConfig;
use tokio::io::AsyncReadExt;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = server::start()?;
    println!("server     {} (in this process)", server.addr);

    let tls = TlsConfig::builder().ca_pem(&server.ca_pem).build()?;
    let mut client = Client::builder("localhost")
        .port(server.addr.port())
        .tls(tls)
        .login(server::USER, server::PASSWORD)
        .connect()
        .await?;
    println!("logged in  as {:?}, certificate verified for \"localhost\"", server::USER);

    let file: Vec<u8> = (0..=255).cycle().take(10 << 20).collect();
    let uploaded = client.upload("report.bin", &mut file.as_slice()).await?;
    println!(
        "uploaded   {} bytes; TLS session resumed: {}; {}",
        uploaded.bytes, uploaded.resumed, uploaded.reply
    );

    for entry in client.list("").await? {
        println!("listed     {} {:?} {} bytes", entry.name, entry.kind, entry.size.unwrap_or_default());
    }

    let mut back = Vec::new();
    let mut download = client.download("report.bin").await?;
    // The end of the reader means: complete, and confirmed by close_notify and the server's reply.
    download.read_to_end(&mut back).await?;
    println!("downloaded {} bytes; TLS session resumed: {}", back.len(), download.resumed());
    drop(download);
    client.quit().await?;

    if back != file {
        return Err("what came back is not what was sent".into());
    }
    println!("compared   every byte is the same");
    Ok(())
}
