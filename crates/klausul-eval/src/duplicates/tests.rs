use proptest::prelude::*;

use super::*;
use crate::draw::draw;

/// Words of an invented language, so that shingles of independent text never meet.
fn prose(seed: u64, words: usize) -> String {
    let word = |nth: u64| format!("w{:x}", draw(seed, nth, 1, 1 << 20)).replace(|c: char| c.is_ascii_digit(), "q");
    (0..words as u64).map(word).collect::<Vec<_>>().join(" ")
}

fn ids(documents: &[Vec<String>]) -> Vec<usize> {
    clusters(documents, &ClusterOptions::default()).unwrap()
}

fn owned(documents: &[&[&str]]) -> Vec<Vec<String>> {
    documents.iter().map(|passages| passages.iter().map(ToString::to_string).collect()).collect()
}

#[test]
fn versions_of_one_policy_are_one_cluster() {
    let documents = owned(&[
        &[
            "Stand: 1. Mai 2018",
            "Die Mondlicht GmbH verarbeitet Ihre Daten, um Ihre Bestellung auszuführen und zu bezahlen.",
            "Sie können Ihre Einwilligung jederzeit mit Wirkung für die Zukunft widerrufen.",
        ],
        &[
            "Stand: 30. Juni 2021",
            "Die Mondlicht GmbH verarbeitet Ihre Daten, um Ihre Bestellung auszuführen und zu bezahlen.",
            "Sie können Ihre Einwilligung jederzeit, mit Wirkung für die Zukunft, widerrufen.",
            "Wir setzen Cookies ein.",
        ],
        &["Die Sternwarte e. V. speichert die Namen der Mitglieder, solange sie dem Verein angehören."],
    ]);
    assert_eq!(ids(&documents), [0, 0, 1]);
}

#[test]
fn every_alphabet_is_compared() {
    let documents = owned(&[
        &["Ние обработваме вашите лични данни, за да изпълним поръчката ви в нашия магазин."],
        &["Επεξεργαζόμαστε τα δεδομένα σας για να εκτελέσουμε την παραγγελία σας."],
        &["НИЕ ОБРАБОТВАМЕ ВАШИТЕ ЛИЧНИ ДАННИ за да изпълним поръчката ви в нашия магазин"],
        &["Ne i përpunojmë të dhënat tuaja që ta kryejmë porosinë tuaj në dyqanin tonë."],
        &["ΕΠΕΞΕΡΓΑΖΌΜΑΣΤΕ τα δεδομένα σας, για να εκτελέσουμε την παραγγελία σας"],
        &["NE I PËRPUNOJMË TË DHËNAT TUAJA që ta kryejmë porosinë tuaj, në dyqanin tonë"],
        &["当社は注文を処理するためにお客様の個人データを使用します"],
        &["当社は、注文を処理するために、お客様の個人データを使用します。"],
    ]);
    assert_eq!(ids(&documents), [0, 1, 0, 2, 1, 2, 3, 3]);
}

#[test]
fn a_document_inside_a_larger_one_is_found() {
    let (part, rest) = (prose(1, 40), prose(2, 400));
    // Half of the first, a tenth of the second.
    let documents = vec![vec![part.clone(), prose(3, 38)], vec![rest, part], vec![prose(4, 300)]];
    assert_eq!(ids(&documents), [0, 0, 1]);
    let strict = ClusterOptions::default().with_containment(0.6);
    assert_eq!(clusters(&documents, &strict).unwrap(), [0, 1, 2]);
}

#[test]
fn changed_words_are_counted_and_not_passages() {
    let text = prose(5, 200);
    let with_every = |nth: usize| {
        let words: Vec<_> = text.split(' ').collect();
        words.iter().enumerate().map(|(at, word)| if at % nth == 0 { "x" } else { word }).collect::<Vec<_>>().join(" ")
    };
    // Five of 40 runs break with one word in 40, so 7/9 are common; five of ten leave a third.
    let documents = vec![vec![text.clone()], vec![with_every(40)], vec![with_every(10)]];
    assert_eq!(ids(&documents)[..2], [0, 0]);
    assert_eq!(clusters(&[&documents[0], &documents[2]], &ClusterOptions::default()).unwrap(), [0, 1]);
}

