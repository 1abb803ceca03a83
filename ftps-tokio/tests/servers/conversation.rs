//! What was said on the control connections: the library's own record, as a test hears it.

use std::fmt::{self, Write};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Metadata, Subscriber};

/// Hears what is said on this thread from here on: a test's own clients, since each test runs on a thread of its own.
pub struct Conversation {
    lines: Lines,
    _hearing: DefaultGuard,
}

/// `> ` and a command, or `< ` and a reply, each.
type Lines = Arc<Mutex<Vec<String>>>;

impl Conversation {
    pub fn hear() -> Self {
        let lines = Lines::default();
        let hearing = tracing::subscriber::set_default(Ear(Arc::clone(&lines)));
        Self { lines, _hearing: hearing }
    }

    /// What was said since this was last asked.
    pub fn said(&self) -> Vec<String> {
        std::mem::take(&mut self.lines.lock().unwrap())
    }
}

struct Ear(Lines);

impl Subscriber for Ear {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "ftps::conversation"
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            write!(self.0, "{value:?}").unwrap();
        }
    }
}
