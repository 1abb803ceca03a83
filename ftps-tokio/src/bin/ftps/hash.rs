//! `ftps hash`.

use ftps_tokio::codec::{Algorithm, Name};
use serde::Serialize;

use crate::failure::Failure;
use crate::json::{self, Path};
use crate::report::Report;
use crate::session::Session;
use crate::settings::Settings;
use crate::url::{Url, by_site};

/// A file's hash, for programs.
#[derive(Serialize)]
struct Hashed<'a> {
    #[serde(flatten)]
    path: Path<'a>,
    algorithm: &'a str,
    hash: String,
}

/// Shows what servers make of these files' bytes, as `sha256sum` does.
pub(crate) async fn hash(urls: Vec<Url>, algorithm: Algorithm, settings: &Settings, report: &mut Report) {
    for (site, urls) in by_site(urls) {
        let mut session = Session::new(settings, &site);
        for url in urls {
            let told = session
                .run(async |client| client.hash(&url.path, algorithm).await.map_err(Failure::transfer));
            match told.await {
                Ok(hash) if report.is_json() => {
                    let path = Path::new(&url.path);
                    let algorithm = algorithm.as_str();
                    report.print(json::line(&Hashed { path, algorithm, hash: hash.to_string() })).await;
                }
                Ok(hash) => report.print(Ok(format!("{hash}  {}\n", Name::from(&*url.path)))).await,
                Err(failure) => report.failed(&failure.of(&url)).await,
            }
        }
        session.quit().await;
    }
}

/// An algorithm by its name, with or without a hyphen.
pub(crate) fn algorithm(name: &str) -> Result<Algorithm, String> {
    Algorithm::from_name(name).ok_or_else(|| {
        let known: Vec<_> = Algorithm::ALL.iter().map(|known| known.as_str()).collect();
        format!("one of {}", known.join(", "))
    })
}
