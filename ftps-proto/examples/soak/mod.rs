//! Many files over one session, for each adapter's `*_soak` example: none may fail, and every byte must come back.
//!
//! ```text
//! URL --ca-file PEM --files N --size BYTES [--tls 1.2|1.3]
//! ```
//!
//! The URL is `ftpes://USER[:PASSWORD]@HOST[:PORT]` (AUTH TLS, port 21) or `ftps://...` (TLS at once, port 990). The
//! password comes from FTPS_PASSWORD where the URL has none. The last line printed is
//! `soak: N passed, M failed, R resumed`, in files: a file has passed when it was uploaded, listed with its size,
//! downloaded with every byte, and deleted; it was resumed when both of its data connections were.

use std::error::Error;
use std::fmt::Display;
use std::time::Instant;

use ftps_proto::codec::Entry;
use ftps_proto::drive::{Adapter, Builder};
use ftps_proto::ops::Transferred;
use ftps_proto::tls::{TlsConfig, Version};

/// What was asked for.
pub(crate) struct Job {
    host: String,
    port: Option<u16>,
    implicit: bool,
    user: String,
    password: String,
    tls: TlsConfig,
    pub(crate) files: usize,
    pub(crate) size: usize,
}

impl Job {
    /// What the program's arguments ask for.
    pub(crate) fn from_arguments() -> Result<Self, Box<dyn Error>> {
        let usage = "usage: URL --ca-file PEM --files N --size BYTES [--tls 1.2|1.3]";
        let (mut url, mut ca, mut files, mut size) = (None, None, None, None);
        let mut versions = vec![Version::Tls12, Version::Tls13];
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(usage);
            match argument.as_str() {
                "--ca-file" => ca = Some(value()?),
                "--files" => files = Some(value()?.parse()?),
                "--size" => size = Some(value()?.parse()?),
                "--tls" => match value()?.as_str() {
                    "1.2" => versions = vec![Version::Tls12],
                    "1.3" => versions = vec![Version::Tls13],
                    _ => return Err(usage.into()),
                },
                _ if argument.starts_with('-') || url.is_some() => return Err(usage.into()),
                _ => url = Some(argument),
            }
        }
        let (Some(url), Some(ca), Some(files), Some(size)) = (url, ca, files, size) else {
            return Err(usage.into());
        };
        let (scheme, rest) = url.split_once("://").ok_or(usage)?;
        let implicit = match scheme {
            "ftpes" => false,
            "ftps" => true,
            _ => return Err(usage.into()),
        };
        let (login, site) = rest.trim_end_matches('/').rsplit_once('@').ok_or(usage)?;
        let (user, password) = match login.split_once(':') {
            Some((user, password)) => (user, password.to_owned()),
            None => (login, std::env::var("FTPS_PASSWORD").map_err(|_| "FTPS_PASSWORD is not set")?),
        };
        let (host, port) = match site.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse()?)),
            None => (site, None),
        };
        let tls = TlsConfig::builder().ca_pem(std::fs::read(ca)?).versions(&versions).build()?;
        let (host, user) = (host.to_owned(), user.to_owned());
        Ok(Self { host, port, implicit, user, password, tls, files, size })
    }

    /// The settings, for whichever adapter.
    pub(crate) fn builder<A: Adapter>(&self) -> Builder<A> {
        let builder = Builder::new(&self.host).login(&self.user, &self.password).tls(self.tls.clone());
        let builder = if self.implicit { builder.implicit() } else { builder };
        match self.port {
            Some(port) => builder.port(port),
            None => builder,
        }
    }

    /// A file's name on the server.
    pub(crate) fn name(&self, file: usize) -> String {
        format!("soak-{}-{file}.bin", std::process::id())
    }

    /// A file's bytes: they differ from file to file and from place to place (PCG's generator).
    pub(crate) fn bytes(&self, file: usize) -> Vec<u8> {
        let mut state = (file as u64).wrapping_mul(2).wrapping_add(1);
        let mut bytes = Vec::with_capacity(self.size + 3);
        while bytes.len() < self.size {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            bytes.extend_from_slice(&((state >> 32) as u32).to_le_bytes());
        }
        bytes.truncate(self.size);
        bytes
    }
}

