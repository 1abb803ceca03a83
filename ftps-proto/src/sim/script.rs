//! What a server does when it hears what, as data.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// Rules that say what a server does at a command, in acts of whatever kind it can do.
///
/// A rule is chosen by the beginning of the command's line, the longest first. Several rules for one beginning are used
/// one after the other, the last of them again and again.
#[derive(Clone, Debug)]
pub struct Script<A> {
    rules: Vec<(String, VecDeque<Vec<A>>)>,
}

impl<A> Default for Script<A> {
    fn default() -> Self {
        Self { rules: Vec::new() }
    }
}

impl<A: Clone + for<'a> From<&'a str>> Script<A> {
    /// A well-behaved server's words, from USER to the end of the login, with PWD and NOOP. How it begins TLS, opens data
    /// connections, aborts and takes leave is more than words.
    pub fn polite() -> Self {
        let mut script = Self::default();
        for (command, reply) in [
            ("USER", "331 password"),
            ("PASS", "230 in"),
            ("PBSZ", "200 ok"),
            ("PROT", "200 ok"),
            ("OPTS", "200 ok"),
            ("TYPE", "200 ok"),
            ("PWD", "257 \"/home\""),
            ("NOOP", "200 nothing done"),
        ] {
            script.on(command, [reply]);
        }
        script.on("FEAT", ["211-Features", " UTF8", " MLST type*;size*;", "211 End"]);
        script
    }

    /// When a command begins so, do this.
    pub fn on<I: Into<A>>(&mut self, command: &str, acts: impl IntoIterator<Item = I>) {
        let acts = acts.into_iter().map(Into::into).collect();
        match self.rules.iter_mut().find(|(beginning, _)| beginning == command) {
            Some((_, turns)) => turns.push_back(acts),
            None => self.rules.push((command.into(), VecDeque::from([acts]))),
        }
    }

    /// Do this instead of what was said before.
    pub fn instead<I: Into<A>>(&mut self, command: &str, acts: impl IntoIterator<Item = I>) {
        self.rules.retain(|(beginning, _)| beginning != command);
        self.on(command, acts);
    }

    /// What is to be done at this command; what no rule is for is refused with 502.
    pub fn obey(&mut self, line: &str) -> Vec<A> {
        let rules = self.rules.iter_mut().filter(|(beginning, _)| line.starts_with(beginning.as_str()));
        match rules.max_by_key(|(beginning, _)| beginning.len()) {
            Some((_, turns)) if turns.len() > 1 => turns.pop_front().unwrap_or_default(),
            Some((_, turns)) => turns.front().cloned().unwrap_or_default(),
            None => vec!["502 not here".into()],
        }
    }
}
