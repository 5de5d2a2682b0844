//! A page whose commands can be run, and whose output can be compared.
//!
//! Fenced blocks with these words mean:
//!
//! | Block | Meaning |
//! |---|---|
//! | `toml` | the server's settings; one block |
//! | `sh` | commands, run by one bash from the page's beginning to its end |
//! | `text` | what the `sh` block before it writes |
//! | anything else | for the reader's eyes only |
//!
//! In a `text` block `…` stands for any characters within a line, and a line that is nothing but `…` for any number of lines.

use std::path::Path;

/// What stands for what differs each time.
const ANYTHING: &str = "…";

/// A page, taken apart.
pub struct Page {
    /// The server's settings.
    pub settings: String,
    /// What the reader does, one after the other.
    pub steps: Vec<Step>,
}

/// One block of commands.
pub struct Step {
    /// The page's line on which it begins.
    line: usize,
    /// The commands.
    pub script: String,
    /// What they write, where the page says so.
    pub shown: Option<String>,
}

impl Page {
    /// Takes the page in this file apart.
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self::parse(&text)
    }

    fn parse(text: &str) -> Self {
        let mut page = Self {
            settings: String::new(),
            steps: Vec::new(),
        };
        let mut lines = text.lines().zip(1..);
        while let Some((line, number)) = lines.next() {
            let Some(kind) = line.strip_prefix("```") else {
                continue;
            };
            let body: Vec<&str> = lines
                .by_ref()
                .map(|(line, _)| line)
                .take_while(|line| *line != "```")
                .collect();
            page.block(kind, number, body.join("\n"));
        }
        page
    }

    fn block(&mut self, kind: &str, line: usize, body: String) {
        match kind {
            "toml" => self.settings.push_str(&body),
            "sh" => self.steps.push(Step {
                line,
                script: body,
                shown: None,
            }),
            "text" => {
                let step = self.steps.last_mut();
                let step = step.filter(|step| step.shown.is_none());
                step.unwrap_or_else(|| panic!("line {line}: output without commands before it"))
                    .shown = Some(body);
            }
            _ => {}
        }
    }
}

impl Step {
    /// Whether the page shows this output, or shows none.
    pub fn shows(&self, output: &str) -> bool {
        let Some(shown) = &self.shown else {
            return true;
        };
        let shown: Vec<&str> = shown.trim_end().lines().collect();
        let output: Vec<&str> = output.trim_end().lines().map(str::trim_end).collect();
        lines_fit(&shown, &output)
    }

    /// Fails the test unless the page shows this output.
    pub fn assert_shows(&self, output: &str) {
        assert!(
            self.shows(output),
            "another output than the page's in {}",
            self.describe(output)
        );
    }

    /// The step and what came out, for a failure's message.
    pub fn describe(&self, output: &str) -> String {
        let shown = self.shown.as_deref().unwrap_or("(nothing in particular)");
        format!(
            "docs/tour.md, line {}:\n{}\n--- the page shows:\n{shown}\n--- it wrote:\n{output}",
            self.line, self.script
        )
    }
}

fn lines_fit(shown: &[&str], output: &[&str]) -> bool {
    match shown.split_first() {
        None => output.is_empty(),
        Some((line, rest)) if line.trim() == ANYTHING => {
            (0..=output.len()).any(|passed| lines_fit(rest, &output[passed..]))
        }
        Some((line, rest)) => output
            .split_first()
            .is_some_and(|(first, others)| line_fits(line, first) && lines_fit(rest, others)),
    }
}

fn line_fits(shown: &str, output: &str) -> bool {
    let Some((before, after)) = shown.split_once(ANYTHING) else {
        return shown.trim_end() == output;
    };
    let Some(left) = output.strip_prefix(before) else {
        return false;
    };
    left.char_indices()
        .map(|(at, _)| at)
        .chain([left.len()])
        .any(|at| line_fits(after, &left[at..]))
}

#[test]
fn placeholders_stand_for_what_differs_and_for_nothing_else() {
    for (shown, output, fits) in [
        ("same", "same", true),
        ("same", "other", false),
        (r#"{"id":"…","n":1}"#, r#"{"id":"7","n":1}"#, true),
        (r#"{"id":"…","n":1}"#, r#"{"id":"7","n":2}"#, false),
        ("a…", "a", true),
        ("…b…", "abc", true),
        ("…", "several\nlines", true),
        ("first\n…\nlast", "first\nlast", true),
        ("first\n…\nlast", "first\n1\n2\nlast", true),
        ("first\n…\nlast", "first\n1\n2", false),
        ("one", "one\ntwo", false),
        ("one…", "one\ntwo", false),
        ("", "", true),
    ] {
        let step = Step {
            line: 1,
            script: String::new(),
            shown: Some(shown.to_owned()),
        };
        assert_eq!(step.shows(output), fits, "{shown:?} of {output:?}");
    }
}

#[test]
fn a_page_is_taken_apart() {
    let page = Page::parse(
        "# Title\n```toml\na = 1\n```\n```sh\necho 1\n```\nand so\n```text\n1\n```\n```console\n$ no\n```\n",
    );
    assert_eq!((page.settings.as_str(), page.steps.len()), ("a = 1", 1));
    assert_eq!(page.steps[0].script, "echo 1");
    assert_eq!(page.steps[0].shown.as_deref(), Some("1"));
    assert_eq!(page.steps[0].line, 5);
}
