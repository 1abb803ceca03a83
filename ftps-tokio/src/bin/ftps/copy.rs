//! A download's bytes on their way to where they are kept.

use std::io;

use ftps_tokio::{Client, Download, Error, Transferred};
use tokio::io::AsyncBufReadExt;

use crate::failure::Failure;
use crate::progress::Bar;
use crate::sink::Sink;

/// Writes all that comes, from where it was decrypted. `failed` is why the sink has not taken it.
pub(crate) async fn copy(
    mut download: Download<&mut Client>,
    sink: &mut Sink,
    bar: &Bar,
    failed: impl Fn(io::Error) -> Failure,
) -> Result<Transferred, Failure> {
    loop {
        let payload = download.fill_buf().await.map_err(|error| Failure::transfer(ours(error)))?;
        if payload.is_empty() {
            break;
        }
        // Nothing else is to be done meanwhile.
        sink.write_all(payload).await.map_err(&failed)?;
        let n = payload.len();
        download.consume(n);
        bar.inc(n as u64);
    }
    let transferred = download.transferred().cloned();
    transferred.ok_or_else(|| Failure::local("the download was not confirmed"))
}

/// The error that a reader reports as the system's.
fn ours(error: io::Error) -> Error {
    match error.downcast() {
        Ok(error) => error,
        Err(error) => Error::Source(error.into()),
    }
}
