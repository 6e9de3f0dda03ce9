//! Language identification.
use klausul_core::Language;
/// x
pub fn document(_: &[&str], declared: Option<Language>) -> Language {
    declared.unwrap_or_else(|| "en".parse().unwrap())
}
/// x
pub fn paragraph(_: &str, document: Language) -> Language {
    document
}
