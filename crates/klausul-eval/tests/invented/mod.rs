//! An invented evaluation: the shape of a real one, every figure and sentence made up.

use klausul_core::Taxonomy;
use serde_json::{Map, Value, json};

const LANGUAGES: [&str; 12] = ["bg", "de", "el", "en", "es", "fr", "hu", "it", "pl", "pt", "sq", "sv"];
const KINDS: [&str; 4] = ["text", "heading", "list_item", "table_cell"];

/// A sentence that holds what must stay text, for the tests to find.
pub(crate) const HOSTILE: &str =
    "<script>window.broken = true</script></script><img src=x onerror=\"window.broken = true\"> & done";

const SENTENCES: [(&str, &str, &str); 5] = [
    ("en", "We pass your address to the carrier, and to nobody else 🚚, so that the parcel arrives.", "the carrier"),
    ("sq", "Të dhënat tuaja i ruajmë pesë vjet pas përfundimit të kontratës së punës.", "ruajmë pesë vjet"),
    ("de", "Für die Abrechnung geben wir Ihre Daten an das Büro für Löhne in Köln weiter.", "geben wir Ihre Daten an"),
    ("el", "Μπορείτε να ζητήσετε τη διαγραφή των δεδομένων σας όποτε θέλετε.", "τη διαγραφή των δεδομένων"),
    ("fr", "Vous pouvez vous opposer à l’envoi de notre lettre en nous écrivant à l’accueil.", "vous opposer à"),
];

/// Figures that look random and are the same on every run (xorshift, Marsaglia 2003).
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as usize % count
    }

    /// From 0 up to 1.
    fn roll(&mut self) -> f64 {
        self.below(1 << 20) as f64 / f64::from(1 << 20)
    }
}

/// The figures of some decisions, from how often they went which way.
fn decided(tp: usize, fp: usize, fn_: usize) -> Map<String, Value> {
    let share = |part: usize, whole: usize| if whole == 0 { Value::Null } else { json!(part as f64 / whole as f64) };
    let around = |value: &Value| {
        let reach = 0.6 / ((tp + fn_) as f64).sqrt();
        value.as_f64().map(|value| json!([(value - reach).max(0.0), (value + reach * 0.8).min(1.0)]))
    };
    let (precision, recall, f1) = (share(tp, tp + fp), share(tp, tp + fn_), share(2 * tp, 2 * tp + fp + fn_));
    let figures = json!({
        "support": tp + fn_, "predicted": tp + fp, "tp": tp, "fp": fp, "fn": fn_, "tn": 4000,
        "precision_interval": around(&precision), "recall_interval": around(&recall), "f1_interval": around(&f1),
        "mcc": f1.as_f64().map(|f1| f1 * 0.97), "average_precision": f1.as_f64().map(|f1| (f1 + 0.04).min(1.0)),
        "precision": precision, "recall": recall, "f1": f1,
    });
    figures.as_object().cloned().unwrap_or_default()
}

fn some(dice: &mut Dice, support: usize) -> Map<String, Value> {
    let tp = support * (55 + dice.below(42)) / 100;
    let fp = support * dice.below(40) / 100;
    decided(tp, fp, support - tp)
}

fn curve(dice: &mut Dice) -> Value {
    let strength = 2.0 + 4.0 * dice.roll();
    (1..40)
        .map(|step| {
            let threshold = f64::from(step) / 40.0;
            let recall = 1.0 - threshold.powf(strength);
            let precision = 1.0 - (1.0 - threshold).powf(strength) * 0.9;
            json!({"threshold": threshold, "precision": precision, "recall": recall,
                   "f1": 2.0 * precision * recall / (precision + recall)})
        })
        .collect()
}

fn reliability(dice: &mut Dice) -> Value {
    (0..15u32)
        .map(|bin| {
            let mean = (f64::from(bin) + 0.5) / 15.0;
            let count = if bin == 0 { 60_000 } else { 40 + dice.below(900) };
            json!({"mean_score": mean, "positive_rate": (mean + 0.2 * dice.roll() - 0.12).clamp(0.0, 1.0), "count": count})
        })
        .collect()
}

