//! Many files over one session, on smol; the arguments are in `soak`'s documentation.

#[path = "../../ftps-proto/examples/soak/mod.rs"]
mod soak;

use std::error::Error;
use std::process::ExitCode;

use smol::io::AsyncReadExt;

soak::run!(ftps_smol::Builder, [async await]);

fn main() -> Result<ExitCode, Box<dyn Error>> {
    smol::block_on(async { Ok(run(&soak::Job::from_arguments()?).await?.end()) })
}
