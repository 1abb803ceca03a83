//! The name that a server chose for an upload: the reply to STOU. RFC 1123 section 4.1.2.9.

/// Reads the text of a 150 or 125 reply to STOU: what is behind `FILE:`, without spaces around it.
///
/// ```text
/// stou-response = ( "125" / "150" ) SP "FILE:" SP pathname EOL
/// ```
/// Servers write `FILE: ` in any case, and some put words before it. A name with control characters is not one.
pub fn parse_150(text: &[u8]) -> Option<&[u8]> {
    const LABEL: &[u8] = b"FILE:";
    let at = text.windows(LABEL.len()).position(|window| window.eq_ignore_ascii_case(LABEL))?;
    let name = text.get(at + LABEL.len()..)?.trim_ascii();
    (!name.is_empty() && !name.iter().any(u8::is_ascii_control)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_every_dress() {
        for (text, name) in [
            ("FILE: stou.1", Some("stou.1")),
            ("FILE:a b.txt ", Some("a b.txt")),
            ("Opening BINARY connection, file: /x/y", Some("/x/y")),
            ("FILE: ", None),
            ("FILE: a\x1bb", None),
            ("Opening BINARY mode data connection", None),
        ] {
            assert_eq!(parse_150(text.as_bytes()), name.map(str::as_bytes), "{text}");
        }
    }
}
