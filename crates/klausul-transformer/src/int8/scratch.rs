//! A worker's memory.

use super::kernel::{AttentionScratch, RowScale};

/// The memory that one worker encodes with; it grows to the largest need and is then reused, without allocation per layer.
///
/// What it held before has no part in results, so one may be used with different encoders.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) hidden: Lines<f32>,
    pub(super) projected: Lines<f32>,
    pub(super) context: Lines<f32>,
    pub(super) wide: Lines<f32>,
    pub(super) quantised: Lines<u8>,
    pub(super) quantised_wide: Lines<u8>,
    pub(super) scales: Lines<RowScale>,
    pub(super) scales_wide: Lines<RowScale>,
    pub(super) attention: AttentionScratch,
}

impl Scratch {
    /// Empty; the first call of the encoder makes room.
    pub fn new() -> Self {
        Self::default()
    }
}

/// A buffer that begins at a cache line, so that no vector of a row straddles two.
#[derive(Debug, Default)]
pub(super) struct Lines<T>(Vec<T>);

impl<T: Copy + Default> Lines<T> {
    /// Room for `len` values, which keep what they held.
    pub(super) fn take(&mut self, len: usize) -> &mut [T] {
        let slack = 64 / size_of::<T>();
        if self.0.len() < len + slack {
            self.0.resize(len + slack, T::default());
        }
        let start = self.0.as_ptr().align_offset(64).min(slack);
        &mut self.0[start..start + len]
    }
}
