//! IBM i, once OS/400 and AS/400: `LIST` where `SITE LISTFMT` is 0. IBM's *FTP server* manual, "i5/OS format".

use nom::{
    Parser as _,
    bytes::complete::{take_while_m_n, take_while1},
    character::complete::{char, one_of},
    combinator::{all_consuming, map, map_opt, opt, rest, verify},
    sequence::{preceded, terminated},
};

use super::{
    DateOrder,
    columns::{Day, column, gap, moment, number_column, time},
    months,
};
use crate::codec::{
    Parsed,
    entry::{Entry, Kind},
    time::{TimeOfDay, Timestamp},
};

/// What a line is.
pub(super) enum Object {
    Entry(Entry),
    /// What is listed, if it is one object: it has no name.
    Listed,
}

/// Reads a line, or knows that it is not of this family.
///
/// ```text
/// line     = [ owner ] gap [ size gap ] [ date gap time gap ] "*" type [ gap name ]
/// date     = two sep two sep two                ; the order is the server job's
/// sep      = "/" / "." / "-"
/// ```
/// With dots, the day comes first. Otherwise, a date that is one in one order only teaches `order` to the lines that
/// follow; one that could be another is no time until the order is known.
pub(super) fn parse(line: &[u8], order: &mut Option<DateOrder>) -> Option<Object> {
    let (_, (owner, size, date, kind, name)) = all_consuming(columns).parse(line).ok()?;
    let Some(name) = name.map(|name| name.trim_ascii_start()).filter(|name| !name.is_empty()) else {
        // A member without a name is not a member.
        return if kind == b"MEM" { None } else { Some(Object::Listed) };
    };
    let (name, kind) = match (name, kind) {
        ([name @ .., b'/'], b"DIR" | b"DDIR" | b"FLR" | b"LIB" | b"FILE") if !name.is_empty() => {
            (name, Kind::Directory)
        }
        // A path that was cut.
        ([.., b'/'], _) => return None,
        (_, b"DIR" | b"DDIR" | b"FLR" | b"LIB") => (name, Kind::Directory),
        // Members are in it; a save file is one file. Names that are not of the integrated file system do not say.
        (_, b"FILE") if name.ends_with(b".FILE") => (name, Kind::Directory),
        (_, b"FILE") if name.ends_with(b".SAVF") => (name, Kind::File),
        (_, b"FILE") => (name, Kind::Unknown),
        (_, b"STMF" | b"DSTMF" | b"MEM" | b"DOC") => (name, Kind::File),
        (_, b"SYMLNK") => (name, Kind::Link),
        _ => (name, Kind::Other),
    };
    let mut entry = Entry::new(name, kind.of(name));
    entry.size = size;
    entry.modified = date.and_then(|(date, time)| date.at(time, order));
    entry.belongs_to(owner, b"");
    Some(Object::Entry(entry))
}

type Columns<'a> = (&'a [u8], Option<u64>, Option<(Numbers, Option<TimeOfDay>)>, &'a [u8], Option<&'a [u8]>);

fn columns(input: &[u8]) -> Parsed<'_, Columns<'_>> {
    // Blank in anonymous sessions: ten spaces, and the gap.
    let (input, owner) = match input {
        _ if input.starts_with(b"           ") => map(gap, |()| &b""[..]).parse(input)?,
        _ => verify(column, is_profile).parse(input)?,
    };
    let object = preceded(char('*'), take_while1(|b: u8| b.is_ascii_uppercase() || b.is_ascii_digit()));
    let date = (terminated(numbers, gap), terminated(time, gap));
    let columns = (opt(number_column), opt(date), object, opt(preceded(gap, rest)));
    // What else has neither date nor time looks like nothing in particular.
    let sure = verify(columns, |(_, date, object, _)| date.is_some() || *object == b"MEM");
    map(sure, |(size, date, object, name)| (owner, size, date, object, name)).parse(input)
}

/// A user profile: at most ten letters and digits, of any national variant, that begin with a letter.
fn is_profile(owner: &&[u8]) -> bool {
    let sound = |b: &u8| b.is_ascii_alphanumeric() || b"$#@_".contains(b) || !b.is_ascii();
    owner.len() <= 10 && !owner[0].is_ascii_digit() && owner.iter().all(sound)
}

