//! Random arrays.

use super::tiles::{TILE, gather, tiles};
use super::{array, blocks, lengths};
use crate::array::DataArray;
use crate::dtype::DType;
use crate::error::{Error, Place, Result};
use crate::store::{ChunkGrid, ChunkSource, NdArray, ReadCost, Selection, Step};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Exp1, StandardNormal};

/// Where random arrays come from: a seed.
///
/// The arrays are lazy: their values are made block by block when they are read, on the thread that needs them, so an array may be
/// larger than memory. The same call gives the same values, for any chunks, any part that is asked for and any number of threads: each
/// tile of about 16 000 elements has a stream of ChaCha8 of its own. Other arrays of the same kind and shape take another seed or
/// another [`Random::stream`]. dask: `da.random.default_rng(seed)`, whose values depend on the chunks.
///
/// # Examples
/// ```
/// use hpda_data::exec::{ExecOptions, Random, reduce::Reduction};
/// let x = Random::seeded(1).normal(10.0, 0.1, &[("row", 1000), ("col", 500)])?.to_dataset(Some("x"))?;
/// let (mean, _) = x.reduce(&Reduction::named("mean")?, &ExecOptions::default())?;
/// let mean = mean.variable("x")?.load()?.scalar(0).as_f64().unwrap();
/// assert!((mean - 10.0).abs() < 0.001);
/// # Ok::<(), hpda_data::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Random {
    seed: u64,
    stream: u64,
}

impl Random {
    /// From this seed.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::Random;
    /// let dims = [("x", 3)];
    /// let values = |seed| Random::seeded(seed).uniform(0.0, 1.0, &dims)?.variable.load().map(|a| a.as_slice::<f64>().unwrap().to_vec());
    /// assert_eq!(values(1)?, values(1)?);
    /// assert_ne!(values(1)?, values(2)?);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn seeded(seed: u64) -> Random {
        Random { seed, stream: 0 }
    }

    /// The same seed, other values: arrays of different streams have nothing to do with each other.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::Random;
    /// let random = Random::seeded(7);
    /// let (x, y) = (random.normal(0.0, 1.0, &[("i", 5)])?, random.stream(1).normal(0.0, 1.0, &[("i", 5)])?);
    /// assert_ne!(x.variable.load()?.scalar(0), y.variable.load()?.scalar(0));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn stream(self, stream: u64) -> Random {
        Random { stream, ..self }
    }

    /// Values of the normal distribution with this mean and standard deviation. numpy, dask: `rng.normal(mean, std, shape)`.
    ///
    /// # Errors
    /// Invalid, for a deviation below 0 or numbers that are not finite; overflow, for too many elements; shape, for a dim named twice.
    ///
    /// # Examples
    /// ```
    /// let x = hpda_data::exec::Random::seeded(1).normal(0.0, 1.0, &[("row", 20_000), ("col", 40_000)])?;
    /// assert_eq!((x.variable.len(), x.variable.shape()), (800_000_000, &[20_000, 40_000][..]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn normal(&self, mean: f64, std: f64, dims: &[(&str, usize)]) -> Result<DataArray> {
        if !mean.is_finite() || !std.is_finite() || std < 0.0 {
            return Err(Error::invalid(format!("there is no normal distribution with mean {mean} and standard deviation {std}")));
        }
        self.of(What::Normal { mean, std }, dims)
    }

    /// Values that are spread evenly from `low` to below `high`. numpy, dask: `rng.uniform(low, high, shape)`.
    ///
    /// # Errors
    /// Invalid, for ends that are not finite or in the wrong order; overflow and shape as [`Random::normal`].
    ///
    /// # Examples
    /// ```
    /// let x = hpda_data::exec::Random::seeded(1).uniform(-1.0, 1.0, &[("i", 1000)])?.variable.load()?;
    /// assert!(x.as_slice::<f64>().unwrap().iter().all(|x| (-1.0..1.0).contains(x)));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn uniform(&self, low: f64, high: f64, dims: &[(&str, usize)]) -> Result<DataArray> {
        if !(high - low).is_finite() || high < low {
            return Err(Error::invalid(format!("there are no numbers that are spread evenly from {low} to {high}")));
        }
        self.of(What::Uniform { low, width: high - low }, dims)
    }

    /// Whole numbers from `low` to below `high`, all equally likely. numpy, dask: `rng.integers(low, high, shape)`.
    ///
    /// # Errors
    /// Invalid, where `high` is not above `low`; overflow and shape as [`Random::normal`].
    ///
    /// # Examples
    /// ```
    /// let dice = hpda_data::exec::Random::seeded(1).integers(1, 7, &[("throw", 600)])?.variable.load()?;
    /// assert!(dice.as_slice::<i64>().unwrap().iter().all(|x| (1..=6).contains(x)));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn integers(&self, low: i64, high: i64, dims: &[(&str, usize)]) -> Result<DataArray> {
        if high <= low {
            return Err(Error::invalid(format!("there are no whole numbers from {low} to below {high}")));
        }
        self.of(What::Integers { low, high }, dims)
    }

    /// Values of the exponential distribution with this mean. numpy, dask: `rng.exponential(scale, shape)`.
    ///
    /// # Errors
    /// Invalid, for a mean below 0 or one that is not finite; overflow and shape as [`Random::normal`].
    ///
    /// # Examples
    /// ```
    /// let waits = hpda_data::exec::Random::seeded(1).exponential(3.0, &[("i", 1000)])?.variable.load()?;
    /// assert!(waits.as_slice::<f64>().unwrap().iter().all(|x| *x >= 0.0));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn exponential(&self, scale: f64, dims: &[(&str, usize)]) -> Result<DataArray> {
        if !scale.is_finite() || scale < 0.0 {
            return Err(Error::invalid(format!("there is no exponential distribution with mean {scale}")));
        }
        self.of(What::Exponential { scale }, dims)
    }

    fn of(self, what: What, dims: &[(&str, usize)]) -> Result<DataArray> {
        let tiles = tiles(&lengths(dims)?);
        let dtype = if matches!(what, What::Integers { .. }) { DType::I64 } else { DType::F64 };
        array(dims, RandomSource { random: self, what, dtype, tiles })
    }
}

