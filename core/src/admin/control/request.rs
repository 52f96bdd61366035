//! A request, read. What is not understood as a whole is not done in part: a misspelt filter would take
//! everything.

use serde::Deserialize as _;
use serde_json::Value;
use waxseal_plugins::suggest;

use crate::admin::protocol::Request;
use crate::admin::{quarantine, queue};
use crate::spool::{Filter, QuarantineFilter};

/// Reads a line.
///
/// # Errors
///
/// Why it is not understood, or would be too much to be meant.
pub(super) fn read(line: &str) -> Result<Request, String> {
    let asked: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let request = Request::deserialize(&asked).map_err(|error| error.to_string())?;
    let understood = serde_json::to_value(&request).map_err(|error| error.to_string())?;
    match stranger(&asked, &understood) {
        Some(stranger) => Err(stranger),
        None if takes_all_unsaid(&request) => {
            Err("the filter asks for nothing, which would be everything: say \"all\": true if you mean it"
                .to_owned())
        }
        None => Ok(request),
    }
}

/// What is said of the first key that has no meaning where it stands.
fn stranger(asked: &Value, understood: &Value) -> Option<String> {
    let (Value::Object(asked), Value::Object(understood)) = (asked, understood) else { return None };
    asked.iter().find_map(|(key, value)| match understood.get(key) {
        Some(known) => stranger(value, known),
        None => {
            let meant = suggest::did_you_mean(key, understood.keys().map(String::as_str));
            Some(format!("there is no key `{key}` here{meant}"))
        }
    })
}

fn takes_all_unsaid(request: &Request) -> bool {
    match request {
        Request::Queue(ask) => {
            matches!(&**ask, queue::Ask::Control { filter, all: false, .. } if *filter == Filter::default())
        }
        Request::Quarantine(ask) => {
            matches!(&**ask, quarantine::Ask::End { filter, all: false, .. } if *filter == QuarantineFilter::default())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_not_known_is_refused() {
        for (line, said) in [
            (
                r#"{"command":"queue","queue":"control","control":"remove","filter":{"domian":"y.example"}}"#,
                "there is no key `domian` here; did you mean `domain`?",
            ),
            (
                r#"{"command":"queue","queue":"control","control":"hold","filter":{"domain":"y.example","stending":"held"}}"#,
                "there is no key `stending` here; did you mean `standing`?",
            ),
            (
                r#"{"command":"quarantine","quarantine":"end","how":{"how":"remove"},"filter":{"reson":"virus"}}"#,
                "there is no key `reson` here; did you mean `reason`?",
            ),
            (
                r#"{"command":"quarantine","quarantine":"end","how":{"how":"bounce","to":["a@b.example"]},"filter":{"reason":"x"}}"#,
                "there is no key `to` here",
            ),
            (
                r#"{"command":"queue","queue":"destinations","most":1,"filtr":{}}"#,
                "there is no key `filtr` here; did you mean `filter`?",
            ),
            (r#"{"command":"reload","accept_removal":true}"#, "did you mean `accept_removals`?"),
            (r#"{"command":"shadow","shadow":"judge","accept":true}"#, "there is no key `accept` here"),
            (r#"{"command":"trace","subject":["a.example"]}"#, "did you mean `subjects`?"),
            (r#"{"command":"status","all":true}"#, "there is no key `all` here"),
            (
                r#"{"command":"queue","queue":"control","filter":{"domain":"y.example"}}"#,
                "missing field `control`",
            ),
        ] {
            let wrong = read(line).expect_err(line);
            assert!(wrong.contains(said), "{line}: {wrong}");
        }
    }

    #[test]
    fn everything_is_taken_only_where_that_is_said() {
        for (line, of_all) in [
            (
                r#"{"command":"queue","queue":"control","control":"remove","filter":{}}"#,
                r#"{"command":"queue","queue":"control","control":"remove","all":true}"#,
            ),
            (
                r#"{"command":"quarantine","quarantine":"end","how":{"how":"release"},"filter":{"reason":null}}"#,
                r#"{"command":"quarantine","quarantine":"end","how":{"how":"release"},"all":true}"#,
            ),
        ] {
            let wrong = read(line).expect_err(line);
            assert!(wrong.contains("say \"all\": true"), "{wrong}");
            read(of_all).expect(of_all);
        }
        // To look at everything is no danger.
        read(r#"{"command":"queue","queue":"recipients","most":5}"#).expect("understood");
    }
}
