//! Whatever is given up half-way: the server never takes a part for the whole, and the next command gets its own reply.

use std::fs;
use std::io::{self, Read, Write};

use ftps_proto::Error;

use super::{Bench, MIB, bytes};
use crate::subject::{Part, Reader, Source, Subject, Work, Writer};
use crate::{conversation, on_every_server};

/// The reply that calls a transfer complete. What answers the recovery's ABOR has the same code, and says so; what answers a
/// new session's commands has nothing to do with it.
fn confirmed(said: &[String]) -> Option<&String> {
    said.iter().take_while(|line| !line.starts_with("< 220")).find(|line| {
        let aborted = line.contains("ABOR") || line.contains("Abort");
        (line.starts_with("< 226") || line.starts_with("< 250")) && !aborted
    })
}

impl<S: Subject> Bench<S> {
    /// It goes on, and the server never called the STOR that was given up complete, nor has it kept so much of it.
    fn goes_on_without(&mut self, name: &str, whole: usize) {
        self.goes_on_or_begins_anew();
        let said = conversation::said();
        let stor = said.iter().position(|line| line.starts_with("> STOR")).expect("a STOR");
        if !self.site.confirms_what_is_reset() {
            assert_eq!(confirmed(&said[stor..]), None, "{said:?}");
        }
        let kept = fs::metadata(self.directory.path.join(name)).map_or(0, |file| file.len());
        assert!(kept < whole as u64, "{kept} bytes were kept of {whole}");
    }

    /// Whole files still go both ways over this session.
    fn ends_well(mut self) {
        let file = bytes(11, MIB + 3);
        self.client.upload("end", &mut Source::bytes(file.as_slice())).unwrap();
        assert!(self.directory.read("end") == file);
        let mut back = Vec::new();
        self.client.download("end").unwrap().read_to_end(&mut back).unwrap();
        assert!(back == file);
        self.client.quit().unwrap();
    }
}

fn an_upload_dropped_half_way_is_never_whole<S: Subject>(mut bench: Bench<S>) {
    conversation::listen();
    let file = bytes(5, 4 * MIB);
    // From nothing at all to everything but the end.
    for written in [0, 1, 100_000, 2 * MIB, 4 * MIB] {
        conversation::said();
        let mut upload = bench.client.writer("half").unwrap();
        upload.write_all(&file[..written]).unwrap();
        assert_eq!(upload.transferred(), None);
        drop(upload);
        // Nothing was promised about what is kept of a file that was all sent.
        bench.goes_on_without("half", file.len() + usize::from(written == file.len()));
    }
    bench.ends_well();
}
on_every_server!(an_upload_dropped_half_way_is_never_whole);

fn an_upload_whose_source_fails_is_never_whole<S: Subject>(mut bench: Bench<S>) {
    conversation::listen();
    for len in [0, MIB] {
        conversation::said();
        let broken = Part::Fail(io::Error::other("the disk is gone"));
        let mut source = Source::new([Part::Bytes(bytes(8, len)), broken]);
        let error = bench.client.upload("half", &mut source).unwrap_err();
        assert!(matches!(error, Error::Source(_)), "{error}");
        bench.goes_on_without("half", len + 1);
    }
    bench.ends_well();
}
on_every_server!(an_upload_whose_source_fails_is_never_whole);

fn a_download_dropped_half_way_leaves_nothing_behind<S: Subject>(mut bench: Bench<S>) {
    let file = bytes(9, 4 * MIB);
    bench.directory.write("file", &file);
    // From nothing at all to everything but the end.
    for read in [0, 1, MIB, 4 * MIB] {
        let mut part = vec![0; read];
        let mut download = bench.client.download("file").unwrap();
        download.read_exact(&mut part).unwrap();
        assert!(part == file[..read]);
        assert_eq!(download.transferred(), None);
        drop(download);
        match read {
            0 => bench.goes_on_or_begins_anew(),
            _ => bench.goes_on(),
        }
    }
    bench.ends_well();
}
on_every_server!(a_download_dropped_half_way_leaves_nothing_behind);

fn a_listing_dropped_half_way_leaves_nothing_behind<S: Subject>(mut bench: Bench<S>) {
    const FILES: usize = 200;
    for number in 0..FILES {
        bench.directory.write(&format!("a file with a long name, number {number}"), "");
    }
    for read in [1, FILES] {
        let mut entries = bench.client.entries("").unwrap();
        assert_eq!(entries.by_ref().take(read).filter(Result::is_ok).count(), read);
        drop(entries);
        bench.goes_on();
    }
    let listing = bench.client.list("").unwrap();
    assert_eq!(listing.len(), FILES);
    bench.ends_well();
}
on_every_server!(a_listing_dropped_half_way_leaves_nothing_behind);

/// Even where the server would end the session over a data connection whose handshake is cut.
fn what_is_given_up_at_any_step_leaves_the_session<S: Subject>(mut bench: Bench<S>) {
    conversation::listen();
    let file = bytes(12, MIB / 2 + 1);
    bench.directory.write("file", &file);
    for work in
        [Work::Upload("new".into(), file.clone()), Work::Download("file".into()), Work::List(String::new())]
    {
        for steps in [0, 1, 2, 4, 7] {
            conversation::said();
            if let Some(done) = bench.client.given_up(steps, &work) {
                done.unwrap_or_else(|error| panic!("{work:?} {steps}: {error}"));
            }
            bench.goes_on_or_begins_anew();
            let said = conversation::said();
            let is_upload = matches!(work, Work::Upload(..)) && !bench.site.confirms_what_is_reset();
            if is_upload && confirmed(&said).is_some() {
                assert!(bench.directory.read("new") == file, "a part was confirmed: {said:?}");
            }
        }
    }
    bench.ends_well();
}
on_every_server!(what_is_given_up_at_any_step_leaves_the_session);
