//! The table of formats: what the documents and the help say is what it says.

use hpda_data::io::{Format, support_matrix};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn document_of_formats_is_the_table() {
    let path = format!("{ROOT}/docs/formats.md");
    let want = support_matrix();
    if std::env::var_os("HPDA_OVERWRITE").is_some() {
        std::fs::write(&path, &want).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(there == want, "docs/formats.md is not what the table gives: HPDA_OVERWRITE=1 cargo test --test all formats writes it anew");
}

#[test]
fn readme_names_every_format() {
    let readme = std::fs::read_to_string(format!("{ROOT}/README.md")).unwrap();
    for format in Format::all().filter(|f| f.is_here()) {
        let ending = format!(".{}", format.endings()[0]);
        assert!(readme.contains(&ending), "README.md names {ending}");
    }
}
