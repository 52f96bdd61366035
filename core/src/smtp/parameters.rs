//! The parameters of MAIL and RCPT: SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531), and what
//! the sender wants to be told (RFC 3461).

use super::command::{BodyKind, Charset, InvalidCommand, Mail};
use super::dsn::{MessageDsn, Notify, OriginalRecipient, RecipientDsn, Ret};
use super::xtext;

/// The longest ENVID, characters as written (RFC 3461 section 4.4).
const ENVID: usize = 100;

/// The longest ORCPT, characters as written (RFC 3461 section 4.2).
const ORCPT: usize = 500;

/// Takes those of MAIL.
pub(super) fn read_mail(mail: &mut Mail, parameters: &str) -> Result<(), InvalidCommand> {
    for (keyword, value) in split(parameters)? {
        match (keyword.as_str(), value) {
            ("SIZE", Some(value)) => mail.size = Some(size(value)?),
            ("BODY", Some(value)) => mail.body = body(value)?,
            ("SMTPUTF8", None) => mail.charset = Charset::Utf8,
            ("RET", Some(value)) => mail.dsn.ret = Some(ret(value)?),
            ("ENVID", Some(value)) => mail.dsn.envid = Some(envid(value)?),
            ("SIZE" | "BODY" | "SMTPUTF8" | "RET" | "ENVID", _) => return Err(InvalidCommand::BadParameter),
            _ => return Err(InvalidCommand::UnknownParameter),
        }
    }
    Ok(())
}

/// Those of RCPT.
pub(crate) fn read_rcpt(parameters: &str) -> Result<RecipientDsn, InvalidCommand> {
    let mut dsn = RecipientDsn::default();
    for (keyword, value) in split(parameters)? {
        match (keyword.as_str(), value) {
            ("NOTIFY", Some(value)) => dsn.notify = notify(value)?,
            ("ORCPT", Some(value)) => dsn.original = Some(original(value)?),
            ("NOTIFY" | "ORCPT", None) => return Err(InvalidCommand::BadParameter),
            _ => return Err(InvalidCommand::UnknownParameter),
        }
    }
    Ok(dsn)
}

/// What to append to MAIL for a host that offers DSN (RFC 3461 section 5.2.1).
pub fn of_mail(dsn: &MessageDsn) -> String {
    let mut parameters = String::new();
    match dsn.ret {
        None => {}
        Some(Ret::Full) => parameters.push_str(" RET=FULL"),
        Some(Ret::Headers) => parameters.push_str(" RET=HDRS"),
    }
    if let Some(envid) = &dsn.envid {
        parameters.push_str(&format!(" ENVID={}", xtext::encode(envid)));
    }
    parameters
}

/// What to append to RCPT for a host that offers DSN, likewise.
pub fn of_rcpt(dsn: &RecipientDsn) -> String {
    let mut parameters = match dsn.notify {
        Notify::Unspecified => String::new(),
        Notify::Never => " NOTIFY=NEVER".to_owned(),
        Notify::On { success, delay, failure } => {
            let words = [(success, "SUCCESS"), (failure, "FAILURE"), (delay, "DELAY")];
            let wanted: Vec<&str> =
                words.iter().filter(|(wanted, _)| *wanted).map(|(_, word)| *word).collect();
            format!(" NOTIFY={}", wanted.join(","))
        }
    };
    if let Some(OriginalRecipient { kind, address }) = &dsn.original {
        parameters.push_str(&format!(" ORCPT={kind};{}", xtext::encode(address)));
    }
    parameters
}

/// Keywords, in upper case, and their values. None may stand twice (RFC 5321 section 4.1.1.11).
fn split(parameters: &str) -> Result<Vec<(String, Option<&str>)>, InvalidCommand> {
    let mut all: Vec<(String, Option<&str>)> = Vec::new();
    for parameter in parameters.split_ascii_whitespace() {
        let (keyword, value) = parameter.split_once('=').map_or((parameter, None), |(k, v)| (k, Some(v)));
        let keyword = keyword.to_ascii_uppercase();
        if all.iter().any(|(known, _)| *known == keyword) {
            return Err(InvalidCommand::BadParameter);
        }
        all.push((keyword, value));
    }
    Ok(all)
}

/// RFC 1870 section 6.1: up to 20 digits.
fn size(value: &str) -> Result<u64, InvalidCommand> {
    let digits = (1..=20).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit());
    if digits { Ok(value.parse().unwrap_or(u64::MAX)) } else { Err(InvalidCommand::BadParameter) }
}

fn body(value: &str) -> Result<BodyKind, InvalidCommand> {
    match value.to_ascii_uppercase().as_str() {
        "7BIT" => Ok(BodyKind::SevenBit),
        "8BITMIME" => Ok(BodyKind::EightBitMime),
        _ => Err(InvalidCommand::BadParameter),
    }
}

