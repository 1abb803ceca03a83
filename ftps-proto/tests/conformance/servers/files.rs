//! Files up and down.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use ftps_proto::tls::Version;
use ftps_proto::{Error, Waiting};

use super::{Bench, MIB, bytes};
use crate::on_every_server;
use crate::relay::Relays;
use crate::subject::{Owner, Reader, Source, Subject, Writer, inside};

/// Uploads, downloads and deletes a file: every byte must come back.
fn round_trip<S: Subject>(bench: &mut Bench<S>, name: &str, file: &[u8]) {
    let done = bench.client.upload(name, &mut Source::bytes(file)).unwrap();
    assert_eq!((done.bytes, done.reply.code().get()), (file.len() as u64, 226));
    // What is confirmed is there, whoever asks.
    assert!(bench.directory.read(name) == file, "other bytes were stored");
    let mut back = Vec::new();
    let mut download = bench.client.download(name).unwrap();
    download.read_to_end(&mut back).unwrap();
    assert_eq!(download.transferred().unwrap().bytes, file.len() as u64);
    drop(download);
    assert!(back == file, "of {} bytes {} came back, or others", file.len(), back.len());
    bench.client.remove_file(name).unwrap();
    assert!(!bench.directory.has(name));
}

fn files_of_every_size_come_back_as_they_went<S: Subject>(mut bench: Bench<S>) {
    for len in [0, 1, 16 * 1024, 16 * 1024 + 1, MIB + 4321, 0] {
        round_trip(&mut bench, "file", &bytes(len, len));
    }
    bench.client.quit().unwrap();
}
on_every_server!(files_of_every_size_come_back_as_they_went);

fn ten_mebibytes<S: Subject>(mut bench: Bench<S>) {
    round_trip(&mut bench, "file", &bytes(10, 10 * MIB));
    bench.client.quit().unwrap();
}
on_every_server!(ten_mebibytes where |site| site.route == Route::Epsv);

/// A client under TLS 1.3 has two tickets, and most clients are at their end after two files.
fn every_data_connection_resumes<S: Subject>(mut bench: Bench<S>) {
    // Pure-FTPd sends no tickets under TLS 1.3.
    let resumes = !(bench.site.is("pure-ftpd") && bench.site.version == Version::Tls13);
    for seed in 0..20 {
        let file = bytes(seed, MIB);
        let done = bench.client.upload("file", &mut Source::bytes(file.as_slice())).unwrap();
        assert_eq!(done.resumed, resumes, "upload {seed}");
        let mut back = Vec::new();
        let mut download = bench.client.download("file").unwrap();
        assert_eq!(download.resumed(), resumes, "download {seed}");
        download.read_to_end(&mut back).unwrap();
        assert!(back == file, "{seed}: the bytes differ");
    }
    if !resumes {
        bench.site.cannot("resumption under TLS 1.3: it sends no tickets");
    }
    bench.client.quit().unwrap();
}
on_every_server!(every_data_connection_resumes);

fn a_writer_confirms_with_its_end<S: Subject>(mut bench: Bench<S>) {
    for len in [0, MIB + 17] {
        let file = bytes(7, len);
        let mut upload = bench.client.writer("file").unwrap();
        upload.write_all(&file).unwrap();
        upload.flush().unwrap();
        assert_eq!(upload.transferred(), None, "confirmed too early");
        let done = upload.finish().unwrap();
        assert_eq!((done.bytes, done.reply.code().get()), (len as u64, 226));
        assert_eq!(upload.transferred(), Some(done));
        drop(upload);
        assert!(bench.directory.read("file") == file);
    }
    bench.client.quit().unwrap();
}
on_every_server!(a_writer_confirms_with_its_end);

fn owned_transfers_give_their_client_back<S: Subject>(bench: Bench<S>) {
    let file = bytes(8, MIB);
    let mut upload = bench.client.into_upload("file").map_err(|(_, error)| error).unwrap();
    upload.write_all(&file).unwrap();
    upload.finish().unwrap();
    let mut download = upload.into_client().into_download("file").map_err(|(_, error)| error).unwrap();
    let mut back = Vec::new();
    download.read_to_end(&mut back).unwrap();
    assert!(back == file, "the bytes differ");
    let (client, error) = download.into_client().into_download("missing").map(|_| ()).unwrap_err();
    assert_eq!(error.code().unwrap(), 550, "{error}");
    let bench = Bench { client, ..bench };
    bench.client.quit().unwrap();
}
on_every_server!(owned_transfers_give_their_client_back);

/// The server, or the network before it, dies in the middle of a transfer: nothing more comes, and no end of it.
fn a_dead_peer_is_given_up<S: Subject>(bench: Bench<S>) {
    let limit = Duration::from_millis(300);
    for uploads in [true, false] {
        let relays = Arc::new(Relays::default());
        let builder = bench.site.builder::<S>().connector(S::connector(Arc::clone(&relays)));
        // What is dead does not answer ABOR either.
        let builder = builder.idle_timeout(limit).reply_timeout(Duration::from_secs(2));
        let mut bench = Bench::<S>::new(bench.site.clone(), &builder);
        bench.directory.write("file", bytes(9, 16 * MIB));
        let error = if uploads {
            let mut upload = bench.client.writer("new").unwrap();
            upload.write_all(&[7; MIB]).and_then(|()| upload.flush()).unwrap();
            relays.die();
            inside(io::copy(&mut Source::repeat(), &mut upload).unwrap_err())
        } else {
            let mut download = bench.client.download("file").unwrap();
            download.read_exact(&mut vec![0; MIB]).unwrap();
            relays.die();
            inside(io::copy(&mut download, &mut io::sink()).unwrap_err())
        };
        assert!(matches!(error, Error::Timeout { waiting: Waiting::Idle, .. }), "{error}");
        // The session does not come back to life.
        let error = bench.client.current_dir().unwrap_err();
        assert!(matches!(error, Error::Timeout { .. }), "{error}");
        assert!(!bench.client.is_usable());
    }
    bench.client.quit().unwrap();
}
// In active mode the server's connection would not go through the relay. It takes seconds, since what is dead is waited for.
on_every_server!(a_dead_peer_is_given_up where |site| site.route == Route::Epsv && site.version == Version::Tls13);
