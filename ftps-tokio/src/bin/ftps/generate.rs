//! `ftps generate`: what is installed beside the program, completions for shells and the manual page.

use std::io::{self, Write};

use clap::{Arg, CommandFactory};

use crate::args::{Arguments, Generated};
use crate::failure::Failure;

/// Writes it to standard output.
pub(crate) fn generate(what: Generated) -> Result<(), Failure> {
    let mut command = Arguments::command();
    let mut bytes = Vec::new();
    match what.shell() {
        Some(shell) => clap_complete::generate(shell, &mut command, "ftps", &mut bytes),
        None => manual(command, &mut bytes).map_err(Failure::stdout)?,
    }
    io::stdout().write_all(&bytes).map_err(Failure::stdout)
}

/// One page for all: what each command takes follows the options of every one.
fn manual(mut command: clap::Command, out: &mut Vec<u8>) -> io::Result<()> {
    command.build();
    clap_mangen::Man::new(command.clone()).render(out)?;
    let shown = |command: &&clap::Command| !command.is_hide_set() && command.get_name() != "help";
    for command in command.get_subcommands().filter(shown) {
        writeln!(out, ".SH \"FTPS {}\"", command.get_name().to_uppercase())?;
        // The options of every command are on the page already.
        let is_known = |argument: &&Arg| argument.is_global_set() || argument.get_id() == "help";
        let known: Vec<_> =
            command.get_arguments().filter(is_known).map(|known| known.get_id().clone()).collect();
        let own =
            known.into_iter().fold(command.clone(), |own, id| own.mut_arg(id, |known| known.hide(true)));
        let (manual, mut section) = (clap_mangen::Man::new(own), Vec::new());
        manual.render_synopsis_section(&mut section)?;
        section.extend(b".PP\n");
        manual.render_description_section(&mut section)?;
        manual.render_options_section(&mut section)?;
        // In one section, without the headings of a page of its own.
        let heads =
            |line: &[u8]| [b".SH".as_slice(), b".ie ", b".el "].iter().any(|head| line.starts_with(head));
        for line in section.split_inclusive(|byte| *byte == b'\n').filter(|line| !heads(line)) {
            out.write_all(line)?;
        }
    }
    Ok(())
}
