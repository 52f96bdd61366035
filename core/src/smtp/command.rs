//! The commands a client may send, RFC 5321 section 4.1.1.

use waxseal_plugins::verdicts::EnhancedCode;

use super::address::{ForwardPath, ReversePath, is_host_name};
use super::chunk::Chunk;
use super::dsn::{MessageDsn, RecipientDsn};
use super::reply::Reply;
use super::{parameters, path};

/// The longest command line with its CRLF, octets: 512 (RFC 5321 section 4.5.3.1.4) and what the
/// extensions add (RFC 1870, 3461, 6152, 6531), with room for clients that add more.
pub const LINE_LIMIT: usize = 2048;

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// EHLO with the client's name or address literal, as given.
    Ehlo(String),
    /// HELO, likewise.
    Helo(String),
    /// STARTTLS, RFC 3207.
    StartTls,
    /// MAIL FROM.
    Mail(Mail),
    /// RCPT TO.
    Rcpt(Rcpt),
    /// DATA.
    Data,
    /// BDAT, RFC 3030; its chunk follows the line.
    Bdat(Chunk),
    /// RSET.
    Rset,
    /// NOOP.
    Noop,
    /// VRFY; we do not say who is there.
    Vrfy,
    /// HELP.
    Help,
    /// QUIT.
    Quit,
}

/// MAIL FROM with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The reverse-path.
    pub sender: ReversePath,
    /// SIZE=, octets (RFC 1870 section 6); `None` where it was not declared.
    pub size: Option<u64>,
    /// BODY= (RFC 6152).
    pub body: BodyKind,
    /// Whether SMTPUTF8 was given (RFC 6531 section 3.4).
    pub charset: Charset,
    /// RET= and ENVID= (RFC 3461 sections 4.3 and 4.4).
    pub dsn: MessageDsn,
}

/// RCPT TO with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rcpt {
    /// The forward-path.
    pub recipient: ForwardPath,
    /// NOTIFY= and ORCPT= (RFC 3461 sections 4.1 and 4.2).
    pub dsn: RecipientDsn,
}

/// What a message's body was declared to hold (RFC 6152).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BodyKind {
    /// `7BIT`, and where nothing was declared.
    #[default]
    SevenBit,
    /// `8BITMIME`.
    EightBitMime,
}

/// What addresses and headers may hold (RFC 6531).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// ASCII.
    #[default]
    Ascii,
    /// UTF-8: `SMTPUTF8` was given.
    Utf8,
}

/// A line that is no command of ours: the client's fault, told by [`InvalidCommand::reply`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCommand {
    /// A verb that nobody knows.
    #[error("the command is not known")]
    Unknown,
    /// A verb that is known, but not served here.
    #[error("the command is not implemented")]
    NotImplemented,
    /// A line of HTTP: a browser was made to speak to us, and what follows is no mail.
    #[error("this is a mail relay, not a web server")]
    Http,
    /// Octets that are no UTF-8.
    #[error("the line is not UTF-8")]
    NotText,
    /// BDAT without a size: where its chunk ends, and commands go on, nobody knows.
    #[error("BDAT must say its size")]
    BadChunk,
    /// An argument where none may be.
    #[error("the command takes no parameter")]
    UnexpectedParameter,
    /// EHLO or HELO without a usable name.
    #[error("a domain or address literal must follow")]
    BadName,
    /// MAIL without `FROM:<...>`, or with a broken address in it.
    #[error("MAIL FROM:<address> is expected, and the address must be valid: {0}")]
    BadSender(&'static str),
    /// RCPT without `TO:<...>`, or with a broken address in it.
    #[error("RCPT TO:<address> is expected, and the address must be valid: {0}")]
    BadRecipient(&'static str),
    /// A parameter that no advertised extension has.
    #[error("a parameter is not recognised or not implemented")]
    UnknownParameter,
    /// A known parameter with a bad value, or twice.
    #[error("a parameter's value is not valid")]
    BadParameter,
}

impl Command {
    /// Parses a line, given without its CRLF.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and so which reply it gets.
    pub fn parse(line: &[u8]) -> Result<Self, InvalidCommand> {
        let line = str::from_utf8(line).map_err(|_| InvalidCommand::NotText)?;
        // Trailing white space is tolerated (RFC 5321 section 4.1.1).
        let line = line.trim_end_matches([' ', '\t']);
        let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
        let alone = |command| {
            if argument.is_empty() { Ok(command) } else { Err(InvalidCommand::UnexpectedParameter) }
        };
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => host_name(argument).map(Self::Ehlo),
            "HELO" => host_name(argument).map(Self::Helo),
            "STARTTLS" => alone(Self::StartTls),
            "MAIL" => mail(argument).map(Self::Mail),
            "RCPT" => rcpt(argument).map(Self::Rcpt),
            "DATA" => alone(Self::Data),
            "BDAT" => Chunk::parse(argument).map(Self::Bdat).ok_or(InvalidCommand::BadChunk),
            "RSET" => alone(Self::Rset),
            "NOOP" => Ok(Self::Noop),
            "VRFY" => Ok(Self::Vrfy),
            "HELP" => Ok(Self::Help),
            "QUIT" => alone(Self::Quit),
            "AUTH" | "EXPN" | "ETRN" | "TURN" | "SEND" | "SOML" | "SAML" => {
                Err(InvalidCommand::NotImplemented)
            }
            "GET" | "POST" | "HEAD" | "PUT" | "DELETE" | "CONNECT" | "OPTIONS" | "HOST:" => {
                Err(InvalidCommand::Http)
            }
            _ => Err(InvalidCommand::Unknown),
        }
    }
}

