//! The page itself: its lines, and how they are shown.

use console::{Style, Term};
use textwrap::WordSplitter;

use crate::check::facts::{self, Facts, Line, State};
use crate::failure::Failure;
use crate::json;
use crate::report::Report;
use crate::sink::Sink;
use crate::url::Site;

pub(super) struct Page {
    pub(super) facts: Facts,
    site: String,
    lines: Vec<Line>,
    failure: Option<Failure>,
}

impl Page {
    pub(super) fn new(site: &Site) -> Self {
        let facts = Facts { host: site.host.clone(), port: site.port, ..Facts::default() };
        Self { facts, site: site.to_string(), lines: Vec::new(), failure: None }
    }

    pub(super) fn push(&mut self, check: &'static str, state: State, text: impl Into<String>) {
        self.lines.push(Line { check, state, text: text.into() });
    }

    pub(super) fn ok(&mut self, check: &'static str, text: impl Into<String>) {
        self.push(check, State::Ok, text);
    }

    pub(super) fn note(&mut self, check: &'static str, text: impl Into<String>) {
        self.push(check, State::Note, text);
    }

    pub(super) fn failed(&mut self, check: &'static str, text: impl Into<String>) {
        self.push(check, State::Failed, text);
    }

    /// Something is not well: shown in a line, unless there are some for it already. The first such decides.
    pub(super) fn fail(&mut self, check: Option<&'static str>, failure: Failure) {
        if let Some(check) = check {
            self.failed(check, &failure.reason);
        }
        self.failure.get_or_insert(failure);
    }

    /// The server has fallen silent.
    pub(super) fn is_silent(&self) -> bool {
        self.failure.as_ref().is_some_and(|failure| failure.silent)
    }

    pub(super) async fn show(&self, report: &mut Report) {
        if let Some(failure) = &self.failure {
            report.note_status(failure);
        }
        let text = match report.is_json() {
            true => json::line(&facts::Page {
                facts: &self.facts,
                checks: &self.lines,
                error: self.failure.as_ref().map(json::What::new),
            }),
            false => Ok(self.text()),
        };
        let written = async {
            let mut out = Sink::stdout();
            out.write_all(text?.as_bytes()).await.map_err(Failure::stdout)?;
            out.commit().await.map_err(Failure::stdout)
        };
        if let Err(failure) = written.await {
            report.failed(&failure).await;
        }
    }

    fn text(&self) -> String {
        const INDENT: usize = 20;
        let terminal = Term::stdout();
        let width = terminal.size_checked().map_or(100, |(_, columns)| usize::from(columns).min(100));
        let colours = terminal.features().colors_supported() && console::colors_enabled();
        let style = || Style::new().force_styling(colours);
        let mut text = format!("{}\n", self.site);
        for Line { check, state, text: line } in &self.lines {
            let state = match state {
                State::Ok => style().green().apply_to("ok    "),
                State::Note => style().yellow().apply_to("note  "),
                State::Failed => style().red().bold().apply_to("FAILED"),
            };
            // A pin is longer than a line of 80, and is to be copied as one.
            let options = textwrap::Options::new(width.saturating_sub(INDENT).max(20))
                .break_words(false)
                .word_splitter(WordSplitter::NoHyphenation);
            let lines = textwrap::wrap(line, options).join(&format!("\n{:INDENT$}", ""));
            text += &format!("{state} {check:<12} {lines}\n");
        }
        text
    }
}
