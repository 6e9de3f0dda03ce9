//! What the model knows of a word: its letter pairs and triples, and the word itself.
//!
//! The build script includes this file: the model is made from the features that the detector looks up.

/// The kinds of features. Each kind is a distribution of its own, and spreads its doubt over its own unseen members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Two letters.
    Pair = 0,
    /// Three letters.
    Triple = 1,
    /// A whole word.
    Word = 2,
}

/// Marks the key of a whole word; three letters of 21 bits stay below it.
const WORD: u64 = 1 << 63;

/// Calls `visit` with the key of every feature of a word that stands between boundary marks, the word itself last.
pub(crate) fn each_feature(word: &[char], mut visit: impl FnMut(Kind, u64)) {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let (mut last, mut before) = (0, 0);
    for &letter in word {
        let letter = u64::from(letter);
        if last != 0 {
            visit(Kind::Pair, last | letter << 21);
        }
        if before != 0 {
            visit(Kind::Triple, before | last << 21 | letter << 42);
        }
        hash = (hash ^ letter).wrapping_mul(0x0000_0100_0000_01b3);
        (before, last) = (last, letter);
    }
    visit(Kind::Word, hash | WORD);
}

/// Where the search for a key begins in a table of `1 << bits` slots, and the tag that tells it from its neighbours.
pub(crate) fn place(key: u64, bits: u32) -> (usize, u32) {
    let mut hash = (key ^ key >> 31).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash = (hash ^ hash >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((hash >> (64 - bits)) as usize, hash as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_its_pairs_triples_and_itself() {
        let mut kinds = [0; 3];
        each_feature(&['_', 'o', 'c', 'h', '_'], |kind, _| kinds[kind as usize] += 1);
        assert_eq!(kinds, [4, 3, 1]);
    }

    #[test]
    fn places_stay_inside_the_table() {
        for key in 0..1000 {
            assert!(place(key, 7).0 < 128);
        }
    }
}
