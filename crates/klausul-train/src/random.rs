//! Random numbers of a seed, the same on every machine.

/// SplitMix64 (Steele, Lea & Flood 2014, *Fast splittable pseudorandom number generators*).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Between `-bound` and `bound`, all equally likely.
    pub(crate) fn within(&mut self, bound: f32) -> f32 {
        let share = (self.next() >> 40) as f32 / (1_u64 << 24) as f32;
        (2.0 * share - 1.0) * bound
    }

    /// Brings a slice into an order of chance (Fisher and Yates).
    pub(crate) fn shuffle<T>(&mut self, slice: &mut [T]) {
        for last in (1..slice.len()).rev() {
            let other = (u128::from(self.next()) * (last as u128 + 1)) >> 64;
            slice.swap(last, other as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_paper_and_fill_their_range() {
        // The first value of the published generator for the seed 1234567.
        assert_eq!(Random::new(1_234_567).next(), 6_457_827_717_110_365_317);
        let mut random = Random::new(1);
        let values: Vec<f32> = (0..1000).map(|_| random.within(2.0)).collect();
        assert!(values.iter().all(|value| value.abs() <= 2.0) && values.iter().sum::<f32>().abs() < 100.0);
        let mut order: Vec<usize> = (0..100).collect();
        random.shuffle(&mut order);
        assert_ne!(order, (0..100).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..100).collect::<Vec<_>>());
    }
}
