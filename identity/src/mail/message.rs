//! A mail as a message of RFC 5322.

use lettre::Message;
use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Body, Mailbox};

use super::{Mail, MailError, MailerFault};

/// Who mail is from.
pub(super) fn sender(from: &str) -> Result<Mailbox, MailerFault> {
    from.parse().map_err(|_| MailerFault::Sender)
}

/// The message. Its parts are encoded by the library, so that nothing in them can become a header.
pub(super) fn message(from: &Mailbox, mail: &Mail) -> Result<Message, MailError> {
    let to = mail.to.parse().map_err(|_| {
        MailError::Never("the address is not one that mail can be sent to".to_owned())
    })?;
    // Plain ASCII goes as it is, so that links can be read in the file too; all else is encoded.
    let plain = Body::new_with_encoding(mail.text.clone(), ContentTransferEncoding::SevenBit);
    // From the text once more: as bytes, its lines' ends would be encoded like any other byte.
    let body = plain.unwrap_or_else(|_| Body::new(mail.text.clone()));
    Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(mail.subject.as_str())
        .message_id(None)
        .header(ContentType::TEXT_PLAIN)
        .body(body)
        .map_err(|error| MailError::Never(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_lines_when_one_of_them_is_too_long_for_the_way() {
        let mail = Mail {
            to: "ann@example.org".to_owned(),
            subject: "One".to_owned(),
            text: format!(
                "Hello,\n\nhttps://shop.example/verify?token={}\n",
                "x".repeat(60)
            ),
        };
        let message = message(&sender("shop@example.org").unwrap(), &mail).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        assert!(text.contains("\r\nHello,\r\n\r\nhttps://"), "{text}");
        assert!(!text.contains("=0A"), "{text}");
    }
}
