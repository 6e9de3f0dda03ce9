//! A rule-based classifier of privacy-policy clauses that explains every hit.
//!
//! One lexicon file a language (`data/lexicon/*.toml`, described in `docs/lexicon.md`) holds terms, heading classes and
//! rules. A lexicon is compiled on first use into one automaton over folded text (case and diacritics dropped), so a paragraph
//! is read once whatever the number of rules.
//!
//! ```
//! use klausul_core::{Classifier, Kind, Paragraph};
//! use klausul_rules::RuleClassifier;
//!
//! let rules = RuleClassifier::builtin()?.with_evidence(true);
//! let paragraph = Paragraph {
//!     id: "1".into(),
//!     index: 0,
//!     language: "en".parse()?,
//!     kind: Kind::Text,
//!     context: vec![],
//!     text: "You can withdraw your consent at any time.".into(),
//!     start: 0,
//!     end: 42,
//! };
//! let prediction = &rules.classify(&[paragraph])?[0];
//! let ids: Vec<_> = prediction.labels.iter().map(|&i| rules.taxonomy().categories()[i].id.as_str()).collect();
//! assert_eq!(ids, ["right_withdraw_consent"]);
//! assert_eq!(prediction.evidence[0].matches[0].text, "withdraw");
//! # Ok::<(), klausul_core::Error>(())
//! ```
//!
//! A [`RuleClassifier`] is `Send + Sync`, starts no thread, opens no connection and reads files only in
//! [`RuleClassifier::from_folder`]. Text from anywhere is safe: matching is linear and nothing panics on it.

mod calibration;
mod classifier;
mod compile;
mod context;
mod decide;
mod fold;
mod lexicon;
mod pattern;
mod scan;
mod set;
mod tokens;

#[cfg(test)]
mod tests;

pub use calibration::Level;
pub use classifier::RuleClassifier;
