//! What is asked of a person at a terminal.

use std::io::{self, IsTerminal};

use console::Term;

/// Asks for what is not to be seen. None where there is no terminal, or nothing was typed.
pub(crate) async fn ask_secretly(question: String) -> Option<String> {
    let terminal = Term::stderr();
    if !(terminal.is_term() && io::stdin().is_terminal()) {
        return None;
    }
    echo::remember();
    // From another thread, so that a signal ends the program meanwhile.
    let asked = tokio::task::spawn_blocking(move || {
        terminal.write_str(&question).ok()?;
        terminal.read_secure_line().ok()
    });
    asked.await.ok()?
}

/// The program ends, maybe while it asks: the terminal shows again what is typed.
pub(crate) fn restore() {
    echo::restore();
}

#[cfg(unix)]
mod echo {
    use std::io;
    use std::sync::OnceLock;

    use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

    /// How the terminal was before anything was asked.
    static BEFORE: OnceLock<Termios> = OnceLock::new();

    pub(super) fn remember() {
        if let Ok(before) = tcgetattr(io::stdin()) {
            BEFORE.get_or_init(|| before);
        }
    }

    pub(super) fn restore() {
        if let Some(before) = BEFORE.get() {
            // Where it fails there is no terminal any more.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
        }
    }
}

#[cfg(not(unix))]
mod echo {
    pub(super) fn remember() {}

    pub(super) fn restore() {}
}
