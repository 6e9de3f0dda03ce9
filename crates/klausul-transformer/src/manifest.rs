//! What `klausul.json` says of a model: labels, input, head, thresholds, training data, files.

use std::collections::{BTreeMap, HashSet};

use klausul_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use crate::Pooling;

/// The version that this crate writes; it reads all with the same major number.
pub const FORMAT_VERSION: &str = "1.0";

/// The manifest of a model directory, `klausul.json`.
///
/// Fields that a later minor version added are ignored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this format, `MAJOR.MINOR`.
    pub format_version: String,
    /// The model's name, as records carry it.
    pub name: String,
    /// The model's version; another one for every change of weights, thresholds or calibration.
    pub version: String,
    /// The categories that the labels belong to.
    pub taxonomy: TaxonomyId,
    /// How paragraphs become tokens.
    pub input: InputFormat,
    /// How the vectors of a window's tokens become one.
    pub pooling: Pooling,
    /// Layers of the head, 1 or 2: tensors `head.0.weight`, `head.0.bias`, and for two layers `head.1.weight`, `head.1.bias`.
    pub head_layers: usize,
    /// The labels in the order of the head's outputs.
    pub labels: Vec<Label>,
    /// How the model decides together with another classifier, where that was measured to be better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ensemble: Option<Ensemble>,
    /// What the model was trained on.
    #[serde(default)]
    pub training_data: Vec<TrainingData>,
    /// Figures that were measured, by name.
    #[serde(default)]
    pub metrics: BTreeMap<String, f64>,
    /// Size and hash of every other file of the directory, by name.
    #[serde(default)]
    pub files: BTreeMap<String, FileEntry>,
}

/// A taxonomy by name and version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxonomyId {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// How paragraphs become tokens; see [`Input`](crate::Input) for the format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFormat {
    /// Stands before every text: `query: ` for the E5 family.
    #[serde(default)]
    pub prefix: String,
    /// Whether a paragraph's kind is told: by `#` before the text of a heading, `-` of a list item, `=` of a table cell.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub kinds: bool,
    /// Tokens of the longest window, with prefix, context and special tokens.
    pub max_tokens: usize,
}

/// A label and how its logit is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Label {
    /// Id of the category in the taxonomy.
    pub id: String,
    /// The category is decided from this probability on, after calibration.
    pub threshold: f32,
    /// From the logit to the probability.
    #[serde(default)]
    pub calibration: Platt,
}

/// A model together with another classifier; see [`EnsembleClassifier`](crate::EnsembleClassifier).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ensemble {
    /// The other classifier, as its records name it.
    pub with: String,
    /// What the log-odds of its probabilities count beside the logits, 0 or more.
    pub weight: f32,
    /// How the sums are read: the labels of the model in the same order.
    pub labels: Vec<Label>,
}

/// Platt scaling (Platt 1999): the probability of logit `z` is `1 / (1 + exp(-(a·z + b)))`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Platt {
    /// Slope, above 0.
    pub a: f32,
    /// Offset.
    pub b: f32,
}

impl Default for Platt {
    /// The plain sigmoid.
    fn default() -> Self {
        Self { a: 1.0, b: 0.0 }
    }
}

impl Platt {
    /// The probability of a logit, between 0 and 1.
    pub fn probability(self, logit: f32) -> f32 {
        let z = f64::from(self.a) * f64::from(logit) + f64::from(self.b);
        (1.0 / (1.0 + libm::exp(-z))) as f32
    }
}

/// A corpus that the model was trained on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainingData {
    /// Its name.
    pub name: String,
    /// Its licence, as an SPDX expression where there is one.
    pub licence: String,
    /// Paragraphs used.
    #[serde(default)]
    pub paragraphs: u64,
}

impl TrainingData {
    /// Data that do not say their licence.
    pub fn of_unknown_licence(name: impl Into<String>, paragraphs: u64) -> Self {
        // In the words of SPDX.
        Self { name: name.into(), licence: "NOASSERTION".to_owned(), paragraphs }
    }
}

