//! Reading the length-prefixed blocks of TLS (RFC 8446 section 3).

/// What is left to read. Every method takes from the front, or nothing and gives `None`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    /// So many octets, or what there is.
    pub(super) fn up_to(&mut self, length: usize) -> &'a [u8] {
        self.take(length.min(self.rest.len())).unwrap_or_default()
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        let octets: [u8; 2] = self.take(2)?.try_into().ok()?;
        Some(u16::from_be_bytes(octets))
    }

    pub(super) fn u24(&mut self) -> Option<usize> {
        let (high, low) = (self.u8()?, self.u16()?);
        Some(usize::from(high) << 16 | usize::from(low))
    }

    /// A block with a length of one octet.
    pub(super) fn short_block(&mut self) -> Option<&'a [u8]> {
        let length = self.u8()?;
        self.take(length.into())
    }

    /// A block with a length of two octets.
    pub(super) fn long_block(&mut self) -> Option<&'a [u8]> {
        let length = self.u16()?;
        self.take(length.into())
    }
}
