//! Threads of their own for what follows from the books: posting, publishing, processes.
//!
//! Whoever asks waits for the front: HTTP and the executor. What comes after an answer is most of the work, and on the same
//! threads every request would queue behind it; one that is refused took 10 ms of waiting for microseconds of work:
//! docs/decisions/0015.

use anyhow::{Context, Result};
use tokio::runtime::{Builder, Handle, Runtime};

/// A runtime, and its threads until this is dropped. Then what still runs there is dropped too, and nothing is waited for: end
/// it before.
#[derive(Debug)]
pub struct Backstage {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl Backstage {
    /// With a thread for each core, as the front has them: which of them runs is for the kernel to say, and it prefers whoever
    /// has had little.
    pub fn open() -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            .thread_name("backstage")
            .enable_all()
            .build()
            .context("the threads for posting cannot be started")?;
        Ok(Self {
            handle: runtime.handle().clone(),
            runtime: Some(runtime),
        })
    }

    /// Where to spawn.
    pub const fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Backstage {
    fn drop(&mut self) {
        // A runtime that waits for its threads must not be dropped by a task.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
