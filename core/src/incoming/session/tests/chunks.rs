//! BDAT: where a chunk is taken, and where it is only read.

use super::*;

#[test]
fn chunks_are_taken_where_data_is_and_read_everywhere() {
    let mut session = open(Told::default(), Switch::On);
    talk(
        &mut session,
        &[
            ("BDAT 5", "skip 5 503 5.5.1 "),
            ("EHLO c", "250"),
            ("BDAT 5 LAST", "skip 5 503 5.5.1 "),
            ("MAIL FROM:<>", "250"),
            ("BDAT 5 LAST", "skip 5 503 5.5.1 "),
            ("RCPT TO:<x@example.org>", "250"),
            ("BDAT 5", "chunk 5"),
            ("BDAT 0 LAST", "chunk 0"),
            ("BDAT five", "close 501 5.5.4 "),
        ],
    );
    let refused = Told { connect: AtConnect::Deny(deny(550)), ..Told::default() };
    talk(&mut open(refused, Switch::On), &[("BDAT 5", "skip 5 550 5.9.9 ")]);
}
