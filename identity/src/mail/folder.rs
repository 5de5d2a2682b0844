//! Mail as files, for development: each as `.eml` in a folder, to be opened with any mail program.

use std::path::PathBuf;

use futures::future::BoxFuture;
use lettre::message::Mailbox;
use uuid::Uuid;

use super::{Mail, MailError, Mailer, MailerFault, message};

/// Writes mail into a folder, which is made for its owner alone.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    from: Mailbox,
}

impl Folder {
    /// Mail from `from` (`Daybook <shop@example.org>`) into the folder at `path`.
    ///
    /// # Errors
    /// [`MailerFault::Sender`].
    pub fn new(path: PathBuf, from: &str) -> Result<Self, MailerFault> {
        let from = message::sender(from)?;
        Ok(Self { path, from })
    }

    /// Names grow with time, and a file is there whole or not at all.
    async fn write(&self, mail: &Mail) -> Result<(), MailError> {
        let bytes = message::message(&self.from, mail)?.formatted();
        let name = format!("{}.eml", Uuid::now_v7());
        let (whole, beside) = (self.path.join(&name), self.path.join(format!(".{name}")));
        let written = async {
            make(&self.path).await?;
            tokio::fs::write(&beside, bytes).await?;
            tokio::fs::rename(&beside, &whole).await
        };
        written.await.map_err(|error: std::io::Error| {
            MailError::Later(format!("{}: {error}", self.path.display()))
        })
    }
}

impl Mailer for Folder {
    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<(), MailError>> {
        Box::pin(self.write(mail))
    }
}

async fn make(path: &std::path::Path) -> std::io::Result<()> {
    let mut builder = tokio::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    builder.mode(0o700);
    builder.create(path).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_mail_is_a_file_and_nothing_in_it_becomes_a_header() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mail");
        let mailer = Folder::new(path.clone(), "Daybook <shop@example.org>").unwrap();
        let mail = Mail {
            to: "ann@example.org".to_owned(),
            subject: "One\r\nBcc: eve@example.org".to_owned(),
            text: "Hello, Jörg\n.\nhttps://shop.example/verify?token=abc".to_owned(),
        };
        mailer.send(&mail).await.unwrap();
        let mut files = std::fs::read_dir(&path).unwrap();
        let file = files.next().unwrap().unwrap().path();
        assert!(files.next().is_none() && file.extension().unwrap() == "eml");
        let text = std::fs::read_to_string(file).unwrap();
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("To: ann@example.org"), "{head}");
        assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
    }

    #[tokio::test]
    async fn an_address_that_is_none_is_refused_for_good() {
        let folder = tempfile::tempdir().unwrap();
        let mailer = Folder::new(folder.path().into(), "shop@example.org").unwrap();
        let mail = Mail {
            to: "ann@example.org, eve@example.org".to_owned(),
            subject: "One".to_owned(),
            text: "Hello".to_owned(),
        };
        let refused = mailer.send(&mail).await;
        assert!(matches!(refused, Err(MailError::Never(_))), "{refused:?}");
        assert!(Folder::new(folder.path().into(), "the shop").is_err());
    }
}
