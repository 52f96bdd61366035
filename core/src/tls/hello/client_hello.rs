//! A ClientHello as it is on the wire (RFC 8446 section 4.1.2).

use crate::tls::wire::Reader;

/// Extensions, by their IANA numbers (RFC 8446 section 4.2, RFC 5077, RFC 7301).
pub(in crate::tls) const SERVER_NAME: u16 = 0;
const SUPPORTED_GROUPS: u16 = 10;
const SIGNATURE_ALGORITHMS: u16 = 13;
pub(in crate::tls) const ALPN: u16 = 16;
const SESSION_TICKET: u16 = 35;
const PRE_SHARED_KEY: u16 = 41;
const SUPPORTED_VERSIONS: u16 = 43;

/// Numbers in the client's order, as many as the client sent. GREASE values (RFC 8701) are random
/// and say nothing: they are left out.
#[derive(Clone, Debug, Default)]
pub(in crate::tls) struct ClientHello<'a> {
    /// Before TLS 1.3 this was the only version said; `supported_versions` replaces it.
    pub(in crate::tls) legacy_version: u16,
    pub(in crate::tls) supported_versions: Option<Vec<u16>>,
    pub(in crate::tls) suites: Vec<u16>,
    /// The kinds of all extensions, those among them that cannot be read.
    pub(in crate::tls) extensions: Vec<u16>,
    pub(in crate::tls) server_name: Option<&'a [u8]>,
    pub(in crate::tls) groups: Vec<u16>,
    pub(in crate::tls) signature_schemes: Vec<u16>,
    /// The list of ALPN, each protocol behind its length.
    pub(in crate::tls) protocols: &'a [u8],
    pub(in crate::tls) resumes: bool,
}

impl<'a> ClientHello<'a> {
    /// Reads a handshake message as far as it goes; `None` where it is cut short or is no hello,
    /// and what was read before stays.
    pub(in crate::tls) fn read(&mut self, message: &'a [u8]) -> Option<()> {
        const CLIENT_HELLO: u8 = 1;
        let mut reader = Reader::new(message);
        if reader.u8()? != CLIENT_HELLO {
            return None;
        }
        let length = reader.u24()?;
        let body = reader.up_to(length);
        self.read_body(Reader::new(body))?;
        (body.len() == length).then_some(())
    }

    /// The protocols of ALPN, RFC 7301 section 3.1.
    pub(in crate::tls) fn protocols(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut reader = Reader::new(self.protocols);
        std::iter::from_fn(move || reader.short_block())
    }

    fn read_body(&mut self, mut reader: Reader<'a>) -> Option<()> {
        self.legacy_version = reader.u16()?;
        let _random = reader.take(32)?;
        let _session_id = reader.short_block()?;
        self.suites = numbers(reader.long_block()?);
        let _compression = reader.short_block()?;
        if reader.is_empty() {
            return Some(());
        }
        let length = reader.u16()?.into();
        let block = reader.up_to(length);
        self.read_extensions(Reader::new(block))?;
        (block.len() == length).then_some(())
    }

    fn read_extensions(&mut self, mut reader: Reader<'a>) -> Option<()> {
        while !reader.is_empty() {
            let kind = reader.u16()?;
            self.read_extension(kind, reader.long_block()?);
        }
        Some(())
    }

    /// What an extension holds that cannot be read is passed over: the library is the judge of it.
    fn read_extension(&mut self, kind: u16, content: &'a [u8]) {
        if !is_grease(kind) {
            self.extensions.push(kind);
        }
        let mut reader = Reader::new(content);
        match kind {
            SERVER_NAME => self.server_name = Some(content),
            SUPPORTED_GROUPS => self.groups = numbers(reader.long_block().unwrap_or_default()),
            SIGNATURE_ALGORITHMS => {
                self.signature_schemes = numbers(reader.long_block().unwrap_or_default());
            }
            ALPN => self.protocols = reader.long_block().unwrap_or_default(),
            // An empty ticket only says that the client would like one.
            SESSION_TICKET => self.resumes |= !content.is_empty(),
            PRE_SHARED_KEY => self.resumes = true,
            SUPPORTED_VERSIONS => {
                self.supported_versions = Some(numbers(reader.short_block().unwrap_or_default()));
            }
            _ => {}
        }
    }
}

fn numbers(list: &[u8]) -> Vec<u16> {
    let mut reader = Reader::new(list);
    std::iter::from_fn(|| reader.u16()).filter(|number| !is_grease(*number)).collect()
}

fn is_grease(number: u16) -> bool {
    number & 0x0f0f == 0x0a0a && number >> 8 == number & 0xff
}
