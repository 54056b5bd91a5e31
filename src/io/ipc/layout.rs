//! Where the messages of an Arrow file or stream are. Everything that a header claims is checked against the bytes that are there.

use crate::error::{Error, Result};
use arrow::array::ArrayRef;
use arrow::buffer::Buffer;
use arrow::datatypes::Schema as ArrowSchema;
use arrow::ipc::convert::fb_to_schema;
use arrow::ipc::reader::read_dictionary;
use arrow::ipc::{Endianness, Message, MessageHeader, MetadataVersion, RecordBatch, root_as_footer, root_as_message};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// Dictionaries by their number, in the map that arrow's readers take.
#[allow(clippy::disallowed_types)]
pub(super) type Dictionaries = std::collections::HashMap<i64, ArrayRef>;

/// A record batch in the bytes, with the dictionaries that hold for it.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub metadata: Range<usize>,
    pub body: Range<usize>,
    pub rows: usize,
    pub dictionaries: Arc<Dictionaries>,
}

/// A file or stream, taken apart.
#[derive(Debug)]
pub(super) struct Layout {
    pub schema: Arc<ArrowSchema>,
    pub blocks: Vec<Block>,
    /// Whether it is a stream.
    pub stream: bool,
    /// How buffers are compressed.
    pub compression: Option<String>,
    /// Key-value metadata of the footer.
    pub metadata: BTreeMap<String, String>,
}

const MAGIC: &[u8] = b"ARROW1";
const CONTINUATION: [u8; 4] = [0xff; 4];

fn damaged(what: impl Into<String>) -> Error {
    Error::format(what).help("the file is damaged; fetch or write it again")
}

/// Takes the bytes of a file or of a stream apart.
pub(super) fn take_apart(bytes: &Buffer) -> Result<Layout> {
    if bytes.is_empty() {
        return Err(Error::format("the file is empty").help("an Arrow file begins with `ARROW1`, a stream with its schema"));
    }
    if bytes.starts_with(b"FEA1") {
        return Err(Error::unsupported("this is Feather version 1, which is not read")
            .help("`pandas.read_feather(..).to_feather(..)` writes version 2"));
    }
    if bytes.starts_with(MAGIC) {
        return file(bytes);
    }
    if bytes.len() >= 8 && (bytes.starts_with(&CONTINUATION) || looks_like_old_stream(bytes)) {
        return stream(bytes);
    }
    Err(Error::format("this is neither an Arrow file nor an Arrow stream").help("say with --from what it is"))
}

/// Streams from before 0.15 begin with the length of the schema message, without the continuation marker.
fn looks_like_old_stream(bytes: &[u8]) -> bool {
    let length = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize;
    length > 0
        && length.is_multiple_of(4)
        && bytes.len() > length
        && root_as_message(&bytes[4..4 + length]).is_ok_and(|m| m.header_as_schema().is_some())
}

fn schema_of(schema: arrow::ipc::Schema) -> Result<Arc<ArrowSchema>> {
    if schema.endianness() != Endianness::Little {
        return Err(Error::unsupported("big-endian Arrow data is not read").help("write it on, or for, a little-endian machine"));
    }
    Ok(Arc::new(fb_to_schema(schema)))
}

