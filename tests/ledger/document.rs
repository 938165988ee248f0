//! `docs/differences.md`, as the tables are held against it.

/// The document.
pub fn text() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/differences.md");
    std::fs::read_to_string(path).expect("docs/differences.md")
}

/// The cells of every table row below a heading, up to the next heading.
pub fn table(heading: &str) -> Vec<Vec<String>> {
    let text = text();
    let mut lines = text.lines().skip_while(|line| *line != heading).skip(1);
    let rows = lines.by_ref().take_while(|line| !line.starts_with("## "));
    let rows = rows.filter(|line| line.starts_with('|') && !line.starts_with("| ---"));
    rows.skip(1)
        .map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect())
        .collect()
}
