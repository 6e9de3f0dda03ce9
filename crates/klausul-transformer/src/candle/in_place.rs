//! What lies between the products of a layer, in place and on the calling thread.
//!
//! Candle's own element-wise operations go through threads that all callers share and wait for, allocate their results, and
//! compute GELU in f64.

use candle_core::{CpuStorage, DType, InplaceOp1, InplaceOp2, Layout, Result, Tensor, bail};
use pulp::Arch;

use super::rows::{Activate, Normalise, Soften};
use crate::Activation;

/// Adds a bias to every row, then applies an activation.
pub(super) struct Activated<'a> {
    pub(super) bias: &'a [f32],
    pub(super) activation: Option<Activation>,
}

/// Turns every row into its softmax.
pub(super) struct Softmax;

/// The normalisation of a layer.
pub(super) struct Norm {
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
    pub(super) epsilon: f32,
}

/// Adds a bias and a residual to every row, then normalises it.
struct NormOfSum<'a> {
    bias: &'a [f32],
    norm: &'a Norm,
}

impl Norm {
    /// Puts the norm of `rows + bias + residual` in the place of `rows`.
    pub(super) fn of_sum(&self, rows: &Tensor, bias: &[f32], residual: &Tensor) -> Result<()> {
        rows.inplace_op2(residual, &NormOfSum { bias, norm: self })
    }
}

impl InplaceOp1 for Activated<'_> {
    fn name(&self) -> &'static str {
        "bias-activation"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let rows = values_mut(storage, layout)?;
        Arch::new().dispatch(Activate { rows, bias: self.bias, activation: self.activation });
        Ok(())
    }
}

impl InplaceOp1 for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let length = layout.dims().last().map_or(1, |&length| length.max(1));
        Arch::new().dispatch(Soften { rows: values_mut(storage, layout)?, length });
        Ok(())
    }
}

impl InplaceOp2 for NormOfSum<'_> {
    fn name(&self) -> &'static str {
        "norm-of-sum"
    }

    fn cpu_fwd(&self, rows: &mut CpuStorage, rows_at: &Layout, residual: &CpuStorage, at: &Layout) -> Result<()> {
        let (rows, residual) = (values_mut(rows, rows_at)?, values(residual, at)?);
        Arch::new().dispatch(Normalise { rows, bias: self.bias, residual, norm: self.norm });
        Ok(())
    }
}

fn values<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(values), Some((start, end))) => Ok(&values[start..end]),
        _ => bail!("only contiguous values in {:?} are changed in place", DType::F32),
    }
}

fn values_mut<'a>(storage: &'a mut CpuStorage, layout: &Layout) -> Result<&'a mut [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(values), Some((start, end))) => Ok(&mut values[start..end]),
        _ => bail!("only contiguous values in {:?} are changed in place", DType::F32),
    }
}
