//! Four bits a value: how the embeddings of a packed model lie in its file.
//!
//! Blocks of 32 values: a half-precision scale `d`, then 16 bytes whose lower halves are values 0 to 15 and whose upper halves
//! are values 16 to 31; a value is `(half − 8) · d`. This is the layout that llama.cpp calls Q4_0.

/// Values of a block.
pub(crate) const VALUES: usize = 32;
/// Bytes of a block.
pub(crate) const BYTES: usize = 18;

/// Bytes of a row of so many values, a multiple of [`VALUES`].
pub(crate) fn row_bytes(values: usize) -> usize {
    values / VALUES * BYTES
}

/// The first block whose scale is no finite number.
pub(crate) fn broken(bytes: &[u8]) -> Option<usize> {
    // All bits of the exponent are set in infinities and what is no number.
    bytes.as_chunks::<BYTES>().0.iter().position(|block| block[1] & 0x7c == 0x7c)
}

/// Appends a row as blocks. Its length must be a multiple of [`VALUES`].
pub(crate) fn encode(row: &[f32], bytes: &mut Vec<u8>) {
    for block in row.as_chunks::<VALUES>().0 {
        // The value of largest magnitude becomes -8, which has no positive counterpart.
        let most =
            block.iter().copied().fold(0.0_f32, |most, value| if value.abs() > most.abs() { value } else { most });
        let scale = to_half(most / -8.0);
        let exact = from_half(scale);
        let inverse = if exact == 0.0 { 0.0 } else { 1.0 / exact };
        #[expect(clippy::cast_sign_loss, reason = "clamped to 0 and more")]
        let half = |value: f32| ((value * inverse).round_ties_even() + 8.0).clamp(0.0, 15.0) as u8;
        bytes.extend_from_slice(&scale.to_le_bytes());
        let (low, high) = block.split_at(VALUES / 2);
        bytes.extend(low.iter().zip(high).map(|(&low, &high)| half(low) | half(high) << 4));
    }
}

/// Writes the values of a row of blocks. Inlined, so that it is compiled for the instructions of whoever calls it.
#[inline]
pub(crate) fn decode(bytes: &[u8], row: &mut [f32]) {
    for (block, values) in bytes.as_chunks::<BYTES>().0.iter().zip(row.as_chunks_mut::<VALUES>().0) {
        let scale = from_half(u16::from_le_bytes([block[0], block[1]]));
        let (low, high) = values.split_at_mut(VALUES / 2);
        for ((&byte, low), high) in block[2..].iter().zip(low).zip(high) {
            *low = (f32::from(byte & 15) - 8.0) * scale;
            *high = (f32::from(byte >> 4) - 8.0) * scale;
        }
    }
}

/// IEEE 754 half precision as `f32`, exactly.
pub(crate) fn from_half(bits: u16) -> f32 {
    let sign = u32::from(bits & 0x8000) << 16;
    let rest = u32::from(bits & 0x7fff) << 13;
    // With the exponent's bias still that of half precision, the product with 2¹¹² sets it right, subnormals too.
    let magnitude = f32::from_bits(rest) * f32::from_bits((127 + 112) << 23);
    let magnitude = if bits & 0x7c00 == 0x7c00 { f32::from_bits(rest | 0x7f80_0000) } else { magnitude };
    f32::from_bits(sign | magnitude.to_bits())
}

/// The nearest half-precision number, ties to even; beyond its range infinity.
pub(crate) fn to_half(value: f32) -> u16 {
    let sign = (value.to_bits() >> 16 & 0x8000) as u16;
    let magnitude = value.abs();
    if magnitude.is_nan() {
        return sign | 0x7e00;
    }
    // Adding a number whose last bit is worth what half precision's is rounds to it.
    let exponent = (magnitude.to_bits() >> 23).max(127 - 14);
    let shift = f32::from_bits((exponent + 13) << 23);
    let rounded = (magnitude + shift) - shift;
    if rounded >= 65_520.0 {
        return sign | 0x7c00;
    }
    let bits = (rounded * f32::from_bits((127 - 112) << 23)).to_bits();
    sign | (bits >> 13) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_comes_back() {
        for bits in 0..=u16::MAX {
            let value = from_half(bits);
            if !value.is_nan() {
                assert_eq!(to_half(value), bits, "{value}");
            }
        }
        assert_eq!((to_half(1.0 + 1.0 / 2048.0), to_half(1.0 + 3.0 / 2048.0)), (0x3c00, 0x3c02));
        assert_eq!((to_half(1e9), to_half(65_519.0), to_half(1e-9)), (0x7c00, 0x7bff, 0));
    }

    #[test]
    fn rows_of_four_bits_come_back_and_others_nearly() {
        let mut row: Vec<f32> = (0..64).map(|n| (n % 16) as f32 - 8.0).map(|half| half * 0.125).collect();
        let (mut bytes, mut back) = (Vec::new(), vec![0.0; 64]);
        encode(&row, &mut bytes);
        assert_eq!(bytes.len(), 2 * BYTES);
        decode(&bytes, &mut back);
        assert_eq!(back, row);
        row.iter_mut().enumerate().for_each(|(n, value)| *value += (n as f32).sin() * 0.05);
        bytes.clear();
        encode(&row, &mut bytes);
        decode(&bytes, &mut back);
        // Half a step, and as much again at the end that has no counterpart.
        assert!(row.iter().zip(&back).all(|(a, b)| (a - b).abs() <= 0.14), "{row:?} {back:?}");
        bytes.clear();
        encode(&[0.0; 32], &mut bytes);
        decode(&bytes, &mut back[..32]);
        assert!(back[..32].iter().all(|value| *value == 0.0));
    }
}
