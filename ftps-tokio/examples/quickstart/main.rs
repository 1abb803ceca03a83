//! `cargo run --example quickstart`: a server in this process, and a client that trusts its authority.

mod server;

use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let dir = std::env::temp_dir().join(format!("ftps-quickstart-{}", std::process::id()));
    let server = server::start(&dir).await?;
    println!("ftp://{}:{}@{} with {}", server::USER, server::PASSWORD, server.addr, server.ca_pem.display());
    std::future::pending::<()>().await;
    Ok(())
}
