//! Folding: the form in which patterns and text are compared.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// How a lexicon wants its text folded beyond case and diacritics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Script {
    /// As it is written.
    #[default]
    Plain,
    /// Serbian Cyrillic letters become their Latin counterparts, so that one lexicon reads both scripts.
    SerbianLatin,
}

/// Appends the folded form of a character: lower case, without diacritics, ligatures and barred letters spelled out.
///
/// `É` and `e` become `e`, `Ł` becomes `l`, `ß` becomes `ss`, `ς` becomes `σ`. Soft hyphens and zero-width characters vanish.
pub(crate) fn fold_char(c: char, script: Script, out: &mut String) {
    if c.is_ascii() {
        out.push(c.to_ascii_lowercase());
        return;
    }
    if is_invisible(c) {
        return;
    }
    for c in c.to_lowercase() {
        if script == Script::SerbianLatin
            && let Some(latin) = serbian_latin(c)
        {
            out.push_str(latin);
            continue;
        }
        for c in std::iter::once(c).nfkd().filter(|&c| !is_combining_mark(c)) {
            match spelled_out(c) {
                Some(letters) => out.push_str(letters),
                None => out.extend(c.to_lowercase()),
            }
        }
    }
}

/// Characters that scraped words carry and nobody sees.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

/// Letters that Unicode does not decompose.
fn spelled_out(c: char) -> Option<&'static str> {
    Some(match c {
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ı' => "i",
        'ŋ' => "n",
        'ŧ' => "t",
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ς' => "σ",
        'ґ' => "г",
        'ё' => "е",
        '·' => "",
        _ => return None,
    })
}

/// The Serbian alphabets are in one-to-one correspondence; diacritics are dropped as in all folded text.
fn serbian_latin(c: char) -> Option<&'static str> {
    Some(match c {
        'а' => "a",
        'б' => "b",
        'в' => "v",
        'г' => "g",
        'д' | 'ђ' => "d",
        'е' => "e",
        'ж' | 'з' => "z",
        'и' => "i",
        'ј' => "j",
        'к' => "k",
        'л' => "l",
        'љ' => "lj",
        'м' => "m",
        'н' => "n",
        'њ' => "nj",
        'о' => "o",
        'п' => "p",
        'р' => "r",
        'с' | 'ш' => "s",
        'т' => "t",
        'ћ' | 'ч' | 'ц' => "c",
        'у' => "u",
        'ф' => "f",
        'х' => "h",
        'џ' => "dz",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(text: &str, script: Script) -> String {
        let mut out = String::new();
        text.chars().for_each(|c| fold_char(c, script, &mut out));
        out
    }

    #[test]
    fn case_and_diacritics_go() {
        for (text, folded) in [
            ("Ändamål", "andamal"),
            ("PËRDORIMI", "perdorimi"),
            ("İşleme ılık", "isleme ilik"),
            ("Złożyć", "zlozyc"),
            ("Straße", "strasse"),
            ("ΣΚΟΠΟΎΣ", "σκοπουσ"),
            ("σκοπούς", "σκοπουσ"),
            ("Łódź Þjóð", "lodz thjod"),
            ("per\u{ad}sonal", "personal"),
            ("dretaĺ·l", "dretall"),
        ] {
            assert_eq!(fold(text, Script::Plain), folded, "{text}");
        }
    }

    #[test]
    fn serbian_scripts_meet() {
        let latin = fold("Лични подаци, љубав, Ђорђе, џеп", Script::SerbianLatin);
        assert_eq!(latin, fold("Lični podaci, ljubav, Đorđe, džep", Script::SerbianLatin));
    }
}