#[test]
fn empty_documents_are_alone_and_equal_short_ones_are_not() {
    let documents = owned(&[&[], &["–"], &["Privacy"], &["PRIVACY."], &["Datenschutz"], &[""]]);
    assert_eq!(ids(&documents), [0, 1, 2, 2, 3, 4]);
    assert_eq!(ids(&[]), [0; 0]);
}

#[test]
fn options_are_shares() {
    let none: [Vec<String>; 0] = [];
    let error = clusters(&none, &ClusterOptions::default().with_similarity(50.0)).unwrap_err();
    assert_eq!(error.to_string(), "similarity `50` is not a share; use a number above 0 and up to 1");
    assert!(clusters(&none, &ClusterOptions::default().with_containment(f64::NAN)).is_err());
}

/// Documents of which `boilerplate` words are common to all and `own` to the two of a pair.
fn corpus(documents: usize, boilerplate: usize, own: usize) -> Vec<Vec<String>> {
    let common = prose(1, boilerplate);
    (0..documents)
        .map(|nth| vec![common.clone(), prose(10 + nth as u64 / 2, own), prose(9_000_000 + nth as u64, own / 8)])
        .collect()
}

/// Documents whose pair was found, and whether no others were united.
fn pairs_found(documents: &[Vec<String>], options: &ClusterOptions) -> (usize, bool) {
    let ids = clusters(documents, options).unwrap();
    let found = ids.chunks_exact(2).filter(|pair| pair[0] == pair[1]).count();
    (found, ids.iter().max().unwrap() + 1 == documents.len() - found)
}

#[test]
fn boilerplate_below_half_connects_nothing_and_hides_no_pair() {
    assert_eq!(pairs_found(&corpus(400, 30, 40), &ClusterOptions::default()), (200, true));
    // Signatures alone: all 400 share about a third of their runs, the pairs most of them.
    let by_similarity = ClusterOptions::default().with_containment(1.0);
    assert_eq!(pairs_found(&corpus(400, 44, 44), &by_similarity), (200, true));
}

#[test]
fn boilerplate_above_half_connects_everything() {
    let all_one = |documents: &[Vec<String>], options: &ClusterOptions| {
        clusters(documents, options).unwrap().iter().all(|&id| id == 0)
    };
    assert!(all_one(&corpus(400, 60, 40), &ClusterOptions::default()));
    assert!(all_one(&corpus(400, 160, 40), &ClusterOptions::default().with_containment(1.0)));
    // Two passages that are enough together only.
    let mut documents = corpus(400, 30, 40);
    for passages in &mut documents {
        passages.push(prose(2, 30));
    }
    assert!(all_one(&documents, &ClusterOptions::default().with_similarity(1.0)));
}

fn passages() -> impl Strategy<Value = Vec<Vec<String>>> {
    let passage = (0..12_u64, 3..30_usize).prop_map(|(seed, words)| prose(seed, words));
    prop::collection::vec(prop::collection::vec(passage, 0..5), 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn order_and_threads_do_not_matter(documents in passages(), turn in 0..60_usize) {
        let plain = ids(&documents);
        let mut turned: Vec<usize> = (0..documents.len()).rev().collect();
        if !turned.is_empty() {
            let turn = turn % turned.len();
            turned.rotate_left(turn);
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        let moved: Vec<_> = turned.iter().map(|&at| documents[at].clone()).collect();
        let moved = pool.install(|| ids(&moved));
        for (a, &first) in turned.iter().enumerate() {
            for (b, &second) in turned.iter().enumerate() {
                prop_assert_eq!(moved[a] == moved[b], plain[first] == plain[second]);
            }
        }
    }

    #[test]
    fn every_pair_that_an_exact_search_finds_is_found(documents in passages()) {
        let found = ids(&documents);
        let hashed: Vec<_> = documents.iter().map(|passages| Document::new(passages)).collect();
        for (a, first) in hashed.iter().enumerate() {
            for (b, second) in hashed.iter().enumerate() {
                // Above the threshold by so much that signatures cannot fail.
                if first.is_similar(second, 0.75) || first.words <= second.words && first.is_contained(second, 0.5) {
                    prop_assert_eq!(found[a], found[b]);
                }
            }
        }
    }
}
