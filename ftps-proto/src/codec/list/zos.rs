//! z/OS, once MVS: data sets, members, load modules, jobs. IBM's *IP User's Guide and Commands*, LIST. (Its Unix files are
//! listed as Unix lists them.)

use nom::{
    Parser as _,
    branch::alt,
    bytes::complete::{tag, take_while_m_n, take_while1},
    combinator::{all_consuming, map, map_opt, opt, recognize, rest, verify},
    sequence::{delimited, preceded, terminated},
};

use super::columns::{column, gap, moment, number_column, time, word, year_month_day};
use crate::codec::{
    Parsed,
    entry::{Entry, Kind},
};

/// What a heading has told of the lines that follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Data sets, of a prefix.
    DataSets,
    /// Members of a partitioned data set, with or without statistics.
    Members,
    /// Load modules, members of a library.
    Modules,
    /// Jobs of the job entry subsystem.
    Jobs,
}

/// Reads a heading.
///
/// ```text
/// heading  = "Volume" gap "Unit" ... / "Name" gap "VV.MM" ... / "Name" gap "Size" gap "TTR" ... / "JOBNAME" gap "JOBID" ...
/// ```
pub(super) fn heading(line: &[u8]) -> Option<Layout> {
    let mut words = line.split(|&b| b == b' ').filter(|word| !word.is_empty());
    Some(match (words.next()?, words.next()?, words.next()) {
        (b"Volume", b"Unit", Some(b"Referred" | b"Date")) => Layout::DataSets,
        (b"Name", b"VV.MM", _) => Layout::Members,
        (b"Name", b"Size", Some(b"TTR")) => Layout::Modules,
        (b"JOBNAME", b"JOBID", _) => Layout::Jobs,
        _ => return None,
    })
}

/// Reads a line under a heading, or one that shows without what it is.
pub(super) fn parse(line: &[u8], layout: Option<Layout>) -> Option<Entry> {
    let line = line.trim_ascii();
    let read = |parser: fn(&[u8]) -> Parsed<'_, Entry>| {
        all_consuming(parser).parse(line).ok().map(|(_, entry)| entry)
    };
    match layout {
        Some(Layout::DataSets) => read(data_set).or_else(|| read(elsewhere)),
        Some(Layout::Members) => read(member).or_else(|| read(bare_member)),
        Some(Layout::Modules) => read(module).or_else(|| read(bare_member)),
        Some(Layout::Jobs) => read(job),
        None => read(data_set).or_else(|| read(member)).or_else(|| read(job)),
    }
}

/// Reads what only its system tells from other text: `Migrated   NAME`.
pub(super) fn parse_known(line: &[u8]) -> Option<Entry> {
    all_consuming(elsewhere).parse(line.trim_ascii()).ok().map(|(_, entry)| entry)
}

/// ```text
/// data-set = volume gap unit gap ( date / "**NONE**" ) gap [ extents gap ] used gap recfm gap lrecl gap blksz gap dsorg gap name
/// ```
/// Extents and used may run into each other; sizes are in tracks, and the date is that of the last use: neither is given.
fn data_set(input: &[u8]) -> Parsed<'_, Entry> {
    let referred = alt((map(year_month_day("/"), |_| ()), map(tag("**NONE**"), |_| ())));
    let volume = verify(column, |volume: &[u8]| volume.len() <= 6);
    let format =
        verify(column, |format: &[u8]| format == b"NONE" || format.iter().all(|b| b"FVUDBSAMT?".contains(b)));
    let space = (number_column, opt(number_column));
    let before = (volume, column, terminated(referred, gap), space, format, number_column, number_column);
    map_opt((before, column, name), |(_, organization, name)| {
        Some(Entry::new(
            name,
            match organization {
                b"PS" | b"PS-L" | b"PS-E" | b"DA" => Kind::File,
                b"PO" | b"PO-E" => Kind::Directory,
                _ if organization.iter().all(|b| b.is_ascii_uppercase() || *b == b'-') => Kind::Other,
                _ => return None,
            },
        ))
    })
    .parse(input)
}

