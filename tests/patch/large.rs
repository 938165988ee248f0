//! Manifests far larger than usual: a document beyond the limit, and streams of many documents.

use crate::command::Folder;

const APPLY: [&str; 4] = ["patch", "apply", "p.yaml", "m.yaml"];

fn folder(manifests: &str) -> Folder {
    let folder = Folder::new();
    folder.file("p.yaml", "- {target: {kind: ConfigMap, name: last}, merge: {data: {touched: \"yes\"}}}\n");
    folder.file("m.yaml", manifests);
    folder
}

fn config(name: &str, text: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  text: |\n{text}")
}

/// Refused by its size, before it is read: no message about what is in it.
#[test]
fn a_document_of_50_mb_is_refused() {
    let small = config("a", "    small\n");
    let large = config("last", &format!("    {}\n", "x".repeat(99)).repeat(500_000));
    let (code, said) = folder(&format!("{small}---\n{large}")).run(&APPLY).refused("50 MB");
    let bytes = large.len() + 4;
    assert_eq!(code, 2);
    assert_eq!(
        said,
        format!("Error: m.yaml:8: the text has {bytes} bytes, more than the limit of {}\n", 32 << 20)
    );
}

#[test]
fn a_stream_of_many_documents_passes_byte_for_byte_but_for_the_touched_one() {
    many(2 << 20);
}

/// The size that is promised; minutes without optimization, so only in the long tier (`CASES`).
#[test]
fn a_stream_of_100_mb_passes_byte_for_byte_but_for_the_touched_one() {
    if std::env::var_os("CASES").is_some() {
        many(100 << 20);
    }
}

fn many(bytes: usize) {
    let mut stream = String::new();
    for number in 0.. {
        stream.push_str(&config(&format!("config-{number}"), &"    some text, as it is\n".repeat(200)));
        stream.push_str("---\n");
        if stream.len() >= bytes {
            break;
        }
    }
    let printed = folder(&(stream.clone() + &config("last", "    text\n"))).run(&APPLY).ok();
    let (untouched, last) = printed.split_at(stream.len());
    // Not `assert_eq`: nobody wants to see them.
    assert!(untouched == stream, "an untouched document was changed");
    let expected = "apiVersion: v1\ndata:\n  text: |\n    text\n  touched: \"yes\"\nkind: ConfigMap\nmetadata:\n  name: last\n";
    assert_eq!(last, expected);
}
