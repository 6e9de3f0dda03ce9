//! The kernels: the one place with `unsafe`, chosen at run time for the processor.
//!
//! **Why unsafe.** Vector instructions beyond the target's baseline can only be called after the processor was asked for them,
//! which the compiler cannot see, and the innermost loop of the products reads without bounds checks. Both are fenced here:
//!
//! - A path's token (`Avx512`, …) is made by its `detect` alone, so holding one proves the features.
//! - Memory is reached through array references of the right length everywhere but in `gemm::products`, which compares the
//!   lengths before its loop, and in `simd::bytes_of`, which reads blocks as the bytes that they are. A prefetch takes any address
//!   and reads nothing.
//! - Two instructions of AArch64 have no stable intrinsic and stand in assembly, `neon::sdot` and `neon::usdot`: from registers to a register.
//!
//! Everything else, attention, norms and quantisation, is safe code over the trait [`Simd`], written once and compiled per path.
//!
//! **Equal bits.** Products are sums of integers, exact in any order. Floats go through vectors of 16 lanes on every path: sums
//! run lane by lane and end in one fixed tree; a multiply-add rounds once everywhere.
#![allow(unsafe_code)]
// An operation must dissolve into the function that enables its features, or its vectors would pass through memory.
#![allow(clippy::inline_always)]
// Intrinsics have long names and many; tiles are indexed by row and vector in several arrays at once.
#![allow(clippy::wildcard_imports, clippy::many_single_char_names, clippy::needless_range_loop)]

mod attention;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod gemm;
mod math;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
mod rows;
mod simd;
#[cfg(test)]
mod tests;

pub(super) use attention::{Attention, AttentionScratch, Gather, panels};
pub(super) use gemm::{PackedLinear, Project};
pub(super) use rows::{ActivateRows, Embed, EmbedFours, Mean, Norm, NormRows};
pub(super) use simd::LANES;
use simd::Simd;

#[cfg(target_arch = "x86_64")]
use {avx2::Avx2, avx2::AvxVnni, avx512::Avx512};
#[cfg(target_arch = "aarch64")]
use {neon::NeonDot, neon::NeonI8mm};

/// How the bytes `q` of a quantised row are read: `x ≈ scale · (q + offset)`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RowScale {
    pub(super) scale: f32,
    pub(super) offset: f32,
}

/// A piece of work that is written over [`Simd`].
pub(super) trait Operation {
    /// Does it; inlined into the function that enables the path's features.
    fn run<S: Simd>(self, s: S);
}

/// The instructions that the engine uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KernelPath {
    /// x86-64 with AVX-512 and its VNNI.
    Avx512Vnni,
    /// x86-64 with AVX2, FMA and AVX-VNNI.
    AvxVnni,
    /// x86-64 with AVX2 and FMA.
    Avx2,
    /// AArch64 with NEON and products of unsigned by signed bytes.
    NeonI8mm,
    /// AArch64 with NEON and products of signed bytes.
    NeonDot,
    /// Whatever the target offers without asking.
    Portable,
}

impl KernelPath {
    /// The paths of this processor, the fastest first; the portable one is always among them.
    pub fn available() -> Vec<Self> {
        let fastest_first =
            [Self::Avx512Vnni, Self::AvxVnni, Self::Avx2, Self::NeonI8mm, Self::NeonDot, Self::Portable];
        fastest_first.into_iter().filter(|&path| Kernel::new(path).is_some()).collect()
    }
}

/// A path whose features were found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kernel(Token);

#[derive(Debug, Clone, Copy)]
enum Token {
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    #[cfg(target_arch = "x86_64")]
    AvxVnni(AvxVnni),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "aarch64")]
    NeonI8mm(NeonI8mm),
    #[cfg(target_arch = "aarch64")]
    NeonDot(NeonDot),
    Portable,
}

impl Kernel {
    /// The kernel of a path, where the processor has it.
    pub(super) fn new(path: KernelPath) -> Option<Self> {
        let token = match path {
            #[cfg(target_arch = "x86_64")]
            KernelPath::Avx512Vnni => Token::Avx512(Avx512::detect()?),
            #[cfg(target_arch = "x86_64")]
            KernelPath::AvxVnni => Token::AvxVnni(AvxVnni::detect()?),
            #[cfg(target_arch = "x86_64")]
            KernelPath::Avx2 => Token::Avx2(Avx2::detect()?),
            #[cfg(target_arch = "aarch64")]
            KernelPath::NeonI8mm => Token::NeonI8mm(NeonI8mm::detect()?),
            #[cfg(target_arch = "aarch64")]
            KernelPath::NeonDot => Token::NeonDot(NeonDot::detect()?),
            KernelPath::Portable => Token::Portable,
            _ => return None,
        };
        Some(Self(token))
    }

    /// The path.
    pub(super) fn path(self) -> KernelPath {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Token::Avx512(_) => KernelPath::Avx512Vnni,
            #[cfg(target_arch = "x86_64")]
            Token::AvxVnni(_) => KernelPath::AvxVnni,
            #[cfg(target_arch = "x86_64")]
            Token::Avx2(_) => KernelPath::Avx2,
            #[cfg(target_arch = "aarch64")]
            Token::NeonI8mm(_) => KernelPath::NeonI8mm,
            #[cfg(target_arch = "aarch64")]
            Token::NeonDot(_) => KernelPath::NeonDot,
            Token::Portable => KernelPath::Portable,
        }
    }

    /// Runs an operation with the path's features enabled.
    pub(super) fn run<O: Operation>(self, operation: O) {
        match self.0 {
            // SAFETY: the token proves the features that the function enables.
            #[cfg(target_arch = "x86_64")]
            Token::Avx512(token) => unsafe { on_avx512(token, operation) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Token::AvxVnni(token) => unsafe { on_avx_vnni(token, operation) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Token::Avx2(token) => unsafe { on_avx2(token, operation) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            Token::NeonI8mm(token) => unsafe { on_neon_i8mm(token, operation) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            Token::NeonDot(token) => unsafe { on_neon_dot(token, operation) },
            Token::Portable => operation.run(portable::Portable),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma")]
fn on_avx512<O: Operation>(token: Avx512, operation: O) {
    operation.run(token);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avxvnni")]
fn on_avx_vnni<O: Operation>(token: AvxVnni, operation: O) {
    operation.run(token);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn on_avx2<O: Operation>(token: Avx2, operation: O) {
    operation.run(token);
}

#[cfg(target_arch = "aarch64")]
#[target_feature(enable = "neon,i8mm")]
fn on_neon_i8mm<O: Operation>(token: NeonI8mm, operation: O) {
    operation.run(token);
}

#[cfg(target_arch = "aarch64")]
#[target_feature(enable = "neon,dotprod")]
fn on_neon_dot<O: Operation>(token: NeonDot, operation: O) {
    operation.run(token);
}
