//! Classifies identical paragraphs once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use klausul_core::{Classifier, Paragraph, Prediction, Result};
use xxhash_rust::xxh3::Xxh3;

/// Predictions that are kept; at 27 categories some 40 MB when full.
const KEPT: usize = 100_000;

/// Remembers predictions by what decides them: text, context, kind and language.
///
/// Half of the paragraphs of scraped policies stand in others too. A prediction depends on its paragraph alone, so what is
/// remembered changes the speed of a run and nothing else.
pub struct Memo<'a> {
    classifier: &'a dyn Classifier,
    known: Mutex<HashMap<u128, Arc<Prediction>>>,
}

impl<'a> Memo<'a> {
    /// Remembers nothing yet.
    pub fn new(classifier: &'a dyn Classifier) -> Self {
        Self { classifier, known: Mutex::new(HashMap::new()) }
    }

    /// One prediction a paragraph, in order.
    ///
    /// # Errors
    /// Those of the classifier.
    pub fn classify(&self, paragraphs: &[Paragraph]) -> Result<Vec<Arc<Prediction>>> {
        let keys: Vec<u128> = paragraphs.iter().map(key).collect();
        let mut found: HashMap<u128, Arc<Prediction>> = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            keys.iter().filter_map(|key| Some((*key, Arc::clone(known.get(key)?)))).collect()
        };
        let (mut new, mut new_keys) = (Vec::new(), Vec::new());
        for (key, paragraph) in keys.iter().zip(paragraphs) {
            if !found.contains_key(key) && !new_keys.contains(key) {
                new_keys.push(*key);
                new.push(paragraph.clone());
            }
        }
        let predictions = self.classifier.classify(&new)?;
        let fresh: Vec<(u128, Arc<Prediction>)> =
            new_keys.into_iter().zip(predictions.into_iter().map(Arc::new)).collect();
        found.extend(fresh.iter().cloned());
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() + fresh.len() > KEPT {
            known.clear();
        }
        known.extend(fresh);
        drop(known);
        Ok(keys.iter().map(|key| Arc::clone(&found[key])).collect())
    }
}

fn key(paragraph: &Paragraph) -> u128 {
    let mut hasher = Xxh3::new();
    for part in paragraph.context.iter().chain([&paragraph.text]) {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.update(&[paragraph.kind as u8]);
    hasher.update(paragraph.language.as_str().as_bytes());
    hasher.digest128()
}

impl std::fmt::Debug for Memo<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memo").field("model", &self.classifier.model()).finish_non_exhaustive()
    }
}