/// ```text
/// elsewhere = "Migrated" gap name / volume gap ( "Tape" / "Not Direct Access Device" / "Not Mounted" / unit gap "VSAM" ) gap
///            name / "Pseudo Directory" gap name / "Error determining attributes" gap name
/// ```
fn elsewhere(input: &[u8]) -> Parsed<'_, Entry> {
    let at = |what| preceded((column, tag(what), gap), name);
    alt((
        map(preceded((tag("Migrated"), gap), name), |name| Entry::new(name, Kind::Other)),
        map(preceded((tag("Pseudo Directory"), gap), name), |name| Entry::new(name, Kind::Directory)),
        map(preceded((tag("Error determining attributes"), gap), name), |name| Entry::new(name, Kind::Other)),
        map(at("Tape"), |name| Entry::new(name, Kind::File)),
        map(at("Not Direct Access Device"), |name| Entry::new(name, Kind::Other)),
        map(at("Not Mounted"), |name| Entry::new(name, Kind::Other)),
        map(preceded((column, column, tag("VSAM"), gap), name), |name| Entry::new(name, Kind::Other)),
    ))
    .parse(input)
}

/// ```text
/// member   = name gap 2DIGIT "." 2DIGIT gap created gap changed-date gap changed-time gap size gap init gap mod gap id
/// ```
/// Sizes are in lines: not given.
fn member(input: &[u8]) -> Parsed<'_, Entry> {
    let day = || terminated(year_month_day("/"), gap);
    let two = || take_while_m_n(2, 2, |b: u8| b.is_ascii_digit());
    let version = delimited(two(), tag("."), terminated(two(), gap));
    let lines = (number_column, number_column, number_column);
    map((terminated(name, gap), version, day(), day(), terminated(time, gap), lines, word), |found| {
        let (name, _, _, day, time, _, user) = found;
        let mut entry = Entry::new(name, Kind::File);
        entry.modified = moment(day, time);
        entry.belongs_to(user, b"");
        entry
    })
    .parse(input)
}

/// A member without statistics: a name of at most 8 characters, alone.
fn bare_member(input: &[u8]) -> Parsed<'_, Entry> {
    let short = verify(name, |name: &[u8]| name.len() <= 8 && !name.contains(&b'.'));
    map(short, |name| Entry::new(name, Kind::File)).parse(input)
}

/// ```text
/// module   = name gap 4*8HEXDIG gap 6HEXDIG gap ...             ; size in bytes, where it begins; alias and attributes
/// ```
fn module(input: &[u8]) -> Parsed<'_, Entry> {
    let hex = |least| take_while_m_n(least, 8, |b: u8| b.is_ascii_hexdigit());
    let attributes = take_while1(|b: u8| b.is_ascii_graphic() || b == b' ');
    let columns = (terminated(name, gap), terminated(hex(4), gap), terminated(hex(6), gap), attributes);
    map_opt(columns, |(name, size, _, _)| {
        let mut entry = Entry::new(name, Kind::File);
        entry.size = Some(u64::from_str_radix(core::str::from_utf8(size).ok()?, 16).ok()?);
        Some(entry)
    })
    .parse(input)
}

/// ```text
/// job      = jobname gap jobid gap [ owner gap ] status ...
/// jobid    = ( "JOB" / "TSU" / "STC" / "J" / "T" / "S" ) 5*7DIGIT
/// status   = "INPUT" / "HELD" / "ACTIVE" / "OUTPUT"
/// ```
/// The job's number is the name to fetch; its name is a fact, `JES.jobname`.
fn job(input: &[u8]) -> Parsed<'_, Entry> {
    let status = || alt((tag("INPUT"), tag("HELD"), tag("ACTIVE"), tag("OUTPUT")));
    let end = || verify(rest, |rest: &[u8]| matches!(rest, [] | [b' ', ..]));
    let owned = alt((
        map((status(), end()), |_| &b""[..]),
        map((terminated(name, gap), status(), end()), |(owner, ..)| owner),
    ));
    map((terminated(name, gap), terminated(number_of_job, gap), owned), |(job, number, owner)| {
        let mut entry = Entry::new(number, Kind::File);
        entry.belongs_to(owner, b"");
        entry.facts.push(b"JES.jobname", job);
        entry
    })
    .parse(input)
}

