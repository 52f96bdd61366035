//! HTTP as a program speaks it: a request a connection, the whole answer, or its lines as they come.

use std::collections::HashMap;
use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::wait::soon;

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers by their names in lower case, the last of each.
    pub headers: HashMap<String, String>,
    /// The body as text.
    pub body: String,
}

/// An answer whose body comes bit by bit.
pub struct Stream {
    reader: BufReader<TcpStream>,
}

impl Request {
    /// GET.
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), headers: vec![], body: String::new() }
    }

    /// POST of JSON.
    pub fn post(path: impl Into<String>, body: &Value) -> Self {
        let json = ("Content-Type".to_owned(), "application/json".to_owned());
        Self { method: "POST", path: path.into(), headers: vec![json], body: body.to_string() }
    }

    /// POST of a form.
    pub fn form(path: impl Into<String>, body: impl Into<String>) -> Self {
        let form = ("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned());
        Self { method: "POST", path: path.into(), headers: vec![form], body: body.into() }
    }

    /// POST of nothing.
    pub fn post_nothing(path: impl Into<String>) -> Self {
        Self { method: "POST", ..Self::get(path) }
    }

    /// DELETE.
    pub fn delete(path: impl Into<String>) -> Self {
        Self { method: "DELETE", ..Self::get(path) }
    }

    /// With a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// With a token.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.with("Authorization", format!("Bearer {token}"))
    }

    /// Sends it, and reads the whole answer.
    pub async fn send(&self, to: SocketAddr) -> Answer {
        let mut stream = self.begin(to).await;
        soon(format!("the answer to {} {}", self.method, self.path), stream.answer()).await
    }

    /// Sends it; the answer comes bit by bit.
    pub async fn begin(&self, to: SocketAddr) -> Stream {
        let mut socket = TcpStream::connect(to).await.expect("it listens");
        let named = self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host"));
        let host = if named { String::new() } else { format!("Host: {to}\r\n") };
        let headers: String =
            self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let Self { method, path, body, .. } = self;
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\n{host}{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        socket.write_all(request.as_bytes()).await.expect("a request");
        Stream { reader: BufReader::new(socket) }
    }
}

impl Stream {
    /// The whole answer. Not everybody ends the connection behind it, however nicely asked.
    async fn answer(&mut self) -> Answer {
        let mut octets = Vec::new();
        while !octets.ends_with(b"\r\n\r\n") {
            let read = self.reader.read_until(b'\n', &mut octets).await.expect("an answer");
            assert!(read > 0, "the answer has no end of its head: {}", String::from_utf8_lossy(&octets));
        }
        let mut answer = Answer::head(&String::from_utf8_lossy(&octets));
        let mut body = Vec::new();
        match answer.header("content-length").parse() {
            Ok(length) => {
                body.resize(length, 0);
                self.reader.read_exact(&mut body).await.expect("the body");
            }
            Err(_) => drop(self.reader.read_to_end(&mut body).await.expect("the body")),
        }
        let body = if answer.header("transfer-encoding") == "chunked" { unchunked(&body) } else { body };
        answer.body = String::from_utf8(body).expect("a text");
        answer
    }

    /// The next line that has this in it.
    pub async fn line_with(&mut self, part: &str) -> String {
        let looking = async {
            loop {
                let mut line = String::new();
                let read = self.reader.read_line(&mut line).await.expect("an answer");
                assert!(read > 0, "the answer ended before {part}");
                if line.contains(part) {
                    return line.trim_end().to_owned();
                }
            }
        };
        soon(format!("a line with {part}"), looking).await
    }

    /// Awaits its end.
    pub async fn end(mut self) {
        let mut rest = Vec::new();
        soon("the end of the answer", self.reader.read_to_end(&mut rest)).await.expect("an answer");
    }
}

impl Answer {
    fn head(head: &str) -> Self {
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
        let pairs = lines.filter_map(|line| line.split_once(':'));
        let headers =
            pairs.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
        Self { status: status.expect("a status"), headers, body: String::new() }
    }

    /// A header; empty where it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("no JSON: {error}: {self:?}"))
    }
}

fn unchunked(mut octets: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(at) = octets.windows(2).position(|two| two == b"\r\n") {
        let size = String::from_utf8_lossy(&octets[..at]).into_owned();
        let size = usize::from_str_radix(size.trim(), 16).expect("the size of a chunk");
        if size == 0 {
            break;
        }
        body.extend_from_slice(&octets[at + 2..at + 2 + size]);
        octets = &octets[at + 2 + size + 2..];
    }
    body
}
