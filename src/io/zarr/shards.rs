//! Chunks in chunks: the index of a shard is read once, then only the bytes of the chunks that are wanted.

use super::array::ZarrArray;
use super::layout::Shard;
use crate::error::{Error, IoResultExt, Result};
use hashbrown::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex};

/// First byte and number of bytes of each chunk; all ones where there is none.
type Index = Vec<[u64; 2]>;

/// Indexes that were read, up to some number of entries.
#[derive(Debug, Default)]
pub(super) struct Shards {
    known: Mutex<HashMap<Vec<u64>, Arc<Index>>>,
}

/// Entries of indexes that are kept.
const KEPT: usize = 1 << 18;

impl Shards {
    /// The bytes of a chunk of a shard go to `out`; false where there is no such chunk.
    pub fn read(&self, array: &ZarrArray, shard: &Shard, key: &str, number: Vec<u64>, inner: usize, out: &mut Vec<u8>) -> Result<bool> {
        let Some((mut file, length)) = array.store.file(key)? else { return Ok(false) };
        let place = || array.at_chunk(key);
        let index = self.index(&mut file, length, array, shard, key, number).map_err(|e| e.at(place()))?;
        let Some(&[offset, bytes]) = index.get(inner) else { return Err(Error::internal("a chunk outside of its shard")) };
        if offset == u64::MAX && bytes == u64::MAX {
            return Ok(false);
        }
        if offset.checked_add(bytes).is_none_or(|end| end > length) {
            let message = format!("its index names bytes {offset} to {} of {length}", offset.saturating_add(bytes));
            return Err(Error::format(message).help("the shard is damaged or cut off: copy the store again").at(place()));
        }
        let _booked = array.budget.reserve(bytes as usize, "a chunk")?;
        out.clear();
        out.resize(bytes as usize, 0);
        file.seek(SeekFrom::Start(offset)).and_then(|_| file.read_exact(out)).io_at(array.store.shown(key))?;
        Ok(true)
    }

    fn index(&self, file: &mut File, length: u64, array: &ZarrArray, shard: &Shard, key: &str, number: Vec<u64>) -> Result<Arc<Index>> {
        let lock = || self.known.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(known) = lock().get(&number) {
            return Ok(known.clone());
        }
        let count = shard.counts.iter().try_fold(1usize, |n, &c| n.checked_mul(c));
        let entries = count.and_then(|n| n.checked_mul(16)).ok_or_else(|| Error::format("the shard has too many chunks"))?;
        let bytes = entries as u64 + if shard.index_checked { 4 } else { 0 };
        if bytes > length {
            return Err(Error::format(format!("the shard has {length} bytes, its index alone takes {bytes}"))
                .help("the shard is damaged or cut off: copy the store again"));
        }
        let _booked = array.budget.reserve(2 * entries, "the index of a shard")?;
        let mut buffer = vec![0; bytes as usize];
        let start = if shard.index_first { 0 } else { length - bytes };
        file.seek(SeekFrom::Start(start)).and_then(|_| file.read_exact(&mut buffer)).io_at(array.store.shown(key))?;
        if shard.index_checked {
            let (index, sum) = buffer.split_at(entries);
            if crc32c::crc32c(index).to_le_bytes() != sum {
                return Err(Error::format("the checksum of the shard's index is wrong").help("the shard is damaged: copy the store again"));
            }
        }
        let word = |b: &[u8]| u64::from_le_bytes(b.try_into().unwrap_or_default());
        let index: Arc<Index> = Arc::new(buffer[..entries].chunks_exact(16).map(|e| [word(&e[..8]), word(&e[8..])]).collect());
        let mut known = lock();
        if known.values().map(|i| i.len()).sum::<usize>() + index.len() > KEPT {
            known.clear();
        }
        if index.len() <= KEPT {
            known.insert(number, index.clone());
        }
        Ok(index)
    }
}
