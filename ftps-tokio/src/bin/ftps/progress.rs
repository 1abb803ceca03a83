//! Bars: one for each file under way and, of several files, one for all of them.

use std::cell::{Cell, RefCell};
use std::fmt::Arguments;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::Instant;

use console::Term;
use ftps_tokio::codec::Name;
use indicatif::{HumanBytes, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What is shown on the terminal while files move.
pub(crate) struct Progress {
    bars: MultiProgress,
    all: Option<All>,
}

/// All the files of a command.
struct All {
    bar: ProgressBar,
    /// Bars of files, for one after the other: they do not flicker.
    idle: Rc<RefCell<Vec<ProgressBar>>>,
    /// Whether the bar counts bytes: the size of every file is known.
    in_bytes: bool,
    files: u64,
    done: u64,
    failed: u64,
    bytes: u64,
    /// How much of the files that are done with is counted, and of those under way.
    counted: u64,
    moving: Rc<Cell<u64>>,
    began: Instant,
}

impl Progress {
    pub(crate) fn new(shown: bool) -> Self {
        let target = match shown {
            true => ProgressDrawTarget::term_like_with_hz(Box::new(Term::buffered_stderr()), 10),
            false => ProgressDrawTarget::hidden(),
        };
        Self { bars: MultiProgress::with_draw_target(target), all: None }
    }

    pub(crate) fn is_shown(&self) -> bool {
        !self.bars.is_hidden()
    }

    /// So many files are to be moved, of so many bytes if that is known.
    pub(crate) fn begin(&mut self, files: u64, bytes: Option<u64>) {
        let template = match bytes {
            Some(_) => "{msg:24!} {wide_bar} {bytes}/{total_bytes} {eta}",
            None => "{msg:24!} {wide_bar} {eta}",
        };
        let bar = self.bars.add(ProgressBar::new(bytes.unwrap_or(files)).with_style(style(template)));
        let all = All {
            bar,
            idle: Rc::default(),
            in_bytes: bytes.is_some(),
            files,
            done: 0,
            failed: 0,
            bytes: 0,
            counted: 0,
            moving: Rc::default(),
            began: Instant::now(),
        };
        all.show();
        self.all = Some(all);
    }

    /// Whether the files are told together, not one by one.
    pub(crate) fn is_of_many(&self) -> bool {
        self.is_shown() && self.all.is_some()
    }

    /// A bar for a file of so many bytes. It vanishes when it is dropped.
    pub(crate) fn file(&self, name: &[u8], size: Option<u64>) -> Bar {
        if !self.is_shown() {
            return Bar { file: ProgressBar::hidden(), all: None, idle: None };
        }
        let template = match size {
            Some(_) => "{msg:24!} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
            None => "{msg:24!} {spinner} {bytes} {bytes_per_sec}",
        };
        let file = match &self.all {
            Some(all) => {
                let idle = all.idle.borrow_mut().pop();
                idle.unwrap_or_else(|| self.bars.insert_before(&all.bar, ProgressBar::no_length()))
            }
            None => self.bars.add(ProgressBar::no_length()),
        };
        file.set_style(style(template));
        match size {
            Some(size) => file.set_length(size),
            None => file.unset_length(),
        }
        file.reset();
        file.set_message(Name::from(name).to_string());
        let (all, idle) = match &self.all {
            Some(all) => (all.in_bytes.then(|| Share::new(all)), Some(Rc::clone(&all.idle))),
            None => (None, None),
        };
        Bar { file, all, idle }
    }

    /// A file is done with: so many bytes were moved, or it failed. `size`: what it was counted as.
    pub(crate) fn done(&mut self, moved: Option<u64>, size: Option<u64>) {
        let Some(all) = &mut self.all else { return };
        match moved {
            Some(bytes) => {
                all.done += 1;
                all.bytes += bytes;
            }
            None => all.failed += 1,
        }
        match (all.in_bytes, size) {
            (true, Some(size)) => all.counted += size,
            (true, None) => {}
            (false, _) => all.counted += 1,
        }
        all.bar.set_position(all.counted + all.moving.get());
        all.show();
    }

    /// Tells the user, above the bars. Where nobody can be told, the work goes on and the exit status tells.
    pub(crate) fn say(&self, what: Arguments<'_>) {
        let line = format!("ftps: {what}");
        let _ = match self.is_shown() {
            true => self.bars.println(line),
            false => writeln!(io::stderr(), "{line}"),
        };
    }

    /// All that could be done is done: what it came to, in a line.
    pub(crate) fn end(&mut self) -> Option<String> {
        let All { bar, idle, done, failed, bytes, began, .. } = self.all.take()?;
        idle.borrow().iter().for_each(ProgressBar::finish_and_clear);
        bar.finish_and_clear();
        let seconds = began.elapsed().as_secs_f64();
        let files = if done == 1 { "file" } else { "files" };
        let failed = if failed > 0 { format!("; {failed} failed") } else { String::new() };
        Some(format!("{done} {files}, {} in {seconds:.1} s{failed}", HumanBytes(bytes)))
    }
}

impl All {
    fn show(&self) {
        let failed = if self.failed > 0 { format!(", {} failed", self.failed) } else { String::new() };
        self.bar.set_message(format!("{}/{} files{failed}", self.done, self.files));
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// A file's progress. It leaves nothing behind.
pub(crate) struct Bar {
    file: ProgressBar,
    all: Option<Share>,
    /// Where the bar waits for the next file.
    idle: Option<Rc<RefCell<Vec<ProgressBar>>>>,
}

impl Bar {
    /// One that nobody sees.
    #[cfg(test)]
    pub(crate) fn hidden() -> Self {
        Self { file: ProgressBar::hidden(), all: None, idle: None }
    }

    /// So many more bytes have moved.
    pub(crate) fn inc(&self, bytes: u64) {
        self.file.inc(bytes);
        if let Some(all) = &self.all {
            all.inc(bytes);
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        match &self.idle {
            Some(idle) => idle.borrow_mut().push(self.file.clone()),
            None => self.file.finish_and_clear(),
        }
    }
}

/// What a file under way has in the bar of all of them, until it is done with and counted.
struct Share {
    bar: ProgressBar,
    moving: Rc<Cell<u64>>,
    bytes: Cell<u64>,
}

impl Share {
    fn new(all: &All) -> Self {
        Self { bar: all.bar.clone(), moving: Rc::clone(&all.moving), bytes: Cell::new(0) }
    }

    fn inc(&self, bytes: u64) {
        self.bar.inc(bytes);
        self.moving.set(self.moving.get() + bytes);
        self.bytes.set(self.bytes.get() + bytes);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.moving.set(self.moving.get() - self.bytes.get());
    }
}