fn part(dice: &mut Dice, ids: &[&str]) -> Value {
    let paragraphs = 40 + dice.below(400);
    let per_category: Map<String, Value> = ids
        .iter()
        .filter_map(|id| {
            let support = dice.below(30).saturating_sub(4);
            (support > 0).then(|| ((*id).to_owned(), Value::Object(some(dice, support))))
        })
        .collect();
    json!({"paragraphs": paragraphs, "documents": 1 + dice.below(9), "micro": some(dice, paragraphs),
           "macro": some(dice, paragraphs), "per_category": per_category})
}

/// A report with every section that the page knows.
pub(crate) fn report() -> Value {
    let mut dice = Dice(0x2545_F491_4F6C_DD1D);
    let taxonomy = Taxonomy::builtin();
    let ids: Vec<&str> = taxonomy.categories().iter().map(|category| category.id.as_str()).collect();
    let categories: Value =
        taxonomy.categories().iter().map(|category| json!({"id": category.id, "name": category.name})).collect();

    let mut per_category = Map::new();
    for (index, id) in ids.iter().enumerate() {
        let support = if *id == "children_data" { 0 } else { 12 + 300 / (index + 1) + dice.below(90) };
        per_category.insert((*id).to_owned(), Value::Object(some(&mut dice, support)));
    }
    let labels: Vec<&str> = ids.iter().copied().chain(["(none)"]).collect();
    let matrix: Value = (0..labels.len())
        .map(|row| {
            (0..labels.len())
                .map(|column| {
                    let edge = row + 1 == labels.len() || column + 1 == labels.len();
                    match (row == column, edge) {
                        (true, true) => json!(0),
                        (true, false) => json!(20 + dice.below(150)),
                        (false, true) => json!(dice.below(40)),
                        (false, false) => json!(dice.below(60).saturating_sub(50)),
                    }
                })
                .collect::<Value>()
        })
        .collect();
    let items = &ids[..21];
    let per_document: Value = (0..24)
        .map(|index| {
            let lang = LANGUAGES[index % LANGUAGES.len()];
            let mut pick = |odds: f64| items.iter().filter(|_| dice.roll() < odds).copied().collect::<Vec<_>>();
            let missing = pick(0.2);
            let mut found: Vec<&str> = pick(0.06);
            found.extend(missing.iter().skip(1).filter(|id| !found.contains(id)).copied().collect::<Vec<_>>());
            json!({"doc": format!("{lang}-{index}-PrivacyNoticeOfAnInventedCompanyWithALongName-2026.html"), "lang": lang, "paragraphs": 60 + index, "missing": missing, "found_missing": found})
        })
        .collect();
    let mut named = |make: &mut dyn FnMut(&mut Dice) -> Value| -> Value {
        ids.iter().map(|id| ((*id).to_owned(), make(&mut dice))).collect::<Map<_, _>>().into()
    };
    let calibrated =
        named(&mut |dice| json!({"brier": 0.02, "ece": 0.011, "reliability": reliability(dice), "curve": curve(dice)}));
    let compared = named(&mut |dice| {
        let (a, difference) = (0.6 + 0.3 * dice.roll(), 0.2 * dice.roll() - 0.08);
        json!({"a": a, "b": a + difference, "difference": difference, "interval": [difference - 0.07, difference + 0.06]})
    });
    let item_figures: Map<String, Value> =
        items.iter().map(|id| ((*id).to_owned(), some(&mut dice, 5).into())).collect();
    let mut keyed = |keys: &[&str]| -> Value {
        keys.iter().map(|key| ((*key).to_owned(), part(&mut dice, &ids))).collect::<Map<_, _>>().into()
    };
    let (per_language, per_kind) = (keyed(&LANGUAGES), keyed(&KINDS));
    let mut samples = decided(900, 160, 300);
    samples.extend([("paragraphs".to_owned(), json!(1100)), ("empty".to_owned(), json!(700))]);
    let mut by_category = decided(700, 210, 300);
    by_category.extend([("categories".to_owned(), json!(26)), ("left_out".to_owned(), json!(["children_data"]))]);

    json!({
        "klausul": "0.1.0",
        "settings": {
            "gold": ["policies-a.jsonl", "policies-b.jsonl"], "system": "rules lexicon-2026", "compare": "other.jsonl",
            "taxonomy": {"name": taxonomy.name(), "version": taxonomy.version(), "categories": categories},
            "mapping": null, "scope": ids, "match": "id", "resampling": "document", "bootstrap": 1000, "seed": 1,
            "level": 0.95, "thresholds": null, "annotators": ["model"],
        },
        "counts": {"documents": 24, "units": 24, "paragraphs": 1800, "labels": 2600, "predicted_labels": 2450},
        "micro": decided(1960, 490, 640), "macro": by_category, "weighted": decided(1900, 500, 700), "samples": samples,
        "exact_match": {"value": 0.612, "interval": [0.58, 0.65]},
        "hamming_loss": {"value": 0.023, "interval": [0.02, 0.026]},
        "per_category": per_category, "per_language": per_language, "per_kind": per_kind,
        "confusion": {"labels": labels, "matrix": matrix},
        "documents": {"missing": decided(70, 24, 19), "macro": decided(60, 24, 29), "per_item": item_figures, "per_document": per_document},
        "calibration": {"brier": 0.031, "ece": 0.018, "bins": 15, "reliability": reliability(&mut Dice(7)),
                        "per_category": calibrated, "micro_curve": curve(&mut Dice(77))},
        "comparison": {
            "per_category": compared,
            "micro_f1": {"a": 0.776, "b": 0.801, "difference": 0.025, "interval": [0.006, 0.043], "p_value": 0.008},
            "macro_f1": {"a": 0.731, "b": 0.738, "difference": 0.007, "interval": [-0.012, 0.028], "p_value": 0.41},
        },
        "leakage": {"train": ["train.jsonl"], "documents_in_train": 1, "passages_in_train": 20, "passages": 1800,
                    "unseen": {"micro": decided(1900, 490, 640), "macro": decided(690, 210, 310), "paragraphs": 1780}},
    })
}

