//! What a notice returns of the message: its headers, or all of it where a sender asks for that and
//! it is not large (RFC 3461 section 4.3).

use super::notice::{Action, Returned};
use crate::smtp::dsn::Ret;
use crate::spool::{BodyReader, Envelope, headers, headers_in};

/// The largest message that comes back as a whole, octets: it is held in memory, and its sender has it.
const MESSAGE: u64 = 1024 * 1024;

/// How much is to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Headers,
    Message,
}

/// How much is to come back of a message. All of it only with a failure: RFC 3461 section 4.3.
pub(super) fn wanted(action: Action, envelope: &Envelope) -> Wanted {
    let all = action == Action::Failed && envelope.dsn.ret == Some(Ret::Full) && envelope.size <= MESSAGE;
    if all { Wanted::Message } else { Wanted::Headers }
}

/// Reads it; less where the message cannot be read to its end.
pub(super) async fn read(mut body: Box<dyn BodyReader>, wanted: Wanted) -> Returned {
    match wanted {
        Wanted::Headers => Returned::Headers(headers(body.as_mut()).await),
        Wanted::Message => {
            let mut message = Vec::new();
            loop {
                match body.read().await {
                    Ok(chunk) if chunk.is_empty() => return Returned::Message(message),
                    Ok(chunk) => message.extend_from_slice(&chunk),
                    Err(_) => return Returned::Headers(headers_in(message)),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use bytes::Bytes;

    use super::*;
    use crate::spool::SpoolError;

    /// Chunks of a body that breaks off where there is a `None`.
    struct Chunks(Vec<Option<&'static [u8]>>);

    #[async_trait]
    impl BodyReader for Chunks {
        async fn read(&mut self) -> Result<Bytes, SpoolError> {
            if self.0.is_empty() {
                return Ok(Bytes::new());
            }
            self.0.remove(0).map(Bytes::from_static).ok_or(SpoolError::Unknown)
        }
    }

    #[tokio::test]
    async fn all_of_it_comes_back_as_it_is() {
        let body = Box::new(Chunks(vec![Some(b"A: 1\r\n\r"), Some(b"\ntext\r\n")]));
        assert_eq!(read(body, Wanted::Message).await, Returned::Message(b"A: 1\r\n\r\ntext\r\n".to_vec()));
    }

    #[tokio::test]
    async fn half_of_it_does_not_come_back() {
        let body = Box::new(Chunks(vec![Some(b"A: 1\r\n\r\nte"), None]));
        assert_eq!(read(body, Wanted::Message).await, Returned::Headers(b"A: 1\r\n".to_vec()));
    }
}
