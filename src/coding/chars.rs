//! Arrays of characters as text: the last dimension goes.

use super::{Coder, Context, consume};
use crate::array::{Data, LazyArray, Variable};
use crate::dtype::DType;
use crate::error::{Error, Place, Result};
use crate::store::{ChunkGrid, ChunkSource, NdArray, Selection, Selector};
use arrow::array::{Array, StringViewArray, StringViewBuilder};
use encoding_rs::Encoding as Charset;
use indexmap::IndexMap;
use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;

pub(super) struct Chars;

/// Whether the last dimension of an array of characters is nothing but a dimension of characters: no variable is named as it,
/// and every variable that has it is an array of characters and has it last.
pub(super) fn joins(name: &str, v: &Variable, all: &IndexMap<String, Variable>) -> bool {
    let Some(dim) = v.encoding.char_dim.as_deref() else { return false };
    let is_last = |w: &Variable| w.encoding.char_dim.is_some() && w.dims().last().is_some_and(|d| &**d == dim);
    is_last(v) && name != dim && !all.contains_key(dim) && all.values().all(|w| is_last(w) || !w.dims().iter().any(|d| &**d == dim))
}

/// How long each dimension of characters must be: as in the file, or longer where texts have grown.
pub(super) fn widths(all: &IndexMap<String, Variable>) -> Result<IndexMap<String, usize>> {
    let mut out = IndexMap::new();
    for v in all.values().filter(|v| *v.dtype() == DType::Str) {
        let Some(dim) = v.encoding.char_dim.as_deref().filter(|d| !d.is_empty()) else { continue };
        let known = v.encoding.char_len;
        let needs = match unjoined(v) {
            Some(raw) => raw.shape().last().copied().unwrap_or(1),
            None => {
                let texts = v.load()?.to_contiguous()?.as_texts().ok_or_else(|| Error::internal("no texts"))?;
                let charset = charset(v)?;
                texts
                    .iter()
                    .flatten()
                    .map(|t| bytes_of(t, charset).map(|b| b.len()))
                    .try_fold(1, |n: usize, b: Result<usize>| b.map(|b| n.max(b)))?
            }
        };
        let width = out.entry(dim.to_string()).or_insert(known.unwrap_or(1));
        *width = needs.max(*width);
    }
    Ok(out)
}

/// The characters behind joined texts.
fn unjoined(v: &Variable) -> Option<LazyArray> {
    let Data::Lazy(lazy) = v.data() else { return None };
    let joined = lazy.source().as_any()?.downcast_ref::<Joined>()?;
    if !lazy.steps().is_empty() {
        return None;
    }
    let mut selectors = lazy.selection().selectors().to_vec();
    if joined.joins {
        selectors.push(Selector::All);
    }
    joined.bytes.select(&Selection::new(selectors)).ok()
}

/// The `_Encoding` of a variable; UTF-8 where it says nothing.
fn charset(v: &Variable) -> Result<Option<&'static Charset>> {
    let Some(name) = v.attrs.text("_Encoding").or(v.encoding.attrs.text("_Encoding")) else { return Ok(None) };
    let known = Charset::for_label(name.trim().as_bytes());
    known.map(Some).ok_or_else(|| Error::unsupported(format!("the _Encoding {name:?} is not known")))
}

fn bytes_of(text: &str, charset: Option<&'static Charset>) -> Result<Vec<u8>> {
    let Some(charset) = charset.filter(|c| *c != encoding_rs::UTF_8) else { return Ok(text.as_bytes().to_vec()) };
    let (bytes, _, lost) = charset.encode(text);
    if lost {
        return Err(Error::overflow(format!("the text {text:?} cannot be held as {}", charset.name()))
            .help("take the attribute _Encoding away; UTF-8 holds every text"));
    }
    Ok(bytes.into_owned())
}

/// Texts over the bytes of their characters.
#[derive(Debug)]
struct Joined {
    bytes: LazyArray,
    /// Rows of characters are texts; else each character is one.
    joins: bool,
    charset: Option<&'static Charset>,
    shape: Vec<usize>,
}

