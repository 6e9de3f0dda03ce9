//! Passages that stand in other text word for word.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use super::{LONG_PASSAGE, normalise};

/// A run of words: how many, and their hash.
type Run = (usize, u64);

/// Whether each test passage stands in the training passages, both [normalised](normalise): a passage of
/// [`LONG_PASSAGE`] words or more anywhere within one of them, a shorter one only as the whole of one. A passage
/// without any letter or digit does not.
///
/// The time grows with the text of both sides; the memory, beyond the texts, with the test side only.
///
/// ```
/// use klausul_eval::duplicates::verbatim;
///
/// let train = ["Cookies", "As said above, you may withdraw your consent at any time with effect for the future."];
/// let test = ["COOKIES:", "your consent", "You may withdraw your consent at any time."];
/// assert_eq!(verbatim(&train, &test), [true, false, true]);
/// ```
pub fn verbatim<A, B>(train: &[A], test: &[B]) -> Vec<bool>
where
    A: AsRef<str> + Sync,
    B: AsRef<str> + Sync,
{
    let wanted: Vec<Option<Wanted>> = test.par_iter().map(|text| Wanted::new(text.as_ref())).collect();
    let runs: HashSet<Run> = wanted.iter().flatten().map(|wanted| wanted.run).collect();
    let mut lengths: HashMap<u64, Vec<usize>> = HashMap::new();
    for wanted in wanted.iter().flatten() {
        if let Some(beginning) = wanted.beginning {
            lengths.entry(beginning).or_default().push(wanted.run.0);
        }
    }
    for lengths in lengths.values_mut() {
        lengths.sort_unstable();
        lengths.dedup();
    }
    let find = |mut found: HashSet<Run>, text: &A| {
        let words = Words::new(text.as_ref());
        let whole = words.run(0, words.len());
        if words.len() < LONG_PASSAGE {
            found.extend(runs.get(&whole));
            return found;
        }
        for from in 0..=words.len() - LONG_PASSAGE {
            let Some(lengths) = lengths.get(&words.run(from, LONG_PASSAGE).1) else { continue };
            let fitting = lengths.iter().take_while(|&&length| from + length <= words.len());
            found.extend(fitting.filter_map(|&length| runs.get(&words.run(from, length))));
        }
        found
    };
    let found = train.par_iter().fold(HashSet::new, find).reduce(HashSet::new, |mut all, some| {
        all.extend(some);
        all
    });
    wanted.iter().map(|wanted| wanted.as_ref().is_some_and(|wanted| found.contains(&wanted.run))).collect()
}

/// What a test passage asks of the training text.
struct Wanted {
    run: Run,
    /// The hash of its first words when it is long.
    beginning: Option<u64>,
}

impl Wanted {
    fn new(text: &str) -> Option<Self> {
        let words = Words::new(text);
        let beginning = (words.len() >= LONG_PASSAGE).then(|| words.run(0, LONG_PASSAGE).1);
        (words.len() > 0).then(|| Self { run: words.run(0, words.len()), beginning })
    }
}

/// 2⁶¹ − 1, a prime.
const MODULUS: u64 = (1 << 61) - 1;
const BASE: u64 = 0x0b5a_d4ec_eda1_ce2a;

/// The words of a text as hashes of its beginnings, polynomials modulo a prime, from which the hash of any run of words
/// follows at once (Karp and Rabin 1987, *Efficient randomized pattern-matching algorithms*).
struct Words {
    /// The hash of the first `n` words, at `n`.
    beginnings: Vec<u64>,
    /// The base to the power of `n`, at `n`.
    powers: Vec<u64>,
}

impl Words {
    fn new(text: &str) -> Self {
        let text = normalise(text);
        let (mut hash, mut power) = (0, 1);
        let mut words = Self { beginnings: vec![hash], powers: vec![power] };
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            hash = (multiply(hash, BASE) + xxh3_64(word.as_bytes()) % MODULUS) % MODULUS;
            power = multiply(power, BASE);
            words.beginnings.push(hash);
            words.powers.push(power);
        }
        words
    }

    fn len(&self) -> usize {
        self.beginnings.len() - 1
    }

    fn run(&self, from: usize, length: usize) -> Run {
        let before = multiply(self.beginnings[from], self.powers[length]);
        (length, (self.beginnings[from + length] + MODULUS - before) % MODULUS)
    }
}

fn multiply(a: u64, b: u64) -> u64 {
    (u128::from(a) * u128::from(b) % u128::from(MODULUS)) as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn long_passages_may_stand_inside_and_short_ones_may_not() {
        let train = ["Intro: one two three four five six seven eight nine ten.", "one two three four five six seven"];
        let test = [
            "ONE two three four five six seven eight",
            "three four five six seven eight nine ten",
            "three four five six seven eight nine tent",
            "one two three four five six seven",
            "two three four five six seven",
            "…",
            "eight nine ten one two three four five",
        ];
        assert_eq!(verbatim(&train, &test), [true, true, false, true, false, false, false]);
        assert_eq!(verbatim::<&str, &str>(&[], &["a"]), [false]);
    }

    proptest! {
        #[test]
        fn as_a_search_in_the_text(
            train in prop::collection::vec("([ab] ){0,30}", 0..6),
            test in prop::collection::vec("([ab] ){0,12}", 0..20),
        ) {
            let found = verbatim(&train, &test);
            for (text, found) in test.iter().zip(found) {
                let text = text.trim();
                let words = text.split_whitespace().count();
                let stands = |train: &String| match words {
                    0 => false,
                    1..LONG_PASSAGE => train.trim() == text,
                    _ => train.contains(text),
                };
                prop_assert_eq!(found, train.iter().any(stands), "{}", text);
            }
        }
    }
}
