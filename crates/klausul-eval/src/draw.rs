//! Random numbers as a function of what they are for, so that neither order nor threads change them.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The random number of a place in a table of two coordinates.
pub(crate) fn random(seed: u64, first: u64, second: u64) -> u64 {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&first.to_le_bytes());
    bytes[8..].copy_from_slice(&second.to_le_bytes());
    xxh3_64_with_seed(&bytes, seed)
}

/// A number below `count`, all equally likely but for one part in 2⁶⁴/`count`.
pub(crate) fn draw(seed: u64, first: u64, second: u64, count: usize) -> usize {
    ((u128::from(random(seed, first, second)) * count as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_fill_their_range_evenly() {
        let mut seen = [0; 7];
        for nth in 0..7000 {
            seen[draw(1, 2, nth, 7)] += 1;
        }
        assert!(seen.iter().all(|&count| (850..1150).contains(&count)), "{seen:?}");
    }
}