impl InvalidCommand {
    /// Whether nothing that follows can be trusted to be a command.
    pub fn is_fatal(self) -> bool {
        matches!(self, Self::Http | Self::BadChunk)
    }

    /// The reply, RFC 5321 section 4.2.4 and RFC 3463 section 3.6.
    pub fn reply(self) -> Reply {
        let (code, subject, detail) = match self {
            Self::Unknown => (500, 5, 1),
            Self::NotImplemented => (502, 5, 1),
            Self::Http => (421, 7, 0),
            Self::NotText => (500, 5, 2),
            Self::BadChunk | Self::BadName | Self::UnexpectedParameter | Self::BadParameter => (501, 5, 4),
            Self::BadSender(_) => (501, 1, 7),
            Self::BadRecipient(_) => (501, 1, 3),
            Self::UnknownParameter => (555, 5, 4),
        };
        let class = if code < 500 { 4 } else { 5 };
        Reply::new(code, Some(EnhancedCode::new(class, subject, detail)), capitalised(&self.to_string()))
    }
}

fn host_name(argument: &str) -> Result<String, InvalidCommand> {
    let name = argument.trim();
    if is_host_name(name) { Ok(name.to_owned()) } else { Err(InvalidCommand::BadName) }
}

fn mail(argument: &str) -> Result<Mail, InvalidCommand> {
    let (path, given) = path::split(argument, "FROM:").map_err(InvalidCommand::BadSender)?;
    let sender = path::reverse(path).map_err(InvalidCommand::BadSender)?;
    let (body, charset) = (BodyKind::SevenBit, Charset::Ascii);
    let mut mail = Mail { sender, size: None, body, charset, dsn: MessageDsn::default() };
    parameters::read_mail(&mut mail, given)?;
    Ok(mail)
}