/// A distribution.
#[derive(Clone, Copy, Debug)]
enum What {
    Normal { mean: f64, std: f64 },
    Uniform { low: f64, width: f64 },
    Integers { low: i64, high: i64 },
    Exponential { scale: f64 },
}

/// A random array as a source.
#[derive(Debug)]
struct RandomSource {
    random: Random,
    what: What,
    dtype: DType,
    tiles: ChunkGrid,
}

impl RandomSource {
    /// What tile `tile` is made of.
    fn numbers(&self, tile: usize) -> ChaCha8Rng {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&self.random.seed.to_le_bytes());
        key[8..16].copy_from_slice(&self.random.stream.to_le_bytes());
        let mut numbers = ChaCha8Rng::from_seed(key);
        numbers.set_stream(tile as u64);
        numbers
    }
}

impl ChunkSource for RandomSource {
    fn made_of(&self) -> (String, Vec<Step>) {
        (format!("random {:?}", self.what).to_lowercase(), Vec::new())
    }

    fn dtype(&self) -> &DType {
        &self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.tiles.shape
    }

    fn grid(&self) -> ChunkGrid {
        blocks(&self.tiles.shape, &self.tiles.chunk)
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        selection.check(self.shape())?;
        let shape = selection.shape(self.shape());
        let floats = |one: &(dyn Fn(&mut ChaCha8Rng) -> f64 + Sync)| {
            let make = |tile: usize, out: &mut [f64]| {
                let mut numbers = self.numbers(tile);
                out.iter_mut().for_each(|x| *x = one(&mut numbers));
            };
            NdArray::from_vec(gather(&self.tiles, selection, make), &shape)
        };
        match self.what {
            What::Normal { mean, std } => {
                let make = |tile: usize, out: &mut [f64]| {
                    let mut numbers = self.numbers(tile);
                    out.iter_mut().for_each(|x| {
                        let z: f64 = StandardNormal.sample(&mut numbers);
                        *x = mean + std * z;
                    });
                };
                NdArray::from_vec(gather(&self.tiles, selection, make), &shape)
            }
            What::Uniform { low, width } => floats(&|numbers| low + width * numbers.random::<f64>()),
            What::Exponential { scale } => floats(&|numbers| {
                let x: f64 = Exp1.sample(numbers);
                scale * x
            }),
            What::Integers { low, high } => {
                let make = |tile: usize, out: &mut [i64]| {
                    let mut numbers = self.numbers(tile);
                    out.iter_mut().for_each(|x| *x = numbers.random_range(low..high));
                };
                NdArray::from_vec(gather(&self.tiles, selection, make), &shape)
            }
        }
    }

    fn cost(&self) -> ReadCost {
        ReadCost { pieces: None, in_place: true, scratch: TILE * 8 }
    }

    fn place(&self) -> Place {
        Place::default()
    }
}
