use super::element::NAT;
use super::{Element, Order, Stored, file_blocks};
use crate::array::Variable;
use crate::dtype::{Calendar, DType, Phys, TimeUnit};
use crate::error::{Error, IoResultExt, Level, Notices, Place, Result};
use crate::io::Output;
use crate::kernel::calendar;
use crate::store::{BlockSink, ChunkGrid, NdArray};
use arrow::array::Array;
use std::borrow::Cow;
use std::fs::File;
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

/// How the elements of a variable are written.
#[derive(Clone, Debug)]
pub struct Target {
    /// In the file.
    pub element: Element,
    /// In memory.
    dtype: DType,
    /// The bytes that stand for a missing element, for types that have no mark of their own.
    missing: Option<Vec<u8>>,
}

impl Target {
    /// The element for a variable, little-endian: numbers as they are, days as counts of days, times as counts of their unit,
    /// text (where `text` allows it) as code points, as many as the longest has. Looks through all texts for that.
    ///
    /// # Errors
    /// Unsupported, for types that such a file does not hold; parse, for a `missing_as` that is no such value.
    pub fn of(variable: &Variable, missing_as: Option<&str>, text: bool, format: &str) -> Result<(Target, Notices)> {
        let dtype = variable.dtype().clone();
        let mut notices = Notices::new();
        let stored = match &dtype {
            // The stand-in for missing has to fit as well.
            DType::Str if text => {
                let (longest, zeros) = longest(variable)?;
                if zeros {
                    let said = format!("texts that end in zero bytes lose these: {format} fills up with them");
                    notices.push(Level::Changed, said, Place::default());
                }
                Stored::Points(longest.max(missing_as.map_or(1, |t| t.chars().count().max(1))))
            }
            DType::Date if text => Stored::Time(DType::Date, super::Unit::Times(1)),
            DType::Instant { tz, calendar, .. } => {
                if tz.is_some() {
                    notices.push(Level::Omitted, format!("{format} has no place for the time zone; the times are UTC"), Place::default());
                }
                if *calendar != Calendar::ProlepticGregorian {
                    let said =
                        format!("{format} has no calendar {:?}: its dates are written as dates of the common calendar", calendar.name());
                    notices.push(Level::Changed, said, Place::default());
                }
                Stored::Time(dtype.clone(), super::Unit::Times(1))
            }
            t => match Element::plain(t, false) {
                Some(e) => e.stored,
                None => {
                    return Err(Error::unsupported(format!("{format} does not hold {t}")).help("write it as NetCDF or Parquet instead"));
                }
            },
        };
        let element = Element { stored, big_endian: false };
        let missing = missing_as.map(|t| missing_bytes(t, &dtype, &element)).transpose()?;
        Ok((Target { element, dtype, missing }, notices))
    }
}

impl Target {
    /// The type of the blocks.
    pub fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// The bytes of a contiguous block, whether missing elements were replaced, and whether their stand-in is a value as well.
    ///
    /// # Errors
    /// Loss, for missing elements of a type without a mark for them.
    pub fn bytes<'a>(&self, block: &'a NdArray) -> Result<(Cow<'a, [u8]>, bool, bool)> {
        encode(self, block)
    }
}

/// Writes one array by blocks, each at its place in the file.
#[derive(Debug)]
pub struct DenseSink {
    output: Output,
    file: File,
    variable: String,
    target: Target,
    shape: Vec<usize>,
    /// Where the first element stands.
    start: u64,
    written: AtomicUsize,
    /// Whether missing elements were replaced, and whether the value that stands for them was there as a value too.
    replaced: AtomicBool,
    collided: AtomicBool,
}

