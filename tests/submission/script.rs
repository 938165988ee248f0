//! The script that `submit --dry-run --submitter spark-submit` prints: a shell runs it, and every word arrives.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use regex::Regex;
use serde_json::json;
use spark_operator::spark::driver::MASTER;
use spark_operator::spark::{Identity, Settings, SubmissionId, compile};

use crate::application::{object, read};
use crate::command::Folder;

/// Prints its arguments, each with a NUL behind it.
const STUB: &str = "#!/bin/sh\nprintf '%s\\0' \"$@\"\n";

fn shell(folder: &Folder, args: &[&str]) -> Output {
    let mut command = Command::new("sh");
    command.args(args).current_dir(folder.path()).env("SPARK_HOME", folder.path());
    command.output().unwrap()
}

#[test]
fn a_shell_hands_every_word_to_spark_submit_as_it_is() {
    let odd = [
        "",
        " ",
        "it's",
        "''",
        "\"$HOME\"",
        "$(touch evil)",
        "`touch evil`",
        "a\nb",
        "\n",
        "; touch evil",
        "& touch evil",
        "#no",
        "\\",
        "\\\\",
        "a\\",
        "*",
        "~",
        "!!",
        "--conf",
        "é😀",
        "\t",
        "-n",
        "TEMPLATE",
        "TEMPLATE\n",
        "\u{7f}",
        "%s\\n",
    ];
    let texts: serde_json::Map<_, _> =
        odd.iter().enumerate().map(|(index, text)| (format!("spark.odd.{index}"), json!(text))).collect();
    let template = json!({
        "metadata": {"annotations": {"a": "'\nTEMPLATE\ntouch evil\n"}},
        "spec": {"containers": [{"name": "spark-kubernetes-driver", "args": odd}]},
    });
    let object = object(&json!({
        "metadata": {"uid": null},
        "spec": {
            "arguments": odd, "sparkConf": texts, "proxyUser": "o'neill", "mainClass": "a b$c",
            "driver": {"template": template, "annotations": {"a": "b'c"}},
        },
    }));
    let folder = Folder::new();
    // YAML, which JSON is read as, has no such character.
    folder.file("app.json", object.to_string().replace('\u{7f}', "\\u007f"));
    folder.file("bin/spark-submit", STUB);
    fs::set_permissions(folder.path().join("bin/spark-submit"), fs::Permissions::from_mode(0o755)).unwrap();
    let script = folder.run(&["submit", "-f", "app.json", "--dry-run", "--submitter", "spark-submit"]).ok();

    // The templates go into the folder of this test.
    let id = Regex::new("/tmp/spark/([0-9a-f-]{36})/").unwrap().captures(&script).unwrap()[1].to_owned();
    let templates = folder.path().join("templates").display().to_string();
    folder.file("script", script.replace(&format!("/tmp/spark/{id}"), &templates));
    let checked = shell(&folder, &["-n", "script"]);
    assert!(checked.status.success() && checked.stderr.is_empty(), "{checked:?}");

    let before = folder.list();
    let run = shell(&folder, &["script"]);
    assert!(run.status.success() && run.stderr.is_empty(), "{run:?}");
    let words: Vec<String> =
        String::from_utf8(run.stdout).unwrap().split_terminator('\0').map(str::to_owned).collect();
    let identity = Identity {
        submission: SubmissionId::new(id),
        submitted_at: 0,
        owner: None,
        template_folder: templates,
    };
    let compiled = compile(&read(&object), identity, &Settings::default()).unwrap();
    assert_eq!(words, compiled.arguments(MASTER));
    for (name, text) in compiled.template_files().unwrap() {
        assert_eq!(folder.read(&format!("templates/{name}")).trim_end(), text);
    }
    let made: Vec<_> = folder.list().into_iter().filter(|path| !before.contains(path)).collect();
    assert_eq!(
        made,
        ["templates", "templates/driver-pod-template.yaml", "templates/executor-pod-template.yaml"]
    );
}