/// What a file must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Bytes.
    pub size: u64,
    /// SHA-256 in lower-case hexadecimal digits.
    pub sha256: String,
}

#[derive(Deserialize)]
struct Versioned {
    format_version: String,
}

impl Manifest {
    /// Reads the text of a `klausul.json`.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] with the line when it is not the JSON that it should be, [`ErrorKind::Config`] when it has an unknown
    /// major version or contradicts itself; the message names the field and its value.
    pub fn from_json(text: &str) -> Result<Self> {
        let broken = |error: serde_json::Error| {
            Error::new(ErrorKind::Format, format!("not a manifest: {error}"))
                .on_line(error.line() as u64)
                .mend("take the klausul.json that came with the model")
        };
        // The version first: what another major version calls its fields is not known here.
        let Versioned { format_version } = serde_json::from_str(text).map_err(broken)?;
        let known = FORMAT_VERSION.split('.').next();
        if format_version.split('.').next() != known {
            return Err(bad(
                format!("`format_version` `{format_version}` is not known"),
                "update klausul, or take an older model",
            ));
        }
        let manifest: Self = serde_json::from_str(text).map_err(broken)?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Checks that it does not contradict itself.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] naming the field and its value.
    pub fn check(&self) -> Result<()> {
        if !(1..=2).contains(&self.head_layers) {
            return Err(bad(format!("`head_layers` is `{}`", self.head_layers), "a head has 1 or 2 layers"));
        }
        if self.input.max_tokens < crate::tokenize::LEAST_WINDOW {
            let mend = format!("a window has {} tokens or more", crate::tokenize::LEAST_WINDOW);
            return Err(bad(format!("`input.max_tokens` is `{}`", self.input.max_tokens), &mend));
        }
        if self.labels.is_empty() {
            return Err(bad("`labels` is empty".into(), "name the categories in the order of the head's outputs"));
        }
        check_labels(&self.labels)?;
        if let Some(Ensemble { weight, labels, .. }) = &self.ensemble {
            if !(weight.is_finite() && *weight >= 0.0) {
                return Err(bad(format!("`ensemble.weight` is `{weight}`"), "it is 0 or more"));
            }
            check_labels(labels)?;
            if !labels.iter().map(|label| &label.id).eq(self.labels.iter().map(|label| &label.id)) {
                return Err(bad(
                    "`ensemble.labels` are not those of `labels`".into(),
                    "give the same ids in the same order",
                ));
            }
        }
        for (name, FileEntry { sha256, .. }) in &self.files {
            if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', ':']) {
                return Err(bad(format!("`files` names `{name}`"), "files lie in the model directory itself"));
            }
            if sha256.len() != 64 || !sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
                return Err(bad(
                    format!("file `{name}`: `sha256` is `{sha256}`"),
                    "write 64 lower-case hexadecimal digits",
                ));
            }
        }
        Ok(())
    }

    /// The text of the file, indented, with a newline at its end.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn to_json(&self) -> Result<String> {
        self.check()?;
        serde_json::to_string_pretty(self)
            .map(|text| text + "\n")
            .map_err(|error| bad(format!("a metric cannot be written: {error}"), "metrics are finite numbers"))
    }
}

fn check_labels(labels: &[Label]) -> Result<()> {
    let mut seen = HashSet::new();
    for Label { id, threshold, calibration: Platt { a, b } } in labels {
        if !seen.insert(id) {
            return Err(bad(format!("label `{id}` stands twice"), "name each category once"));
        }
        if !(0.0..=1.0).contains(threshold) {
            return Err(bad(format!("label `{id}`: `threshold` is `{threshold}`"), "it lies between 0 and 1"));
        }
        if !(a.is_finite() && *a > 0.0 && b.is_finite()) {
            let message = format!("label `{id}`: `calibration` is a = `{a}`, b = `{b}`");
            return Err(bad(message, "`a` is above 0 and both are finite"));
        }
    }
    Ok(())
}