/// Wrong paragraphs; the first holds [`HOSTILE`] in its text and its heading.
pub(crate) fn errors(count: usize) -> Vec<Value> {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let ids: Vec<&str> = Taxonomy::builtin().categories().iter().map(|category| category.id.as_str()).collect();
    (0..count)
        .map(|index| {
            let (lang, sentence, words) = SENTENCES[index % SENTENCES.len()];
            let (text, heading) = if index == 0 { (HOSTILE, HOSTILE) } else { (sentence, "1. Your data and we") };
            let start = text.find(words);
            let (gold, predicted) = match dice.below(3) {
                0 => (vec![ids[dice.below(27)]], vec![]),
                1 => (vec![], vec![ids[dice.below(27)]]),
                _ => {
                    let first = dice.below(25);
                    (vec![ids[first], ids[first + 2]], vec![ids[first], ids[first + 1]])
                }
            };
            let scores: Map<String, Value> = gold
                .iter()
                .chain(&predicted)
                .map(|id| {
                    let low = if predicted.contains(id) { 0.5 } else { 0.0 };
                    ((*id).to_owned(), json!(low + 0.5 * dice.roll()))
                })
                .collect();
            let evidence: Value = match (start, predicted.first()) {
                (Some(start), Some(id)) => {
                    json!([{"category": id, "rule": format!("{lang}/{id}/made_up"), "negated": false,
                    "matches": [{"place": "text", "text": words, "start": start, "end": start + words.len()},
                                {"place": "context[1]", "text": "we", "start": 17, "end": 19}]}])
                }
                _ => json!([]),
            };
            let doc = format!("{lang}-{}.html", index % 24);
            json!({"id": format!("{doc}#{index}"), "doc": doc, "lang": lang, "kind": KINDS[index % 4],
                   "context": ["Privacy notice", heading], "text": text, "gold": gold, "predicted": predicted,
                   "scores": scores, "evidence": evidence})
        })
        .collect()
}
