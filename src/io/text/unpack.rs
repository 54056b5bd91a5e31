//! Compressed text, read as a stream: several members, frames or streams one after the other are one text.

use super::Packing;
use crate::error::{Error, Place, Result};
use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counts the bytes that went through.
struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.count.fetch_add(n as u64, Relaxed);
        Ok(n)
    }
}

/// The members of a gzip file, one after the other. Zeros behind a member are padding, as tapes and some writers leave it.
struct Members<R> {
    decoder: Option<GzDecoder<R>>,
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(decoder) = &mut self.decoder else { return Ok(0) };
            let n = decoder.read(buffer)?;
            if n > 0 || buffer.is_empty() {
                return Ok(n);
            }
            let Some(decoder) = self.decoder.take() else { return Ok(0) };
            let mut rest = decoder.into_inner();
            let more = loop {
                let bytes = rest.fill_buf()?;
                let zeros = bytes.iter().take_while(|b| **b == 0).count();
                match (zeros, bytes.len()) {
                    (_, 0) => break false,
                    (zeros, all) if zeros < all => {
                        rest.consume(zeros);
                        break true;
                    }
                    (zeros, _) => rest.consume(zeros),
                }
            };
            self.decoder = more.then(|| GzDecoder::new(rest));
        }
    }
}

/// The text behind a compressed stream.
pub(super) struct Unpack<'a> {
    packing: Packing,
    inner: Box<dyn Read + 'a>,
    /// Compressed bytes read so far.
    count: Arc<AtomicU64>,
}

impl<'a> Unpack<'a> {
    pub fn new(packing: Packing, from: impl Read + 'a) -> io::Result<Unpack<'a>> {
        let count = Arc::new(AtomicU64::new(0));
        let from = BufReader::with_capacity(256 * 1024, Counted { inner: from, count: count.clone() });
        let inner: Box<dyn Read + 'a> = match packing {
            Packing::None => Box::new(from),
            Packing::Gzip(_) => Box::new(Members { decoder: Some(GzDecoder::new(from)) }),
            Packing::Zstd(_) => Box::new(zstd::stream::read::Decoder::with_buffer(from)?),
            Packing::Bzip2(_) => Box::new(bzip2::bufread::MultiBzDecoder::new(from)),
            Packing::Xz(_) => Box::new(liblzma::bufread::XzDecoder::new_multi_decoder(from)),
        };
        Ok(Unpack { packing, inner, count })
    }

    /// The next bytes of the text.
    ///
    /// # Errors
    /// Format, for a stream that is damaged or ends early, with the compressed byte near which that is; what the system refuses.
    pub fn next(&mut self, buffer: &mut [u8], name: &Path) -> Result<usize> {
        loop {
            return match self.inner.read(buffer) {
                Ok(n) => Ok(n),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) if self.packing == Packing::None || e.raw_os_error().is_some() => Err(Error::io(e, name)),
                Err(e) => Err(self.damaged(e, name)),
            };
        }
    }

    fn damaged(&self, e: io::Error, name: &Path) -> Error {
        let kind = self.packing.name();
        let ends = e.kind() == io::ErrorKind::UnexpectedEof || e.to_string().contains("premature EOF");
        let message = if ends { format!("the {kind} stream ends early") } else { format!("the {kind} stream is damaged") };
        Error::format(message)
            .help("the file was cut or changed on its way: fetch or make it again")
            .at(Place { byte: Some(self.count.load(Relaxed)), ..Place::file(name) })
            .because(e)
    }
}

/// The first bytes of a text of which the first compressed bytes are known; themselves, where they are not compressed.
pub(crate) fn first_bytes_inside(first: &[u8]) -> Vec<u8> {
    let packing = Packing::of_first_bytes(first);
    let mut out = Vec::new();
    match packing {
        Packing::None => out.extend_from_slice(&first[..first.len().min(1024)]),
        _ => {
            if let Ok(unpack) = Unpack::new(packing, first) {
                // Cut as it is, the stream ends in an error at some point; what came before is the text.
                let _ = unpack.inner.take(1024).read_to_end(&mut out);
            }
        }
    }
    out
}
