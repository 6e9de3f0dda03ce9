//! Near-duplicate clusters and splits of large corpora: `cargo bench -p klausul-eval`.
//!
//! Every second document is a copy of the one before with its own ending, and one boilerplate passage stands in all.

use klausul_eval::duplicates::{ClusterOptions, clusters, verbatim};
use klausul_eval::split::{Member, SplitOptions, split};

fn main() {
    divan::main();
}

/// `words` words that depend on the seed, in passages of 40.
fn passages(seed: u64, words: usize) -> Vec<String> {
    let mut state = seed;
    let mut word = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let letters = state >> 40;
        (0..6).map(|at| char::from(b'a' + (letters >> (4 * at) & 15) as u8)).collect::<String>()
    };
    let all: Vec<String> = (0..words).map(|_| word()).collect();
    all.chunks(40).map(|words| words.join(" ")).collect()
}

fn corpus(documents: usize, boilerplate: usize, own: usize) -> Vec<Vec<String>> {
    let common = passages(u64::MAX, boilerplate);
    let document = |nth: u64| {
        let own_passages = passages(nth / 2, own);
        common.iter().cloned().chain(own_passages).chain(passages(nth | 1 << 40, own / 10)).collect()
    };
    (0..documents as u64).map(document).collect()
}

/// 100,000 documents of about 100 words, of which none, a third, just below half, or two thirds are boilerplate.
#[divan::bench(args = [0, 35, 48, 65], sample_count = 1, sample_size = 1)]
fn short_documents(bencher: divan::Bencher, boilerplate: usize) {
    let documents = corpus(100_000, boilerplate, 100 - boilerplate);
    bencher.bench_local(|| clusters(&documents, &ClusterOptions::default()));
}

/// The same as running text, where only runs of words can tell: a third of the runs in common and just below half.
#[divan::bench(args = [35, 60], sample_count = 1, sample_size = 1)]
fn short_documents_as_one_passage(bencher: divan::Bencher, boilerplate: usize) {
    let mut documents = corpus(100_000, boilerplate, 100 - boilerplate);
    for passages in &mut documents {
        *passages = vec![passages.join(" ")];
    }
    bencher.bench_local(|| clusters(&documents, &ClusterOptions::default()));
}

/// 2,000 policies of 5,000 words, a tenth or most of it boilerplate.
#[divan::bench(args = [500, 3000], sample_count = 1, sample_size = 1)]
fn long_policies(bencher: divan::Bencher, boilerplate: usize) {
    let documents = corpus(2000, boilerplate, 5000 - boilerplate);
    bencher.bench_local(|| clusters(&documents, &ClusterOptions::default()));
}

/// 100,000 test passages in as many training documents.
#[divan::bench(sample_count = 1, sample_size = 1)]
fn verbatim_passages(bencher: divan::Bencher) {
    let documents: Vec<String> = corpus(100_000, 35, 65).into_iter().map(|passages| passages.join(" ")).collect();
    bencher.bench_local(|| verbatim(&documents, &documents));
}

/// 100,000 clusters in 30 languages.
#[divan::bench(sample_count = 1, sample_size = 1)]
fn split_clusters(bencher: divan::Bencher) {
    let languages: Vec<String> = (0..30).map(|nth| format!("l{nth}")).collect();
    let member = |cluster: usize| {
        let paragraphs = 1 + (cluster * cluster % 97) as u32;
        Member { cluster, language: &languages[cluster % 30], paragraphs }
    };
    let members: Vec<Member> = (0..100_000).map(member).collect();
    bencher.bench_local(|| split(&members, &SplitOptions::default()));
}