fn number_of_job(input: &[u8]) -> Parsed<'_, &[u8]> {
    let prefix = alt((tag("JOB"), tag("TSU"), tag("STC"), tag("J"), tag("T"), tag("S")));
    recognize((prefix, take_while_m_n(5, 7, |b: u8| b.is_ascii_digit()))).parse(input)
}

/// `name = 1*( ALPHA / DIGIT / "$" / "#" / "@" / "-" / "_" / "." )`
fn name(input: &[u8]) -> Parsed<'_, &[u8]> {
    take_while1(|b: u8| b.is_ascii_alphanumeric() || b"$#@-_.".contains(&b)).parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn kind(line: &str, layout: Option<Layout>) -> Option<(Kind, Vec<u8>)> {
        parse(line.as_bytes(), layout).map(|entry| (entry.kind, entry.name.as_bytes().to_vec()))
    }

    #[test]
    fn data_sets_wherever_they_are() {
        for (line, found) in [
            ("  VOL001 3420   2003/07/15  1  150  FB      80  8000  PS  A.FILE", Kind::File),
            ("  VOL002 3390   2005/09/19 412000 U 0 32760 PO A.FILE", Kind::Directory),
            ("VOL003 3390   **NONE**    1   12  NONE     0     0  PO  A.FILE", Kind::Directory),
            ("VOL004 3390   2005/09/19  1    1  U        0     0  VS  A.FILE", Kind::Other),
            ("VOL004 3390   VSAM A.FILE", Kind::Other),
            ("TAPE01 Tape                                             A.FILE", Kind::File),
            ("Pseudo Directory                                        A.FILE", Kind::Directory),
            ("Error determining attributes                            A.FILE", Kind::Other),
            ("MIGRAT Not Mounted                                      A.FILE", Kind::Other),
        ] {
            assert_eq!(kind(line, Some(Layout::DataSets)), Some((found, b"A.FILE".to_vec())), "{line}");
        }
        // What is told by its heading only.
        assert_eq!(kind("Migrated  A.FILE", None), None);
        assert!(parse_known(b"Migrated  A.FILE").is_some());
        for line in ["A.FILE", "TAPE01 Tape  A FILE", "VOL002 3390   2005/09/19 1 1 XX 0 32760 PO A.FILE"] {
            assert_eq!(kind(line, Some(Layout::DataSets)), None, "{line}");
        }
    }

    #[test]
    fn members_and_modules() {
        let layout =
            heading(b"Name      Size     TTR   Alias-of AC --------- Attributes --------- Amode Rmode");
        assert_eq!(layout, Some(Layout::Modules));
        let entry = parse(b"LOADMOD   00A9C0   00031F          00 FO        RU            31    ANY", layout)
            .unwrap();
        assert_eq!((entry.name.as_bytes(), entry.size), (&b"LOADMOD"[..], Some(0xa9c0)));
        assert_eq!(kind("ADATAB", layout), Some((Kind::File, b"ADATAB".to_vec())));
        for line in ["ADATABASE", "A B", "A.B"] {
            assert_eq!(kind(line, Some(Layout::Members)), None, "{line}");
        }
    }

    #[test]
    fn jobs_have_a_status() {
        let entry = parse(b"IBMUSER1  STC01906  INPUT", None).unwrap();
        assert_eq!(
            (entry.name.as_bytes(), entry.fact("JES.jobname")),
            (&b"STC01906"[..], Some(&b"IBMUSER1"[..]))
        );
        for line in ["IBMUSER1  STC01906  INPUTS", "IBMUSER1  XYZ01906  INPUT", "IBMUSER1  JOB01906"] {
            assert_eq!(kind(line, Some(Layout::Jobs)), None, "{line}");
        }
    }
}
