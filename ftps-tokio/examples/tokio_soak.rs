//! Many files over one session, on tokio; the arguments are in `soak`'s documentation.

#[path = "../../ftps-proto/examples/soak/mod.rs"]
mod soak;

use std::error::Error;
use std::process::ExitCode;

use tokio::io::AsyncReadExt;

soak::run!(ftps_tokio::Builder, [async await]);

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    Ok(run(&soak::Job::from_arguments()?).await?.end())
}