impl DenseSink {
    /// A file that begins with these bytes, then the elements in C order.
    ///
    /// # Errors
    /// What the system refuses.
    pub fn create(output: Output, header: &[u8], variable: &str, shape: &[usize], target: Target) -> Result<DenseSink> {
        let mut file = output.open()?;
        file.write_all(header).io_at(output.target())?;
        let start = header.len() as u64;
        let bytes = super::bytes_of(shape, target.element.size())
            .and_then(|b| b.checked_add(start))
            .ok_or_else(|| Error::overflow(format!("an array of shape {shape:?} is longer than a file can be")))?;
        file.set_len(bytes).io_at(output.target())?;
        Ok(DenseSink {
            output,
            file,
            variable: variable.into(),
            target,
            shape: shape.to_vec(),
            start,
            written: AtomicUsize::new(0),
            replaced: AtomicBool::new(false),
            collided: AtomicBool::new(false),
        })
    }

    /// Blocks of whole rows, for the one variable that is written.
    pub fn grid(&self, variable: &str) -> Option<ChunkGrid> {
        (variable.trim_start_matches('/') == self.variable).then(|| file_blocks(&self.shape, self.target.element.size(), Order::C))
    }

    /// Writes a block; the order of blocks does not matter, and several threads may write at once.
    ///
    /// # Errors
    /// Loss, for missing elements of a type without a mark for them; what the system refuses.
    pub fn write(&self, start: &[usize], block: &NdArray) -> Result<()> {
        let place = || Place { variable: Some(self.variable.clone()), ..Place::file(self.output.target()) };
        let fits = start.len() == self.shape.len()
            && block.rank() == self.shape.len()
            && start.iter().zip(block.shape()).zip(&self.shape).all(|((&s, &n), &whole)| s.checked_add(n).is_some_and(|end| end <= whole));
        if !fits || *block.dtype() != self.target.dtype {
            return Err(Error::internal(format!(
                "a block of {} {:?} at {start:?} for an array of {} {:?}",
                block.dtype(),
                block.shape(),
                self.target.dtype,
                self.shape
            ))
            .at(place()));
        }
        if block.is_empty() {
            return Ok(());
        }
        let block = block.to_contiguous()?;
        let (bytes, replaced, collided) = encode(&self.target, &block).map_err(|e| e.at(place()))?;
        // From the first axis after which the block spans the whole array, its elements are neighbours in the file.
        let rank = self.shape.len();
        let mut axis = rank;
        while axis > 0 && block.shape()[axis - 1] == self.shape[axis - 1] {
            axis -= 1;
        }
        let outer = axis.saturating_sub(1);
        let run: usize = block.shape()[outer..].iter().product();
        let size = self.target.element.size();
        let mut index = vec![0usize; outer];
        for (i, cells) in bytes.chunks(run * size).enumerate() {
            let mut rest = i;
            for d in (0..outer).rev() {
                index[d] = rest % block.shape()[d];
                rest /= block.shape()[d];
            }
            let position = (0..rank).fold(0usize, |at, d| at * self.shape[d] + start[d] + index.get(d).copied().unwrap_or(0));
            write_at(&self.file, cells, self.start + position as u64 * size as u64).io_at(self.output.target())?;
        }
        self.written.fetch_add(block.len(), Relaxed);
        self.replaced.fetch_or(replaced, Relaxed);
        self.collided.fetch_or(collided, Relaxed);
        Ok(())
    }

    /// How many elements have been written.
    pub fn written(&self) -> usize {
        self.written.load(Relaxed)
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// Loss, where the value that stands for missing is among the values; what the system refuses.
    pub fn finish(self) -> Result<()> {
        let place = Place { variable: Some(self.variable), ..Place::file(self.output.target()) };
        let want: usize = self.shape.iter().product();
        let written = self.written.into_inner();
        if written != want {
            return Err(Error::internal(format!("{written} of {want} elements were written")).at(place));
        }
        if self.replaced.into_inner() && self.collided.into_inner() {
            return Err(Error::loss("the value that stands for missing is among the values, so that the two could not be told apart")
                .help("choose another with --missing-as")
                .at(place));
        }
        drop(self.file);
        self.output.commit()
    }
}

impl BlockSink for DenseSink {
    fn write(&self, start: &[usize], block: &NdArray) -> Result<()> {
        DenseSink::write(self, start, block)
    }
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], at: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
}

