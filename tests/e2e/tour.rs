//! `docs/tour.md`, followed as it stands: its commands are run by bash, one block after the other, against a real server with a
//! real OIDC server beside it, and what the page shows must come out.
//!
//! The syntax that the page keeps to is documented at its end and read by [`page`].

mod page;

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use daybook_tests::{Launch, Postgres, checkout, executable, oidc_issuer};
use page::{Page, Step};
use tokio::process::Command;

/// The issuer as the page has it: a reader starts the OIDC server on this port.
const ISSUER_OF_THE_PAGE: &str = "http://127.0.0.1:9400";

/// The page waits for mail and for query tables, so it could wait for ever.
const WITHIN: Duration = Duration::from_secs(180);

#[tokio::test(flavor = "multi_thread")]
async fn the_tour_comes_out_as_the_page_shows_it() {
    let page = Page::read(&checkout().join("docs/tour.md"));
    assert!(page.steps.len() > 20, "only {} steps", page.steps.len());
    let (postgres, folder) = (Postgres::fresh().await, tempfile::tempdir().unwrap());
    let (data, config) = (folder.path().join("data"), folder.path().join("tour.toml"));
    let settings = page.settings.replace(ISSUER_OF_THE_PAGE, &oidc_issuer());
    std::fs::write(&config, settings).unwrap();
    let server = Launch::on(&postgres)
        .env("DAYBOOK_TOKEN", "")
        .env("DAYBOOK_MASTER_KEY", "")
        .env("DAYBOOK_CONFIG", config.to_string_lossy())
        .env("DAYBOOK_DATA_DIR", data.to_string_lossy())
        .start()
        .await;
    let reader = Reader {
        folder: folder.path(),
        environment: vec![
            ("DATABASE_URL", postgres.url()),
            ("DAYBOOK_CONFIG", config.to_string_lossy().into_owned()),
            ("DAYBOOK_DATA_DIR", data.to_string_lossy().into_owned()),
            ("DAYBOOK_URL", server.url().to_owned()),
            ("OIDC_ISSUER", oidc_issuer()),
        ],
    };
    let outputs = reader.follow(&page.steps).await;
    for (step, output) in page.steps.iter().zip(&outputs) {
        step.assert_shows(output);
    }
    let shown = page.steps.iter().filter(|step| step.shown.is_some());
    println!("{} steps, {} with output", outputs.len(), shown.count());
}

/// Who follows the page: one shell, in a folder of its own.
struct Reader<'a> {
    folder: &'a Path,
    environment: Vec<(&'static str, String)>,
}

impl Reader<'_> {
    /// Runs the steps in one bash and returns what each of them wrote. The first that fails, fails the test.
    async fn follow(&self, steps: &[Step]) -> Vec<String> {
        let file = self.folder.join("tour.sh");
        std::fs::write(&file, self.script(steps)).unwrap();
        let mut bash = Command::new("bash");
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("DAYBOOK_")) {
            bash.env_remove(name);
        }
        let mut bash = bash
            .arg(&file)
            .current_dir(self.folder)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env("PATH", path_with_daybook())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("bash");
        let Ok(status) = tokio::time::timeout(WITHIN, bash.wait()).await else {
            panic!("{}", self.broken_off(steps, "did not end"));
        };
        let status = status.unwrap();
        assert!(
            status.success(),
            "{}",
            self.broken_off(steps, "ended with an error")
        );
        (0..steps.len())
            .map(|number| self.output(number).unwrap_or_default())
            .collect()
    }

    /// The steps as one script, each of which writes to a file of its own.
    fn script(&self, steps: &[Step]) -> String {
        let mut script = "set -euo pipefail\n".to_owned();
        for (number, step) in steps.iter().enumerate() {
            let output = self.output_file(number);
            script.push_str(&format!("exec >{output:?} 2>&1\n{}\n", step.script));
        }
        script
    }

    fn output_file(&self, number: usize) -> std::path::PathBuf {
        self.folder.join(format!("step-{number}.txt"))
    }

    fn output(&self, number: usize) -> Option<String> {
        let bytes = std::fs::read(self.output_file(number)).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Which step was the last to begin, and what it and those before it wrote that the page does not show.
    fn broken_off(&self, steps: &[Step], how: &str) -> String {
        let begun = (0..steps.len()).take_while(|number| self.output_file(*number).exists());
        let Some(last) = begun.last() else {
            return format!("the tour {how} before its first step");
        };
        let unlike = steps[..last].iter().enumerate().find_map(|(number, step)| {
            let output = self.output(number)?;
            (!step.shows(&output)).then(|| step.describe(&output))
        });
        format!(
            "the tour {how} in {}\n{}",
            steps[last].describe(&self.output(last).unwrap_or_default()),
            unlike.map_or(String::new(), |unlike| format!("and before it, {unlike}")),
        )
    }
}

/// The reader types `daybook`.
fn path_with_daybook() -> String {
    let folder = executable()
        .parent()
        .unwrap()
        .to_string_lossy()
        .into_owned();
    format!("{folder}:{}", std::env::var("PATH").unwrap_or_default())
}
