//! Months by name.

use crate::codec::ascii::decimal;

/// English, German, French, Italian, Spanish, Portuguese, Dutch, Polish, Czech, Finnish, Swedish, Danish, Norwegian,
/// Slovenian and Russian, short and long. Names that are different months in different languages are left out.
const NAMES: [&[&str]; 12] = [
    &[
        "january", "jän", "jänner", "januar", "janv", "janvier", "gen", "gennaio", "ene", "enero", "janeiro",
        "januari", "sty", "led", "tammi", "янв",
    ],
    &[
        "february",
        "febr",
        "februar",
        "fév",
        "févr",
        "février",
        "fev",
        "fevr",
        "febbraio",
        "febrero",
        "fevereiro",
        "februari",
        "lut",
        "úno",
        "helmi",
        "фев",
    ],
    &["march", "mär", "märz", "mrz", "mars", "marzo", "março", "mrt", "maart", "bře", "maalis", "мар"],
    &["april", "avr", "avril", "aprile", "abr", "abril", "kwi", "dub", "huhti", "апр"],
    &["mai", "mag", "maggio", "mayo", "maio", "mei", "maj", "kvě", "touko", "май", "мая"],
    &["june", "juni", "juin", "giu", "giugno", "junio", "junho", "cze", "čvn", "kesä", "июн"],
    &["july", "juli", "juil", "juillet", "lug", "luglio", "julio", "julho", "čvc", "heinä", "июл"],
    &["august", "aoû", "août", "aout", "ago", "agosto", "augustus", "augusti", "avg", "sie", "elo", "авг"],
    &[
        "september",
        "sept",
        "septembre",
        "set",
        "settembre",
        "septiembre",
        "setembro",
        "wrz",
        "zář",
        "syys",
        "сен",
    ],
    &[
        "october", "okt", "oktober", "octobre", "ott", "ottobre", "octubre", "out", "outubro", "paź", "říj",
        "loka", "окт",
    ],
    &["november", "novembre", "noviembre", "novembro", "lis", "marras", "ноя"],
    &[
        "december",
        "dez",
        "dezember",
        "déc",
        "décembre",
        "dic",
        "dicembre",
        "diciembre",
        "dezembro",
        "des",
        "gru",
        "pro",
        "joulu",
        "дек",
    ],
];

/// `月`, a month, in UTF-8, Shift_JIS, EUC-JP, GBK, Big5; `월` in UTF-8 and EUC-KR.
const MONTH: [&[u8]; 7] =
    ["月".as_bytes(), b"\x8c\x8e", b"\xb7\xee", b"\xd4\xc2", b"\xa4\xeb", "월".as_bytes(), b"\xbf\xf9"];
/// `日`, a day, and `일`, likewise.
const DAY: [&[u8]; 7] =
    ["日".as_bytes(), b"\x93\xfa", b"\xc6\xfc", b"\xc8\xd5", b"\xa4\xe9", "일".as_bytes(), b"\xc0\xcf"];
/// `年`, a year, and `년`, likewise.
const YEAR: [&[u8]; 7] =
    ["年".as_bytes(), b"\x94\x4e", b"\xc7\xaf", b"\xc4\xea", b"\xa6\x7e", "년".as_bytes(), b"\xb3\xe2"];

/// `Jan` to `Dec` in any case, a name in another language, or `1月` to `12月`.
///
/// Other languages' names are UTF-8, ISO 8859-1 or, in Russian, Windows-1251.
pub(super) fn month(word: &[u8]) -> Option<u8> {
    if let &[a, b, c] = word
        && let Some(month) = english([a, b, c])
    {
        return Some(month);
    }
    // The longest name has ten letters, of two bytes each at most.
    if word.len() > 20 {
        return None;
    }
    if word.first()?.is_ascii_digit() {
        let number = without(word, MONTH);
        return if number.len() < word.len() { two(number) } else { None };
    }
    (1..).zip(NAMES).find(|(_, names)| names.iter().any(|name| is(word, name))).map(|(month, _)| month)
}

/// `Jan` to `Dec` in any case.
pub(super) fn english(word: [u8; 3]) -> Option<u8> {
    Some(match &word.map(|letter| letter.to_ascii_lowercase()) {
        b"jan" => 1,
        b"feb" => 2,
        b"mar" => 3,
        b"apr" => 4,
        b"may" => 5,
        b"jun" => 6,
        b"jul" => 7,
        b"aug" => 8,
        b"sep" => 9,
        b"oct" => 10,
        b"nov" => 11,
        b"dec" => 12,
        _ => return None,
    })
}

