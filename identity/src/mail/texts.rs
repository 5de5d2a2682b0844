//! What the mails say. Plain text, no name: what a person typed as a name must not be sent to others as the shop's words.

use access::opaque::Opaque;

use super::Mail;

/// How long a link that verifies an address works, in words.
const VERIFY_FOR: &str = "24 hours";
/// How long a link for a new password works, in words.
const RESET_FOR: &str = "30 minutes";
/// Longest line of what is not a link.
const LINE_CHARACTERS_MAX: usize = 72;

/// Somebody registered with the address.
pub(crate) fn verify(public_url: &str, to: &str, token: &Opaque) -> Mail {
    let link = link(public_url, "verify", token);
    mail(
        to,
        "Please confirm your e-mail address",
        &format!(
            "Somebody, probably you, has registered with this e-mail address. To confirm that it is yours, open this link \
             within {VERIFY_FOR} and press the button:\n\n{link}\n\nIf it was not you, do nothing: without the link nobody can \
             log in."
        ),
    )
}

/// Somebody registered with the address of an account that stands.
pub(crate) fn have_one_already(public_url: &str, to: &str) -> Mail {
    mail(
        to,
        "You have an account already",
        &format!(
            "Somebody, probably you, tried to register with this e-mail address at {public_url}. You have an account with it \
             already: log in with your password, or ask for a new one if you have forgotten it. If it was not you, there is \
             nothing to do; nobody was told that you have an account."
        ),
    )
}

/// The password was forgotten.
pub(crate) fn reset(public_url: &str, to: &str, token: &Opaque) -> Mail {
    let link = link(public_url, "reset", token);
    mail(
        to,
        "A new password",
        &format!(
            "Somebody, probably you, has asked for a new password. To choose one, open this link within {RESET_FOR}:\n\n{link}\n\n\
             You will be logged out everywhere. If it was not you, do nothing: your password stays as it is."
        ),
    )
}

/// The password is another.
pub(crate) fn password_changed(public_url: &str, to: &str) -> Mail {
    mail(
        to,
        "Your password was changed",
        &format!(
            "The password of your account at {public_url} was changed, and you were logged out everywhere. If it was not you, \
             ask for a new password at once, and tell the shop."
        ),
    )
}

fn link(public_url: &str, page: &str, token: &Opaque) -> String {
    format!("{public_url}/{page}?token={}", token.expose())
}

fn mail(to: &str, subject: &str, text: &str) -> Mail {
    let paragraphs: Vec<String> = text.split("\n\n").map(wrapped).collect();
    let text = paragraphs.join("\n\n");
    Mail {
        to: to.to_owned(),
        subject: subject.to_owned(),
        text: format!("Hello,\n\n{text}\n"),
    }
}

/// A paragraph in short lines; a link is one word and stays whole.
fn wrapped(paragraph: &str) -> String {
    let mut text = String::with_capacity(paragraph.len() + 8);
    let mut column = 0;
    for word in paragraph.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > LINE_CHARACTERS_MAX {
            text.push('\n');
            column = 0;
        } else if column > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += length;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_short_and_links_whole() {
        let token = Opaque::generate().unwrap();
        let shop = "https://a-shop-with-a-rather-long-name.example.org";
        let mail = verify(shop, "ann@example.org", &token);
        let link = format!("{shop}/verify?token={}", token.expose());
        assert!(mail.text.lines().any(|line| line == link), "{}", mail.text);
        let mut others = mail.text.lines().filter(|line| *line != link);
        assert!(others.all(|line| line.len() <= LINE_CHARACTERS_MAX));
    }
}
