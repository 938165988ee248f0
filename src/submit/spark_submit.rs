//! The submitter `spark-submit`: a subprocess beside the operator, for images that carry Spark.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

use super::existing;
use super::jvm::{Classes, Part};
use super::{Kind, SubmitError, Submitted, Submitter, native};
use crate::runtime::client::Connection;
use crate::spark::Compiled;

/// Runs spark-submit as a subprocess.
#[derive(Debug)]
pub struct SparkSubmit {
    /// Folder of Spark: `bin/spark-submit` is in it.
    pub spark_home: PathBuf,
    /// The API server as spark-submit finds it: `k8s://https://10.0.0.1:443`.
    pub master: String,
    /// The kubeconfig that it is given, where it is another than the environment's.
    pub kubeconfig: Option<PathBuf>,
    /// Classes that it shares with later ones; None where there are few.
    pub classes: Option<Classes>,
}

/// How long the driver is looked for when the time of spark-submit is up.
const AFTER: Duration = Duration::from_secs(10);
/// How much of its standard error is kept at each end, in bytes.
const KEPT: usize = 16 << 10;

impl Submitter for SparkSubmit {
    fn kind(&self) -> Kind {
        Kind::SparkSubmit
    }

    fn submit<'a>(
        &'a self,
        application: &'a Compiled,
        cluster: &'a Connection,
    ) -> BoxFuture<'a, Result<Submitted, SubmitError>> {
        self.run(application, cluster).boxed()
    }
}

impl SparkSubmit {
    async fn run(&self, application: &Compiled, cluster: &Connection) -> Result<Submitted, SubmitError> {
        if let Some(pod) = existing::clear_whole(application, cluster).await? {
            return Ok(submitted(&pod, true));
        }
        native::config_maps(application, cluster).await?;
        let folder = templates(application)?;
        // Not the exit code but the driver says whether it worked: a timeout behind its creation is no failure, be it
        // spark-submit's or ours.
        let (failure, cluster) = match self.process(application, folder.path(), cluster).await {
            Ok(said) => (SubmitError::SparkSubmit { text: said }, cluster),
            Err(late @ SubmitError::Deadline { .. }) => (late, &cluster.within(AFTER)),
            Err(error) => return Err(error),
        };
        existing::made(application, cluster).await?.map(|pod| submitted(&pod, false)).ok_or(failure)
    }

    /// Runs it to its end, or to the deadline; then it is killed. What it wrote to standard error comes back.
    async fn process(
        &self,
        application: &Compiled,
        folder: &Path,
        cluster: &Connection,
    ) -> Result<String, SubmitError> {
        let program = self.spark_home.join("bin/spark-submit");
        let path = folder.display().to_string();
        let arguments = application.arguments(&self.master).into_iter();
        // The folder is made anew each time: nobody can have put anything there before.
        let arguments = arguments.map(|argument| match argument.split_once("podTemplateFile=") {
            Some((before, file)) if file.starts_with(&application.identity.template_folder) => {
                let name = file.rsplit('/').next().unwrap_or(file);
                format!("{before}podTemplateFile={path}/{name}")
            }
            _ => argument,
        });
        let failed = |error| SubmitError::Io { what: format!("start {}", program.display()), error };
        let part = self.classes.as_ref().map_or(Part::Nothing, Classes::part);
        let mut child = Command::new(&program)
            .args(arguments)
            .env("SPARK_USER", "spark")
            .env("SPARK_HOME", &self.spark_home)
            .envs(self.kubeconfig.iter().map(|file| ("KUBECONFIG", file)))
            .envs(part.variables(|name| env::var_os(name).is_some()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let mut text = Text::default();
        let ended = {
            let stderr = child.stderr.take();
            let both = futures::future::join(child.wait(), text.read(stderr));
            tokio::time::timeout_at(cluster.deadline(), both).await
        };
        let Ok((status, ())) = ended else {
            let _ = child.kill().await;
            let said = text.into_string();
            let text = if said.is_empty() { said } else { format!(": {said}") };
            return Err(SubmitError::Deadline { seconds: cluster.limit().as_secs(), text });
        };
        let status = status.map_err(|error| SubmitError::Io { what: "wait for it".to_owned(), error })?;
        if status.success()
            && let Some(classes) = &self.classes
        {
            classes.keep(part);
        }
        let said = text.into_string();
        Ok(if said.is_empty() { status.to_string() } else { said })
    }
}

/// The template files, in a folder that goes when it is dropped.
fn templates(application: &Compiled) -> Result<TempDir, SubmitError> {
    let failed = |error| SubmitError::Io { what: "write the pod templates".to_owned(), error };
    let folder = tempfile::Builder::new().prefix("spark-").tempdir().map_err(failed)?;
    for (name, text) in application.template_files()? {
        std::fs::write(folder.path().join(name), text).map_err(failed)?;
    }
    Ok(folder)
}

fn submitted(pod: &Pod, adopted: bool) -> Submitted {
    Submitted::of(pod, vec![format!("Pod/{}", pod.name_any())], adopted)
}

/// The beginning and the end of a text of any length.
#[derive(Debug, Default)]
struct Text {
    head: Vec<u8>,
    tail: Vec<u8>,
    dropped: bool,
}

impl Text {
    async fn read(&mut self, stream: Option<impl AsyncRead + Unpin>) {
        let Some(mut stream) = stream else { return };
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = stream.read(&mut buffer).await {
            self.push(&buffer[..read]);
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        let (head, rest) = bytes.split_at(bytes.len().min(KEPT - self.head.len()));
        self.head.extend(head);
        self.tail.extend(rest);
        if self.tail.len() > 2 * KEPT {
            self.tail.drain(..self.tail.len() - KEPT);
            self.dropped = true;
        }
    }

    fn into_string(self) -> String {
        let cut = self.tail.len().saturating_sub(KEPT);
        let mut text = String::from_utf8_lossy(&self.head).into_owned();
        if self.dropped || cut > 0 {
            text.push_str("\n…\n");
        }
        text.push_str(&String::from_utf8_lossy(&self.tail[cut..]));
        text.trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_text_both_ends_are_kept() {
        let mut text = Text::default();
        for number in 0..100_000 {
            text.push(format!("{number}\n").as_bytes());
        }
        let text = text.into_string();
        assert!(text.starts_with("0\n1\n") && text.ends_with("99999") && text.contains("\n…\n"));
        assert!(text.len() < 2 * KEPT + 10, "{}", text.len());
        let mut short = Text::default();
        short.push(b"only this\n");
        assert_eq!(short.into_string(), "only this");
    }
}