/// What has become of each file.
pub(crate) struct Tally {
    /// Not failed so far, resumed so far.
    files: Vec<[bool; 2]>,
    began: Instant,
}

impl Tally {
    pub(crate) fn new(job: &Job) -> Self {
        Self { files: vec![[true; 2]; job.files], began: Instant::now() }
    }

    /// A step of a file's way; what it came to, if it did not fail.
    pub(crate) fn note<T, E: Display>(&mut self, file: usize, step: &str, result: Result<T, E>) -> Option<T> {
        result.inspect_err(|error| self.fail(file, step, error)).ok()
    }

    pub(crate) fn transferred(&mut self, file: usize, done: &Transferred) {
        self.files[file][1] &= done.resumed;
    }

    pub(crate) fn compare(&mut self, file: usize, back: &[u8], sent: &[u8]) {
        if back != sent {
            self.fail(file, "compare", &"what came back is not what was sent");
        }
    }

    /// Every file must be there, with its size.
    pub(crate) fn listed(&mut self, job: &Job, listing: Result<Vec<Entry>, ftps_proto::Error>) {
        for file in 0..job.files {
            let listing = match &listing {
                Ok(listing) => listing,
                Err(error) => {
                    self.fail(file, "list", error);
                    continue;
                }
            };
            let name = job.name(file);
            let mut found = listing.iter().filter(|entry| entry.name.as_bytes() == name.as_bytes());
            match (found.next(), found.next()) {
                (Some(entry), None) if entry.size == Some(job.size as u64) => {}
                (Some(entry), None) => self.fail(file, "list", &format!("its size is {:?}", entry.size)),
                (Some(_), Some(_)) => self.fail(file, "list", &"it is there twice"),
                (None, _) => self.fail(file, "list", &"it is not there"),
            }
        }
    }

    fn fail(&mut self, file: usize, step: &str, why: &dyn Display) {
        eprintln!("file {file}: {step}: {why}");
        self.files[file] = [false; 2];
    }

    /// Prints the last line; the program's status.
    pub(crate) fn end(self) -> std::process::ExitCode {
        let passed = self.files.iter().filter(|[passed, _]| *passed).count();
        let resumed = self.files.iter().filter(|[passed, resumed]| *passed && *resumed).count();
        let failed = self.files.len() - passed;
        println!("{:.1} s", self.began.elapsed().as_secs_f64());
        println!("soak: {passed} passed, {failed} failed, {resumed} resumed");
        u8::from(failed > 0).into()
    }
}

/// `run(&Job)`, for the client that an adapter's builder makes: as it is, or with `[async await]`. The trait that reads to
/// the end is in scope.
macro_rules! run {
    ($builder:ty $(, [$async:ident $await:ident])?) => {
        $($async)? fn run(job: &soak::Job) -> Result<soak::Tally, ftps_proto::Error> {
            let builder: $builder = job.builder();
            let mut client = builder.connect()$(.$await)??;
            let mut tally = soak::Tally::new(job);
            for file in 0..job.files {
                let uploaded = client.upload(job.name(file), &mut job.bytes(file).as_slice())$(.$await)?;
                if let Some(done) = tally.note(file, "upload", uploaded) {
                    tally.transferred(file, &done);
                }
            }
            tally.listed(job, client.list("")$(.$await)?);
            for file in 0..job.files {
                let mut back = Vec::with_capacity(job.size);
                let opened = client.download(job.name(file))$(.$await)?;
                if let Some(mut download) = tally.note(file, "download", opened) {
                    let read = download.read_to_end(&mut back)$(.$await)?;
                    if tally.note(file, "download", read).is_some() {
                        tally.compare(file, &back, &job.bytes(file));
                    }
                    if let Some(done) = download.transferred() {
                        tally.transferred(file, done);
                    }
                }
            }
            for file in 0..job.files {
                let removed = client.remove_file(job.name(file))$(.$await)?;
                tally.note(file, "delete", removed);
            }
            client.quit()$(.$await)??;
            Ok(tally)
        }
    };
}
pub(crate) use run;
