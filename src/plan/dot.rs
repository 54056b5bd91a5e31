//! Graphs in the language of Graphviz.

/// Boxes with these labels, numbered from 0, and arrows from one to another.
pub(crate) fn dot(labels: impl IntoIterator<Item = String>, arrows: impl IntoIterator<Item = (usize, usize)>) -> String {
    let mut out = String::from("digraph plan {\n  rankdir=BT;\n  node [shape=box];\n");
    for (i, label) in labels.into_iter().enumerate() {
        let label = label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        out.push_str(&format!("  n{i} [label=\"{label}\"];\n"));
    }
    for (from, to) in arrows {
        out.push_str(&format!("  n{from} -> n{to};\n"));
    }
    out.push_str("}\n");
    out
}
