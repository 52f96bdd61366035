//! The chance that is none: the same numbers from the same seed, on every machine.

/// A source of numbers and words (SplitMix64).
pub(super) struct Seed(u64);

const WORDS: [&str; 24] = [
    "invoice",
    "meeting",
    "the",
    "of",
    "report",
    "quarter",
    "please",
    "find",
    "attached",
    "regards",
    "and",
    "we",
    "urgent",
    "order",
    "number",
    "shipping",
    "to",
    "account",
    "statement",
    "lunch",
    "tomorrow",
    "draft",
    "signed",
    "contract",
];

impl Seed {
    pub(super) fn new(number: u64) -> Self {
        Self(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5ea1)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a limit.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    pub(super) fn word(&mut self) -> &'static str {
        self.pick(&WORDS)
    }

    /// Words with spaces between them.
    pub(super) fn words(&mut self, count: usize) -> String {
        (0..count).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }

    /// Lines of words.
    pub(super) fn text(&mut self, lines: usize) -> String {
        (0..lines).map(|_| format!("{}.\r\n", self.words(9))).collect()
    }

    /// A boundary as mailers make them.
    pub(super) fn boundary(&mut self) -> String {
        let style = self.pick(&["----=_Part_", "=_", "Apple-Mail-", "_000_", "b1_", "----NextPart_"]);
        format!("{style}{:016x}", self.next())
    }

    /// A line of base64, with its end.
    pub(super) fn base64_line(&mut self) -> Vec<u8> {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut line: Vec<u8> = (0..76).map(|_| DIGITS[self.below(64)]).collect();
        line.extend_from_slice(b"\r\n");
        line
    }

    /// Lines of base64.
    pub(super) fn base64(&mut self, lines: usize) -> Vec<u8> {
        (0..lines).flat_map(|_| self.base64_line()).collect()
    }

    /// Octets of all values but CR, LF and NUL.
    pub(super) fn octets(&mut self, count: usize) -> Vec<u8> {
        let allowed = |octet: &u8| !matches!(octet, 0 | b'\r' | b'\n');
        std::iter::repeat_with(|| self.next() as u8).filter(allowed).take(count).collect()
    }
}