fn file(bytes: &Buffer) -> Result<Layout> {
    let cut_off = || damaged("the Arrow file is cut off: it does not end with `ARROW1`");
    let end = bytes.len().checked_sub(10).filter(|&e| e >= 8).ok_or_else(cut_off)?;
    if &bytes[end + 4..] != MAGIC {
        return Err(cut_off());
    }
    let length = i32::from_le_bytes([bytes[end], bytes[end + 1], bytes[end + 2], bytes[end + 3]]);
    let start = usize::try_from(length).ok().and_then(|l| end.checked_sub(l)).filter(|&s| s >= 8);
    let start = start.ok_or_else(|| damaged(format!("the footer claims {length} bytes of a file of {}", bytes.len())))?;
    let footer = root_as_footer(&bytes[start..end]).map_err(|e| damaged("the footer cannot be read").because(e.to_string()))?;
    let schema = schema_of(footer.schema().ok_or_else(|| damaged("the footer has no schema"))?)?;
    let place = |block: &arrow::ipc::Block| {
        let at = usize::try_from(block.offset()).ok();
        let body = at.and_then(|at| at.checked_add(usize::try_from(block.metaDataLength()).ok()?));
        let until = body.and_then(|b| b.checked_add(usize::try_from(block.bodyLength()).ok()?)).filter(|&u| u <= bytes.len());
        match (at, body, until) {
            (Some(at), Some(body), Some(until)) => Ok((at..body, body..until)),
            _ => Err(damaged(format!("the footer names {} bytes at {} of a file of {}", block.bodyLength(), block.offset(), bytes.len()))),
        }
    };
    let mut dictionaries = Dictionaries::new();
    for block in footer.dictionaries().iter().flatten() {
        let (metadata, body) = place(block)?;
        let message = message(bytes, &metadata)?;
        add_dictionary(bytes, message, body, &schema, &mut dictionaries)?;
    }
    let dictionaries = Arc::new(dictionaries);
    let mut blocks = Vec::new();
    let mut compression = None;
    for block in footer.recordBatches().iter().flatten() {
        let (metadata, body) = place(block)?;
        let batch = record_batch(message(bytes, &metadata)?)?;
        compression = compression.or_else(|| codec_name(&batch));
        blocks.push(Block { rows: rows(&batch)?, metadata, body, dictionaries: dictionaries.clone() });
    }
    let pairs = footer.custom_metadata().into_iter().flatten();
    let metadata = pairs.filter_map(|kv| Some((kv.key()?.to_string(), kv.value()?.to_string()))).collect();
    Ok(Layout { schema, blocks, stream: false, compression, metadata })
}

fn stream(bytes: &Buffer) -> Result<Layout> {
    let mut at = 0;
    let mut schema: Option<Arc<ArrowSchema>> = None;
    let mut dictionaries: Arc<Dictionaries> = Arc::default();
    let (mut blocks, mut compression) = (Vec::new(), None);
    while at < bytes.len() {
        let cut_off = || damaged(format!("the Arrow stream is cut off after {} record batches", blocks.len()));
        let start = at;
        let word = |at: usize| bytes.get(at..at + 4).map(|b| [b[0], b[1], b[2], b[3]]);
        let mut head = word(at).ok_or_else(cut_off)?;
        at += 4;
        if head == CONTINUATION {
            head = word(at).ok_or_else(cut_off)?;
            at += 4;
        }
        let length = u32::from_le_bytes(head) as usize;
        if length == 0 {
            break;
        }
        let metadata = start..at.checked_add(length).filter(|&e| e <= bytes.len()).ok_or_else(cut_off)?;
        let message = message(bytes, &metadata)?;
        let body_length = usize::try_from(message.bodyLength()).map_err(|_| damaged("a message has a negative length"))?;
        let until = metadata.end.checked_add(body_length).filter(|&e| e <= bytes.len()).ok_or_else(cut_off)?;
        let body = metadata.end..until;
        at = body.end;
        match (message.header_type(), &schema) {
            (MessageHeader::Schema, None) => {
                schema = Some(schema_of(message.header_as_schema().ok_or_else(|| damaged("a schema cannot be read"))?)?);
            }
            (MessageHeader::DictionaryBatch, Some(schema)) => {
                let mut next = (*dictionaries).clone();
                add_dictionary(bytes, message, body, schema, &mut next)?;
                dictionaries = Arc::new(next);
            }
            (MessageHeader::RecordBatch, Some(_)) => {
                let batch = record_batch(message)?;
                compression = compression.or_else(|| codec_name(&batch));
                blocks.push(Block { rows: rows(&batch)?, metadata, body, dictionaries: dictionaries.clone() });
            }
            (other, _) => return Err(damaged(format!("the stream has a message out of place: {other:?}"))),
        }
    }
    let schema = schema.ok_or_else(|| damaged("the stream has no schema"))?;
    Ok(Layout { schema, blocks, stream: true, compression, metadata: BTreeMap::new() })
}

