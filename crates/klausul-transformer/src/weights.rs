//! The tensors of a `model.safetensors`, by their Hugging Face names.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use klausul_core::{Error, ErrorKind, Result};
use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};

use crate::blocks::{self, from_half};

/// Largest header that is read, far above that of any encoder.
const MOST_HEADER: u64 = 16 << 20;
/// Bytes that are read at a time.
const PART: usize = 1 << 20;
/// Before the names of an encoder that was saved with a head.
const PREFIXES: [&str; 3] = ["", "bert.", "roberta."];

/// An open weights file; tensors are read when they are asked for, so the file never lies in memory as a whole.
///
/// Packed files hold matrices in fewer bits: `I8` with a tensor of the same name and `.scale` behind it, one scale a row, and `U8`, whose
/// rows are blocks of four bits a value. They are widened as they are read.
///
/// Names are those of `BertModel` and `XLMRobertaModel` (`encoder.layer.0.output.dense.weight`), and are found with `bert.` or
/// `roberta.` before them too. Values of f32, f16 and bf16 become `f32`.
#[derive(Debug)]
pub struct Weights {
    name: PathBuf,
    source: Source,
    header: Metadata,
    data: u64,
}

#[derive(Debug)]
enum Source {
    File(Mutex<File>),
    Bytes(Cow<'static, [u8]>),
}

impl Weights {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when it cannot be read, [`ErrorKind::Format`] when it is cut, has bytes too many, or its header is not
    /// one of safetensors.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let name = path.as_ref().to_owned();
        let io = |error: std::io::Error| {
            Error::from(error).at(&name).mend("give a directory with config.json, tokenizer.json and model.safetensors")
        };
        let file = File::open(&name).map_err(io)?;
        let len = file.metadata().map_err(io)?.len();
        Self::parse(name, Source::File(Mutex::new(file)), len)
    }

    /// Takes a file that is in memory; `name` stands in errors.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] as [`open`](Self::open).
    pub fn from_bytes(name: impl AsRef<Path>, bytes: impl Into<Cow<'static, [u8]>>) -> Result<Self> {
        let bytes = bytes.into();
        let len = bytes.len() as u64;
        Self::parse(name.as_ref().to_owned(), Source::Bytes(bytes), len)
    }

    fn parse(name: PathBuf, source: Source, len: u64) -> Result<Self> {
        let bad = |message: String| {
            Error::new(ErrorKind::Format, message)
                .at(&name)
                .mend("fetch the file again; it must be a whole safetensors file")
        };
        if len < 8 {
            return Err(bad(format!("only {len} bytes long, so it has no header")));
        }
        let mut size = [0; 8];
        source.read(0, &mut size).map_err(|error| error.at(&name))?;
        let size = u64::from_le_bytes(size);
        if size > MOST_HEADER || size > len - 8 {
            return Err(bad(format!("its header would be {size} bytes long, the file is {len}")));
        }
        let mut header = vec![0; usize::try_from(size).unwrap_or(0)];
        source.read(8, &mut header).map_err(|error| error.at(&name))?;
        let header: Metadata = serde_json::from_slice(&header)
            .map_err(|error| bad(format!("its header is not one of safetensors: {error}")))?;
        let (held, said) = (len - 8 - size, header.data_len() as u64);
        if held != said {
            return Err(bad(format!("its header speaks of {said} bytes of tensors, the file holds {held}")));
        }
        Ok(Self { name, source, header, data: 8 + size })
    }

    /// The file's name.
    pub fn name(&self) -> &Path {
        &self.name
    }

    /// A tensor's shape, where the file has the tensor.
    pub fn shape(&self, tensor: &str) -> Option<&[usize]> {
        self.find(tensor).map(|info| info.shape.as_slice())
    }

    /// Reads a tensor of a known shape, row after row.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] when the tensor is missing, has another shape or type, or holds a value that is not a finite number;
    /// [`ErrorKind::Io`] when the file cannot be read.
    pub fn tensor(&self, tensor: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let mut values = Vec::new();
        self.read(tensor, shape, |part| values.extend_from_slice(part))?;
        Ok(values)
    }

