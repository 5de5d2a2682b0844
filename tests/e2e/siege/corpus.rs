//! Hostile texts, from the files beside this one.

use std::sync::OnceLock;

/// The files, each with the payloads that every place gets first.
const FILES: [(&str, &str); 4] = [
    ("sql", include_str!("corpus/sql.txt")),
    ("xss", include_str!("corpus/xss.txt")),
    ("template", include_str!("corpus/template.txt")),
    ("unicode", include_str!("corpus/unicode.txt")),
];

/// So many from the head of each file go into every place.
const CORE_OF_EACH: usize = 4;

/// So many more go into a place when there is no time for all.
const SHARE: usize = 12;

/// What takes the place of a string in JSON though it is none, or is one that nothing can hold.
const LITERALS: [&str; 14] = [
    "null",
    "true",
    "-0",
    "1e999",
    "-1.5",
    "99999999999999999999",
    "[]",
    "{}",
    r#"{"$gt":""}"#,
    r#"["'"]"#,
    "[[[[[[[[]]]]]]]]",
    r#""\ud800""#,
    r#""\udc00\ud800""#,
    r#""\u0000""#,
];

/// One hostile value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// Its bytes; not always UTF-8.
    pub bytes: Vec<u8>,
    /// Whether it is JSON already and goes into a body without quotes.
    pub is_literal: bool,
    /// Its file and number, for messages.
    pub name: String,
    is_core: bool,
}

impl Payload {
    /// As text, if it is a string at all.
    pub fn text(&self) -> Option<&str> {
        if self.is_literal {
            return None;
        }
        std::str::from_utf8(&self.bytes).ok()
    }

    /// For messages.
    pub fn shown(&self) -> String {
        let text: String = String::from_utf8_lossy(&self.bytes)
            .chars()
            .take(80)
            .collect();
        format!("{} {text:?}", self.name)
    }

    /// As JSON, quotes included where it is a string. Bytes that are no UTF-8 stay as they are.
    pub fn json(&self) -> Vec<u8> {
        if self.is_literal {
            return self.bytes.clone();
        }
        if let Some(text) = self.text() {
            return serde_json::to_vec(text).unwrap();
        }
        let mut json = vec![b'"'];
        for byte in &self.bytes {
            match byte {
                b'"' | b'\\' => json.extend([b'\\', *byte]),
                0..0x20 => json.extend(format!("\\u{byte:04x}").bytes()),
                byte => json.push(*byte),
            }
        }
        json.push(b'"');
        json
    }

    /// As a part of an address: every byte but letters and digits as `%XX`.
    pub fn percent(&self) -> String {
        let one = |byte: &u8| match byte {
            byte if byte.is_ascii_alphanumeric() => char::from(*byte).to_string(),
            byte => format!("%{byte:02X}"),
        };
        self.bytes.iter().map(one).collect()
    }
}

/// All of them.
pub fn all() -> &'static [Payload] {
    static ALL: OnceLock<Vec<Payload>> = OnceLock::new();
    ALL.get_or_init(|| {
        let literals = LITERALS.iter().enumerate().map(|(at, json)| Payload {
            bytes: json.as_bytes().to_vec(),
            is_literal: true,
            name: format!("literal {}", at + 1),
            is_core: true,
        });
        let texts = FILES.iter().flat_map(|(file, text)| {
            let lines = text.lines().filter(|line| !line.starts_with("%% "));
            lines.enumerate().map(move |(at, line)| Payload {
                bytes: unescaped(line),
                is_literal: false,
                name: format!("{file} {}", at + 1),
                is_core: at < CORE_OF_EACH,
            })
        });
        texts.chain(literals).collect()
    })
}

/// Those for the place of this number: all when there is time; else the core, and a share of the rest in which the next place
/// goes on where this one ends.
pub fn of_place(place: usize) -> Vec<&'static Payload> {
    let (core, rest): (Vec<_>, Vec<_>) = all().iter().partition(|payload| payload.is_core);
    let share = if crate::is_full() { rest.len() } else { SHARE };
    let from = place * SHARE % rest.len();
    let rest = rest.into_iter().cycle().skip(from).take(share);
    core.into_iter().chain(rest).collect()
}

/// `\\`, `\xNN` and `\u{…}` as what they stand for.
fn unescaped(line: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = line;
    while let Some((before, escape)) = rest.split_once('\\') {
        bytes.extend(before.bytes());
        rest = match escape.as_bytes().first() {
            Some(b'\\') => {
                bytes.push(b'\\');
                &escape[1..]
            }
            Some(b'x') => {
                bytes.push(u8::from_str_radix(&escape[1..3], 16).expect("two hex digits"));
                &escape[3..]
            }
            Some(b'u') => {
                let (digits, after) = escape[2..].split_once('}').expect("\\u{…}");
                let letter = u32::from_str_radix(digits, 16)
                    .ok()
                    .and_then(char::from_u32);
                bytes.extend(letter.expect("a character").to_string().bytes());
                after
            }
            _ => panic!("{line}: an escape that is none"),
        };
    }
    bytes.extend(rest.bytes());
    bytes
}

#[test]
fn the_corpora_are_read_as_they_are_written() {
    assert!(all().len() > 500, "{}", all().len());
    let texts: Vec<&[u8]> = all().iter().map(|it| it.bytes.as_slice()).collect();
    for known in [
        &b"'"[..],
        b"\\'",
        b"\0",
        b"\xff",
        "\u{202e}evil\u{202c}".as_bytes(),
    ] {
        assert!(texts.contains(&known), "{known:?}");
    }
    let no_utf8 = all().iter().find(|it| it.bytes == b"\xbf\x27").unwrap();
    assert_eq!(no_utf8.json(), b"\"\xbf\x27\"");
    assert_eq!(no_utf8.percent(), "%BF%27");
}
