//! The clusters that `TEST_KUBECONFIG` (fake nodes) and `TEST_NODE_KUBECONFIG` (a real one) name, as their administrator:
//! requests, and kubectl. What a test makes in them does not belong here.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value as Json;

use super::wait::eventually;

/// A cluster of `tests/cluster/up kwok` or `up node`.
pub struct Cluster {
    /// Its state folder: `kubeconfig`, `audit.log`, `programs/`.
    pub folder: PathBuf,
    /// Where `kubectl proxy` listens.
    socket: PathBuf,
    /// Closed when this process ends, however it ends; the proxy then ends too.
    _until: ChildStdin,
    /// Held while the definitions are to stay.
    defined: OnceLock<File>,
}

/// What the API server answered.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The texts of its `Warning` headers.
    pub warnings: Vec<String>,
    /// Its body; null where there is none.
    pub json: Json,
}

/// What kubectl left behind.
#[derive(Debug)]
pub struct Run {
    pub ok: bool,
    pub stdout: String,
    pub stderr: String,
}

/// The cluster with fake nodes. Without one it is said what is skipped, which under `CI` is a failure.
pub fn cluster(what: &str) -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Result<Cluster, String>> = OnceLock::new();
    found(&CLUSTER, "TEST_KUBECONFIG", "kwok", what)
}

/// The cluster with a real node, on which containers run. Without one it is said what is skipped, as above.
pub fn node(what: &str) -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Result<Cluster, String>> = OnceLock::new();
    found(&CLUSTER, "TEST_NODE_KUBECONFIG", "node", what)
}

/// The cluster that the variable names, which must be of the kind.
fn found(
    cluster: &'static OnceLock<Result<Cluster, String>>,
    variable: &str,
    kind: &str,
    what: &str,
) -> Option<&'static Cluster> {
    match cluster.get_or_init(|| Cluster::find(variable, kind)) {
        Ok(cluster) => Some(cluster),
        Err(why) => {
            println!("SKIPPED: {what}: {why}");
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{why}");
            None
        }
    }
}

impl Cluster {
    #[allow(clippy::zombie_processes, reason = "the shell ends after this process does")]
    fn find(variable: &str, kind: &str) -> Result<Self, String> {
        let kubeconfig = std::env::var(variable).ok().filter(|path| !path.is_empty());
        let kubeconfig = kubeconfig.ok_or(format!("{variable} is not set"))?;
        let folder = Path::new(&kubeconfig).parent().unwrap().to_owned();
        // A kubeconfig of anything else must not be touched.
        let running = format!("processes/{kind}");
        if !["programs/kubectl", "audit.log", &running].iter().all(|path| folder.join(path).exists()) {
            return Err(format!("{variable} is not that of a cluster of tests/cluster/up {kind}"));
        }
        let private = tempfile::tempdir().unwrap().keep();
        let mut shell = Command::new("/bin/sh")
            .args(["-c", r#""$0" proxy --unix-socket="$1/proxy" & cat; kill $!; rm -r "$1""#])
            .arg(folder.join("programs/kubectl"))
            .arg(&private)
            .env("KUBECONFIG", &kubeconfig)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let cluster = Self {
            folder,
            socket: private.join("proxy"),
            _until: shell.stdin.take().unwrap(),
            defined: OnceLock::new(),
        };
        eventually("kubectl proxy", || UnixStream::connect(&cluster.socket));
        Ok(cluster)
    }

    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.join("kubeconfig")
    }

    /// Sends a request. A patch is a merge patch. As long as the server asks to come back later (429: it is setting up the
    /// storage of a definition that has just changed) it is sent again, for a minute.
    pub fn request(&self, method: &str, path: &str, body: &Json) -> Answer {
        for _ in 0..120 {
            let answer = self.request_once(method, path, body);
            if answer.status != 429 {
                return answer;
            }
            std::thread::sleep(std::time::Duration::from_millis(500));
        }
        self.request_once(method, path, body)
    }

    fn request_once(&self, method: &str, path: &str, body: &Json) -> Answer {
        let kind = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = UnixStream::connect(&self.socket).unwrap();
        // Under HTTP/1.0 the answer is not in chunks, and ends with the connection.
        write!(
            stream,
            "{method} {path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) =
            answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{method} {path}: {answer:?}"));
        let (first, headers) = head.split_once("\r\n").unwrap();
        let warning =
            |line: &str| line.strip_prefix("Warning: 299 - ").map(|text| text.trim_matches('"').to_owned());
        Answer {
            status: first.split(' ').nth(1).unwrap().parse().unwrap(),
            warnings: headers.split("\r\n").filter_map(warning).collect(),
            json: serde_json::from_str(body).unwrap_or_default(),
        }
    }

    /// What is at a path; fails where there is nothing.
    #[track_caller]
    pub fn get(&self, path: &str) -> Json {
        self.request("GET", path, &Json::Null).ok(path)
    }

    /// Creates an object in a collection.
    #[track_caller]
    pub fn create(&self, path: &str, object: &Json) -> Json {
        self.request("POST", path, object).ok(path)
    }

    /// Asks for a deletion and does not wait for its end.
    pub fn delete(&self, path: &str) {
        self.request("DELETE", path, &Json::Null);
    }

    /// Installs the definitions.
    #[track_caller]
    pub fn define(&self) {
        let mut apply = Command::new(env!("CARGO_BIN_EXE_spark-operator"));
        let apply = apply.args(["crds", "apply"]).env("KUBECONFIG", self.kubeconfig()).output().unwrap();
        assert!(apply.status.success(), "{}", String::from_utf8_lossy(&apply.stderr));
    }

    /// Installs the definitions, which stay as long as this process runs: who deletes them wants the lock alone.
    #[track_caller]
    pub fn keep_defined(&self) {
        self.defined.get_or_init(|| {
            let lock = File::create(self.folder.join("crds.lock")).unwrap();
            lock.lock_shared().unwrap();
            self.define();
            lock
        });
    }

    /// A command of kubectl as this kubeconfig's user.
    pub fn kubectl(&self, kubeconfig: &Path, args: &[&str], input: &str) -> Run {
        let mut child = Command::new(self.folder.join("programs/kubectl"))
            .args(args)
            .env("KUBECONFIG", kubeconfig)
            .env("KUBECACHEDIR", self.folder.join("kubectl-cache"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        Run {
            ok: output.status.success(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Answer {
    /// The body of an answer that must be a good one.
    #[track_caller]
    pub fn ok(self, what: &str) -> Json {
        assert!((200..300).contains(&self.status), "{what}: {}: {}", self.status, self.json);
        self.json
    }
}