#[cfg(windows)]
fn write_at(file: &File, mut bytes: &[u8], mut at: u64) -> std::io::Result<()> {
    while !bytes.is_empty() {
        let n = std::os::windows::fs::FileExt::seek_write(file, bytes, at)?;
        (bytes, at) = (&bytes[n..], at + n as u64);
    }
    Ok(())
}

/// The bytes of a contiguous block, whether missing elements were replaced, and whether their stand-in is a value as well.
fn encode<'a>(target: &Target, block: &'a NdArray) -> Result<(Cow<'a, [u8]>, bool, bool)> {
    let size = target.element.size();
    let valid = block.valid().filter(|v| v.contains(&0));
    if let Stored::Points(width) = target.element.stored {
        return encode_texts(target, block, width);
    }
    let (buffer, offset) = block.buffer().ok_or_else(|| Error::internal("text where numbers belong"))?;
    let width = target.dtype.phys().and_then(Phys::width).unwrap_or(1);
    let plain = &buffer.as_slice()[offset * width..(offset + block.len()) * width];
    let mut bytes = match (&target.dtype, block.as_slice::<i32>(), block.as_slice::<i64>()) {
        (DType::Date, Some(days), _) if size == 8 => Cow::Owned(days.iter().flat_map(|&d| (d as i64).to_ne_bytes()).collect()),
        (DType::Instant { unit, calendar, .. }, _, Some(counts)) if *calendar != Calendar::ProlepticGregorian => {
            let there = |i: usize| valid.is_none_or(|v| v[i] != 0);
            let moved = counts.iter().enumerate().map(|(i, &x)| if there(i) { by_civil_date(x, *unit, *calendar) } else { Ok(0) });
            Cow::Owned(moved.collect::<Result<Vec<i64>>>()?.into_iter().flat_map(i64::to_ne_bytes).collect())
        }
        _ => Cow::Borrowed(plain),
    };
    if cfg!(target_endian = "big") {
        bytes.to_mut().chunks_exact_mut(size).for_each(<[u8]>::reverse);
    }
    let own: Option<Vec<u8>> = match &target.dtype {
        DType::F32 => Some(f32::NAN.to_le_bytes().to_vec()),
        DType::F64 => Some(f64::NAN.to_le_bytes().to_vec()),
        _ if matches!(target.element.stored, Stored::Time(..)) => Some(NAT.to_le_bytes().to_vec()),
        _ => None,
    };
    let Some(mark) = target.missing.clone().or(own) else {
        return match valid {
            None => Ok((bytes, false, false)),
            Some(v) => Err(Error::loss(format!(
                "{} of {} elements of this block are missing, and {} has no mark for that here",
                v.iter().filter(|&&b| b == 0).count(),
                v.len(),
                target.dtype
            ))
            .help("--missing-as VALUE writes a value in their place, such as --missing-as -9999")),
        };
    };
    let collided =
        target.missing.is_some() && bytes.chunks_exact(size).enumerate().any(|(i, cell)| cell == mark && valid.is_none_or(|v| v[i] != 0));
    let mut replaced = false;
    if let Some(v) = valid {
        replaced = true;
        bytes.to_mut().chunks_exact_mut(size).zip(v).filter(|(_, v)| **v == 0).for_each(|(cell, _)| cell.copy_from_slice(&mark));
    }
    // A NaN is missing too, and `--missing-as` says what stands for it.
    if let (Some(_), DType::F32 | DType::F64) = (&target.missing, &target.dtype) {
        let nan = |i: usize| match (block.as_slice::<f32>(), block.as_slice::<f64>()) {
            (Some(x), _) => x[i].is_nan(),
            (_, Some(x)) => x[i].is_nan(),
            _ => false,
        };
        for i in (0..block.len()).filter(|&i| nan(i)) {
            replaced = true;
            bytes.to_mut()[i * size..(i + 1) * size].copy_from_slice(&mark);
        }
    }
    Ok((bytes, replaced, collided))
}

