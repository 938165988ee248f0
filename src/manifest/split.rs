//! Cutting a rendered file into documents, by text and not by YAML: a `---` inside a block scalar cuts too.
//!
//! Helm 3 cuts at `(?:^|\s*\n)---\s*` and trims every document; Helm 4.2 and later cut at `(?m)^---[ \t]*` and
//! trim only the left, so a document keeps its trailing newlines (`SplitManifests` in Helm's
//! `releaseutil`). Reading the documents does not belong here.

use super::HelmCompat;

const SEPARATOR: &str = "---";

/// The texts of the documents in a file, in order; blank ones are left out.
///
/// A document of nothing but comments is not blank: Helm keeps and prints it.
#[must_use]
pub fn split(file: &str, compat: HelmCompat) -> Vec<&str> {
    match compat {
        HelmCompat::V3 => split_v3(file),
        HelmCompat::V4 => split_v4(file),
    }
}

/// `\s` of Go's regular expressions: ASCII only, and without the vertical tab.
fn is_regex_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' ')
}

fn split_v3(file: &str) -> Vec<&str> {
    let text = file.trim();
    let bytes = text.as_bytes();
    let after = |mut end: usize| {
        while bytes.get(end).copied().is_some_and(is_regex_space) {
            end += 1;
        }
        end
    };
    let mut documents = Vec::new();
    // `^` is the start of the file, not of a line: a separator right behind another is text.
    let mut start = if text.starts_with(SEPARATOR) { after(SEPARATOR.len()) } else { 0 };
    while let Some(found) = text[start..].find("\n---") {
        let newline = start + found;
        // The blank run before the newline belongs to the separator.
        let run = bytes[start..newline].iter().rev().take_while(|byte| is_regex_space(**byte)).count();
        documents.push(&text[start..newline - run]);
        start = after(newline + 1 + SEPARATOR.len());
    }
    documents.push(&text[start..]);
    documents.into_iter().map(str::trim).filter(|document| !document.is_empty()).collect()
}

fn split_v4(file: &str) -> Vec<&str> {
    let text = file.trim_start();
    let mut documents = Vec::new();
    let mut start = 0;
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        if let Some(rest) = line.strip_prefix(SEPARATOR) {
            documents.push(&text[start..line_start]);
            let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            start = line_start + SEPARATOR.len() + blank;
        }
        line_start += line.len();
    }
    documents.push(&text[start..]);
    documents.into_iter().map(str::trim_start).filter(|document| !document.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn files_are_cut_as_each_helm_does() {
        #[rustfmt::skip]
        let cases: &[(&str, &[&str], &[&str])] = &[
            ("", &[], &[]),
            (" \n\t\n", &[], &[]),
            ("---\n---\n", &["---"], &[]),
            ("a: 1\n", &["a: 1"], &["a: 1\n"]),
            ("\n\na: 1\n\n\n", &["a: 1"], &["a: 1\n\n\n"]),
            ("---\na: 1\n---\nb: 2\n", &["a: 1", "b: 2"], &["a: 1\n", "b: 2\n"]),
            ("a: 1\n--- # c\nb: 2\n", &["a: 1", "# c\nb: 2"], &["a: 1\n", "# c\nb: 2\n"]),
            ("a: 1\n---  \t\r\nb: 2\r\n", &["a: 1", "b: 2"], &["a: 1\n", "b: 2\r\n"]),
            ("a: 1\n \t\n\n---b: 2", &["a: 1", "b: 2"], &["a: 1\n \t\n\n", "b: 2"]),
            ("a: 1\n----\nb: 2", &["a: 1", "-\nb: 2"], &["a: 1\n", "-\nb: 2"]),
            ("a: |\n ---\n---\n\n---\nb: 2", &["a: |\n ---", "---\nb: 2"], &["a: |\n ---\n", "b: 2"]),
            ("# only\n---\n# comments", &["# only", "# comments"], &["# only\n", "# comments"]),
            ("a: 1 ---\nb: 2\n", &["a: 1 ---\nb: 2"], &["a: 1 ---\nb: 2\n"]),
            ("\u{a0}\u{b}a: 1\u{a0}", &["a: 1"], &["a: 1\u{a0}"]),
        ];
        for (file, v3, v4) in cases {
            assert_eq!(split(file, HelmCompat::V3), *v3, "Helm 3: {file:?}");
            assert_eq!(split(file, HelmCompat::V4), *v4, "Helm 4: {file:?}");
        }
    }

    /// What must survive: everything but white space and the separators themselves.
    fn essence(text: &str) -> String {
        text.replace(|c: char| c.is_whitespace() || c == '-', "")
    }

    proptest! {
        #[test]
        fn nothing_but_separators_and_blanks_is_lost(file in "([a-z#:é\\-\\\\ \t\r\n\u{a0}]|---|\n---|\n){0,60}") {
            for compat in HelmCompat::ALL {
                let documents = split(&file, compat);
                prop_assert_eq!(essence(&documents.concat()), essence(&file));
                for document in documents {
                    prop_assert!(file.contains(document) && !document.trim().is_empty());
                }
            }
        }
    }
}
