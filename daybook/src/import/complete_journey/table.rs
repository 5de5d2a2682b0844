//! A CSV file with named columns, plain or gzipped, read row by row; a row that cannot be read is a fault, not the end.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use anyhow::{Context, Result, bail};
use flate2::bufread::MultiGzDecoder;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Calls `row` for each row with its line number (the header is line 1) and the fields of `columns`, in that order, or
/// with what is wrong with the row as a whole.
pub(super) fn read<const N: usize>(
    path: &Path,
    columns: [&'static str; N],
    mut row: impl FnMut(u64, Result<[&str; N], &'static str>),
) -> Result<()> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(open(path)?);
    let header = reader
        .byte_headers()
        .with_context(|| format!("cannot read {}", path.display()))?;
    let width = header.len();
    let places = find(header, columns, path)?;
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).with_context(|| {
        format!(
            "{} is damaged: cannot read on after line {}",
            path.display(),
            line(&record)
        )
    })? {
        row(line(&record), fields(&record, width, places));
    }
    Ok(())
}

fn open(path: &Path) -> Result<Box<dyn Read>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut file = BufReader::new(file);
    let start = file
        .fill_buf()
        .with_context(|| format!("cannot read {}", path.display()))?;
    Ok(if start.starts_with(&GZIP_MAGIC) {
        Box::new(MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    })
}

fn find<const N: usize>(
    header: &csv::ByteRecord,
    columns: [&'static str; N],
    path: &Path,
) -> Result<[usize; N]> {
    let mut places = [0; N];
    for (place, column) in places.iter_mut().zip(columns) {
        // A byte order mark, if any, sits before the first name.
        let named =
            |name: &[u8]| name.strip_prefix(b"\xef\xbb\xbf").unwrap_or(name) == column.as_bytes();
        match header.iter().position(named) {
            Some(found) => *place = found,
            None => bail!(
                "{} has no column {column}; its first line must name {}",
                path.display(),
                columns.join(", ")
            ),
        }
    }
    Ok(places)
}

fn line(record: &csv::ByteRecord) -> u64 {
    record.position().map_or(0, csv::Position::line)
}

fn fields<const N: usize>(
    record: &csv::ByteRecord,
    width: usize,
    places: [usize; N],
) -> Result<[&str; N], &'static str> {
    if record.len() != width {
        return Err("has not as many fields as the first line");
    }
    let mut fields = [""; N];
    for (field, place) in fields.iter_mut().zip(places) {
        let bytes = record.get(place).unwrap_or_default();
        *field = std::str::from_utf8(bytes)
            .map_err(|_| "is not UTF-8")?
            .trim();
    }
    Ok(fields)
}