fn encode_texts<'a>(target: &Target, block: &NdArray, width: usize) -> Result<(Cow<'a, [u8]>, bool, bool)> {
    let texts = block.as_texts().ok_or_else(|| Error::internal("numbers where text belongs"))?;
    let size = width * 4;
    let mut bytes = vec![0u8; texts.len() * size];
    let (mut replaced, mut collided) = (false, false);
    for (cell, text) in bytes.chunks_exact_mut(size).zip(texts.iter()) {
        let Some(text) = text else {
            let mark = target.missing.as_ref().ok_or_else(|| {
                Error::loss("a text is missing, and there is no mark for that here").help("--missing-as TEXT writes a text in its place")
            })?;
            cell[..mark.len()].copy_from_slice(mark);
            replaced = true;
            continue;
        };
        for (slot, c) in cell.chunks_exact_mut(4).zip(text.chars()) {
            slot.copy_from_slice(&(c as u32).to_le_bytes());
        }
        collided |= target.missing.as_ref().is_some_and(|m| cell.starts_with(m) && cell[m.len()..].iter().all(|&b| b == 0));
    }
    Ok((Cow::Owned(bytes), replaced, collided))
}

/// The same civil date and time of day in the proleptic Gregorian calendar.
fn by_civil_date(count: i64, unit: TimeUnit, from: Calendar) -> Result<i64> {
    let day = 86_400 * unit.per_second();
    let (y, m, d) = calendar::from_days(from, count.div_euclid(day));
    if !calendar::is_valid(Calendar::ProlepticGregorian, y, m, d) {
        return Err(Error::loss(format!("the date {y:04}-{m:02}-{d:02} of the calendar {:?} is none of the common calendar", from.name()))
            .help("write NetCDF, which keeps the calendar"));
    }
    calendar::to_days(Calendar::ProlepticGregorian, y, m, d)
        .checked_mul(day)
        .and_then(|t| t.checked_add(count.rem_euclid(day)))
        .ok_or_else(|| Error::overflow(format!("the date {y:04}-{m:02}-{d:02} does not fit 64 bits of {unit:?}")))
}

/// Characters of the longest text, and whether one ends in a zero byte.
fn longest(variable: &Variable) -> Result<(usize, bool)> {
    let grid = variable.grid();
    let (mut most, mut zeros) = (0, false);
    for i in 0..grid.count() {
        let (start, shape) = grid.block(i);
        let block = variable.read(&crate::store::Selection::hyperslab(&start, &shape))?.to_contiguous()?;
        let texts = block.as_texts().ok_or_else(|| Error::internal("numbers where text belongs"))?;
        most = texts.iter().flatten().map(|t| t.chars().count()).fold(most, usize::max);
        zeros |= texts.iter().flatten().any(|t| t.ends_with('\0'));
    }
    Ok((most, zeros))
}

/// The bytes of the value that stands for missing.
fn missing_bytes(text: &str, dtype: &DType, element: &Element) -> Result<Vec<u8>> {
    let refusal =
        || Error::parse(format!("--missing-as {text:?} is no {dtype}")).help(format!("give a value that {dtype} holds, such as 0"));
    macro_rules! number {
        ($t:ty) => {
            text.trim().parse::<$t>().map_err(|e| refusal().because(e))?.to_le_bytes().to_vec()
        };
    }
    Ok(match dtype {
        DType::Bool => match text.trim() {
            "0" | "false" => vec![0],
            "1" | "true" => vec![1],
            _ => return Err(refusal().help("true or false")),
        },
        DType::Str => text.chars().flat_map(|c| (c as u32).to_le_bytes()).collect(),
        _ if matches!(element.stored, Stored::Time(..)) => {
            return Err(Error::invalid(format!("--missing-as is not for {dtype}")).help("times that are missing are written as NaT"));
        }
        t => match t.phys() {
            Some(Phys::I8) => number!(i8),
            Some(Phys::I16) => number!(i16),
            Some(Phys::I32) => number!(i32),
            Some(Phys::I64) => number!(i64),
            Some(Phys::U8) => number!(u8),
            Some(Phys::U16) => number!(u16),
            Some(Phys::U32) => number!(u32),
            Some(Phys::U64) => number!(u64),
            Some(Phys::F32) => number!(f32),
            Some(Phys::F64) => number!(f64),
            _ => return Err(refusal()),
        },
    })
}
