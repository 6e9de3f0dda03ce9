//! The categories, as data.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::{Error, ErrorKind, Result};

/// A category of a taxonomy.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// The id in input and output: lower-case letters, digits and `_`.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// GDPR articles, without the word "Art."; empty where the law is another one.
    #[serde(default)]
    pub articles: Vec<String>,
    /// Another law that asks for it.
    #[serde(default)]
    pub other_law: Option<String>,
    /// What a paragraph of this category states, in one line.
    pub definition: String,
    /// What counts.
    #[serde(default)]
    pub yes: String,
    /// What does not.
    #[serde(default)]
    pub no: String,
    /// Terms of the W3C Data Privacy Vocabulary, as prefixed names.
    #[serde(default)]
    pub dpv: Vec<String>,
}

/// The categories that a classifier decides, in a fixed order.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taxonomy {
    name: String,
    version: String,
    #[serde(rename = "category")]
    categories: Vec<Category>,
}

impl Taxonomy {
    /// The 27 GDPR clause categories that klausul ships (`data/taxonomy.toml`).
    ///
    /// # Panics
    /// Never in a released build: the tests parse the embedded file.
    pub fn builtin() -> &'static Self {
        static BUILTIN: LazyLock<Taxonomy> = LazyLock::new(|| {
            Taxonomy::from_toml(include_str!("../../../data/taxonomy.toml")).expect("the embedded taxonomy is valid")
        });
        &BUILTIN
    }

    /// Reads a taxonomy file: `name`, `version`, and one `[[category]]` table a category.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] with the line when it is not TOML or has unknown keys, and with the id when an id is
    /// repeated, empty or has other characters than `a-z`, `0-9` and `_`.
    pub fn from_toml(text: &str) -> Result<Self> {
        let taxonomy: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count() as u64);
            Error::new(ErrorKind::Config, error.message().to_owned()).on_line(line)
        })?;
        let mut seen = HashSet::new();
        for category in &taxonomy.categories {
            let id = category.id.as_str();
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            if id.is_empty() || !id.bytes().all(plain) {
                return Err(Error::new(ErrorKind::Config, format!("category id `{id}` is not plain"))
                    .mend("use lower-case letters, digits and `_`"));
            }
            if !seen.insert(id) {
                return Err(Error::new(ErrorKind::Config, format!("category id `{id}` stands twice"))
                    .mend("give each category its own id"));
            }
        }
        if taxonomy.categories.is_empty() {
            return Err(Error::new(ErrorKind::Config, "the taxonomy has no category").mend("add a [[category]] table"));
        }
        Ok(taxonomy)
    }

    /// The taxonomy's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The taxonomy's version; it changes when a category's meaning does.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The categories in order; scores and labels are indices into this slice.
    pub fn categories(&self) -> &[Category] {
        &self.categories
    }

    /// How many categories there are.
    pub fn len(&self) -> usize {
        self.categories.len()
    }

    /// Whether there is no category; never true of a taxonomy that was read.
    pub fn is_empty(&self) -> bool {
        self.categories.is_empty()
    }

    /// The position of a category by its id.
    pub fn index_of(&self, id: &str) -> Option<usize> {
        self.categories.iter().position(|category| category.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builtin_taxonomy_is_complete() {
        let taxonomy = Taxonomy::builtin();
        assert_eq!(taxonomy.len(), 27);
        for category in taxonomy.categories() {
            assert!(!category.articles.is_empty() || category.other_law.is_some(), "{}", category.id);
            assert!(category.dpv.iter().all(|term| term.contains(':')) && !category.dpv.is_empty(), "{}", category.id);
            assert!(!category.definition.is_empty() && !category.yes.is_empty(), "{}", category.id);
        }
    }

    #[test]
    fn bad_taxonomies_are_refused() {
        let category = |id: &str| format!("[[category]]\nid = \"{id}\"\nname = \"x\"\ndefinition = \"x\"\n");
        let head = "name = \"n\"\nversion = \"1\"\n";
        let twice = format!("{head}{}{}", category("a"), category("a"));
        assert_eq!(
            Taxonomy::from_toml(&twice).unwrap_err().to_string(),
            "category id `a` stands twice; give each category its own id"
        );
        assert!(Taxonomy::from_toml(&format!("{head}{}", category("A b"))).is_err());
        let unknown = format!("{head}{}colour = \"red\"\n", category("a"));
        assert_eq!(Taxonomy::from_toml(&unknown).unwrap_err().line(), Some(7));
    }
}
