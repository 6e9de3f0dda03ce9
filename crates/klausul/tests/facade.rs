//! The facade as a program that embeds it sees it.
#![cfg(all(feature = "data", feature = "embedded-model", feature = "eval"))]

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::OnceLock;

use klausul::data::read::{Format, Page};
use klausul::eval::Bootstrap;
use klausul::{Backend, Classifier, ErrorKind, Gold, GoldOptions, Paragraph, evaluate, paragraph};

fn shared() -> &'static Classifier {
    static SHARED: OnceLock<Classifier> = OnceLock::new();
    SHARED.get_or_init(|| Classifier::new().unwrap())
}

fn rules() -> Classifier {
    Classifier::builder().backend(Backend::Rules).build().unwrap()
}

fn data(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data")).join(path)
}

const TEXTS: [&str; 4] = [
    "You may withdraw your consent at any time.",
    "Vi sparar dina uppgifter i två år.",
    "Pranvera vjen në mars.",
    "Wir geben Ihre Anschrift an Paketdienste weiter.",
];

fn paragraphs() -> Vec<Paragraph> {
    TEXTS.iter().map(|text| paragraph(text, &[])).collect()
}

#[test]
fn three_lines_label_a_text() {
    let labels = shared().classify_text("Ju mund ta tërhiqni pëlqimin në çdo kohë.").unwrap();
    assert_eq!(labels[0].category.id, "right_withdraw_consent");
    assert!(labels[0].probability > 0.5 && labels[0].probability <= 1.0);
    assert_eq!(shared().backend(), "ensemble");
}

#[test]
fn headings_tell_what_short_paragraphs_mean() {
    let ids = |context: &[&str]| -> Vec<usize> {
        shared().classify(&[paragraph("Bring AS", context)]).unwrap()[0].labels.clone()
    };
    let recipients = shared().taxonomy().index_of("recipients").unwrap();
    assert!(ids(&["Hvem mottar opplysningene dine"]).contains(&recipients));
    assert!(!ids(&["Om oss"]).contains(&recipients));
}

#[test]
fn classifiers_are_shared_between_threads() {
    fn check<T: Send + Sync + Clone + 'static>(_: &T) {}
    check(shared());
    let alone = shared().classify(&paragraphs()).unwrap();
    let threads: Vec<_> = (0..4)
        .map(|shift| {
            let classifier = shared().clone();
            std::thread::spawn(move || {
                let mut turned = paragraphs();
                turned.rotate_left(shift);
                let mut found = classifier.classify(&turned).unwrap();
                found.rotate_right(shift);
                found
            })
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), alone);
    }
}

#[test]
fn vectors_have_length_one_and_know_translations() {
    let size = shared().embedding_size().unwrap();
    assert_eq!(size, 384);
    let texts =
        ["Vi sparar dina uppgifter i två år.", "We keep your data for two years.", "Where to park your bicycle."];
    let paragraphs: Vec<Paragraph> = texts.iter().map(|text| paragraph(text, &[])).collect();
    let rows = shared().embed(&paragraphs).unwrap();
    let product = |a: usize, b: usize| -> f32 {
        let row = |at: usize| &rows[at * size..(at + 1) * size];
        row(a).iter().zip(row(b)).map(|(a, b)| a * b).sum()
    };
    assert!((0..3).all(|at| (product(at, at) - 1.0).abs() < 1e-5));
    assert!(product(0, 1) > product(0, 2));
    let error = rules().embed(&paragraphs).unwrap_err();
    assert_eq!((error.kind(), rules().embedding_size()), (ErrorKind::Usage, None));
}

#[test]
fn a_batch_loses_nothing_and_can_be_stopped() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..600 {
        std::fs::write(folder.path().join(format!("{number:03}.html")), "<p>We keep your data for a year.</p>")
            .unwrap();
    }
    std::fs::write(folder.path().join("300.html"), "").unwrap();
    let classifier = rules();
    let paths = [folder.path().to_owned()];
    let found: Vec<_> = classifier.batch().run(&paths).collect();
    assert_eq!(found.len(), 600);
    assert!(found.iter().enumerate().all(|(number, found)| found.is_err() == (number == 300)));
    assert!(found[300].as_ref().unwrap_err().to_string().contains("300.html"));
    let stopped = classifier.batch().progress(|_| ControlFlow::Break(())).run(&paths).count();
    assert!(stopped > 0 && stopped < 600, "{stopped}");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let again: Vec<_> = pool.install(|| classifier.batch().run(&paths).collect());
    assert!(found.iter().zip(&again).all(|(a, b)| a.as_ref().ok() == b.as_ref().ok()));
}

#[test]
fn a_page_in_memory_is_cut_and_labelled() {
    let page =
        Page::of_bytes("memory", Format::Html, b"<h1>Rights</h1><p>You may ask us to delete your data.</p>".to_vec());
    let classified = shared().classify_page(page, None).unwrap();
    let (text, prediction) = classified.iter().last().unwrap();
    assert_eq!(text.context, ["Rights"]);
    assert_eq!(shared().labels(prediction)[0].category.id, "right_erasure");
}

#[test]
fn gold_from_memory_and_from_files_is_measured() {
    let classifier = rules();
    let path = data("gold/first/en-payroll.jsonl");
    let gold = Gold::read(&[path], &GoldOptions::new().slim(), classifier.taxonomy(), &mut |_| ()).unwrap();
    let mut copy = Gold::new(classifier.taxonomy());
    for labelled in &gold.paragraphs {
        let context = labelled.context.clone();
        let text = labelled.text.clone().unwrap();
        let language = labelled.language.unwrap();
        let paragraph = Paragraph { language, kind: labelled.kind, context, ..Paragraph::of_text(text) };
        copy.push(labelled.doc.as_deref(), paragraph, labelled.labels.clone());
    }
    let draws = Bootstrap::default().with_replicates(50);
    let [read, made] = [gold, copy].map(|gold| evaluate(&classifier, gold, &draws).unwrap());
    assert_eq!(read.sample.len(), 97);
    assert_eq!(read.figures.micro, made.figures.micro);
}

#[test]
fn what_contradicts_itself_is_refused() {
    let refused = |builder: klausul::ClassifierBuilder| builder.build().unwrap_err();
    assert_eq!(refused(Classifier::builder().backend(Backend::Rules).model("x")).kind(), ErrorKind::Usage);
    assert_eq!(refused(Classifier::builder().rules("x").model("y")).kind(), ErrorKind::Usage);
    let missing = refused(Classifier::builder().model("no/such/model"));
    assert!(missing.to_string().contains("no/such/model"), "{missing}");
}