impl ChunkSource for Joined {
    fn dtype(&self) -> &DType {
        &DType::Str
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn grid(&self) -> ChunkGrid {
        let grid = self.bytes.grid();
        ChunkGrid::new(&self.shape, &grid.chunk[..self.shape.len()])
    }
    fn read(&self, selection: &Selection) -> Result<NdArray> {
        let shape = selection.shape(&self.shape);
        let mut selectors = selection.selectors().to_vec();
        if self.joins {
            selectors.push(Selector::All);
        }
        let block = self.bytes.read(&Selection::new(selectors))?.to_contiguous()?;
        let width = if self.joins { block.shape().last().copied().unwrap_or(1) } else { 1 };
        let bytes = block.as_slice::<u8>().ok_or_else(|| Error::internal("characters that are no bytes"))?;
        let count = shape.iter().product();
        let mut texts = StringViewBuilder::with_capacity(count);
        for i in 0..count {
            let row = &bytes[i * width..(i + 1) * width];
            let end = row.iter().rposition(|&b| b != 0).map_or(0, |p| p + 1);
            texts.append_value(text_of(&row[..end], self.charset));
        }
        NdArray::from_texts(texts.finish(), &shape)
    }
    fn place(&self) -> Place {
        self.bytes.source().place()
    }
    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

/// Without `_Encoding`, bytes that are no UTF-8 are taken for Latin-1.
fn text_of<'a>(bytes: &'a [u8], charset: Option<&'static Charset>) -> Cow<'a, str> {
    match charset {
        Some(charset) => charset.decode_without_bom_handling(bytes).0,
        None => utf8_or_latin1(bytes).0,
    }
}

/// A text in UTF-8, else in Latin-1, which any bytes are; and whether it is that.
pub(crate) fn utf8_or_latin1(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.into(), false),
        Err(_) => (encoding_rs::mem::decode_latin1(bytes), true),
    }
}

/// Texts of no more bytes are looked at when a file is opened.
const SMALL: usize = 64 << 10;

/// Whether some of these rows of characters are no UTF-8. Large ones are not looked at.
fn some_latin(bytes: &LazyArray, joins: bool) -> bool {
    let shape = bytes.shape();
    let width = if joins { shape.last().copied().unwrap_or(1) } else { 1 };
    if shape.iter().product::<usize>() > SMALL || width == 0 {
        return false;
    }
    let block = bytes.load().and_then(|b| b.to_contiguous());
    let latin = |row: &[u8]| std::str::from_utf8(row).is_err();
    block.is_ok_and(|b| b.as_slice::<u8>().is_some_and(|b| b.chunks_exact(width).any(latin)))
}

/// The bytes of texts, padded with zeros.
#[derive(Debug)]
struct Split {
    texts: LazyArray,
    charset: Option<&'static Charset>,
    shape: Vec<usize>,
    width: usize,
    name: String,
}

