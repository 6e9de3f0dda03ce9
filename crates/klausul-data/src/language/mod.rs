//! Language identification, for documents and for their paragraphs.
//!
//! The script decides first; in Latin and Cyrillic text a model of letter pairs, letter triples and words decides among
//! some fifty languages. The model is made when the crate is built, from text written for klausul (`data/langid`), as it
//! is written and without diacritics. It is a table of one and a half megabytes in the program: nothing is loaded or
//! computed at start, and every function here is pure.
//!
//! A paragraph alone is often too short to tell: half of those in scraped policies are headings, names and addresses.
//! So the caller asks for the language of the [`document`] once, and then for each [`paragraph`] in the light of it.
//!
//! ```
//! use klausul_data::language;
//!
//! let page = ["Integritetspolicy", "Vi behandlar dina personuppgifter för att kunna leverera din beställning."];
//! let swedish = language::document(&page, None);
//! assert_eq!(swedish.as_str(), "sv");
//! assert_eq!(language::paragraph("Cookie settings", swedish), swedish);
//! ```

use klausul_core::Language;

mod evidence;
mod features;
#[cfg(test)]
mod fold;
mod measure;
mod model;
mod poll;
mod relatives;
mod script;
#[cfg(test)]
mod tests;

pub use relatives::supported;

use measure::Measure;
use poll::Poll;
use relatives::{Kinship, language};
use script::Script;

/// Fewer words than these are a heading, a name or a label: they follow their document.
const ENOUGH_WORDS: usize = 8;

/// One word in a script that is not the document's is a name or a term; two are text.
const FOREIGN_WORDS: usize = 2;

/// How sure a few words have to be to make the language of a document, and to stand against what the page says of itself.
const SURE: f32 = 0.8;
const CERTAIN: f32 = 0.999;

/// What a text says about its language.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Detection {
    /// The most probable language; [`Language::UNKNOWN`] when the text has no words or reads like none that is known.
    pub language: Language,
    /// The probability of `language` among the known ones, from 0 to 1; 0 when it is unknown.
    pub confidence: f32,
    /// The second most probable language, where the script leaves a choice; the nearest one when none is near enough.
    pub runner_up: Option<Language>,
}

impl Detection {
    const NONE: Self = Self { language: Language::UNKNOWN, confidence: 0.0, runner_up: None };
}

/// The language of a text by itself.
///
/// Web and e-mail addresses, numbers and codes are no evidence. A language without support is told by its own code when
/// the model knows it. From eight words on the answer can be relied on for languages that are not close relatives; for
/// less text, and for Bosnian, Croatian and Serbian at any length below a page, look at the confidence.
///
/// ```
/// let found = klausul_data::language::detect("Ju keni të drejtë të kërkoni fshirjen e të dhënave tuaja.");
/// assert_eq!(found.language.as_str(), "sq");
/// assert!(found.confidence > 0.9);
/// ```
pub fn detect(text: &str) -> Detection {
    match Reading::of(text) {
        Reading::Nothing => Detection::NONE,
        Reading::Script { language, .. } if language.is_unknown() => Detection::NONE,
        Reading::Script { language, words } => {
            let sole = Kinship::family(language).count() == 1;
            let confidence = if sole { 1.0 } else { 1.0 - 1.0 / (1.0 + words as f32) };
            Detection { language, confidence, runner_up: None }
        }
        Reading::Model(measure) => measure.detection(),
    }
}

/// The language of most of a document's text.
///
/// `declared` is what the page or the record says of itself (`<html lang>`, a column); scraped pages often say it
/// wrongly. It decides between close relatives (Bosnian, Croatian and Serbian; Danish, Bokmål and Nynorsk; Czech and
/// Slovak) that the text leaves open, and where there is too little text to tell. Otherwise the text decides.
///
/// ```
/// use klausul_data::language;
///
/// let english = "en".parse().ok();
/// let page = ["Mbledhim emrin dhe adresën tuaj kur regjistroheni në shërbimin tonë."];
/// assert_eq!(language::document(&page, english).as_str(), "sq");
/// assert_eq!(language::document(&["Contact"], english).as_str(), "en");
/// ```
pub fn document(paragraphs: &[&str], declared: Option<Language>) -> Language {
    let declared = declared.filter(|language| !language.is_unknown());
    let mut poll = Poll::default();
    for text in paragraphs {
        poll.add(&Reading::of(text));
    }
    poll.result(declared).unwrap_or_else(|| {
        let found = detect(&paragraphs.join("\n"));
        match declared {
            Some(declared) if found.confidence < CERTAIN => declared,
            None if found.confidence < SURE => Language::UNKNOWN,
            _ => found.language,
        }
    })
}

/// The language of a paragraph of a document in a known language.
///
/// Short paragraphs and those that consist of names follow the document; so do all of a Bosnian, Croatian or Serbian
/// document that are in one of the three. A paragraph of eight words or more that is plainly in another language has
/// its own; between close relatives that takes more.
///
/// ```
/// use klausul_data::language::paragraph;
///
/// let albanian = "sq".parse().unwrap();
/// assert_eq!(paragraph("Privacy Policy", albanian), albanian);
/// let english = "We may share your personal data with the companies that deliver our newsletter to you.";
/// assert_eq!(paragraph(english, albanian).as_str(), "en");
/// ```
pub fn paragraph(text: &str, document: Language) -> Language {
    match Reading::of(text) {
        Reading::Nothing => document,
        Reading::Script { language, words } => {
            let foreign = Kinship::of(language, document) == Kinship::Distant;
            if words >= if foreign { FOREIGN_WORDS } else { ENOUGH_WORDS } { language } else { document }
        }
        Reading::Model(measure) => {
            let found = measure.detection().language;
            let own = if measure.is_foreign_script(document) {
                measure.words >= FOREIGN_WORDS && !found.is_unknown()
            } else {
                measure.words >= ENOUGH_WORDS && measure.outweighs(found, document)
            };
            if own { found } else { document }
        }
    }
}

/// The evidence of a text.
enum Reading {
    /// No words.
    Nothing,
    /// The script alone tells the language, or that it is none of those known.
    Script { language: Language, words: usize },
    /// Text in a script of several languages.
    Model(Measure),
}

impl Reading {
    fn of(text: &str) -> Self {
        let measure = match Script::of(text) {
            None => return Self::Nothing,
            Some(Script::Latin) => model::LATIN.measure(text),
            Some(Script::Cyrillic) => model::CYRILLIC.measure(text),
            Some(Script::Only(code)) => return Self::Script { language: language(code), words: estimate(text) },
            Some(Script::Other) => return Self::Script { language: Language::UNKNOWN, words: estimate(text) },
        };
        if measure.words == 0 { Self::Nothing } else { Self::Model(measure) }
    }
}

/// Words of a text whose script may not part them: four letters a word.
fn estimate(text: &str) -> usize {
    text.chars().filter(|c| !c.is_ascii() && c.is_alphabetic()).count().div_ceil(4)
}