/// A date whose order is not known.
struct Numbers {
    /// Absent if there are only two.
    numbers: Option<[u8; 3]>,
    separator: char,
}

fn numbers(input: &[u8]) -> Parsed<'_, Numbers> {
    let two = || map_opt(take_while_m_n(2, 2, |b: u8| b.is_ascii_digit()), months::two);
    let (input, a) = two().parse(input)?;
    let (input, separator) = one_of("/.-").parse(input)?;
    let next = opt(preceded(char(separator), two()));
    map((two(), next), move |(b, c)| Numbers { numbers: c.map(|c| [a, b, c]), separator }).parse(input)
}

impl Numbers {
    fn at(&self, time: Option<TimeOfDay>, known: &mut Option<DateOrder>) -> Option<Timestamp> {
        if known.is_none() {
            *known = self.order();
        }
        moment(self.day((*known)?), time)
    }

    /// The order that it shows.
    fn order(&self) -> Option<DateOrder> {
        if self.separator == '.' {
            return self.numbers.map(|_| DateOrder::DayMonthYear);
        }
        let orders = [DateOrder::YearMonthDay, DateOrder::MonthDayYear, DateOrder::DayMonthYear];
        let mut found = orders.into_iter().filter(|order| self.day(*order).is_some());
        found.next().filter(|_| found.next().is_none())
    }

    fn day(&self, order: DateOrder) -> Option<Day> {
        let [a, b, c] = self.numbers?;
        let (year, month, day) = match order {
            DateOrder::YearMonthDay => (a, b, c),
            DateOrder::MonthDayYear => (c, a, b),
            DateOrder::DayMonthYear => (c, b, a),
        };
        // 1940 to 2039, as IBM i has two digits.
        Day::new(u16::from(year) + if year < 40 { 2000 } else { 1900 }, month, day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{
        string::{String, ToString},
        vec::Vec,
    };

    fn read(line: &str, order: &mut Option<DateOrder>) -> Option<Entry> {
        match parse(line.as_bytes(), order)? {
            Object::Entry(entry) => Some(entry),
            Object::Listed => None,
        }
    }

    fn dates(dates: &[&str]) -> (Vec<Option<String>>, Option<DateOrder>) {
        let mut order = None;
        let line = |date: &&str| alloc::format!("QSYS 77824 {date} 15:09:55 *STMF a");
        let found = dates.iter().map(|date| read(&line(date), &mut order).unwrap().modified);
        (found.map(|modified| modified.map(|modified| modified.to_string())).collect(), order)
    }

    #[test]
    fn an_order_is_learnt_and_not_guessed() {
        let at = |date: &str| Some(alloc::format!("{date} 15:09:55"));
        assert_eq!(
            dates(&["04/03/18", "02/23/00", "04/03/18"]),
            ([None, at("2000-02-23"), at("2018-04-03")].into(), Some(DateOrder::MonthDayYear))
        );
        assert_eq!(dates(&["23/02/00"]).0, [at("2000-02-23")]);
        assert_eq!(dates(&["97/06/11"]).0, [at("1997-06-11")]);
        assert_eq!(dates(&["04.03.18"]).0, [at("2018-03-04")]);
        assert_eq!(dates(&["99/99/99"]), ([None].into(), None));
    }

    #[test]
    fn kinds_follow_the_type() {
        for (object, name, kind) in [
            ("*DIR", "a/", Kind::Directory),
            ("*LIB", "a", Kind::Directory),
            ("*FILE", "A.FILE", Kind::Directory),
            ("*FILE", "A.SAVF", Kind::File),
            ("*FILE", "BPTFSAVF", Kind::Unknown),
            ("*STMF", "a", Kind::File),
            ("*SYMLNK", "a", Kind::Link),
            ("*PGM", "A.PGM", Kind::Other),
        ] {
            let line = alloc::format!("QSYS 77824 02/23/00 15:09:55 {object} {name}");
            let entry = read(&line, &mut None).unwrap();
            assert_eq!(
                (entry.kind, entry.name.to_str()),
                (kind, name.strip_suffix('/').or(Some(name))),
                "{line}"
            );
        }
    }
}