impl ChunkSource for Split {
    fn dtype(&self) -> &DType {
        &DType::U8
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn grid(&self) -> ChunkGrid {
        let mut chunk = self.texts.grid().chunk;
        if chunk.len() < self.shape.len() {
            chunk.push(self.width);
        }
        ChunkGrid::new(&self.shape, &chunk)
    }
    fn read(&self, selection: &Selection) -> Result<NdArray> {
        let rank = self.texts.shape().len();
        let outer = Selection::new(selection.selectors()[..rank].to_vec());
        let block = self.texts.read(&outer)?.to_contiguous()?;
        let texts: StringViewArray = block.as_texts().ok_or_else(|| Error::internal("no texts"))?;
        let mut bytes = vec![0u8; texts.len() * self.width];
        for (i, cell) in bytes.chunks_exact_mut(self.width.max(1)).enumerate().filter(|(i, _)| texts.is_valid(*i)) {
            let encoded = bytes_of(texts.value(i), self.charset).map_err(|e| e.at(Place::variable(&self.name)))?;
            if encoded.len() > self.width {
                return Err(Error::overflow(format!("the text {:?} is longer than {} characters", texts.value(i), self.width))
                    .at(Place::variable(&self.name)));
            }
            cell[..encoded.len()].copy_from_slice(&encoded);
        }
        let mut shape = block.shape().to_vec();
        let last = selection.selectors().get(rank);
        if last.is_none() {
            return NdArray::from_vec(bytes, &shape);
        }
        shape.push(self.width);
        let inner = shape.iter().enumerate().map(|(d, _)| match last {
            Some(s) if d + 1 == shape.len() => s.clone(),
            _ => Selector::All,
        });
        NdArray::from_vec(bytes, &shape)?.select(&Selection::new(inner.collect()))?.to_contiguous()
    }
    fn place(&self) -> Place {
        self.texts.source().place()
    }
}

fn lazy(v: &Variable) -> LazyArray {
    match v.data() {
        Data::Lazy(l) => l.clone(),
        Data::Memory(a) => LazyArray::from_array(a.clone()),
    }
}

/// The same attributes and encoding over other dimensions.
fn with_dims(v: &Variable, dims: Vec<Arc<str>>, data: LazyArray) -> Result<Variable> {
    Ok(Variable::new(dims, Data::Lazy(data))?.with_attrs(v.attrs.clone()).with_encoding(v.encoding.clone()))
}

impl Coder for Chars {
    fn decode(&self, mut v: Variable, cx: &mut Context) -> Result<Variable> {
        // A single character has no dimension of characters; its type in the file tells it from a number.
        let is_text = v.encoding.char_dim.is_some() || v.encoding.dtype == Some(DType::Str);
        if !cx.options.chars || !is_text || *v.dtype() != DType::U8 {
            return Ok(v);
        }
        let charset = match charset(&v) {
            Ok(found) => found,
            Err(e) => {
                cx.warn(format!("{}; bytes are read as UTF-8", e.message()));
                None
            }
        };
        consume(&mut v, &["_Encoding"]);
        v.encoding.dtype = Some(DType::Str);
        let bytes = lazy(&v);
        let joins = cx.joins_chars;
        if charset.is_none() && some_latin(&bytes, joins) {
            cx.warn(format!("variable {:?}: texts that are no UTF-8 are read as Latin-1", cx.name));
        }
        v.encoding.char_len = v.shape().last().copied().filter(|_| joins);
        let rank = v.dims().len() - joins as usize;
        let shape = v.shape()[..rank].to_vec();
        if !joins {
            v.encoding.char_dim = Some(String::new());
        }
        let source = Joined { bytes, joins, charset, shape };
        with_dims(&v, v.dims()[..rank].to_vec(), LazyArray::new(Arc::new(source)))
    }

    fn encode(&self, mut v: Variable, cx: &mut Context) -> Result<Variable> {
        if *v.dtype() != DType::Str {
            return Ok(v);
        }
        let Some(dim) = v.encoding.char_dim.clone() else { return Ok(v) };
        if dim.is_empty() {
            v.encoding.char_dim = None;
        }
        let width = if dim.is_empty() { 1 } else { cx.char_widths.get(&dim).copied().unwrap_or(1) };
        let mut dims = v.dims().to_vec();
        if !dim.is_empty() {
            dims.push(dim.as_str().into());
        }
        if let Some(chunks) = &mut v.encoding.chunks
            && chunks.len() + 1 == dims.len()
        {
            chunks.push(width);
        }
        if let Some(raw) =
            unjoined(&v).filter(|raw| raw.shape().len() == dims.len() && (dim.is_empty() || raw.shape()[dims.len() - 1] == width))
        {
            return with_dims(&v, dims, raw);
        }
        let charset = charset(&v)?;
        let mut shape = v.shape().to_vec();
        if !dim.is_empty() {
            shape.push(width);
        }
        let source = Split { texts: lazy(&v), charset, shape, width, name: cx.name.into() };
        with_dims(&v, dims, LazyArray::new(Arc::new(source)))
    }
}