fn rcpt(argument: &str) -> Result<Rcpt, InvalidCommand> {
    let (path, given) = path::split(argument, "TO:").map_err(InvalidCommand::BadRecipient)?;
    let recipient = path::forward(path).map_err(InvalidCommand::BadRecipient)?;
    Ok(Rcpt { recipient, dsn: parameters::read_rcpt(given)? })
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::smtp::address::Mailbox;
    use crate::smtp::dsn::Ret;

    fn reply_to(line: &str) -> String {
        Command::parse(line.as_bytes()).unwrap_err().reply().to_wire()
    }

    #[test]
    fn verbs_are_read_whatever_their_case() {
        assert_eq!(Command::parse(b"ehlo client.example"), Ok(Command::Ehlo("client.example".into())));
        assert_eq!(Command::parse(b"HELO [192.0.2.1] "), Ok(Command::Helo("[192.0.2.1]".into())));
        assert_eq!(Command::parse(b"StartTLS"), Ok(Command::StartTls));
        assert_eq!(Command::parse(b"NOOP whatever"), Ok(Command::Noop));
        assert_eq!(Command::parse(b"QUIT"), Ok(Command::Quit));
    }

    #[test]
    fn mail_is_read_with_its_parameters() {
        let mailbox = Mailbox::parse("a@example.org").unwrap();
        let mail = |line: &str| match Command::parse(line.as_bytes()) {
            Ok(Command::Mail(mail)) => mail,
            other => panic!("{line}: {other:?}"),
        };
        let full = mail("MAIL FROM:<a@example.org> size=1000 body=8bitmime SMTPUTF8");
        assert_eq!(full.sender, ReversePath::Mailbox(mailbox));
        assert_eq!((full.size, full.body, full.charset), (Some(1000), BodyKind::EightBitMime, Charset::Utf8));
        let told = mail("MAIL FROM:<a@example.org> RET=full ENVID=QQ+20314159").dsn;
        assert_eq!(told, MessageDsn { ret: Some(Ret::Full), envid: Some("QQ 314159".into()) });
        assert_eq!(mail("mail from: <>").sender, ReversePath::Null);
        assert_eq!(
            mail("MAIL FROM:<@relay.example,@b.example:a@example.org>").sender.to_string(),
            "a@example.org"
        );
        assert_eq!(mail("MAIL FROM:<a@b.example> SIZE=99999999999999999999").size, Some(u64::MAX));
    }

    #[test]
    fn postmaster_needs_no_domain() {
        let postmaster = Rcpt { recipient: ForwardPath::Postmaster, dsn: RecipientDsn::default() };
        assert_eq!(Command::parse(b"RCPT TO:<Postmaster>"), Ok(Command::Rcpt(postmaster)));
        assert!(Command::parse(b"RCPT TO:<root>").is_err());
    }

    #[test]
    fn each_mistake_has_its_reply() {
        for (line, start) in [
            ("HALLO", "500 5.5.1 "),
            ("", "500 5.5.1 "),
            ("AUTH PLAIN xyz", "502 5.5.1 "),
            ("BDAT", "501 5.5.4 "),
            ("BDAT ten LAST", "501 5.5.4 "),
            ("GET / HTTP/1.1", "421 4.7.0 "),
            ("EHLO", "501 5.5.4 "),
            ("EHLO a(b", "501 5.5.4 "),
            ("STARTTLS now", "501 5.5.4 "),
            ("DATA x", "501 5.5.4 "),
            ("MAIL", "501 5.1.7 "),
            ("MAIL FROM:a@example.org", "501 5.1.7 "),
            ("MAIL FROM:<a@example.org", "501 5.1.7 "),
            ("MAIL FROM:<a@example.org>SIZE=1", "501 5.1.7 "),
            ("RCPT TO:<>", "501 5.1.3 "),
            ("RCPT TO:<a@example.org> NOTIFY=ALWAYS", "501 5.5.4 "),
            ("RCPT TO:<a@example.org> RET=FULL", "555 5.5.4 "),
            ("MAIL FROM:<> RET=SOME", "501 5.5.4 "),
            ("MAIL FROM:<> ENVID=a=b", "501 5.5.4 "),
            ("MAIL FROM:<> FOO", "555 5.5.4 "),
            ("MAIL FROM:<> SIZE=x", "501 5.5.4 "),
            ("MAIL FROM:<> SIZE=1 SIZE=2", "501 5.5.4 "),
            ("MAIL FROM:<> BODY=BINARYMIME", "501 5.5.4 "),
        ] {
            assert!(reply_to(line).starts_with(start), "{line:?}: {}", reply_to(line));
        }
        assert!(Command::parse(b"NOOP \xff").is_err());
    }

    proptest! {
        #[test]
        fn no_line_panics_or_breaks_a_reply(line in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Err(invalid) = Command::parse(&line) {
                prop_assert_eq!(invalid.reply().to_wire().matches("\r\n").count(), 1);
            }
        }

        #[test]
        fn senders_round_trip(local in "[a-z!#$%&'*+/=?^_`{|}~-]{1,20}", quoted in "\"[a-z <>,:@]{0,20}\"") {
            for local in [local, quoted] {
                let text = format!("{local}@example.org");
                let parsed = Command::parse(format!("MAIL FROM:<{text}> SIZE=7").as_bytes());
                let sender = ReversePath::Mailbox(Mailbox::parse(&text).unwrap());
                let (body, charset, dsn) = (BodyKind::SevenBit, Charset::Ascii, MessageDsn::default());
                let mail = Mail { sender, size: Some(7), body, charset, dsn };
                prop_assert_eq!(parsed, Ok(Command::Mail(mail)));
            }
        }
    }
}
