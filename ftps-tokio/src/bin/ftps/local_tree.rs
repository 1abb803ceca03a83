//! What `put -r` takes from here: directories and files, each with its place on the server.

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::put::Job;
use crate::report::shown;
use crate::url::Url;

/// A directory with everything in it.
#[derive(Default)]
pub(crate) struct Tree {
    /// To be made there, each after those that it is in.
    pub(crate) directories: Vec<Url>,
    pub(crate) files: Vec<Job>,
    /// What cannot be taken.
    pub(crate) failures: Vec<Failure>,
    /// Links to directories that are taken under their own name.
    pub(crate) left_out: Vec<PathBuf>,
}

impl Tree {
    /// Looks into a directory and everything below it.
    pub(crate) fn walk(root: &Path, to: &Url) -> Self {
        let mut tree = Self::default();
        let real = match fs::canonicalize(root) {
            Ok(real) => real,
            Err(error) => {
                tree.failures.push(Failure::local(error).about(&shown(root)).of(to));
                return tree;
            }
        };
        let mut branches = vec![(root.to_path_buf(), to.clone())];
        while let Some((directory, to)) = branches.pop() {
            let names = match names(&directory) {
                Ok(names) => names,
                Err(error) => {
                    tree.failures.push(Failure::local(error).about(&shown(&directory)).of(&to));
                    continue;
                }
            };
            tree.directories.push(to.clone());
            let mut below = Vec::new();
            for name in names {
                let (path, to) = (directory.join(&name), to.join(name.as_encoded_bytes()));
                match tree.take(&path, &to, &real) {
                    Ok(false) => {}
                    Ok(true) => below.push((path, to)),
                    Err(failure) => tree.failures.push(failure.about(&shown(&path)).of(&to)),
                }
            }
            branches.extend(below.into_iter().rev());
        }
        tree
    }

    /// Takes what is at a path; whether it is a directory to look into.
    fn take(&mut self, path: &Path, to: &Url, root: &Path) -> Result<bool, Failure> {
        let mut metadata = fs::symlink_metadata(path).map_err(Failure::local)?;
        if metadata.is_symlink() {
            if !fs::canonicalize(path).map_err(Failure::local)?.starts_with(root) {
                return Err(Failure::local("not taken: it is a link that leads out of the directory"));
            }
            metadata = fs::metadata(path).map_err(Failure::local)?;
            if metadata.is_dir() {
                self.left_out.push(path.into());
                return Ok(false);
            }
        }
        if metadata.is_dir() {
            return Ok(true);
        }
        if !metadata.is_file() {
            return Err(Failure::local("not taken: it is neither a file nor a directory"));
        }
        self.files.push(Job { file: path.into(), to: to.clone(), size: size(&metadata) });
        Ok(false)
    }
}

/// How much a regular file holds; what else holds is not known before its end.
pub(crate) fn size(metadata: &Metadata) -> Option<u64> {
    metadata.is_file().then_some(metadata.len())
}

fn names(directory: &Path) -> io::Result<Vec<OsString>> {
    let names = fs::read_dir(directory)?.map(|entry| Ok(entry?.file_name()));
    let mut names = names.collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}
