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
    let body = plain.unwrap_or_else(Body::new);
    Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(mail.subject.as_str())
        .message_id(None)
        .header(ContentType::TEXT_PLAIN)
        .body(body)
        .map_err(|error| MailError::Never(error.to_string()))
}
