//! `card_number`: the number of a payment card in a text.

use ::rhai::Engine;

// Plugins look for it as scripts do.
#[allow(unreachable_pub, reason = "in the SDK it is public")]
#[path = "../../../sdk/src/texts/cards.rs"]
mod shared;

use shared::card_number;

pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("card_number", |text: &str| card_number(text));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Numbers that the networks publish for tests, and as people write them.
    #[test]
    fn a_number_of_a_card_is_found_and_masked() {
        for (text, masked) in [
            ("4111111111111111", "************1111"),
            ("card: 4111 1111 1111 1111, exp. 12/27", "************1111"),
            ("(5555-5555-5555-4444)", "************4444"),
            ("2223\u{a0}0031\u{a0}2200\u{a0}3222", "************3222"),
            ("3782 822463 10005", "***********0005"),
            ("3056 9309 0259 04", "**********5904"),
            ("6011111111111117", "************1117"),
            ("3530111333300000.", "************0000"),
            ("4222222222222", "*********2222"),
            ("Order 12345 4111 1111 1111 1111", "************1111"),
            ("4111 1111 1111 1111 123", "************1111"),
        ] {
            assert_eq!(card_number(text), masked, "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_one_is_left_alone() {
        for text in [
            "",
            "4111111111111112",
            "4111 1111 1111 111",
            "0000 0000 0000 0000",
            "1234 5678 9012 3452",
            "4111  1111  1111  1111",
            "id4111111111111111",
            "4111111111111111abc",
            "94111111111111111",
            "41111111111111111111111111",
            "+49 30 1234567",
            "2026-11-28 12:00:00",
        ] {
            assert_eq!(card_number(text), "", "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_looked_through(text in ".*", digits in "[0-9 -]{0,60}") {
            let found = card_number(&format!("{text}{digits}"));
            prop_assert!(found.is_empty() || (13..=19).contains(&found.len()));
        }

        #[test]
        fn one_changed_digit_is_no_card(place in 4_usize..16, by in 1_u8..10) {
            let mut digits = *b"4111111111111111";
            digits[place] = b'0' + (digits[place] - b'0' + by) % 10;
            let text = String::from_utf8(digits.to_vec()).unwrap();
            prop_assert_eq!(card_number(&text), "");
        }
    }
}
