use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::*;

fn shares(members: &[Member<'_>], parts: &[Part], language: &str) -> [f64; 3] {
    let mut sums = [0.0; 3];
    for (member, &part) in members.iter().zip(parts).filter(|(member, _)| member.language == language) {
        sums[part as usize] += f64::from(member.paragraphs);
    }
    let all: f64 = sums.iter().sum();
    sums.map(|sum| sum / all)
}

fn run(members: &[Member<'_>]) -> Vec<Part> {
    split(members, &SplitOptions::default()).unwrap()
}

#[test]
fn every_language_comes_near_the_ratios() {
    let languages = ["bg", "de", "el", "sq"];
    let member = |nth: usize| Member {
        cluster: nth / 2 * 7 % 1000,
        language: languages[nth / 2 % 4],
        paragraphs: 5 + (nth * nth % 83) as u32,
    };
    let members: Vec<Member> = (0..800).map(member).collect();
    let parts = run(&members);
    for language in languages {
        let [train, dev, test] = shares(&members, &parts, language);
        assert!((train - 0.8).abs() < 0.005 && (dev - 0.1).abs() < 0.005 && (test - 0.1).abs() < 0.005, "{language}");
    }
}

#[test]
fn a_cluster_larger_than_a_part_is_training() {
    let member = |nth: usize| Member { cluster: nth, language: "de", paragraphs: if nth == 0 { 500 } else { 10 } };
    let members: Vec<Member> = (0..51).map(member).collect();
    for seed in 0..20 {
        let parts = split(&members, &SplitOptions::default().with_seed(seed)).unwrap();
        assert_eq!(parts[0], Part::Train);
        assert_eq!(parts.iter().filter(|&&part| part == Part::Test).count(), 10);
    }
}

#[test]
fn exchanges_find_what_moves_do_not() {
    // 10, 10 and 80 of 100, with pieces that only fit one way.
    let sizes = [7, 3, 6, 4, 40, 40];
    let member = |(cluster, &paragraphs): (usize, &u32)| Member { cluster, language: "mt", paragraphs };
    let members: Vec<Member> = sizes.iter().enumerate().map(member).collect();
    for seed in 0..20 {
        let parts = split(&members, &SplitOptions::default().with_seed(seed)).unwrap();
        assert_eq!(parts[4..], [Part::Train; 2]);
        let [train, dev, test] = shares(&members, &parts, "mt");
        assert!((train - 0.8).abs() < 1e-9 && (dev - 0.1).abs() < 0.011 && (test - 0.1).abs() < 0.011, "{seed}");
    }
}

#[test]
fn one_cluster_is_training_and_the_seed_chooses_the_rest() {
    let one = [Member { cluster: 4, language: "ga", paragraphs: 3 }; 2];
    assert_eq!(run(&one), [Part::Train; 2]);
    assert_eq!(run(&[]), []);
    let members: Vec<Member> = (0..50).map(|cluster| Member { cluster, language: "de", paragraphs: 9 }).collect();
    let tests: HashSet<Vec<Part>> =
        (0..10).map(|seed| split(&members, &SplitOptions::default().with_seed(seed)).unwrap()).collect();
    assert_eq!(tests.len(), 10);
}

#[test]
fn a_part_without_a_share_stays_empty() {
    let members: Vec<Member> =
        (0..40).map(|cluster| Member { cluster, language: "de", paragraphs: cluster as u32 }).collect();
    let parts = split(&members, &SplitOptions::default().with_ratios(0.0, 0.5, 0.5)).unwrap();
    assert!(!parts.contains(&Part::Train) && parts.contains(&Part::Dev));
    assert!(!split(&members, &SplitOptions::default().with_ratios(0.9, 0.1, 0.0)).unwrap().contains(&Part::Test));
}

#[test]
fn ratios_are_shares_of_one() {
    let error = split(&[], &SplitOptions::default().with_ratios(80.0, 10.0, 10.0)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "ratios `80`, `10`, `10` do not sum to 1; give three shares such as 0.8, 0.1 and 0.1"
    );
    assert!(split(&[], &SplitOptions::default().with_ratios(1.2, -0.1, -0.1)).is_err());
    assert!(split(&[], &SplitOptions::default().with_ratios(f64::NAN, 0.5, 0.5)).is_err());
}

proptest! {
    #[test]
    fn clusters_stay_whole_and_order_does_not_matter(
        rows in prop::collection::vec((0..30_usize, 0..4_usize, prop_oneof![0..50_u32, Just(u32::MAX)]), 0..80),
        seed in 0..5_u64,
        turn in 0..80_usize,
    ) {
        let languages = ["de", "fr", "hr", "lv"];
        let member = |&(cluster, language, paragraphs): &(usize, usize, u32)| {
            Member { cluster, language: languages[language], paragraphs }
        };
        let options = SplitOptions::default().with_seed(seed);
        let mut members: Vec<Member> = rows.iter().map(member).collect();
        let parts = split(&members, &options).unwrap();
        let mut part_of = HashMap::new();
        for (member, &part) in members.iter().zip(&parts) {
            prop_assert_eq!(*part_of.entry(member.cluster).or_insert(part), part);
        }
        members.reverse();
        if !members.is_empty() {
            let turn = turn % members.len();
            members.rotate_left(turn);
        }
        for (member, part) in members.iter().zip(split(&members, &options).unwrap()) {
            prop_assert_eq!(part_of[&member.cluster], part);
        }
    }
}