/// Whether a month's name begins like this, as that of a line that was cut does.
pub(super) fn begins(word: &[u8]) -> bool {
    let starts =
        |name: &str| name.as_bytes().get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    NAMES.iter().flat_map(|names| names.iter()).any(|name| starts(name))
}

/// Whether `word` is `name`, in any case and charset.
fn is(word: &[u8], name: &str) -> bool {
    if word.is_ascii() {
        return word.eq_ignore_ascii_case(name.as_bytes());
    }
    match core::str::from_utf8(word) {
        Ok(text) => text.chars().flat_map(char::to_lowercase).eq(name.chars()),
        Err(_) => {
            word.len() == name.chars().count()
                && word.iter().zip(name.chars()).all(|(&byte, c)| single(byte) == c || cyrillic(byte) == c)
        }
    }
}

/// In ISO 8859-1, small.
fn single(byte: u8) -> char {
    char::from(byte).to_lowercase().next().unwrap_or_default()
}

/// In Windows-1251, small, if it is a Russian letter.
fn cyrillic(byte: u8) -> char {
    let capital = byte.checked_sub(0xc0).map(|at| u32::from(at) % 32);
    capital.and_then(|at| char::from_u32(0x430 + at)).unwrap_or_default()
}

/// `1` to `31`, with what follows it in a date: `3日`, `26.`, `08,`.
pub(super) fn day(word: &[u8]) -> Option<u8> {
    two(bare(without(word, DAY)))
}

/// Four digits, with what may follow them: `2003年`.
pub(super) fn year(word: &[u8]) -> Option<u16> {
    let digits = without(word, YEAR);
    if digits.len() == 4 { u16::try_from(decimal(digits)?).ok() } else { None }
}

/// Without a suffix; most words, which end in a digit, have none.
fn without<'a>(word: &'a [u8], suffixes: [&[u8]; 7]) -> &'a [u8] {
    match word.last() {
        Some(last) if !last.is_ascii_digit() => {
            suffixes.iter().find_map(|suffix| word.strip_suffix(*suffix)).unwrap_or(word)
        }
        _ => word,
    }
}

/// Without the dot or comma that ends a part of a date.
pub(super) fn bare(word: &[u8]) -> &[u8] {
    let word = word.strip_suffix(b",").unwrap_or(word);
    word.strip_suffix(b".").unwrap_or(word)
}

/// `1*2DIGIT`
pub(super) fn two(word: &[u8]) -> Option<u8> {
    match *word {
        [a @ b'0'..=b'9'] => Some(a - b'0'),
        [a @ b'0'..=b'9', b @ b'0'..=b'9'] => Some((a - b'0') * 10 + b - b'0'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_in_every_charset() {
        for (word, number) in [
            (&b"JAN"[..], Some(1)),
            ("fév".as_bytes(), Some(2)),
            (b"f\xe9v", Some(2)),
            (b"F\xc9V", Some(2)),
            ("MÄR".as_bytes(), Some(3)),
            (b"\xec\xe0\xf0", Some(3)),
            ("апр".as_bytes(), Some(4)),
            (b"\xcc\xe0\xe9", Some(5)),
            ("10月".as_bytes(), Some(10)),
            (b"4\x8c\x8e", Some(4)),
            (b"12\xbf\xf9", Some(12)),
            (b"Jam", None),
            (b"", None),
            (b"4", None),
            ("月".as_bytes(), None),
            (b"\xff\xff\xff", None),
        ] {
            assert_eq!(month(word), number, "{word:?}");
        }
    }

    #[test]
    fn a_name_is_one_month() {
        for (number, names) in (1..).zip(NAMES) {
            for name in names {
                assert_eq!(month(name.as_bytes()), Some(number), "{name}");
            }
        }
    }

    #[test]
    fn days_and_years_have_their_suffixes() {
        assert_eq!(
            (day(b"26."), day(b"08,"), day("3日".as_bytes()), day(b"18\x93\xfa")),
            (Some(26), Some(8), Some(3), Some(18))
        );
        assert_eq!((day(b"-7"), day(b"123"), day(b"")), (None, None, None));
        assert_eq!(
            (year("2003年".as_bytes()), year(b"2003\x94\x4e"), year(b"209")),
            (Some(2003), Some(2003), None)
        );
    }

    #[test]
    fn what_begins_like_a_month() {
        assert!(begins(b"A") && begins(b"Okt") && begins(b"sep") && !begins(b"rc") && !begins(b"services"));
    }
}
