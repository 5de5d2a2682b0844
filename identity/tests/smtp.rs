//! Mail by SMTP, to a small server that speaks RFC 5321 over a real socket.

use std::time::Duration;

use identity::mail::{Mail, MailError, Mailer, Smtp};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

const FROM: &str = "Daybook <shop@example.org>";

/// What one client said: its commands, and the message.
#[derive(Debug, Default)]
struct Heard {
    commands: Vec<String>,
    message: String,
}

/// A server for one client that answers `RCPT` with this line.
async fn server(to_recipient: &'static str) -> (String, JoinHandle<Heard>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        serve(socket, to_recipient).await
    });
    (url, serving)
}

async fn serve(socket: TcpStream, to_recipient: &str) -> Heard {
    let mut socket = BufReader::new(socket);
    let mut heard = Heard::default();
    say(&mut socket, "220 tests ESMTP").await;
    while let Some(line) = line(&mut socket).await {
        let verb = line
            .split([' ', ':'])
            .next()
            .unwrap_or_default()
            .to_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => "250-tests\r\n250 SIZE 1000000",
            "MAIL" | "RSET" | "NOOP" => "250 2.0.0 fine",
            "RCPT" => to_recipient,
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            _ => "500 what?",
        };
        heard.commands.push(line);
        say(&mut socket, answer).await;
        match verb.as_str() {
            "DATA" => {
                heard.message = message(&mut socket).await;
                say(&mut socket, "250 2.0.0 taken on").await;
                // The client may keep the connection for its next mail.
                return heard;
            }
            "QUIT" => return heard,
            _ => {}
        }
    }
    heard
}

async fn message(socket: &mut BufReader<TcpStream>) -> String {
    let mut message = String::new();
    while let Some(line) = line(socket).await {
        if line == "." {
            break;
        }
        message.push_str(&line);
        message.push('\n');
    }
    message
}

async fn line(socket: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    let read = socket.read_line(&mut line).await.ok()?;
    (read > 0).then(|| line.trim_end().to_owned())
}

async fn say(socket: &mut BufReader<TcpStream>, text: &str) {
    let _ = socket.write_all(format!("{text}\r\n").as_bytes()).await;
}

fn mail() -> Mail {
    Mail {
        to: "ann@example.org".to_owned(),
        subject: "A new password".to_owned(),
        text: "Hello,\n\n.\nhttps://shop.example/reset?token=abc\n".to_owned(),
    }
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_written() {
    let (url, serving) = server("250 2.1.5 fine").await;
    let mailer = Smtp::new(&url, FROM).unwrap();
    mailer.send(&mail()).await.unwrap();
    let heard = tokio::time::timeout(Duration::from_secs(20), serving).await;
    let heard = heard.unwrap().unwrap();
    let said = heard.commands.join("\n");
    assert!(said.contains("MAIL FROM:<shop@example.org>"), "{said}");
    assert!(said.contains("RCPT TO:<ann@example.org>"), "{said}");
    for wanted in [
        "From: Daybook <shop@example.org>",
        "To: ann@example.org",
        "Subject: A new password",
        "https://shop.example/reset?token=abc",
        // A line of a dot alone is no end (RFC 5321, 4.5.2).
        "\n..\n",
    ] {
        assert!(
            heard.message.contains(wanted),
            "{wanted}: {}",
            heard.message
        );
    }
}

#[tokio::test]
async fn a_refusal_for_good_is_told_from_one_for_now() {
    let (url, _serving) = server("550 5.1.1 <ann@example.org> unknown").await;
    let refused = Smtp::new(&url, FROM).unwrap().send(&mail()).await;
    let Err(MailError::Never(reason)) = refused else {
        panic!("{refused:?}");
    };
    assert!(
        reason.contains("550") && !reason.contains("ann"),
        "{reason}"
    );
    let (url, _serving) = server("451 4.7.1 later, <ann@example.org>").await;
    let later = Smtp::new(&url, FROM).unwrap().send(&mail()).await;
    let Err(MailError::Later(reason)) = later else {
        panic!("{later:?}");
    };
    assert!(!reason.contains("ann"), "{reason}");
}

#[tokio::test]
async fn a_server_that_is_away_is_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    drop(listener);
    let away = Smtp::new(&url, FROM).unwrap().send(&mail()).await;
    assert!(matches!(away, Err(MailError::Later(_))), "{away:?}");
    assert!(Smtp::new("mail.example.org", FROM).is_err());
}