    /// Reads a matrix of `[rows, columns]` and hands out each row with its number, so that the whole need not fit in memory.
    ///
    /// # Errors
    /// As [`tensor`](Self::tensor).
    pub fn rows(&self, tensor: &str, shape: [usize; 2], mut row: impl FnMut(usize, &[f32])) -> Result<()> {
        let mut next = 0;
        self.read(tensor, &shape, |part| {
            for values in part.chunks_exact(shape[1]) {
                row(next, values);
                next += 1;
            }
        })
    }

    /// Hands out a tensor in parts of whole rows.
    fn read(&self, tensor: &str, shape: &[usize], mut part: impl FnMut(&[f32])) -> Result<()> {
        let info = self.find(tensor).ok_or_else(|| {
            self.bad(format!("tensor `{tensor}` is missing"))
                .mend("save the encoder with `save_pretrained`, or give the config.json that belongs to these weights")
        })?;
        if info.dtype == Dtype::U8 || info.dtype == Dtype::I8 {
            return self.read_packed(tensor, info, shape, part);
        }
        if info.shape != shape {
            return Err(self.misshapen(tensor, &info.shape, shape));
        }
        let Some(width) = width(info.dtype) else {
            return Err(self
                .bad(format!("tensor `{tensor}` is of type {:?}, not F32, F16 or BF16", info.dtype))
                .mend("convert the model with `.float()` and save it again"));
        };
        let row = shape.last().copied().unwrap_or(1).max(1) * width;
        let (start, end) = info.data_offsets;
        let mut bytes = vec![0; (PART / row).max(1) * row];
        let mut values = Vec::with_capacity(bytes.len() / width);
        for at in (start..end).step_by(bytes.len()) {
            let size = bytes.len().min(end - at);
            let bytes = &mut bytes[..size];
            self.source.read(self.data + at as u64, bytes).map_err(|error| error.at(&self.name))?;
            convert(info.dtype, bytes, &mut values);
            if let Some(place) = values.iter().position(|value| !value.is_finite()) {
                let message =
                    format!("tensor `{tensor}` holds `{}` as value {}", values[place], (at - start) / width + place);
                return Err(self.bad(message).mend("the model is damaged or its training diverged: take another copy"));
            }
            part(&values);
        }
        Ok(())
    }

    /// Hands out a packed matrix row by row.
    fn read_packed(
        &self,
        tensor: &str,
        info: &TensorInfo,
        shape: &[usize],
        mut part: impl FnMut(&[f32]),
    ) -> Result<()> {
        let &[rows, columns] = shape else { return Err(self.misshapen(tensor, &info.shape, shape)) };
        let mut row = vec![0.0; columns];
        if let Some((values, scales)) = self.quantised(tensor, [rows, columns])? {
            for (values, scale) in values.chunks_exact(columns.max(1)).zip(scales) {
                row.iter_mut().zip(values).for_each(|(wide, &value)| *wide = f32::from(value) * scale);
                part(&row);
            }
            return Ok(());
        }
        let (width, bytes) = (blocks::row_bytes(columns), self.read_blocks(tensor, info, rows, columns)?);
        for packed in bytes.chunks_exact(width.max(1)) {
            blocks::decode(packed, &mut row);
            part(&row);
        }
        Ok(())
    }

    /// Rows of blocks of four bits a value, whose scales are numbers.
    fn read_blocks(&self, tensor: &str, info: &TensorInfo, rows: usize, columns: usize) -> Result<Vec<u8>> {
        let width = blocks::row_bytes(columns);
        if !columns.is_multiple_of(blocks::VALUES) || info.shape != [rows, width] {
            return Err(self.misshapen(tensor, &info.shape, &[rows, width]));
        }
        let bytes = self.bytes(info)?;
        if let Some(block) = blocks::broken(&bytes) {
            let message =
                format!("tensor `{tensor}` holds a value that is no number in row {}", block * blocks::BYTES / width);
            return Err(self.bad(message).mend("the model is damaged: take another copy"));
        }
        Ok(bytes)
    }

