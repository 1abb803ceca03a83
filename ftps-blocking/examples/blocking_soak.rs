//! Many files over one session, without a runtime; the arguments are in `soak`'s documentation.

#[path = "../../ftps-proto/examples/soak/mod.rs"]
mod soak;

use std::error::Error;
use std::io::Read;
use std::process::ExitCode;

soak::run!(ftps_blocking::Builder);

fn main() -> Result<ExitCode, Box<dyn Error>> {
    Ok(run(&soak::Job::from_arguments()?)?.end())
}
