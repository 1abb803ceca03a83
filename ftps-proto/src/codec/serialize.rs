//! How serde sees what has private parts: names, modes, facts.
//!
//! Names are text where they are UTF-8, else their bytes; formats that are not for people have bytes always.

use alloc::{string::String, vec::Vec};
use core::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, SeqAccess, Unexpected, Visitor},
};

use super::{
    entry::{Name, Permissions},
    facts::Facts,
};

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.to_str() {
            Some(text) if serializer.is_human_readable() => serializer.serialize_str(text),
            _ => serializer.serialize_bytes(self.as_bytes()),
        }
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(NameVisitor)
        } else {
            deserializer.deserialize_byte_buf(NameVisitor)
        }
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name: text or bytes")
    }

    fn visit_str<E>(self, text: &str) -> Result<Name, E> {
        Ok(Name::from(text))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Name, E> {
        Ok(Name::from(bytes))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Name, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = seq.next_element()? {
            bytes.push(byte);
        }
        Ok(Name::from(bytes))
    }
}

/// As it displays: `rwxr-xr-x` or `0755`.
impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Permissions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match (u32::from_str_radix(&text, 8), <[u8; 9]>::try_from(text.as_bytes())) {
            (Ok(bits), _) => Ok(Self::Bits(bits)),
            (_, Ok(letters)) if text.is_ascii() => Ok(Self::Letters(letters)),
            _ => Err(D::Error::invalid_value(Unexpected::Str(&text), &"nine letters or an octal number")),
        }
    }
}

/// As pairs, since a name may come twice.
impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(|(label, value)| (label, Name::from(value))))
    }
}

impl<'de> Deserialize<'de> for Facts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut facts = Self::default();
        for (label, value) in Vec::<(String, Name)>::deserialize(deserializer)? {
            facts.add(&label, value.as_bytes()).map_err(D::Error::custom)?;
        }
        Ok(facts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::facts::parse_facts;

    #[test]
    fn entries_survive() {
        let line = b"type=OS.unix=slink:/a b;size=5;modify=20200615120059.25;UNIX.mode=0755;unique=1; \xffx";
        let entry = parse_facts(line).unwrap();
        let json = serde_json::to_string(&entry).unwrap();
        assert!(json.contains(r#""target":"/a b""#) && json.contains(r#""permissions":"0755""#), "{json}");
        assert_eq!(serde_json::from_str::<crate::codec::Entry>(&json).unwrap(), entry);
        let mode = Permissions::Letters(*b"rwxr-xr-x");
        assert_eq!(serde_json::from_value::<Permissions>(serde_json::to_value(mode).unwrap()).unwrap(), mode);
        assert!(serde_json::from_str::<Permissions>("\"rwx\"").is_err());
        assert!(serde_json::from_str::<Facts>(r#"[["a b","c"]]"#).is_err());
    }
}
