//! The rejects file: every line that was not imported, with the field that was wrong and why.

use std::borrow::Cow;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Which file a reject is from. Sorts as the rejects file is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    Products,
    Transactions,
}

/// The files' names, as the caller gave them.
#[derive(Clone, Debug)]
pub(super) struct Files {
    pub(super) products: String,
    pub(super) transactions: String,
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) field: Cow<'static, str>,
    pub(super) reason: Cow<'static, str>,
    pub(super) value: String,
}

impl Fault {
    pub(super) fn new(
        field: &'static str,
        reason: impl Into<Cow<'static, str>>,
        value: &str,
    ) -> Self {
        Self {
            field: field.into(),
            reason: reason.into(),
            value: value.to_owned(),
        }
    }
}

#[derive(Debug)]
struct Reject {
    source: Source,
    line: u64,
    fault: Fault,
}

/// The rejects of one run. Written as a whole at the end, under another name first: a reader, or a run that broke off, never
/// leaves half a list that looks complete.
#[derive(Debug)]
pub(super) struct Rejects {
    path: PathBuf,
    part: PathBuf,
    file: File,
    files: Files,
    found: Vec<Reject>,
}

impl Rejects {
    /// Opens the file to be, so that a folder that cannot be written to is found out before the work and not after it.
    pub(super) fn create(path: &Path, files: Files) -> Result<Self> {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let file = File::create(&part)
            .with_context(|| format!("cannot write the rejects file {}", part.display()))?;
        Ok(Self {
            path: path.to_path_buf(),
            part,
            file,
            files,
            found: Vec::new(),
        })
    }

    /// Names one line.
    pub(super) fn add(&mut self, source: Source, line: u64, fault: Fault) {
        self.found.push(Reject {
            source,
            line,
            fault,
        });
    }

    /// How many lines of the transactions file were rejected. Each is named once.
    pub(super) fn lines(&self) -> u64 {
        let lines = self.found.iter();
        lines
            .filter(|reject| reject.source == Source::Transactions)
            .count() as u64
    }

    /// Writes the file and gives it its name.
    pub(super) fn finish(mut self) -> Result<()> {
        self.found
            .sort_by_key(|reject| (reject.source, reject.line));
        self.write()
            .with_context(|| format!("cannot write the rejects file {}", self.part.display()))?;
        std::fs::rename(&self.part, &self.path).with_context(|| {
            format!(
                "cannot rename {} to {}",
                self.part.display(),
                self.path.display()
            )
        })
    }

    fn write(&self) -> Result<()> {
        let mut writer = csv::Writer::from_writer(&self.file);
        writer.write_record(["file", "line", "field", "reason", "value"])?;
        for Reject {
            source,
            line,
            fault,
        } in &self.found
        {
            let file = match source {
                Source::Products => &self.files.products,
                Source::Transactions => &self.files.transactions,
            };
            let line = line.to_string();
            writer.write_record([file, &line, &*fault.field, &*fault.reason, &fault.value])?;
        }
        writer.flush()?;
        self.file.sync_all()?;
        Ok(())
    }
}
