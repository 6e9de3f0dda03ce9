//! A taxonomy made of the labels of gold data, for corpora whose scheme is their own.

use std::collections::HashSet;
use std::fmt::Write;

use unicode_normalization::UnicodeNormalization;

/// The text of a taxonomy file with a category for every label, in their order: its id is the label in plain letters, its name the
/// label as it is, so that [`Mapping::identity`](super::Mapping::identity) maps the gold data to it.
///
/// ```
/// use klausul_core::Taxonomy;
/// use klausul_data::gold::taxonomy_of_labels;
///
/// let text = taxonomy_of_labels("ours", ["Data Retention / Löschung", "Other"]);
/// let taxonomy = Taxonomy::from_toml(&text)?;
/// assert_eq!(taxonomy.index_of("data_retention_loschung"), Some(0));
/// assert_eq!(taxonomy.categories()[0].name, "Data Retention / Löschung");
/// # Ok::<(), klausul_core::Error>(())
/// ```
pub fn taxonomy_of_labels<'a>(name: &str, labels: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = format!("name = {}\nversion = \"1\"\n", quoted(name));
    let mut taken = HashSet::new();
    for label in labels {
        let plain = plain(label);
        // Labels that differ in other signs alone are told apart by a number.
        let numbered = (2..).map(|number| format!("{plain}_{number}"));
        let id = std::iter::once(plain.clone()).chain(numbered).find(|id| !taken.contains(id)).unwrap_or_default();
        let label = quoted(label);
        // Writing to a string cannot fail.
        let _ = write!(text, "\n[[category]]\nid = \"{id}\"\nname = {label}\ndefinition = {label}\n");
        taken.insert(id);
    }
    text
}

/// Lower-case letters and digits with `_` for what is between them; letters lose their accents.
fn plain(label: &str) -> String {
    let letters: String =
        label.nfkd().filter(|letter| !unicode_normalization::char::is_combining_mark(*letter)).collect();
    let words = letters.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let id = words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("_");
    if id.is_empty() { "label".to_owned() } else { id }
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use klausul_core::Taxonomy;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_are_plain_and_no_two_are_alike() {
        let text = taxonomy_of_labels("t", ["A/B", "a b", "A-B!", "Δεδομένα", "数据", "\"quoted\"\n"]);
        let taxonomy = Taxonomy::from_toml(&text).unwrap();
        let ids: Vec<&str> = taxonomy.categories().iter().map(|category| category.id.as_str()).collect();
        assert_eq!(ids, ["a_b", "a_b_2", "a_b_3", "label", "label_2", "quoted"]);
        assert_eq!(taxonomy.categories()[5].name, "\"quoted\"\n");
    }

    proptest! {
        #[test]
        fn every_label_makes_a_valid_taxonomy(labels in prop::collection::hash_set(".{0,12}", 1..8), name in ".{0,9}") {
            let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
            let taxonomy = Taxonomy::from_toml(&taxonomy_of_labels(&name, labels.iter().copied())).unwrap();
            prop_assert_eq!(taxonomy.name(), name);
            let names: Vec<&str> = taxonomy.categories().iter().map(|category| category.name.as_str()).collect();
            prop_assert_eq!(names, labels);
        }
    }
}
