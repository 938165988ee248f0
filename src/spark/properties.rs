//! Java properties files: what Spark's driver reads its configuration from, and what `spark-defaults.conf` is.

/// Keys and values as a properties file, a line each, so that reading it gives exactly these.
///
/// Source: `java.util.Properties`, store and load.
pub fn write<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::new();
    for (key, value) in entries {
        escape(&mut text, key, true);
        text.push('=');
        escape(&mut text, value, false);
        text.push('\n');
    }
    text
}

/// In a key every space is escaped, in a value only one at its beginning, where reading would drop it and what follows.
fn escape(text: &mut String, part: &str, key: bool) {
    for (index, c) in part.char_indices() {
        match c {
            ' ' if key || index == 0 => text.push_str("\\ "),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\x0c' => text.push_str("\\f"),
            '\\' | '=' | ':' | '#' | '!' => {
                text.push('\\');
                text.push(c);
            }
            c => text.push(c),
        }
    }
}

/// The keys and values of a properties file, in its order.
///
/// As `java.util.Properties` reads it: comments begin with `#` or `!`, a line goes on behind a backslash at its end, a key
/// ends at `=`, `:` or white space. Spark trims values.
#[must_use]
pub fn read(text: &str) -> Vec<(String, String)> {
    let mut entries = Vec::new();
    let text = text.replace("\r\n", "\n");
    let mut lines = text.split(['\n', '\r']);
    while let Some(line) = lines.next() {
        let mut logical = line.trim_start_matches([' ', '\t', '\x0c']).to_owned();
        if logical.is_empty() || logical.starts_with(['#', '!']) {
            continue;
        }
        while logical.chars().rev().take_while(|c| *c == '\\').count() % 2 == 1 {
            logical.pop();
            let Some(next) = lines.next() else { break };
            logical.push_str(next.trim_start_matches([' ', '\t', '\x0c']));
        }
        entries.push(entry(&logical));
    }
    entries
}

fn entry(line: &str) -> (String, String) {
    let mut escaped = false;
    let end = line.find(|c: char| {
        let ends = !escaped && matches!(c, '=' | ':' | ' ' | '\t' | '\x0c');
        escaped = c == '\\' && !escaped;
        ends
    });
    let (key, rest) = line.split_at(end.unwrap_or(line.len()));
    let rest = rest.trim_start_matches([' ', '\t', '\x0c']);
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    // Spark's own trimming: Java's white space, but no line break that was escaped.
    let space = |c: char| c <= ' ' && c != '\r' && c != '\n';
    (unescape(key), unescape(value).trim_matches(space).to_owned())
}

fn unescape(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some('t') => plain.push('\t'),
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some('f') => plain.push('\x0c'),
            Some('u') => {
                let code: String = chars.by_ref().take(4).collect();
                plain.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
            }
            Some(c) => plain.push(c),
            None => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_would_change_the_structure_is_escaped() {
        let text = write([("spark.a b=c", " x = 1\nspark.evil: y #!\\ é"), ("spark.k", "")]);
        assert_eq!(text, "spark.a\\ b\\=c=\\ x \\= 1\\nspark.evil\\: y \\#\\!\\\\ é\nspark.k=\n");
    }

    #[test]
    fn a_file_is_read_as_java_reads_it() {
        let text = "# a comment\n! another\n\nspark.a=1\nspark.b : 2\r\n  spark.c   3\nspark.d=x\\\n   y\nspark.e\n\
                    spark.f=a\\=b\\u0041\nspark.g\\ h=1\n";
        let read = read(text);
        let pairs: Vec<_> = read.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(
            pairs,
            [
                ("spark.a", "1"),
                ("spark.b", "2"),
                ("spark.c", "3"),
                ("spark.d", "xy"),
                ("spark.e", ""),
                ("spark.f", "a=bA"),
                ("spark.g h", "1"),
            ]
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(entries in prop::collection::vec(("[^\u{0}]{1,12}", "[^\u{0}]{0,16}"), 0..6)) {
            let text = write(entries.iter().map(|(key, value)| (key.as_str(), value.as_str())));
            prop_assert_eq!(text.lines().count(), entries.len());
            let space = |c: char| c <= ' ' && c != '\r' && c != '\n';
            let trim = |(key, value): (String, String)| (key, value.trim_matches(space).to_owned());
            let trimmed: Vec<_> = entries.into_iter().map(trim).collect();
            prop_assert_eq!(read(&text), trimmed);
        }
    }
}
