//! Names of members to columns. Members of objects in objects are columns of their own: `{"a": {"b": 1}}` has the column `a.b`.

use super::scan::{DEEPEST, Fault, Scanner, Value, unescape};
use hashbrown::HashMap;
use indexmap::IndexSet;

/// As many columns as a table may have: more mean that names are data.
pub(super) const MOST_COLUMNS: usize = 100_000;

/// The names met so far, and what they stand for. Records mostly have the same names in the same order, which costs one comparison
/// each.
#[derive(Debug)]
pub(super) struct Keys {
    /// The columns' names, in order of first appearance.
    pub names: IndexSet<String>,
    /// Whether names that are new become columns.
    grows: bool,
    nodes: Vec<Node>,
    /// The record in which a column was met last.
    met: Vec<u64>,
    record: u64,
}

/// An object at some depth, or a column.
#[derive(Debug, Default)]
struct Node {
    name: String,
    children: Vec<(Box<[u8]>, usize)>,
    by_name: HashMap<Box<[u8]>, usize>,
    /// Which child probably comes next.
    next: usize,
    column: Option<Option<usize>>,
}

impl Keys {
    /// No names yet.
    pub fn new() -> Keys {
        Keys { names: IndexSet::new(), grows: true, nodes: vec![Node::default()], met: Vec::new(), record: 0 }
    }

    /// These columns and no others.
    pub fn known(names: &IndexSet<String>) -> Keys {
        Keys { names: names.clone(), grows: false, met: vec![0; names.len()], ..Keys::new() }
    }

    /// Goes through a record, and hands over each value with its column and the column's name. Names that are no columns are passed.
    pub fn record(&mut self, scanner: &mut Scanner, take: &mut impl FnMut(usize, &str, Value)) -> Result<(), Fault> {
        self.record += 1;
        self.object(scanner, 0, 0, take)
    }

    fn object(&mut self, s: &mut Scanner, node: usize, depth: usize, take: &mut impl FnMut(usize, &str, Value)) -> Result<(), Fault> {
        if depth >= DEEPEST {
            return s.fault("values nested more than 128 deep");
        }
        s.pass(b'{', "a record in braces is expected")?;
        self.nodes[node].next = 0;
        if s.peek() != b'}' {
            loop {
                let key = s.text()?;
                s.skip_blank();
                s.pass(b':', "a colon is expected")?;
                let child = self
                    .child(node, &s.bytes[key.start..key.end], key.escaped)
                    .ok_or(Fault { at: key.start, what: "more than 100000 names: they are data rather than names of columns" })?;
                if s.peek() == b'{' {
                    self.object(s, child, depth + 1, take)?;
                } else {
                    let value = s.value(depth + 1)?;
                    if let Some(column) = self.column(child) {
                        if self.met[column] == self.record {
                            return Err(Fault { at: key.start, what: "a name stands twice in one record" });
                        }
                        self.met[column] = self.record;
                        take(column, &self.nodes[child].name, value);
                    }
                }
                s.skip_blank();
                if s.peek() != b',' {
                    break;
                }
                s.pass(b',', "")?;
            }
        }
        if s.peek() != b'}' {
            return s.fault("a comma or the end of the record is expected");
        }
        s.pos += 1;
        Ok(())
    }

    /// What a name in an object stands for; `None` where there are too many.
    #[inline]
    fn child(&mut self, node: usize, key: &[u8], escaped: bool) -> Option<usize> {
        let parent = &mut self.nodes[node];
        if let Some((name, child)) = parent.children.get(parent.next)
            && **name == *key
        {
            parent.next += 1;
            return Some(*child);
        }
        if let Some(&at) = parent.by_name.get(key) {
            parent.next = at + 1;
            return Some(parent.children[at].1);
        }
        self.new_child(node, key, escaped)
    }

    #[cold]
    fn new_child(&mut self, node: usize, key: &[u8], escaped: bool) -> Option<usize> {
        let child = self.nodes.len();
        if child > 2 * MOST_COLUMNS {
            return None;
        }
        let mut plain = Vec::new();
        if escaped {
            unescape(key, &mut plain)
        } else {
            plain.extend_from_slice(key)
        }
        // What is no UTF-8 is found by the survey, which refuses the text as a whole.
        let plain = String::from_utf8_lossy(&plain);
        let parent = &mut self.nodes[node];
        let name = if node == 0 { plain.into_owned() } else { format!("{}.{plain}", parent.name) };
        parent.next = parent.children.len() + 1;
        parent.by_name.insert(key.into(), parent.children.len());
        parent.children.push((key.into(), child));
        self.nodes.push(Node { name, ..Node::default() });
        Some(child)
    }

    /// The column of a name that has a value.
    #[inline]
    fn column(&mut self, node: usize) -> Option<usize> {
        if let Some(column) = self.nodes[node].column {
            return column;
        }
        let name = &self.nodes[node].name;
        let column = match self.grows {
            true => Some(self.names.insert_full(name.clone()).0),
            false => self.names.get_index_of(name),
        };
        self.met.resize(self.names.len(), 0);
        self.nodes[node].column = Some(column);
        column
    }
}
