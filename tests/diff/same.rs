//! What makes no difference: how manifests are written, in which order, in how many files.

use crate::command::Folder;

const PLAIN: &str = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  text: |
    one
    two
  flag: \"on\"
  number: \"1\"
---
apiVersion: v1
kind: Service
metadata:
  name: b
spec:
  ports:
  - port: 80
";

#[test]
fn how_manifests_are_written_makes_no_difference() {
    let cases: &[(&str, String)] = &[
        ("line ends", PLAIN.replace('\n', "\r\n")),
        ("byte order mark", format!("\u{feff}{PLAIN}")),
        ("comments and blank lines", PLAIN.replace("---\n", "# end\n\n---\n# Source: x\n\n").replace("kind: S", "# c\nkind: S")),
        ("markers", format!("---\n---\n{PLAIN}...\n---\n")),
        (
            "order of keys and documents, flow style, quoting, anchors",
            "{kind: 'Service', metadata: {name: &n b}, spec: {ports: [{port: 0x50}]}, apiVersion: v1}\n---\n\
             {data: {number: '1', flag: !!str on, text: \"one\\ntwo\\n\"}, metadata: {name: a}, kind: ConfigMap, apiVersion: v1}\n"
                .to_owned(),
        ),
        (
            "a list, as JSON",
            r#"{"apiVersion": "v1", "kind": "List", "items": [
                {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "b"}, "spec": {"ports": [{"port": 80.0}]}},
                {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"},
                 "data": {"text": "one\ntwo\n", "flag": "on", "number": "1"}}
            ]}"#
                .to_owned(),
        ),
    ];
    let folder = Folder::new();
    folder.file("plain.yaml", PLAIN);
    for (what, text) in cases {
        folder.file("other.yaml", text);
        for sides in
            [["plain.yaml", "other.yaml"], ["other.yaml", "plain.yaml"], ["other.yaml", "other.yaml"]]
        {
            let run = folder.run(&[&["diff"], sides.as_slice()].concat());
            assert_eq!(
                (run.code, run.stdout.as_str(), run.stderr.as_str()),
                (Some(0), "", ""),
                "{what}: {sides:?}"
            );
        }
    }
}

#[test]
fn files_of_a_folder_are_one_side() {
    let folder = Folder::new();
    let (first, second) = PLAIN.split_once("---\n").unwrap();
    folder.file("plain.yaml", PLAIN);
    folder.file("folder/z.yml", first);
    folder.file("folder/below/a.json", second);
    folder.file("folder/notes.txt", "not: [yaml");
    assert_eq!(folder.run(&["diff", "plain.yaml", "folder"]).ok(), "");
    assert_eq!(folder.run_with_input(&["diff", "folder", "-"], PLAIN).ok(), "");
}

#[test]
fn the_same_is_said_in_json_and_as_a_patch_too() {
    let folder = Folder::new();
    folder.file("plain.yaml", PLAIN);
    let diff = |output| folder.run(&["diff", "plain.yaml", "plain.yaml", "--output", output]).ok();
    assert_eq!(
        diff("json"),
        "{\n  \"objects\": [],\n  \"summary\": {\"changed\":0,\"added\":0,\"removed\":0,\"same\":2}\n}\n"
    );
    assert_eq!(diff("patch"), "[]\n");
}