fn bad(message: String, mend: &str) -> Error {
    Error::new(ErrorKind::Config, message).mend(mend)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A manifest of two labels.
    pub(crate) fn small() -> Manifest {
        let label = |id: &str, threshold| Label { id: id.into(), threshold, calibration: Platt::default() };
        Manifest {
            format_version: FORMAT_VERSION.into(),
            name: "small".into(),
            version: "0.1".into(),
            taxonomy: TaxonomyId { name: "pets".into(), version: "1".into() },
            input: InputFormat { prefix: "query: ".into(), kinds: false, max_tokens: 32 },
            pooling: Pooling::Mean,
            head_layers: 1,
            labels: vec![label("cat", 0.5), label("dog", 0.4)],
            ensemble: None,
            training_data: vec![TrainingData { name: "own".into(), licence: "MIT".into(), paragraphs: 12 }],
            metrics: BTreeMap::from([("micro_f1".into(), 0.5)]),
            files: BTreeMap::new(),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let manifest = small();
        assert_eq!(Manifest::from_json(&manifest.to_json().unwrap()).unwrap(), manifest);
    }

    #[test]
    fn a_later_minor_version_is_read_and_another_major_one_refused() {
        let text = small().to_json().unwrap();
        let minor = text.replacen("\"1.0\"", "\"1.7\"", 1).replacen('{', "{\"colour\": 3,", 1);
        assert_eq!(Manifest::from_json(&minor).unwrap().labels, small().labels);
        let major = Manifest::from_json(r#"{"format_version": "2.0", "layers": []}"#).unwrap_err().to_string();
        assert_eq!(major, "`format_version` `2.0` is not known; update klausul, or take an older model");
        assert_eq!(Manifest::from_json("{\n\"format_version\": 1}").unwrap_err().line(), Some(2));
    }

    #[test]
    fn contradictions_are_named() {
        let change = |change: fn(&mut Manifest)| {
            let mut manifest = small();
            change(&mut manifest);
            manifest.check().unwrap_err().to_string()
        };
        let entry = |sha256: &str| FileEntry { size: 1, sha256: sha256.into() };
        assert!(change(|m| m.head_layers = 3).contains("`3`"));
        assert!(change(|m| m.input.max_tokens = 2).contains("`input.max_tokens` is `2`"));
        assert!(change(|m| m.labels[1].id = "cat".into()).contains("label `cat` stands twice"));
        assert!(change(|m| m.labels[1].threshold = f32::NAN).contains("label `dog`: `threshold` is `NaN`"));
        assert!(change(|m| m.labels[0].calibration.a = -1.0).contains("a = `-1`"));
        assert!(
            change(|m| m.ensemble = Some(Ensemble { with: "r".into(), weight: 1.0, labels: m.labels[..1].to_vec() }))
                .contains("`ensemble.labels` are not those")
        );
        assert!(
            change(|m| m.ensemble = Some(Ensemble { with: "r".into(), weight: -1.0, labels: m.labels.clone() }))
                .contains("`ensemble.weight` is `-1`")
        );
        assert!(change(|m| m.labels.clear()).contains("`labels` is empty"));
        for (name, sha256) in [("../model.safetensors", "0"), ("tokenizer.json", "A0")] {
            let mut manifest = small();
            manifest.files.insert(name.into(), entry(sha256));
            let error = manifest.check().unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn calibration_is_the_logistic_function_of_a_line() {
        let platt = Platt { a: 2.0, b: -1.0 };
        assert!((platt.probability(0.5) - 0.5).abs() < 1e-7);
        assert!((platt.probability(1.0) - 0.731_058_6).abs() < 1e-6);
        assert_eq!((platt.probability(1e30), platt.probability(-1e30)), (1.0, 0.0));
    }
}
