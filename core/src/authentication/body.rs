//! The hash of a body as signatures have it, RFC 6376 sections 3.4.3 and 3.4.4, made while the body streams by.
//!
//! Not the library's: it keeps lines of white space at the end, which section 3.4.4 takes for empty ones.

use std::io;

use aws_lc_rs::digest::{Context, SHA256};
use mail_auth::dkim::Canonicalization;
use waxseal_plugins::content::Content;

/// How much of a body is hashed between two looks at what else there is to do, octets.
const PORTION: usize = 128 << 10;

/// How much is gathered before it is hashed, octets: words alone would be slow.
const GATHERED: usize = 8 << 10;

/// Hashes a body.
pub(super) struct Body {
    how: Canonicalization,
    digest: Context,
    out: Vec<u8>,
    /// Line ends that are written if something comes behind them.
    line_ends: u64,
    /// Whether white space waits likewise.
    space: bool,
    /// Whether a CR waits for its LF.
    carriage: bool,
    is_empty: bool,
}

/// The hashes of a content's body, from an offset on.
///
/// # Errors
///
/// The disk.
pub(super) async fn hashes(
    content: &dyn Content,
    from: u64,
    ways: &[Canonicalization],
) -> io::Result<Vec<Vec<u8>>> {
    let mut bodies: Vec<_> = ways.iter().map(|how| Body::new(*how)).collect();
    let rest = usize::try_from(content.size().saturating_sub(from)).unwrap_or(PORTION);
    let mut buffer = vec![0; if ways.is_empty() { 0 } else { rest.clamp(1, PORTION) }];
    let mut offset = from;
    loop {
        let read = content.read_at(offset, &mut buffer)?;
        let Some(portion @ [_, ..]) = buffer.get(..read) else { break };
        bodies.iter_mut().for_each(|body| body.write(portion));
        offset += read as u64;
        tokio::task::yield_now().await;
    }
    Ok(bodies.into_iter().map(Body::finish).collect())
}

impl Body {
    fn new(how: Canonicalization) -> Self {
        let (digest, out) = (Context::new(&SHA256), Vec::with_capacity(GATHERED));
        Self { how, digest, out, line_ends: 0, space: false, carriage: false, is_empty: true }
    }

    fn write(&mut self, portion: &[u8]) {
        let mut rest = portion;
        while let Some((first, behind)) = rest.split_first() {
            if *first == b'\n' && self.carriage {
                (self.carriage, self.space) = (false, false);
                self.line_ends += 1;
                rest = behind;
                continue;
            }
            if std::mem::take(&mut self.carriage) {
                self.text(b"\r");
            }
            match first {
                b'\r' => (self.carriage, rest) = (true, behind),
                b' ' | b'\t' if self.how == Canonicalization::Relaxed => (self.space, rest) = (true, behind),
                _ => {
                    let (run, behind) = rest.split_at_checked(self.run(rest)).unwrap_or((rest, &[]));
                    self.text(run);
                    rest = behind;
                }
            }
        }
    }

    /// How long the text is until something that may not stay.
    fn run(&self, text: &[u8]) -> usize {
        let end = match self.how {
            Canonicalization::Simple => memchr::memchr(b'\r', text),
            Canonicalization::Relaxed => memchr::memchr3(b'\r', b' ', b'\t', text),
        };
        end.unwrap_or(text.len())
    }

    fn text(&mut self, text: &[u8]) {
        for _ in 0..std::mem::take(&mut self.line_ends) {
            self.put(b"\r\n");
        }
        if std::mem::take(&mut self.space) {
            self.put(b" ");
        }
        self.put(text);
        self.is_empty = false;
    }

    fn put(&mut self, octets: &[u8]) {
        self.out.extend_from_slice(octets);
        if self.out.len() >= GATHERED {
            self.digest.update(&self.out);
            self.out.clear();
        }
    }

    /// One line end at the end, whatever there was; of a body of empty lines the relaxed way leaves nothing.
    fn finish(mut self) -> Vec<u8> {
        if std::mem::take(&mut self.carriage) {
            self.text(b"\r");
        }
        if !self.is_empty || self.how == Canonicalization::Simple {
            self.put(b"\r\n");
        }
        self.digest.update(&self.out);
        self.digest.finish().as_ref().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest::digest;
    use proptest::prelude::*;

    use super::*;

    fn hash(how: Canonicalization, portions: &[&[u8]]) -> Vec<u8> {
        let mut body = Body::new(how);
        portions.iter().for_each(|portion| body.write(portion));
        body.finish()
    }

    /// As the RFC says it, line by line.
    fn canonical(how: Canonicalization, body: &str) -> String {
        let mut lines: Vec<String> = body.split("\r\n").map(str::to_owned).collect();
        if how == Canonicalization::Relaxed {
            for line in &mut lines {
                let lead = if line.starts_with([' ', '\t']) { " " } else { "" };
                let words: Vec<_> = line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
                *line = if words.is_empty() { String::new() } else { format!("{lead}{}", words.join(" ")) };
            }
        }
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        if lines.is_empty() && how == Canonicalization::Relaxed {
            String::new()
        } else {
            lines.join("\r\n") + "\r\n"
        }
    }

    #[test]
    fn the_example_of_the_rfc() {
        // Section 3.4.5.
        let body = b" C \r\nD \t E\r\n\r\n\r\n";
        let is = |how, canonical: &[u8]| assert_eq!(hash(how, &[body]), digest(&SHA256, canonical).as_ref());
        is(Canonicalization::Relaxed, b" C\r\nD E\r\n");
        is(Canonicalization::Simple, b" C \r\nD \t E\r\n");
    }

    proptest! {
        #[test]
        fn it_is_what_the_rfc_says_however_it_comes(body in "([ \t]|\r\n|\r|\n|a|b){0,40}", at in 0..40_usize) {
            let octets = body.as_bytes();
            let (first, second) = octets.split_at(at.min(octets.len()));
            for how in [Canonicalization::Simple, Canonicalization::Relaxed] {
                let expected = digest(&SHA256, canonical(how, &body).as_bytes());
                prop_assert_eq!(hash(how, &[first, second]), expected.as_ref());
            }
        }
    }
}
