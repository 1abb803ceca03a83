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
            let path = if url.path.is_empty() { b"." } else { url.bare() };
            let told = session.run(async |client| client.metadata(path).await.map_err(Failure::transfer));
            match told.await {
                Ok(entry) if report.is_json() => {
                    report.print(json::line(&Object::new(&above(&url), &entry))).await;
                }
                Ok(entry) => report.print(Ok(paint.line("", entry.name.as_bytes(), &entry))).await,
                Err(failure) => report.failed(&failure.of(&url)).await,
            }
        }
        session.quit().await;
    }
}

/// Where the name is that the path ends in, with the slash before that; nowhere, where there is no name.
fn above(url: &Url) -> Url {
    let path = url.bare();
    url.with_path(&path[..path.len().saturating_sub(url.name().len().max(1))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_where_its_path_says() {
        for (path, directory) in [("a", ""), ("a/b", "a/"), ("a/b/", "a/"), ("/a", "/"), ("/", ""), ("", "")]
        {
            let url = Url::parse("h/").unwrap().with_path(path);
            assert_eq!(above(&url).path, directory.as_bytes(), "{path}");
        }
    }
}
