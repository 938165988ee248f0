//! The guide to patches (`docs/patches.md`): every file in it is written, every command in it is run, and must print
//! what the guide says. A section runs with the Helm that its heading names.
//!
//! A block of YAML begins with its file's name in a comment. In a block of commands a line `…` stands for any lines.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use crate::command::Folder;
use crate::helm::bare;

struct Block {
    /// The heading above it.
    section: String,
    language: String,
    text: String,
    line: usize,
}

fn blocks() -> Vec<Block> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/patches.md");
    let guide = fs::read_to_string(path).unwrap();
    let mut found: Vec<Block> = Vec::new();
    let (mut section, mut inside) = (String::new(), false);
    for (number, line) in guide.lines().enumerate() {
        if let Some(language) = line.strip_prefix("```") {
            inside = !inside;
            if inside {
                let (section, language) = (section.clone(), language.to_owned());
                found.push(Block { section, language, text: String::new(), line: number + 1 });
            }
        } else if inside {
            let block = found.last_mut().unwrap();
            block.text += line;
            block.text.push('\n');
        } else if let Some(heading) = line.strip_prefix("## ") {
            heading.clone_into(&mut section);
        }
    }
    found
}

/// The files of the guide, and what is under the folder in which its reader stands.
fn write_files(folder: &Folder) {
    for block in blocks().iter().filter(|block| block.language == "yaml") {
        let name = block.text.lines().next().and_then(|line| line.strip_prefix("# "));
        let name = name.unwrap_or_else(|| panic!("docs/patches.md:{}: the file has no name", block.line));
        assert!(!folder.path().join(name).exists(), "docs/patches.md:{}: {name} again", block.line);
        folder.file(name, &block.text);
    }
    folder.run(&["chart", "build", "-o", "charts-out/spark-operator"]).ok();
}

/// Runs the commands of the sections whose heading has this in it (or, for none, names no Helm), in order.
fn run_commands(heading: Option<&str>, run: impl Fn(&str) -> (bool, String)) {
    let mut count = 0;
    for block in blocks().iter().filter(|block| block.language == "console") {
        match heading {
            Some(heading) if !block.section.contains(heading) => continue,
            None if block.section.contains("Inside Helm") => continue,
            _ => {}
        }
        for example in block.text.split("$ ").skip(1) {
            let (command, expected) = example.split_once('\n').unwrap();
            let (ok, said) = run(command);
            let at = format!("docs/patches.md:{}: {command}\n{said}", block.line);
            assert!(same(&said, expected), "{at}");
            assert!(ok || expected.starts_with("Error: "), "{at}");
            count += 1;
        }
    }
    assert!(count > 0, "{heading:?}");
}

/// Whether a text is the expected one, in which a line `…` stands for any lines.
fn same(found: &str, expected: &str) -> bool {
    match expected.split_once("…\n") {
        None => found == expected,
        Some((start, rest)) => {
            let Some(found) = found.strip_prefix(start) else { return false };
            rest.is_empty() && !found.is_empty()
                || found.match_indices(rest).any(|(at, _)| same(&found[at..], rest))
        }
    }
}

/// A shell's command: whether it succeeded, and all that it printed, errors first.
fn shell(mut command: Command, folder: &Path, text: &str) -> (bool, String) {
    let path = format!("{}:/usr/bin:/bin", folder.join("bin").display());
    let output = command.env("PATH", path).args(["-c", text]).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stderr) + &text(output.stdout))
}

#[test]
fn the_guide_is_true_without_helm() {
    let folder = Folder::new();
    write_files(&folder);
    fs::create_dir(folder.path().join("bin")).unwrap();
    symlink(env!("CARGO_BIN_EXE_spark-operator"), folder.path().join("bin/spark-operator")).unwrap();
    run_commands(None, |text| {
        let mut command = Command::new("/bin/sh");
        command.current_dir(folder.path()).env_clear();
        shell(command, folder.path(), text)
    });
}

#[test]
fn the_guide_is_true_inside_helm_3_and_4() {
    for home in [3, 4].into_iter().filter_map(bare) {
        write_files(&home.folder);
        home.copy_plugin("plugins/spark-operator-post-render");
        // Built from its module, Helm 3 takes an old Kubernetes for granted.
        let helm = format!(
            "#!/bin/sh\n[ \"$1\" = template ] && set -- \"$@\" --kube-version 1.37\nexec '{}' \"$@\"\n",
            home.program()
        );
        home.folder.file("bin/helm", helm);
        fs::set_permissions(home.path().join("bin/helm"), fs::Permissions::from_mode(0o755)).unwrap();
        run_commands(Some(&format!("Inside Helm {}", home.version())), |text| {
            shell(home.command("/bin/sh"), home.path(), text)
        });
    }
}

#[test]
fn patches_in_the_guide_follow_the_schema_of_patch_files() {
    let schema = serde_json::from_str(&Folder::new().run(&["patch", "schema"]).ok()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for block in
        blocks().iter().filter(|block| block.language == "yaml" && !block.text.contains("apiVersion"))
    {
        let file = spark_operator::yaml::read("guide", &block.text).unwrap();
        let errors: Vec<_> = schema.iter_errors(&file[0].to_json()).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "docs/patches.md:{}: {errors:?}", block.line);
    }
}
