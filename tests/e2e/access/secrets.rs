//! Finding a text wherever it might have slipped through: in clear, in base64, in hex, URL-encoded.

use data_encoding::{BASE64, BASE64URL, HEXLOWER};

/// Shorter texts are found by chance.
const CHARACTERS_MIN: usize = 8;

/// A text, in every form that it is looked for. Without case, so that a form in capitals is found too.
pub struct Needle {
    text: String,
    forms: Vec<String>,
}

impl Needle {
    /// Looks for `text` of at least eight characters.
    pub fn new(text: &str) -> Self {
        assert!(
            text.chars().count() >= CHARACTERS_MIN,
            "{text:?} is too short to mean anything"
        );
        let escaped: String = serde_json::to_string(text).unwrap();
        let ascii: String = text
            .chars()
            .map(|one| match u32::from(one) {
                code @ 0x80.. => format!("\\u{code:04x}"),
                _ => one.to_string(),
            })
            .collect();
        let mut forms = vec![
            text.to_owned(),
            escaped.trim_matches('"').to_owned(),
            ascii,
            HEXLOWER.encode(text.as_bytes()),
            url_encoded(text, "%20"),
            url_encoded(text, "+"),
        ];
        for shift in 0..3 {
            forms.push(middle_of_base64(text, shift, &BASE64));
            forms.push(middle_of_base64(text, shift, &BASE64URL));
        }
        let mut forms: Vec<String> = forms.iter().map(|form| form.to_lowercase()).collect();
        forms.sort();
        forms.dedup();
        Self {
            text: text.to_owned(),
            forms,
        }
    }

    /// The form in which it is in there; `hay` in lower case.
    pub fn found_in(&self, hay: &str) -> Option<&str> {
        let mut forms = self.forms.iter().map(String::as_str);
        forms.find(|form| hay.contains(form))
    }
}

/// What base64 makes of `text`, whatever stands before and after it: the characters that come of its bytes alone.
fn middle_of_base64(text: &str, shift: usize, alphabet: &data_encoding::Encoding) -> String {
    let mut bytes = vec![0; shift];
    bytes.extend(text.as_bytes());
    let encoded = alphabet.encode(&bytes);
    encoded[(shift * 8).div_ceil(6)..bytes.len() * 8 / 6].to_owned()
}

fn url_encoded(text: &str, blank: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            b' ' => blank.to_owned(),
            _ => format!("%{byte:02x}"),
        })
        .collect()
}

/// Fails the test if any of `texts` is in `hay`, in any form.
#[track_caller]
pub fn assert_none_of(texts: impl IntoIterator<Item = impl AsRef<str>>, hay: &str, what: &str) {
    let hay = hay.to_lowercase();
    for text in texts {
        let needle = Needle::new(text.as_ref());
        if let Some(form) = needle.found_in(&hay) {
            let at = hay.find(form).unwrap();
            let around: String = hay[..at].chars().rev().take(200).collect();
            let around: String = around.chars().rev().collect();
            panic!("{what} has {:?} as {form:?}, after …{around}", needle.text);
        }
    }
}

#[test]
fn a_text_is_found_in_every_form() {
    let text = "zoë@example.org";
    let needle = Needle::new(text);
    let in_base64 = |before: &str| BASE64.encode(format!("{before}{text} and more").as_bytes());
    for hay in [
        format!("x{text}y"),
        "ZOË@EXAMPLE.ORG".to_owned(),
        r#""zo\u00eb@example.org""#.to_owned(),
        in_base64(""),
        in_base64("a"),
        in_base64("ab"),
        in_base64("abc"),
        data_encoding::HEXUPPER.encode(format!("..{text}..").as_bytes()),
        "zo%C3%AB%40example.org".to_owned(),
    ] {
        assert!(needle.found_in(&hay.to_lowercase()).is_some(), "{hay}");
    }
    assert!(needle.found_in("zoe@example.org").is_none());
}
