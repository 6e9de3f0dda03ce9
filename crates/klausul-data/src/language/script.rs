//! The script of a text, and the languages that the script alone tells.

/// A script, as far as it narrows the language down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    /// Latin letters: the model decides.
    Latin,
    /// Cyrillic letters: the model decides.
    Cyrillic,
    /// A script that one language of the corpora uses, by its code.
    Only(&'static str),
    /// Letters of another script.
    Other,
}

/// The share of letters above which another script outweighs Latin: brands and product names are Latin everywhere,
/// but Latin text has next to no other letters.
const ENOUGH: f32 = 0.25;

/// The ranges of letters outside the Latin ones, and what they say.
const RANGES: [(char, char, Script); 19] = [
    ('\u{400}', '\u{52f}', Script::Cyrillic),
    ('\u{370}', '\u{3ff}', Script::Only("el")),
    ('\u{530}', '\u{58f}', Script::Only("hy")),
    ('\u{590}', '\u{5ff}', Script::Only("he")),
    ('\u{600}', '\u{6ff}', Script::Only("ar")),
    ('\u{750}', '\u{77f}', Script::Only("ar")),
    ('\u{900}', '\u{97f}', Script::Only("hi")),
    ('\u{980}', '\u{9ff}', Script::Only("bn")),
    ('\u{e00}', '\u{e7f}', Script::Only("th")),
    ('\u{10a0}', '\u{10ff}', Script::Only("ka")),
    ('\u{1100}', '\u{11ff}', Script::Only("ko")),
    ('\u{1c90}', '\u{1cbf}', Script::Only("ka")),
    ('\u{1f00}', '\u{1fff}', Script::Only("el")),
    ('\u{3040}', '\u{30ff}', Script::Only("ja")),
    ('\u{3400}', '\u{4dbf}', Script::Only("zh")),
    ('\u{4e00}', '\u{9fff}', Script::Only("zh")),
    ('\u{ac00}', '\u{d7af}', Script::Only("ko")),
    ('\u{fb50}', '\u{fdff}', Script::Only("ar")),
    ('\u{fe70}', '\u{feff}', Script::Only("ar")),
];

/// Letters of the Arabic script that Arabic lacks.
const SORANI: &str = "ڕڵێۆە";
const URDU: &str = "ٹڈڑےں";
const PERSIAN: &str = "پچژگیک";

impl Script {
    /// The script of most of the letters, where other scripts count for more than Latin; `None` without letters.
    pub(super) fn of(text: &str) -> Option<Self> {
        // Most text is ASCII for long stretches; only the rest needs looking up.
        let mut latin = text.bytes().filter(u8::is_ascii_alphabetic).count();
        let mut other = 0;
        let mut counts = [0; RANGES.len()];
        for c in text.chars().filter(|c| !c.is_ascii()) {
            match RANGES.iter().position(|&(first, last, _)| (first..=last).contains(&c)) {
                Some(range) => counts[range] += usize::from(c.is_alphabetic()),
                None if !c.is_alphabetic() => {}
                None if matches!(c, '\u{aa}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' | '\u{fb00}'..='\u{fb06}') => {
                    latin += 1;
                }
                None => other += 1,
            }
        }
        let foreign = counts.iter().sum::<usize>() + other;
        if latin + foreign == 0 {
            return None;
        }
        if foreign as f32 <= ENOUGH * (latin + foreign) as f32 {
            return Some(Self::Latin);
        }
        let most = *counts.iter().max().unwrap_or(&0);
        if other > most {
            return Some(Self::Other);
        }
        // Japanese is mostly Han letters with kana between them.
        let kana = RANGES
            .iter()
            .position(|range| range.2 == Self::Only("ja"))
            .is_some_and(|range| counts[range] * 10 > foreign);
        let script =
            RANGES.iter().zip(counts).find(|&(_, count)| count == most).map_or(Self::Other, |(range, _)| range.2);
        Some(match script {
            Self::Only("zh") if kana => Self::Only("ja"),
            Self::Only("ar") => Self::Only(arabic(text)),
            script => script,
        })
    }
}

/// The language of a text in Arabic letters, by the letters that the others lack.
fn arabic(text: &str) -> &'static str {
    let count = |letters: &str| text.chars().filter(|&c| letters.contains(c)).count();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    // A letter in fifty: a name may bring one or two of them.
    if count(SORANI) * 50 > letters {
        "ckb"
    } else if count(URDU) * 50 > letters {
        "ur"
    } else if count(PERSIAN) * 50 > letters {
        "fa"
    } else {
        "ar"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_of_one_language_tells_it() {
        for (text, code) in [
            ("Πολιτική απορρήτου", "el"),
            ("Գաղտնիության քաղաքականություն", "hy"),
            ("კონფიდენციალურობის პოლიტიკა", "ka"),
            ("מדיניות פרטיות", "he"),
            ("سياسة الخصوصية وحماية البيانات", "ar"),
            ("سیاست حفظ حریم خصوصی کاربران", "fa"),
            ("سیاسەتی پاراستنی نهێنی بۆ بەکارهێنەران", "ckb"),
            ("隐私政策说明", "zh"),
            ("個人情報の取り扱いについて", "ja"),
            ("개인정보 처리방침", "ko"),
        ] {
            assert_eq!(Script::of(text), Some(Script::Only(code)), "{text}");
        }
    }

    #[test]
    fn latin_names_do_not_make_a_text_latin() {
        assert_eq!(Script::of("Използваме Google Analytics и Facebook Pixel"), Some(Script::Cyrillic));
        assert_eq!(Script::of("The letter Ω stands for resistance"), Some(Script::Latin));
        assert_eq!(Script::of("Žádný účet, ærlig, ħobż"), Some(Script::Latin));
    }

    #[test]
    fn a_text_without_letters_has_no_script() {
        assert_eq!(Script::of("12 345 – 🙂 …"), None);
        assert_eq!(Script::of(""), None);
    }
}
