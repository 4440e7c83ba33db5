//! Running a program that may hang.

use std::io::{self, Read, Seek};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How a program ended and what it printed.
#[derive(Debug)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it complained of.
    pub stderr: Vec<u8>,
}

/// Runs `command` without input. After `limit` it is ended.
///
/// # Errors
///
/// When it cannot be run; of the kind [`io::ErrorKind::TimedOut`] when it had to be ended.
pub fn output(command: &mut Command, limit: Duration) -> io::Result<Output> {
    // Files, because nobody reads while we wait, and a pipe can be full.
    let (mut stdout, mut stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(stdout.try_clone()?)
        .stderr(stderr.try_clone()?)
        .spawn()?;
    let deadline = Instant::now() + limit;
    let mut pause = Duration::from_millis(1);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() >= deadline {
            let _ = child.kill();
            let _ = child.wait();
            let message = format!("no answer within {} s", limit.as_secs());
            return Err(io::Error::new(io::ErrorKind::TimedOut, message));
        }
        thread::sleep(pause);
        pause = (2 * pause).min(Duration::from_millis(50));
    };
    let read = |file: &mut std::fs::File| {
        let mut text = Vec::new();
        file.rewind()?;
        file.read_to_end(&mut text)?;
        Ok::<_, io::Error>(text)
    };
    Ok(Output {
        status,
        stdout: read(&mut stdout)?,
        stderr: read(&mut stderr)?,
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> io::Result<Output> {
        output(Command::new("/bin/sh").args(["-c", script]), limit)
    }

    #[test]
    fn what_it_prints() {
        let long = Duration::from_secs(60);
        let output = shell("echo out; echo err >&2; exit 3", long).expect("it runs");
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(
            (&output.stdout[..], &output.stderr[..]),
            (&b"out\n"[..], &b"err\n"[..])
        );
        // More than a pipe holds.
        let output = shell("head -c 1000000 /dev/zero", long).expect("it runs");
        assert_eq!(output.stdout.len(), 1_000_000);
    }

    #[test]
    fn what_hangs_is_ended() {
        let begin = Instant::now();
        let error = shell("exec sleep 60", Duration::from_millis(50)).expect_err("it hangs");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(begin.elapsed() < Duration::from_secs(30));
    }
}
