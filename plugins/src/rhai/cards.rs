//! `card_number`: the number of a payment card in a text.

use ::rhai::Engine;

/// Digits of the longest number (ISO/IEC 7812).
const LONGEST: usize = 19;
/// What may stand between groups of digits; the last is a space at which no line is broken.
const SEPARATORS: [char; 3] = [' ', '-', '\u{a0}'];

/// The networks: the first four digits of their numbers, from and to, and how many digits those have.
#[rustfmt::skip]
const NETWORKS: [(u32, u32, &[usize]); 20] = [
    (2200, 2204, &[16, 17, 18, 19]),            // Mir
    (2221, 2720, &[16]),                        // Mastercard
    (3000, 3059, &[14, 15, 16, 17, 18, 19]),    // Diners Club
    (3095, 3095, &[14, 15, 16, 17, 18, 19]),    // Diners Club
    (3400, 3499, &[15]),                        // American Express
    (3528, 3589, &[16, 17, 18, 19]),            // JCB
    (3600, 3699, &[14, 15, 16, 17, 18, 19]),    // Diners Club
    (3700, 3799, &[15]),                        // American Express
    (3800, 3999, &[16, 17, 18, 19]),            // Diners Club
    (4000, 4999, &[13, 16, 19]),                // Visa
    (5018, 5018, &[13, 14, 15, 16, 17, 18, 19]), // Maestro
    (5020, 5020, &[13, 14, 15, 16, 17, 18, 19]), // Maestro
    (5038, 5038, &[13, 14, 15, 16, 17, 18, 19]), // Maestro
    (5100, 5599, &[16]),                        // Mastercard
    (5893, 5893, &[13, 14, 15, 16, 17, 18, 19]), // Maestro
    (6011, 6011, &[16, 17, 18, 19]),            // Discover
    (6200, 6299, &[16, 17, 18, 19]),            // UnionPay
    (6304, 6304, &[13, 14, 15, 16, 17, 18, 19]), // Maestro
    (6440, 6599, &[16, 17, 18, 19]),            // Discover
    (6759, 6763, &[13, 14, 15, 16, 17, 18, 19]), // Maestro
];

/// Registers it.
pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("card_number", card_number);
}

/// The first number of a card in a text, masked but for its last four digits, so that no log repeats it; empty
/// where there is none.
fn card_number(text: &str) -> String {
    let mut before = None;
    for (at, character) in text.char_indices() {
        let begins = character.is_ascii_digit() && !before.is_some_and(char::is_alphanumeric);
        before = Some(character);
        if begins && let Some(number) = text.get(at..).and_then(at_start) {
            return masked(&number);
        }
    }
    String::new()
}

/// The number that a text begins with: groups of digits, with one separator between two of them.
fn at_start(text: &str) -> Option<String> {
    let (mut digits, mut rest) = (String::new(), text);
    loop {
        let end = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
        let (group, behind) = rest.split_at_checked(end)?;
        if group.is_empty() || digits.len() + group.len() > LONGEST {
            return None;
        }
        digits.push_str(group);
        if !behind.starts_with(char::is_alphanumeric) && is_card(&digits) {
            return Some(digits);
        }
        rest = behind.strip_prefix(SEPARATORS)?;
    }
}

fn is_card(digits: &str) -> bool {
    let Some(first) = digits.get(..4).and_then(|first| first.parse::<u32>().ok()) else { return false };
    let network = NETWORKS.iter().find(|(from, to, _)| (*from..=*to).contains(&first));
    network.is_some_and(|(_, _, lengths)| lengths.contains(&digits.len())) && has_check_digit(digits)
}

/// The Luhn formula (ISO/IEC 7812-1 annex B): every second digit from the right counts twice.
fn has_check_digit(digits: &str) -> bool {
    let values = digits.chars().rev().filter_map(|digit| digit.to_digit(10));
    let sum: u32 = values
        .enumerate()
        .map(|(place, value)| if place % 2 == 1 { value * 2 / 10 + value * 2 % 10 } else { value })
        .sum();
    sum.is_multiple_of(10)
}

fn masked(digits: &str) -> String {
    let hidden = digits.len().saturating_sub(4);
    "*".repeat(hidden) + digits.get(hidden..).unwrap_or_default()
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