fn ret(value: &str) -> Result<Ret, InvalidCommand> {
    match value.to_ascii_uppercase().as_str() {
        "FULL" => Ok(Ret::Full),
        "HDRS" => Ok(Ret::Headers),
        _ => Err(InvalidCommand::BadParameter),
    }
}

fn envid(value: &str) -> Result<String, InvalidCommand> {
    let text = Some(value).filter(|value| value.len() <= ENVID).and_then(xtext::decode);
    text.filter(|text| text.is_ascii()).ok_or(InvalidCommand::BadParameter)
}

/// `NEVER` alone, or a list of the others (RFC 3461 section 4.1).
fn notify(value: &str) -> Result<Notify, InvalidCommand> {
    if value.eq_ignore_ascii_case("NEVER") {
        return Ok(Notify::Never);
    }
    let (mut success, mut delay, mut failure) = (false, false, false);
    for word in value.split(',') {
        match word.to_ascii_uppercase().as_str() {
            "SUCCESS" => success = true,
            "DELAY" => delay = true,
            "FAILURE" => failure = true,
            _ => return Err(InvalidCommand::BadParameter),
        }
    }
    Ok(Notify::On { success, delay, failure })
}

/// `type;address`. Beyond ASCII only as `utf-8` (RFC 6533 section 3).
fn original(value: &str) -> Result<OriginalRecipient, InvalidCommand> {
    let (kind, address) =
        value.split_once(';').filter(|_| value.len() <= ORCPT).ok_or(InvalidCommand::BadParameter)?;
    let kind = kind.to_ascii_lowercase();
    let named = !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let address = xtext::decode(address).filter(|address| !address.is_empty());
    match address {
        Some(address) if named && (address.is_ascii() || kind == "utf-8") => {
            Ok(OriginalRecipient { kind, address })
        }
        _ => Err(InvalidCommand::BadParameter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rcpt(parameters: &str) -> RecipientDsn {
        read_rcpt(parameters).unwrap()
    }

    #[test]
    fn what_the_sender_wants_to_be_told_is_read() {
        assert_eq!(rcpt(""), RecipientDsn::default());
        assert_eq!(rcpt("notify=never").notify, Notify::Never);
        let all = Notify::On { success: true, delay: true, failure: true };
        assert_eq!(rcpt("NOTIFY=SUCCESS,FAILURE,DELAY").notify, all);
        let original = rcpt("ORCPT=RFC822;bob+2Blist@there.example").original.unwrap();
        assert_eq!((original.kind.as_str(), original.address.as_str()), ("rfc822", "bob+list@there.example"));
        assert_eq!(rcpt("ORCPT=utf-8;jörg@there.example").original.unwrap().address, "jörg@there.example");
    }

    #[test]
    fn each_mistake_is_refused() {
        let long = format!("ORCPT=rfc822;{}", "x".repeat(494));
        for parameters in [
            "NOTIFY",
            "NOTIFY=",
            "NOTIFY=NEVER,SUCCESS",
            "NOTIFY=SUCCESS,",
            "NOTIFY=SUCCESS NOTIFY=DELAY",
            "NOTIFY=PERHAPS",
            "ORCPT=bob@there.example",
            "ORCPT=;bob@there.example",
            "ORCPT=rfc_822;bob",
            "ORCPT=rfc822;",
            "ORCPT=rfc822;a=b",
            "ORCPT=rfc822;jörg@there.example",
            "ORCPT=rfc822;a+0D+0ARcpt",
            &long,
        ] {
            assert_eq!(read_rcpt(parameters), Err(InvalidCommand::BadParameter), "{parameters}");
        }
        assert!(read_rcpt(&long[..long.len() - 1]).is_ok());
        assert_eq!(read_rcpt("RET=FULL"), Err(InvalidCommand::UnknownParameter));
    }

    #[test]
    fn what_was_read_is_written_the_same() {
        for parameters in
            ["", " NOTIFY=NEVER", " NOTIFY=SUCCESS,DELAY", " NOTIFY=FAILURE ORCPT=rfc822;a+2Bb+20c@d"]
        {
            assert_eq!(of_rcpt(&rcpt(parameters)), parameters);
        }
        assert_eq!(of_rcpt(&rcpt("ORCPT=utf-8;jörg@d")), r" ORCPT=utf-8;j\x{F6}rg@d");
        let dsn = MessageDsn { ret: Some(Ret::Headers), envid: Some("a b".to_owned()) };
        assert_eq!(of_mail(&dsn), " RET=HDRS ENVID=a+20b");
    }
}
