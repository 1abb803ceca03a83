//! What `get -r` takes of a server: directories and files, each with its place here.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use ftps_tokio::codec::{Entry, Kind, Name};

use crate::failure::Failure;
use crate::get::Job;
use crate::listing::{Above, contents, is_directory, unparsed};
use crate::session::Session;
use crate::url::Url;

/// A directory with everything in it.
pub(crate) struct Tree {
    /// To be made here, each after those that it is in.
    pub(crate) directories: Vec<PathBuf>,
    pub(crate) files: Vec<Job>,
    /// What cannot be taken.
    pub(crate) failures: Vec<Failure>,
    /// Links to directories that are taken under their own name.
    pub(crate) left_out: Vec<Url>,
    taken: HashSet<Vec<u8>>,
    links: Vec<(Job, Vec<u8>)>,
}

/// A directory that is to be listed.
struct Branch {
    url: Url,
    to: PathBuf,
    above: Above,
}

impl Tree {
    /// Lists a directory and everything below it. Fails where it cannot be listed itself.
    pub(crate) async fn walk(url: &Url, to: &Path, session: &mut Session<'_>) -> Result<Self, Failure> {
        let mut tree = Self {
            directories: Vec::new(),
            files: Vec::new(),
            failures: Vec::new(),
            left_out: Vec::new(),
            taken: HashSet::new(),
            links: Vec::new(),
        };
        let root = url.with_path(url.bare());
        let mut branches = vec![Branch { url: root.clone(), to: to.into(), above: Above::default() }];
        while let Some(branch) = branches.pop() {
            let listed = match contents(&branch.url, session).await {
                Ok(listed) => listed,
                Err(failure) if branch.above.is_none() => return Err(failure),
                Err(failure) => {
                    tree.failures.push(failure);
                    continue;
                }
            };
            tree.directories.push(branch.to.clone());
            tree.taken.insert(branch.url.path.clone());
            tree.failures.extend(listed.unparsed.iter().map(|line| unparsed(line, &branch.url)));
            let mut names = HashSet::new();
            for entry in listed.entries {
                let url = branch.url.join(entry.name.as_bytes());
                let below = match entry.name.local() {
                    Ok(name) if names.insert(name.to_owned()) => {
                        tree.take(&entry, url.clone(), branch.to.join(name), &branch)
                    }
                    Ok(_) => Err(Failure::listing("is listed more than once")),
                    Err(reason) => Err(Failure::listing(format_args!("not taken: {reason}"))),
                };
                match below {
                    Ok(below) => branches.extend(below),
                    Err(failure) => tree.failures.push(failure.of(&url)),
                }
            }
        }
        tree.follow(&root);
        Ok(tree)
    }

    /// Takes an entry: a directory is to be listed.
    fn take(
        &mut self,
        entry: &Entry,
        url: Url,
        to: PathBuf,
        from: &Branch,
    ) -> Result<Option<Branch>, Failure> {
        if is_directory(entry) {
            return Ok(Some(Branch { url, to, above: from.above.and(entry)? }));
        }
        let job = Job { url, to, size: entry.exact_size() };
        match (entry.kind, &entry.target) {
            (Kind::File | Kind::Unknown, _) => self.files.push(job),
            (Kind::Link, Some(target)) => {
                // Its size is that of the path in it.
                self.links.push((Job { size: None, ..job }, target.as_bytes().to_vec()));
            }
            (Kind::Link, None) => {
                return Err(Failure::listing(
                    "not taken: it is a link, and the server does not say where to",
                ));
            }
            _ => return Err(Failure::listing("not taken: it is neither a file nor a directory")),
        }
        Ok(None)
    }

    /// Links to files of the same tree are files of their own here.
    fn follow(&mut self, root: &Url) {
        for (job, target) in std::mem::take(&mut self.links) {
            match resolve(&root.path, &job.url, &target) {
                Some(path) if self.taken.contains(&path) => self.left_out.push(job.url),
                Some(_) => self.files.push(job),
                None => {
                    let target = Name::from(target);
                    let failure =
                        format!("not taken: it is a link that leads out of the directory, to {target}");
                    self.failures.push(Failure::listing(failure).of(&job.url));
                }
            }
        }
    }
}

/// Where a link leads to, as far as its text tells: nowhere outside of the root.
fn resolve(root: &[u8], link: &Url, target: &[u8]) -> Option<Vec<u8>> {
    let absolute = target.starts_with(b"/");
    // Where a relative path begins is known to the server alone.
    if absolute && !root.starts_with(b"/") {
        return None;
    }
    let from =
        if absolute { Vec::new() } else { link.parent().map(|parent| parent.path).unwrap_or_default() };
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in from.split(|&byte| byte == b'/').chain(target.split(|&byte| byte == b'/')) {
        match part {
            b"" | b"." => {}
            b".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    let inside = root.split(|&byte| byte == b'/').filter(|part| !part.is_empty()).collect::<Vec<_>>();
    let slash: &[u8] = if root.starts_with(b"/") { b"/" } else { b"" };
    parts.starts_with(&inside).then(|| [slash, &parts.join(&b'/')].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_where_their_text_says_and_not_out() {
        let resolved = |root: &str, link: &str, target: &str| {
            let link = Url::parse(&format!("h/{link}")).unwrap();
            resolve(root.as_bytes(), &link, target.as_bytes()).map(|path| String::from_utf8(path).unwrap())
        };
        for (root, link, target, to) in [
            ("d", "d/l", "a", Some("d/a")),
            ("d", "d/x/l", "../a", Some("d/a")),
            ("d", "d/x/l", ".", Some("d/x")),
            ("d", "d/l", "../e", None),
            ("d", "d/l", "../../d/a", None),
            ("d", "d/l", "/d/a", None),
            ("", "l", "a", Some("a")),
            ("", "l", "..", None),
            ("/d", "/d/l", "/d/a", Some("/d/a")),
            ("/d", "/d/l", "/etc/passwd", None),
            ("/d", "/d/l", "../d2/a", None),
        ] {
            assert_eq!(resolved(root, link, target).as_deref(), to, "{link} -> {target}");
        }
    }
}
