//! Bytes to types and back, one file per grammar.
//!
//! Framing ([`frame`], [`list::LineDecoder`]) owns buffers and limits; everything else is a function from
//! bytes to a type and its inverse. What a client parses a server writes, so `decode(encode(x)) == x` is a
//! property test for each grammar. No parser assumes UTF-8, none allocates before its input is known to be
//! sound, and none panics.

pub mod address;
pub mod ascii;
pub mod command;
pub mod encoding;
pub mod entry;
pub mod facts;
pub mod features;
pub mod frame;
pub mod hash;
pub mod list;
pub mod path;
pub mod pattern;
pub mod reply;
#[cfg(feature = "serde")]
mod serialize;
pub mod size;
pub mod text;
pub mod time;
pub mod unique;

/// What every grammar rule returns: errors are typed where a rule is entered, not inside.
type Parsed<'a, T> = nom::IResult<&'a [u8], T, ()>;

pub use address::{HostPort, NetAddress, parse_227, parse_229};
pub use command::{Argument, ArgumentError, Command, CommandError, ProtectionLevel, Secret, Verb, Word};
pub use encoding::{Charset, Encoding};
pub use entry::{Entry, Exactness, Kind, Name, Permissions};
pub use facts::{Facts, parse_facts};
pub use features::Features;
pub use frame::{FrameError, ReplyDecoder, ReplyLimits};
pub use hash::{Algorithm, Hash, HashError, parse_hash, parse_x_hash};
pub use path::parse_257;
pub use pattern::{Pattern, PatternError};
pub use reply::{Class, Code, Reply};
pub use size::parse_size;
pub use time::{Precision, Timestamp, Zone};
pub use unique::parse_150;
