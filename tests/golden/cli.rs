//! Transcripts: commands, what they print, and how they end. `TRYCMD=overwrite cargo test golden` writes what is printed now.

/// The examples that `--help` shows, the transcripts beside this file, and what the README and the guides show. All run in the project's folder on files in `data/`.
#[test]
fn transcripts_print_what_they_say() {
    // Some write there.
    std::fs::create_dir_all("target").unwrap();
    trycmd::TestCases::new()
        .env("COLUMNS", "100")
        .env("NO_COLOR", "1")
        .case("src/cli/examples/*.md")
        .case("tests/golden/*.trycmd")
        .case("docs/*.md")
        .case("README.md");
}