    /// A matrix of `[rows, columns]` in blocks of four bits a value, row after row, where the file holds it so.
    ///
    /// # Errors
    /// As [`tensor`](Self::tensor).
    pub(crate) fn four_bits(&self, tensor: &str, [rows, columns]: [usize; 2]) -> Result<Option<Vec<u8>>> {
        let Some(info) = self.find(tensor).filter(|info| info.dtype == Dtype::U8) else { return Ok(None) };
        self.read_blocks(tensor, info, rows, columns).map(Some)
    }

    /// A matrix of `[rows, columns]` in eight bits with one scale a row, where the file holds it so.
    ///
    /// # Errors
    /// As [`tensor`](Self::tensor).
    pub fn quantised(&self, tensor: &str, shape: [usize; 2]) -> Result<Option<(Vec<i8>, Vec<f32>)>> {
        let Some(info) = self.find(tensor).filter(|info| info.dtype == Dtype::I8) else { return Ok(None) };
        if info.shape != shape {
            return Err(self.misshapen(tensor, &info.shape, &shape));
        }
        let values = self.bytes(info)?.into_iter().map(u8::cast_signed).collect();
        Ok(Some((values, self.tensor(&format!("{tensor}.scale"), &[shape[0]])?)))
    }

    /// All tensors as the file names and describes them, in no particular order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (String, &TensorInfo)> {
        self.header.tensors().into_iter()
    }

    /// What the file says of itself beside its tensors.
    pub(crate) fn notes(&self) -> Option<&HashMap<String, String>> {
        self.header.metadata().as_ref()
    }

    /// Writes a tensor's bytes as they are.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when the file cannot be read or `to` not written.
    pub(crate) fn copy(&self, info: &TensorInfo, to: &mut impl Write) -> Result<()> {
        let (start, end) = info.data_offsets;
        let mut bytes = vec![0; PART.min(end - start)];
        for at in (start..end).step_by(PART) {
            let bytes = &mut bytes[..PART.min(end - at)];
            self.source.read(self.data + at as u64, bytes).map_err(|error| error.at(&self.name))?;
            to.write_all(bytes)?;
        }
        Ok(())
    }

    fn bytes(&self, info: &TensorInfo) -> Result<Vec<u8>> {
        let (start, end) = info.data_offsets;
        let mut bytes = vec![0; end - start];
        self.source.read(self.data + start as u64, &mut bytes).map_err(|error| error.at(&self.name))?;
        Ok(bytes)
    }

    fn misshapen(&self, tensor: &str, found: &[usize], wanted: &[usize]) -> Error {
        self.bad(format!("tensor `{tensor}` has the shape {found:?}, not {wanted:?}"))
            .mend("give the config.json that belongs to these weights")
    }

    fn find(&self, tensor: &str) -> Option<&TensorInfo> {
        // The first checkpoints of BERT named the two tensors of a layer norm otherwise.
        let old = tensor.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
        let names = PREFIXES.iter().flat_map(|prefix| [format!("{prefix}{tensor}"), format!("{prefix}{old}")]);
        names.into_iter().find_map(|name| self.header.info(&name))
    }

    fn bad(&self, message: String) -> Error {
        Error::new(ErrorKind::Format, message).at(&self.name)
    }
}

impl Source {
    fn read(&self, at: u64, to: &mut [u8]) -> Result<()> {
        match self {
            Self::File(file) => {
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.seek(SeekFrom::Start(at))?;
                file.read_exact(to)?;
            }
            Self::Bytes(bytes) => {
                let held =
                    usize::try_from(at).ok().and_then(|at| bytes.get(at..)).and_then(|from| from.get(..to.len()));
                let held = held.ok_or_else(|| Error::new(ErrorKind::Format, "the file ends within a tensor"))?;
                to.copy_from_slice(held);
            }
        }
        Ok(())
    }
}

fn width(dtype: Dtype) -> Option<usize> {
    match dtype {
        Dtype::F32 => Some(4),
        Dtype::F16 | Dtype::BF16 => Some(2),
        _ => None,
    }
}

