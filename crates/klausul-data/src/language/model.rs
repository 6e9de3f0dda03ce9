//! The character model: what the words of a text say for each language.

use super::evidence::each_word;
use super::features::{Kind, each_feature, place};
use super::measure::Measure;
use super::script::Script;

include!(concat!(env!("OUT_DIR"), "/langid.rs"));

/// A whole word that the model knows says as much as this many letter pairs or triples: it is met in other texts of the
/// language, where the pairs of a rare word or a name are met anywhere.
const WORD_WEIGHT: i16 = 3;

/// The words of a text beyond these add nothing to which share of them is known.
const REMEMBERED: usize = 512;

/// The weights of one script, as the build script wrote them.
pub(super) struct Table<const LANES: usize> {
    script: Script,
    /// The codes of the columns.
    languages: &'static [&'static str],
    /// Steps of a weight in one unit of the natural logarithm.
    steps: f32,
    bits: u32,
    /// Numbers of rows, counted from 1, in 16 bits; 0 is an empty slot.
    slots: &'static [u8],
    /// A tag in 32 bits, then a signed byte a lane.
    rows: &'static [u8],
}

impl<const LANES: usize> Table<LANES> {
    /// Measures all words of a text.
    pub(super) fn measure(&self, text: &str) -> Measure {
        let mut sums = [0.0f32; LANES];
        let mut known = [0u16; LANES];
        let mut words = 0;
        each_word(text, |word| {
            let mut lanes = [0i16; LANES];
            let mut hits = 0u8;
            each_feature(word, |kind, key| {
                let Some(row) = self.row(key) else { return };
                hits = hits.saturating_add(1);
                if kind != Kind::Word {
                    add(&mut lanes, row, 1);
                    return;
                }
                add(&mut lanes, row, WORD_WEIGHT);
                if words < REMEMBERED {
                    for (count, &step) in known.iter_mut().zip(row) {
                        *count += u16::from(step.cast_signed() > 0);
                    }
                }
            });
            words += 1;
            if hits > 0 {
                // The features of a word overlap: a word of many says more than a word of few, but not in proportion.
                let scale = 1.0 / (self.steps * f32::from(hits).sqrt());
                for (sum, &lane) in sums.iter_mut().zip(&lanes) {
                    *sum += f32::from(lane) * scale;
                }
            }
        });
        let width = self.languages.len();
        let remembered = words.clamp(1, REMEMBERED) as f32;
        Measure {
            script: self.script,
            languages: self.languages,
            words,
            sums: sums[..width].to_vec(),
            known: known[..width].iter().map(|&count| f32::from(count) / remembered).collect(),
        }
    }

    /// The weights of a feature, where the model has it.
    fn row(&self, key: u64) -> Option<&[u8; LANES]> {
        let (mut slot, tag) = place(key, self.bits);
        loop {
            let number = u16::from_le_bytes(*self.slots[slot * 2..].first_chunk()?);
            let start = usize::from(number.checked_sub(1)?) * (4 + LANES);
            let (found, weights) = self.rows[start..].split_first_chunk()?;
            if u32::from_le_bytes(*found) == tag {
                return weights.first_chunk();
            }
            slot = (slot + 1) % (self.slots.len() / 2);
        }
    }
}

/// Adds the weights of a feature to the lanes. A function of its own, so that it is compiled to vector instructions
/// wherever the words come from.
#[inline(never)]
fn add<const LANES: usize>(lanes: &mut [i16; LANES], row: &[u8; LANES], weight: i16) {
    for (lane, &step) in lanes.iter_mut().zip(row) {
        *lane += weight * i16::from(step.cast_signed());
    }
}
