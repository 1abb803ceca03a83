//! `ftps stat`.

use crate::args::When;
use crate::entry::{Object, Paint};
use crate::failure::Failure;
use crate::json;
use crate::report::Report;
use crate::session::Session;
use crate::settings::Settings;
use crate::url::{Url, by_site};

/// Shows what servers tell of these files and directories, in a line each.
pub(crate) async fn stat(urls: Vec<Url>, settings: &Settings, report: &mut Report) {
    let paint = Paint::new(true, When::Auto);
    for (site, urls) in by_site(urls) {
        let mut session = Session::new(settings, &site);
        for url in urls {
            let told_of = if url.path.is_empty() { url.with_path(b".") } else { url.with_path(url.bare()) };
            let path = &told_of.path;
            let told = session.run(async |client| client.metadata(path).await.map_err(Failure::transfer));
            match told.await {
                Ok(entry) if report.is_json() => {
                    report.print(json::line(&Object::new(&told_of, &entry))).await;
                }
                Ok(entry) => report.print(Ok(paint.line("", entry.name.as_bytes(), &entry))).await,
                Err(failure) => report.failed(&failure.of(&url)).await,
            }
        }
        session.quit().await;
    }
}
