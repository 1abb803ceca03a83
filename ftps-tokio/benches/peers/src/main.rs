//! `peers CLIENT VERB HOST:PORT/DIR CA FILE...`: what `compare` measures beside curl and lftp.
//!
//! CLIENT is `suppaftp`, `tokio`, `blocking` or `smol`. VERB is `get`, which reads files of that directory and
//! forgets what they hold, or `put`, which uploads local files into it under their own names. User and password are in `FTPS_USER` and
//! `FTPS_PASSWORD`.

use std::error::Error;
use std::fs::File;
use std::io::{self, BufRead};
use std::path::Path;
use std::sync::Arc;
use std::{env, fs};

use ftps_proto::tls::TlsConfig;
use suppaftp::rustls::pki_types::CertificateDer;
use suppaftp::rustls::pki_types::pem::PemObject;
use suppaftp::rustls::{ClientConfig, RootCertStore};
use suppaftp::types::FileType;
use suppaftp::{FtpError, RustlsConnector, RustlsFtpStream};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

struct Job {
    put: bool,
    host: String,
    port: u16,
    directory: String,
    ca: Vec<u8>,
    user: String,
    password: String,
    files: Vec<String>,
}

impl Job {
    /// Where a local file, or one of the directory, is on the server.
    fn there(&self, file: &str) -> Result<String> {
        let name = Path::new(file).file_name().and_then(|name| name.to_str()).ok_or("a file has no name")?;
        Ok(format!("{}/{name}", self.directory))
    }
}

fn main() -> Result {
    let mut args = env::args().skip(1);
    let mut next = || args.next().ok_or("too few arguments");
    let (client, verb, at, ca) = (next()?, next()?, next()?, next()?);
    let (at, directory) = at.split_once('/').ok_or("no directory")?;
    let (host, port) = at.rsplit_once(':').ok_or("no port")?;
    let job = Job {
        put: verb == "put",
        host: host.into(),
        port: port.parse()?,
        directory: directory.into(),
        ca: fs::read(ca)?,
        user: env::var("FTPS_USER")?,
        password: env::var("FTPS_PASSWORD")?,
        files: args.collect(),
    };
    match &*client {
        "suppaftp" => suppaftp(job),
        "tokio" => tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(tokio(job)),
        "smol" => smol::block_on(smol(job)),
        "blocking" => blocking(job),
        _ => Err("no such client".into()),
    }
}

fn suppaftp(job: Job) -> Result {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&job.ca) {
        roots.add(certificate?)?;
    }
    let config = Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth());
    let server = RustlsFtpStream::connect((&*job.host, job.port))?;
    let mut client = server.into_secure(RustlsConnector::from(config), &job.host)?;
    client.login(&job.user, &job.password)?;
    client.transfer_type(FileType::Binary)?;
    for file in &job.files {
        if job.put {
            client.put_file(job.there(file)?, &mut File::open(file)?)?;
        } else {
            client.retr(&job.there(file)?, |mut reader| {
                io::copy(&mut reader, &mut io::sink()).map_err(FtpError::ConnectionError)
            })?;
        }
    }
    Ok(client.quit()?)
}

async fn tokio(job: Job) -> Result {
    use ftps_tokio::Client;
    use tokio::io::AsyncBufReadExt;
    let tls = TlsConfig::builder().ca_pem(&job.ca).build()?;
    let builder = Client::builder(&*job.host).port(job.port).login(&job.user, &job.password).tls(tls);
    let mut client = builder.connect().await?;
    for file in &job.files {
        if job.put {
            client.upload(job.there(file)?, &mut tokio::fs::File::open(file).await?).await?;
        } else {
            let mut download = client.download(job.there(file)?).await?;
            loop {
                let n = download.fill_buf().await?.len();
                if n == 0 {
                    break;
                }
                download.consume(n);
            }
        }
    }
    Ok(client.quit().await?)
}

async fn smol(job: Job) -> Result {
    use ftps_smol::Client;
    use smol::io::AsyncBufReadExt;
    let tls = TlsConfig::builder().ca_pem(&job.ca).build()?;
    let builder = Client::builder(&*job.host).port(job.port).login(&job.user, &job.password).tls(tls);
    let mut client = builder.connect().await?;
    for file in &job.files {
        if job.put {
            client.upload(job.there(file)?, &mut smol::fs::File::open(file).await?).await?;
        } else {
            let mut download = client.download(job.there(file)?).await?;
            loop {
                let n = download.fill_buf().await?.len();
                if n == 0 {
                    break;
                }
                download.consume(n);
            }
        }
    }
    Ok(client.quit().await?)
}

fn blocking(job: Job) -> Result {
    use ftps_blocking::Client;
    let tls = TlsConfig::builder().ca_pem(&job.ca).build()?;
    let builder = Client::builder(&*job.host).port(job.port).login(&job.user, &job.password).tls(tls);
    let mut client = builder.connect()?;
    for file in &job.files {
        if job.put {
            client.upload(job.there(file)?, &mut File::open(file)?)?;
            continue;
        }
        let mut download = client.download(job.there(file)?)?;
        loop {
            let n = download.fill_buf()?.len();
            if n == 0 {
                break;
            }
            download.consume(n);
        }
    }
    Ok(client.quit()?)
}
