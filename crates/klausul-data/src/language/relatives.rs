//! Which languages are mistaken for each other, and which klausul labels.

use std::sync::LazyLock;

use klausul_core::Language;

/// The languages that klausul reads policies in: the 24 of the European Union, Albanian, Bokmål, Nynorsk, Icelandic,
/// Serbian, Bosnian, Macedonian, Turkish, Ukrainian and Catalan, by code.
const SUPPORTED: [&str; 34] = [
    "bg", "bs", "ca", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr", "hu", "is", "it", "lt", "lv",
    "mk", "mt", "nb", "nl", "nn", "pl", "pt", "ro", "sk", "sl", "sq", "sr", "sv", "tr", "uk",
];

/// How near two languages are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kinship {
    /// One language in the end, or as good as: a paragraph does not tell them apart.
    Same,
    /// A short text of one reads much like the other.
    Close,
    /// Eight words tell them apart.
    Distant,
}

/// Standards of one language: whole documents differ, most of their paragraphs do not.
const STANDARDS: [&str; 3] = ["bs", "hr", "sr"];

/// Languages that are close to each other, or share a script that alone tells little.
const FAMILIES: [&[&str]; 5] =
    [&STANDARDS, &["da", "nb", "nn"], &["cs", "sk"], &["ar", "ckb", "fa", "ur"], &["ja", "zh"]];

impl Kinship {
    /// How near two languages are.
    pub(super) fn of(a: Language, b: Language) -> Self {
        let both = |family: &[&str]| family.contains(&a.as_str()) && family.contains(&b.as_str());
        if a == b || both(&STANDARDS) {
            Self::Same
        } else if FAMILIES.iter().any(|family| both(family)) {
            Self::Close
        } else {
            Self::Distant
        }
    }

    /// A language and those that it may be mistaken for, even in a long text.
    pub(super) fn family(of: Language) -> impl Iterator<Item = Language> {
        let family = FAMILIES.iter().find(|family| family.contains(&of.as_str()));
        let alone = family.is_none().then_some(of);
        family.into_iter().flat_map(|family| family.iter().copied().map(language)).chain(alone)
    }
}

/// The languages that klausul reads policies in, by code: the 24 of the European Union, Albanian, Bokmål, Nynorsk,
/// Icelandic, Serbian, Bosnian, Macedonian, Turkish, Ukrainian and Catalan.
///
/// [`detect`](super::detect) knows others besides (Galician, Russian, Welsh, …), so that a text in them is not taken for
/// one of these.
///
/// ```
/// let supported = klausul_data::language::supported();
/// assert!(supported.contains(&"sq".parse().unwrap()));
/// assert!(!supported.contains(&"ru".parse().unwrap()));
/// ```
pub fn supported() -> &'static [Language] {
    static LANGUAGES: LazyLock<Vec<Language>> = LazyLock::new(|| SUPPORTED.iter().copied().map(language).collect());
    &LANGUAGES
}

/// The language of a code that stands in this module or in the model.
pub(super) fn language(code: &str) -> Language {
    code.parse().unwrap_or(Language::UNKNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kin_are_symmetric() {
        for (a, b, kinship) in [
            ("hr", "sr", Kinship::Same),
            ("da", "nb", Kinship::Close),
            ("sk", "cs", Kinship::Close),
            ("sv", "nb", Kinship::Distant),
            ("en", "en", Kinship::Same),
        ] {
            assert_eq!(Kinship::of(language(a), language(b)), kinship);
            assert_eq!(Kinship::of(language(b), language(a)), kinship);
        }
    }

    #[test]
    fn every_code_is_a_language() {
        assert!(supported().iter().all(|language| !language.is_unknown()));
        assert!(SUPPORTED.is_sorted());
    }
}
