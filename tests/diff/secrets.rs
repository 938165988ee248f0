//! What a Secret holds is in no output, wherever it stands and however it differs.

use crate::OUTPUTS;
use crate::command::Folder;

/// `hunter2` as it is, in base64, and as an item of a list.
const HUSH: [&str; 3] = ["hunter2", "aHVudGVyMg", "hunter3"];

#[test]
fn secret_values_are_never_printed() {
    let bodies = [
        "data: {password: aHVudGVyMg==}",
        "data: {password: aHVudGVyMw==, aHVu: x}",
        "data: {other: aHVudGVyMg==}\nstringData: {password: hunter2}",
        "data: {}",
        "data:",
        "stringData: {password: hunter3, nested: {a: [hunter2]}}",
        "data: [hunter2, hunter3]",
        "stringData: hunter2",
        "type: Opaque",
    ];
    let metadata = [
        "metadata: {name: x}",
        "metadata: {name: x, annotations: {a: b}}",
        "metadata: {name: x, annotations: {kubectl.kubernetes.io/last-applied-configuration: '{\"password\":\"hunter2\"}'}}",
    ];
    let secrets: Vec<String> = metadata
        .iter()
        .flat_map(|metadata| bodies.map(|body| format!("apiVersion: v1\nkind: Secret\n{metadata}\n{body}\n")))
        .collect();
    let folder = Folder::new();
    folder.file("empty.yaml", "# nothing\n");
    // Each with the next one and the one after, alone and in a list: all shapes meet.
    for (index, secret) in secrets.iter().enumerate() {
        folder.file("a.yaml", secret);
        for step in [1, 2, bodies.len()] {
            let other = &secrets[(index + step) % secrets.len()];
            let list = format!("apiVersion: v1\nkind: List\nitems:\n-\n{}", indented(other));
            folder.file("b.yaml", other);
            folder.file("list.yaml", list);
            for sides in [
                ["a.yaml", "b.yaml"],
                ["list.yaml", "a.yaml"],
                ["a.yaml", "empty.yaml"],
                ["empty.yaml", "b.yaml"],
            ] {
                for output in OUTPUTS {
                    let run = folder.run(&[&["diff", "--output", output], sides.as_slice()].concat());
                    assert_eq!(run.code, Some(1), "{secret}\n{other}");
                    for hush in HUSH {
                        assert!(
                            !run.stdout.contains(hush) && !run.stderr.contains(hush),
                            "{hush}: {}",
                            run.stdout
                        );
                    }
                }
            }
        }
    }
}

fn indented(text: &str) -> String {
    text.lines().flat_map(|line| ["  ", line, "\n"]).collect()
}

#[test]
fn only_the_core_kind_is_secret() {
    let folder = Folder::new();
    let object = |api: &str, value: &str| {
        format!("apiVersion: {api}\nkind: Secret\nmetadata: {{name: x}}\ndata: {{k: {value}}}\n")
    };
    for (api, shown) in [("v1", false), ("example.com/v1", true)] {
        folder.file("a.yaml", object(api, "YQ=="));
        folder.file("b.yaml", object(api, "Yg=="));
        let run = folder.run(&["diff", "a.yaml", "b.yaml"]);
        assert_eq!(run.stdout.contains("YQ=="), shown, "{api}: {}", run.stdout);
    }
}
