//! Language codes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Error, ErrorKind};

/// A language as its BCP 47 primary subtag: two or three lower-case letters, `und` where it is unknown.
///
/// ```
/// use klausul_core::Language;
///
/// let language: Language = "pt-BR".parse().unwrap();
/// assert_eq!(language.as_str(), "pt");
/// assert!(Language::UNKNOWN.is_unknown());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Language([u8; 3]);

impl Language {
    /// Undetermined.
    pub const UNKNOWN: Self = Self(*b"und");

    /// The code as text.
    pub fn as_str(&self) -> &str {
        let length = if self.0[2] == 0 { 2 } else { 3 };
        std::str::from_utf8(&self.0[..length]).unwrap_or("und")
    }

    /// Whether the language could not be told.
    pub fn is_unknown(self) -> bool {
        self == Self::UNKNOWN
    }
}

impl Default for Language {
    fn default() -> Self {
        Self::UNKNOWN
    }
}

impl FromStr for Language {
    type Err = Error;

    /// Reads a BCP 47 or POSIX tag (`sv`, `sv-SE`, `sv_SE.UTF-8`) and keeps the primary subtag; `no` becomes `nb`.
    fn from_str(tag: &str) -> Result<Self, Error> {
        let primary = tag.trim().split(['-', '_', '.']).next().unwrap_or_default().to_ascii_lowercase();
        let bytes = primary.as_bytes();
        if !matches!(bytes.len(), 2 | 3) || !bytes.iter().all(u8::is_ascii_lowercase) {
            return Err(Error::new(ErrorKind::Usage, format!("`{tag}` is not a language tag"))
                .mend("write a code such as `sv` or `pt-BR`"));
        }
        if primary == "no" {
            return Ok(Self(*b"nb\0"));
        }
        let mut code = [0; 3];
        code[..bytes.len()].copy_from_slice(bytes);
        Ok(Self(code))
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Language {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Language {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tag = std::borrow::Cow::<str>::deserialize(deserializer)?;
        tag.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_keep_their_primary_subtag() {
        for (tag, code) in [("sv", "sv"), ("sr-Cyrl-RS", "sr"), ("sv_SE.UTF-8", "sv"), ("NO", "nb"), ("und", "und")] {
            assert_eq!(tag.parse::<Language>().unwrap().as_str(), code);
        }
        for tag in ["", "x", "english", "e1"] {
            assert!(tag.parse::<Language>().is_err(), "{tag}");
        }
    }
}
