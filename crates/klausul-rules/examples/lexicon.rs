//! The workbench of lexicon authors.
//!
//! ```text
//! lexicon check FOLDER LANGUAGE...           compile and run the examples of FOLDER/examples/LANGUAGE.jsonl
//! lexicon score FOLDER LANGUAGE GOLD...      precision, recall and F1 a category on gold JSONL of that language
//! lexicon errors FOLDER LANGUAGE CATEGORY GOLD...   the paragraphs that were missed or labelled wrongly
//! lexicon explain FOLDER LANGUAGE TEXT [CONTEXT...]   why a text gets its labels
//! lexicon calibrate FOLDER GOLD...           how often each level of evidence is right, for data/rules-calibration.toml
//! ```
//!
//! `score` and `errors` read every second gold paragraph (by a hash of its text); `--held-out` reads the others, which
//! nobody has looked at, and `--all` both.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::{env, fs, process};

use klausul_core::{Classifier, Kind, Language, Paragraph, Taxonomy};
use klausul_rules::RuleClassifier;
use serde_json::Value;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() {
    if let Err(error) = run() {
        eprintln!("error: {error}");
        process::exit(1);
    }
}

fn run() -> Outcome<()> {
    let mut arguments: Vec<String> = env::args().skip(1).collect();
    let part = if take(&mut arguments, "--held-out") {
        Part::HeldOut
    } else if take(&mut arguments, "--all") {
        Part::All
    } else {
        Part::Development
    };
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [verb, folder, rest @ ..] = arguments.as_slice() else {
        return Err("see the top of this file for usage".into());
    };
    let rules = RuleClassifier::from_folder(Path::new(folder), Taxonomy::builtin().clone())?.with_evidence(true);
    match (*verb, rest) {
        ("check", languages) => check(&rules, folder, languages),
        ("score", [language, gold @ ..]) => score(&rules, language.parse()?, gold, part),
        ("errors", [language, category, gold @ ..]) => errors(&rules, language.parse()?, category, gold, part),
        ("calibrate", gold) => calibrate(&rules, gold, part),
        ("explain", [language, text, context @ ..]) => {
            let context = context.iter().map(|&entry| entry.to_owned()).collect();
            explain(&rules, &paragraph(language.parse()?, Kind::ListItem, context, text))
        }
        _ => Err("see the top of this file for usage".into()),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Development,
    HeldOut,
    All,
}

fn take(arguments: &mut Vec<String>, flag: &str) -> bool {
    let before = arguments.len();
    arguments.retain(|argument| argument != flag);
    arguments.len() < before
}

fn paragraph(language: Language, kind: Kind, context: Vec<String>, text: &str) -> Paragraph {
    Paragraph { id: String::new(), index: 0, language, kind, context, text: text.to_owned(), start: 0, end: text.len() }
}

fn of_json(value: &Value, language: Language) -> Outcome<Paragraph> {
    let text = value["text"].as_str().ok_or("no `text`")?;
    // Gold of others has kinds of its own.
    let kind = value["kind"].as_str().and_then(|kind| kind.parse().ok()).unwrap_or(Kind::Text);
    let context = value["context"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    Ok(paragraph(language, kind, context.collect(), text))
}

fn labels(rules: &RuleClassifier, paragraph: &Paragraph) -> Outcome<BTreeSet<String>> {
    let prediction = rules.classify(std::slice::from_ref(paragraph))?.remove(0);
    let id = |&index: &usize| rules.taxonomy().categories()[index].id.clone();
    Ok(prediction.labels.iter().map(id).collect())
}

fn check(rules: &RuleClassifier, folder: &str, languages: &[&str]) -> Outcome<()> {
    let mut bad = 0;
    for language in languages {
        let path = format!("{folder}/examples/{language}.jsonl");
        let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            let value: Value = serde_json::from_str(line).map_err(|error| format!("{path}:{}: {error}", number + 1))?;
            let category = value["category"].as_str().ok_or("no `category`")?.to_owned();
            let wanted = value["hit"].as_bool().ok_or("no `hit`")?;
            let of = value["lang"].as_str().unwrap_or(language).parse()?;
            let found = labels(rules, &of_json(&value, of)?)?;
            let count = counts.entry(category.clone()).or_default();
            if wanted {
                count.0 += 1;
            } else {
                count.1 += 1;
            }
            if found.contains(&category) != wanted {
                bad += 1;
                println!("{path}:{}: {category} {}: {line}", number + 1, if wanted { "MISSED" } else { "WRONG" });
            }
        }
        for category in rules.taxonomy().categories() {
            let (hits, misses) = counts.get(&category.id).copied().unwrap_or_default();
            if hits < 3 || misses < 2 {
                println!("{language}: {} has {hits} that must hit and {misses} that must not", category.id);
            }
        }
    }
    println!("{bad} examples are wrong");
    if bad > 0 { Err("examples failed".into()) } else { Ok(()) }
}

struct Gold {
    paragraph: Paragraph,
    labels: BTreeSet<String>,
    scope: Option<BTreeSet<String>>,
}

/// Gold of one language, or of all of them.
fn gold(language: impl Into<Option<Language>>, paths: &[&str], part: Part) -> Outcome<Vec<Gold>> {
    let wanted = language.into();
    let mut all = Vec::new();
    for path in paths {
        let twenty_one = path.contains("t200");
        for line in fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?.lines() {
            let value: Value = serde_json::from_str(line)?;
            let own = value["lang"].as_str().and_then(|code| code.parse().ok());
            let language = own.or(wanted).ok_or_else(|| format!("{path}: a row has no `lang`"))?;
            if wanted.is_some_and(|wanted| wanted != language) {
                continue;
            }
            let paragraph = of_json(&value, language)?;
            let mut hasher = DefaultHasher::new();
            paragraph.text.hash(&mut hasher);
            let held_out = hasher.finish().is_multiple_of(2);
            if part != Part::All && held_out != (part == Part::HeldOut) {
                continue;
            }
            let labels = value["labels"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
            let first = Taxonomy::builtin().categories().iter().take(21).map(|category| category.id.clone());
            all.push(Gold { paragraph, labels: labels.collect(), scope: twenty_one.then(|| first.collect()) });
        }
    }
    Ok(all)
}

fn score(rules: &RuleClassifier, language: Language, paths: &[&str], part: Part) -> Outcome<()> {
    let mut counts: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    let gold = gold(language, paths, part)?;
    for item in &gold {
        let found = labels(rules, &item.paragraph)?;
        let open = |id: &&String| item.scope.as_ref().is_none_or(|scope| scope.contains(*id));
        for id in found.union(&item.labels).filter(open) {
            let cell = match (found.contains(id), item.labels.contains(id)) {
                (true, true) => 0,
                (true, false) => 1,
                _ => 2,
            };
            counts.entry(id.clone()).or_default()[cell] += 1;
        }
    }
    println!("{:<24} {:>6} {:>6} {:>6} {:>6}", "category", "P", "R", "F1", "gold");
    let (mut total, mut macro_f1) = ([0; 3], 0.0);
    for (id, cells) in &counts {
        print_row(id, *cells);
        macro_f1 += f1(*cells);
        (0..3).for_each(|cell| total[cell] += cells[cell]);
    }
    print_row("micro", total);
    println!(
        "macro F1 {:.3} over {} categories, {} paragraphs",
        macro_f1 / counts.len() as f64,
        counts.len(),
        gold.len()
    );
    Ok(())
}

/// Prints, a category, the share of right labels at each level. Gold of 21 categories weighs as much in all as the rest, since it is
/// natural text but of one language. Levels that a small count puts out of order are joined.
fn calibrate(rules: &RuleClassifier, paths: &[&str], part: Part) -> Outcome<()> {
    let gold = gold(None, paths, part)?;
    let narrow = gold.iter().filter(|item| item.scope.is_some()).count() as f64;
    let wide = gold.len() as f64 - narrow;
    let mut counts: BTreeMap<&str, [(f64, f64); 4]> = BTreeMap::new();
    for item in &gold {
        let levels = rules.levels(&item.paragraph)?;
        let weight = if item.scope.is_some() && wide > 0.0 { wide / narrow } else { 1.0 };
        for (category, level) in rules.taxonomy().categories().iter().zip(levels) {
            if item.scope.as_ref().is_none_or(|scope| scope.contains(&category.id)) {
                let (right, all) = &mut counts.entry(&category.id).or_default()[level as usize];
                *all += weight;
                *right += if item.labels.contains(&category.id) { weight } else { 0.0 };
            }
        }
    }
    println!("[probability]");
    for category in rules.taxonomy().categories() {
        if let Some(cells) = counts.get(category.id.as_str()) {
            let p = monotone(*cells).map(|share| format!("{share:.3}"));
            println!("{} = [{}]", category.id, p.join(", "));
        }
    }
    Ok(())
}

/// Shares that never fall from level to level, by pooling neighbours; each starts from one pseudo-count at a plain guess.
fn monotone(cells: [(f64, f64); 4]) -> [f64; 4] {
    const GUESS: [f64; 4] = [0.02, 0.3, 0.7, 0.85];
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for ((right, all), guess) in cells.into_iter().zip(GUESS) {
        pools.push((right + guess, all + 1.0, 1));
        while let [.., before, last] = pools.as_slice()
            && before.0 / before.1 > last.0 / last.1
        {
            let joined = (before.0 + last.0, before.1 + last.1, before.2 + last.2);
            pools.truncate(pools.len() - 2);
            pools.push(joined);
        }
    }
    let shares = pools.iter().flat_map(|(right, all, levels)| std::iter::repeat_n(right / all, *levels));
    let mut out = [0.0; 4];
    out.iter_mut().zip(shares).for_each(|(out, share)| *out = share);
    out
}

fn f1([tp, fp, missed]: [usize; 3]) -> f64 {
    2.0 * tp as f64 / (2 * tp + fp + missed).max(1) as f64
}

fn print_row(name: &str, [tp, fp, missed]: [usize; 3]) {
    let ratio = |of: usize| if of == 0 { 0.0 } else { tp as f64 / of as f64 };
    let f1 = f1([tp, fp, missed]);
    println!("{name:<24} {:>6.3} {:>6.3} {f1:>6.3} {:>6}", ratio(tp + fp), ratio(tp + missed), tp + missed);
}

fn errors(rules: &RuleClassifier, language: Language, category: &str, paths: &[&str], part: Part) -> Outcome<()> {
    for item in gold(language, paths, part)? {
        let prediction = rules.classify(std::slice::from_ref(&item.paragraph))?.remove(0);
        let index = rules.taxonomy().index_of(category).ok_or("no such category")?;
        let (found, wanted) = (prediction.labels.contains(&index), item.labels.contains(category));
        if found != wanted {
            let why: Vec<_> = prediction.evidence.iter().filter(|evidence| evidence.category == index).collect();
            let words = |evidence: &klausul_core::Evidence| {
                let words: Vec<_> = evidence.matches.iter().map(|found| found.text.as_str()).collect();
                format!("{} [{}]", evidence.rule, words.join(" … "))
            };
            let why: Vec<_> = why.into_iter().map(words).collect();
            let verdict = if wanted { "MISSED" } else { "WRONG " };
            let (paragraph, gold) = (&item.paragraph, item.labels);
            println!(
                "{verdict} {} {:?} {:?}\n    gold {gold:?} {why:?}",
                paragraph.kind, paragraph.context, paragraph.text
            );
        }
    }
    Ok(())
}

fn explain(rules: &RuleClassifier, paragraph: &Paragraph) -> Outcome<()> {
    let prediction = rules.classify(std::slice::from_ref(paragraph))?.remove(0);
    for evidence in &prediction.evidence {
        let category = &rules.taxonomy().categories()[evidence.category].id;
        let decided = if prediction.labels.contains(&evidence.category) { "label" } else { "hint " };
        let words: Vec<_> = evidence.matches.iter().map(|found| found.text.as_str()).collect();
        println!("{decided} {category} by {} negated={} {words:?}", evidence.rule, evidence.negated);
    }
    Ok(())
}
