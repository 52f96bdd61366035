//! The headers of a message that waits.

use super::BodyReader;

/// The most octets of headers that are read.
const MOST: usize = 64 * 1024;

/// Reads the headers of a message, from the start of its body: whole lines, at most 64 KiB. Less
/// where it cannot be read.
pub async fn headers(body: &mut dyn BodyReader) -> Vec<u8> {
    let mut text = Vec::new();
    while text.len() < MOST && end(&text).is_none() {
        match body.read().await {
            Ok(chunk) if !chunk.is_empty() => text.extend_from_slice(&chunk),
            _ => break,
        }
    }
    headers_in(text)
}

/// What of the beginning of a message are its headers, likewise.
pub fn headers_in(mut text: Vec<u8>) -> Vec<u8> {
    if let Some(end) = end(&text) {
        text.truncate(end);
    }
    text.truncate(MOST);
    let whole = text.windows(2).rposition(|window| window == b"\r\n").map_or(0, |at| at + 2);
    text.truncate(whole);
    text
}

/// Where the empty line begins.
fn end(text: &[u8]) -> Option<usize> {
    text.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 2)
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use bytes::Bytes;

    use super::*;
    use crate::spool::SpoolError;

    struct Chunks(Vec<&'static [u8]>);

    #[async_trait]
    impl BodyReader for Chunks {
        async fn read(&mut self) -> Result<Bytes, SpoolError> {
            Ok(if self.0.is_empty() { Bytes::new() } else { Bytes::from_static(self.0.remove(0)) })
        }
    }

    async fn headers_of(chunks: &[&'static [u8]]) -> Vec<u8> {
        headers(&mut Chunks(chunks.to_vec())).await
    }

    #[tokio::test]
    async fn the_headers_end_at_the_empty_line() {
        let expected = b"A: 1\r\nB: 2\r\n";
        assert_eq!(headers_of(&[b"A: 1\r\nB: 2\r\n\r\nsecret\r\n"]).await, expected);
        assert_eq!(headers_of(&[b"A: 1\r\nB: 2\r", b"\n\r", b"\nsecret\r\n"]).await, expected);
    }

    #[tokio::test]
    async fn a_message_of_headers_alone_is_whole() {
        assert_eq!(headers_of(&[b"A: 1\r\n", b"B: 2\r\n"]).await, b"A: 1\r\nB: 2\r\n");
    }

    #[tokio::test]
    async fn endless_headers_are_cut_at_a_line() {
        static LINE: [u8; 1000] = {
            let mut line = [b'x'; 1000];
            line[998] = b'\r';
            line[999] = b'\n';
            line
        };
        let headers = headers_of(&[LINE.as_slice(); 100]).await;
        assert_eq!(headers.len(), 65_000);
    }
}