fn convert(dtype: Dtype, bytes: &[u8], values: &mut Vec<f32>) {
    values.clear();
    match dtype {
        Dtype::F16 => values.extend(bytes.as_chunks().0.iter().map(|&two| from_half(u16::from_le_bytes(two)))),
        Dtype::BF16 => {
            values.extend(
                bytes.as_chunks().0.iter().map(|&two| f32::from_bits(u32::from(u16::from_le_bytes(two)) << 16)),
            );
        }
        _ => values.extend(bytes.as_chunks().0.iter().map(|&four| f32::from_le_bytes(four))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with one tensor.
    fn file(name: &str, dtype: &str, shape: &[usize], data: &[u8]) -> Vec<u8> {
        let header =
            serde_json::json!({ name: {"dtype": dtype, "shape": shape, "data_offsets": [0, data.len()]} }).to_string();
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
    }

    fn error(bytes: Vec<u8>) -> String {
        let weights = Weights::from_bytes("m.safetensors", bytes);
        weights.and_then(|weights| weights.tensor("w", &[2])).unwrap_err().to_string()
    }

    #[test]
    fn values_of_three_types_are_read_with_and_without_a_prefix() {
        let single = [1.5_f32, -2.0].map(f32::to_le_bytes).concat();
        for (name, dtype, data) in [
            ("w", "F32", single.as_slice()),
            ("bert.w", "F16", &[0, 0x3e, 0, 0xc0]),
            ("roberta.w", "BF16", &[0xc0, 0x3f, 0, 0xc0]),
        ] {
            let weights = Weights::from_bytes("m.safetensors", file(name, dtype, &[2], data)).unwrap();
            assert_eq!(weights.tensor("w", &[2]).unwrap(), [1.5, -2.0]);
            assert_eq!(weights.shape("w"), Some([2].as_slice()));
        }
        assert_eq!(from_half(1).to_bits(), 2.0_f32.powi(-24).to_bits());
        assert_eq!(from_half(0x7bff).to_bits(), 65_504.0_f32.to_bits());
        assert!(from_half(0x7c00).is_infinite() && from_half(0x7e00).is_nan());
    }

    #[test]
    fn a_matrix_comes_row_by_row() {
        let data: Vec<u8> = (0..6_u8).flat_map(|x| f32::from(x).to_le_bytes()).collect();
        let weights = Weights::from_bytes("m.safetensors", file("w", "F32", &[3, 2], &data)).unwrap();
        let mut rows = Vec::new();
        weights.rows("w", [3, 2], |number, row| rows.push((number, row.to_vec()))).unwrap();
        assert_eq!(rows, [(0, vec![0.0, 1.0]), (1, vec![2.0, 3.0]), (2, vec![4.0, 5.0])]);
    }

    #[test]
    fn bad_files_name_themselves_the_tensor_and_the_mend() {
        let good = file("w", "F32", &[2], &[0; 8]);
        for bytes in
            [good[..4].to_vec(), good[..20].to_vec(), good[..good.len() - 1].to_vec(), [good.as_slice(), &[0]].concat()]
        {
            let error = error(bytes);
            assert!(error.starts_with("m.safetensors: ") && error.contains("fetch the file again"), "{error}");
        }
        let nan = [1.0_f32.to_le_bytes(), f32::NAN.to_le_bytes()].concat();
        for (bytes, named) in [
            (file("v", "F32", &[2], &[0; 8]), "tensor `w` is missing"),
            (file("w", "F32", &[3], &[0; 12]), "tensor `w` has the shape [3], not [2]"),
            (file("w", "I64", &[2], &[0; 16]), "tensor `w` is of type I64"),
            (file("w", "F32", &[2], &nan), "tensor `w` holds `NaN` as value 1"),
            (file("w", "F32", &[2], &[0; 4]), "header"),
            (file("w", "F32", &[usize::MAX, 8], &[0; 4]), "header"),
        ] {
            let error = error(bytes);
            assert!(error.starts_with("m.safetensors: ") && error.contains(named) && error.contains("; "), "{error}");
        }
        assert!(Weights::open("no/such.safetensors").unwrap_err().to_string().contains("no/such.safetensors"));
    }
}
