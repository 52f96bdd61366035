//! The number of a payment card in a text.

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

/// The first number of a payment card in a text, with its last four digits only; empty where there is none.
///
/// It has 13 to 19 digits with or without spaces or dashes, a prefix of a known network, and a check digit that is right.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// assert_eq!(texts::card_number("card: 4111 1111 1111 1111"), "************1111");
/// assert_eq!(texts::card_number("order 4111 1111 1111 1112"), "");
/// ```
#[must_use]
pub fn card_number(text: &str) -> String {
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