/// The message in these bytes: a continuation marker (not in old files), a length, and the message.
pub(super) fn message<'a>(bytes: &'a Buffer, place: &Range<usize>) -> Result<Message<'a>> {
    let bytes = bytes.get(place.clone()).ok_or_else(|| damaged("a message lies outside the file"))?;
    let skip = if bytes.starts_with(&CONTINUATION) { 8 } else { 4 };
    let body = bytes.get(skip..).ok_or_else(|| damaged("a message is too short"))?;
    let message = root_as_message(body).map_err(|e| damaged("a message cannot be read").because(e.to_string()))?;
    if message.version() < MetadataVersion::V4 {
        return Err(Error::unsupported("this file is from before Arrow 0.8").help("write it again with a newer Arrow"));
    }
    Ok(message)
}

pub(super) fn record_batch(message: Message<'_>) -> Result<RecordBatch<'_>> {
    message.header_as_record_batch().ok_or_else(|| damaged(format!("a message is no record batch but {:?}", message.header_type())))
}

fn rows(batch: &RecordBatch) -> Result<usize> {
    usize::try_from(batch.length())
        .ok()
        .filter(|&r| r <= i64::MAX as usize / 2)
        .ok_or_else(|| damaged(format!("a record batch claims {} rows", batch.length())))
}

fn codec_name(batch: &RecordBatch) -> Option<String> {
    batch.compression().map(|c| match c.codec() {
        arrow::ipc::CompressionType::LZ4_FRAME => "LZ4".to_string(),
        arrow::ipc::CompressionType::ZSTD => "ZSTD".to_string(),
        other => format!("{other:?}"),
    })
}

fn add_dictionary(bytes: &Buffer, message: Message<'_>, body: Range<usize>, schema: &ArrowSchema, known: &mut Dictionaries) -> Result<()> {
    let batch = message.header_as_dictionary_batch().ok_or_else(|| damaged("a dictionary cannot be read"))?;
    let data = batch.data().ok_or_else(|| damaged("a dictionary has no values"))?;
    let body = bytes.slice_with_length(body.start, body.len());
    check_buffers(&data, &body)?;
    read_dictionary(&body, batch, schema, known, &message.version())?;
    Ok(())
}

/// Buffers must lie inside the body, and what they claim to decompress to must be possible: it is allocated before it is read.
/// Returns the bytes that decompression will need.
pub(super) fn check_buffers(batch: &RecordBatch, body: &Buffer) -> Result<u64> {
    let mut needed = 0u64;
    for buffer in batch.buffers().into_iter().flatten() {
        let start = usize::try_from(buffer.offset()).ok();
        let end = start.and_then(|s| s.checked_add(usize::try_from(buffer.length()).ok()?)).filter(|&e| e <= body.len());
        let (Some(start), Some(end)) = (start, end) else {
            return Err(damaged(format!("a buffer claims {} bytes at {} of {}", buffer.length(), buffer.offset(), body.len())));
        };
        if batch.compression().is_none() || start == end {
            continue;
        }
        let head: [u8; 8] = match body[start..end].get(..8).map(TryInto::try_into) {
            Some(Ok(head)) => head,
            _ => return Err(damaged("a compressed buffer is too short")),
        };
        let claimed = i64::from_le_bytes(head);
        // Neither codec packs more than some tens of thousands to one.
        let most = (end - start) as u64 * 65_536;
        match u64::try_from(claimed) {
            Ok(c) if c <= most => needed += c,
            _ if claimed == -1 => {}
            _ => return Err(damaged(format!("a buffer of {} bytes claims to hold {claimed}", end - start))),
        }
    }
    Ok(needed)
}
