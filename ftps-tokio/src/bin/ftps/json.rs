//! What programs read: an object a line, safe on a terminal.

use std::borrow::Cow;
use std::fmt::Write;

use ftps_tokio::codec::Name;
use serde::Serialize;

use crate::failure::Failure;
use crate::url::encode;

/// A path or name: its text and, where that is not all of it, what `ftps` takes for it in a URL.
#[derive(Serialize)]
pub(crate) struct Path<'a> {
    path: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoded: Option<String>,
}

impl<'a> Path<'a> {
    pub(crate) fn new(path: &'a [u8]) -> Self {
        let encoded = std::str::from_utf8(path).is_err().then(|| encode(path));
        Self { path: String::from_utf8_lossy(path), encoded }
    }
}

/// A file that was moved.
#[derive(Serialize)]
pub(crate) struct Moved<'a> {
    #[serde(flatten)]
    pub(crate) path: Path<'a>,
    pub(crate) bytes: u64,
    pub(crate) seconds: f64,
    pub(crate) resumed: bool,
}

/// What was done to a file or directory.
#[derive(Serialize)]
pub(crate) struct Done<'a> {
    #[serde(flatten)]
    pub(crate) path: Path<'a>,
    pub(crate) done: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<Cow<'a, str>>,
}

/// What was not done.
#[derive(Serialize)]
struct Failed<'a> {
    #[serde(flatten)]
    path: Option<Path<'a>>,
    error: What<'a>,
}

/// What is wrong.
#[derive(Serialize)]
pub(crate) struct What<'a> {
    kind: &'a str,
    code: Option<u16>,
    text: &'a str,
    temporary: bool,
}

impl<'a> What<'a> {
    pub(crate) fn new(failure: &'a Failure) -> Self {
        let Failure { kind, code, temporary, reason, .. } = failure;
        Self { kind, code: *code, text: reason, temporary: *temporary }
    }
}

/// A line of a listing that cannot be read.
#[derive(Serialize)]
struct Unparsed<'a> {
    unparsed: Cow<'a, str>,
}

pub(crate) fn failed(failure: &Failure) -> Result<String, Failure> {
    line(&Failed { path: failure.of.as_ref().map(|url| Path::new(&url.path)), error: What::new(failure) })
}

pub(crate) fn unparsed(text: &[u8]) -> Result<String, Failure> {
    line(&Unparsed { unparsed: String::from_utf8_lossy(text) })
}

/// An object on a line of its own.
pub(crate) fn line(object: &impl Serialize) -> Result<String, Failure> {
    let json = serde_json::to_string(object).map_err(Failure::stdout)?;
    let mut line = String::with_capacity(json.len() + 1);
    let mut shown = [0; 4];
    for c in json.chars() {
        // What JSON itself does not want escaped, and a terminal would obey: shown otherwise than it is. What JSON
        // escapes is ASCII by now.
        if c.is_ascii() && c != '\u{7f}' || Name::from(&*c.encode_utf8(&mut shown)).to_string().starts_with(c)
        {
            line.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(line, "\\u{unit:04x}");
            }
        }
    }
    line.push('\n');
    Ok(line)
}
