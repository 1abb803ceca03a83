//! Many files over one session, on async-std; the arguments are in `soak`'s documentation.

#[path = "../../ftps-proto/examples/soak/mod.rs"]
mod soak;

use std::error::Error;
use std::process::ExitCode;

use async_std::io::ReadExt;

soak::run!(ftps_smol::Builder, [async await]);

fn main() -> Result<ExitCode, Box<dyn Error>> {
    async_std::task::block_on(async { Ok(run(&soak::Job::from_arguments()?).await?.end()) })
}
