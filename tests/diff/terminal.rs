//! Colors: on a terminal only, unless the user says otherwise; and nothing in a manifest steers the terminal.

use std::process::Command;

use crate::command::{Folder, golden};
use crate::sides;

const SAME_ARGS: [&str; 3] = ["diff", "before.yaml", "after.yaml"];

fn is_colored(text: &str) -> bool {
    text.contains('\u{1b}')
}

#[test]
fn a_pipe_gets_colors_only_when_the_user_asks() {
    let folder = sides();
    for (variables, output, colored) in [
        (&[][..], "text", false),
        (&[("TERM", "xterm-256color")][..], "text", false),
        (&[("CLICOLOR_FORCE", "1")][..], "text", true),
        (&[("CLICOLOR_FORCE", "1")][..], "json", false),
        (&[("CLICOLOR_FORCE", "1")][..], "patch", false),
    ] {
        let mut command = folder.command(&[&SAME_ARGS[..], &["-o", output]].concat());
        let stdout = command.envs(variables.iter().copied()).output().unwrap().stdout;
        let text = String::from_utf8(stdout).unwrap();
        assert_eq!(is_colored(&text), colored, "{variables:?} {output}");
        if colored {
            let visible = text.replace('\u{1b}', "^");
            golden("diff", "with colors; ^ is the escape character")
                .bind(|| insta::assert_snapshot!("colors", visible));
        }
    }
}

/// `script` of util-linux runs a command on a terminal.
#[test]
fn a_terminal_gets_colors_unless_the_user_forbids() {
    let binary = env!("CARGO_BIN_EXE_spark-operator");
    if Command::new("script").arg("--version").output().is_err() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI needs script, of util-linux");
        println!("SKIPPED: colors on a terminal: `script` of util-linux is not installed");
        return;
    }
    let folder = sides();
    for (variables, colored) in [
        (&[("TERM", "xterm")][..], true),
        (&[("TERM", "xterm"), ("NO_COLOR", "1")][..], false),
        (&[("TERM", "dumb")][..], false),
    ] {
        let line = format!("'{binary}' {}", SAME_ARGS.join(" "));
        let mut command = Command::new("script");
        command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
        command
            .current_dir(folder.path())
            // A runner that sets it is taken for a terminal with colors.
            .env_remove("CI")
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR")
            .env_remove("CLICOLOR_FORCE");
        let output = command.envs(variables.iter().copied()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("~ Deployment shop/web") && output.status.code() == Some(1), "{text}");
        assert_eq!(is_colored(&text), colored, "{variables:?}: {text}");
    }
}

#[test]
fn manifests_do_not_steer_the_terminal() {
    let folder = Folder::new();
    let map = |value: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: \"\\e[31mx\"}}\ndata: {{\"\\e[2J\": {value}, long: \"a\\n{value}\\e]0;\\a\\n\"}}\n"
        )
    };
    folder.file("a.yaml", map("a"));
    folder.file("b.yaml", map("b"));
    for output in crate::OUTPUTS {
        let run = folder.run(&["diff", "a.yaml", "b.yaml", "-o", output]);
        assert_eq!(run.code, Some(1));
        assert!(!is_colored(&run.stdout) && !run.stdout.contains('\u{7}'), "{output}: {:?}", run.stdout);
    }
    // Warnings name objects too.
    folder.file("none.yaml", "# nothing\n");
    let run = folder.run(&["diff", "a.yaml", "none.yaml", "-o", "patch"]);
    assert!(run.stderr.contains("ConfigMap") && !is_colored(&run.stderr), "{:?}", run.stderr);
}
