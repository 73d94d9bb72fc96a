//! Checksums of identifiers, over ASCII digits and letters without separators.

/// Luhn (ISO/IEC 7812-1, annex B). False for anything but digits.
pub(super) fn luhn(digits: &str) -> bool {
    let mut sum = 0;
    for (index, byte) in digits.bytes().rev().enumerate() {
        if !byte.is_ascii_digit() {
            return false;
        }
        let digit = u32::from(byte - b'0') * if index % 2 == 1 { 2 } else { 1 };
        sum += if digit > 9 { digit - 9 } else { digit };
    }
    !digits.is_empty() && sum % 10 == 0
}

/// Whether a number is one that card networks issue, with its check digit.
pub(super) fn payment_card(digits: &str) -> bool {
    card_network(digits) && luhn(digits)
}

/// Whether a number has a prefix and a length that card networks issue.
fn card_network(digits: &str) -> bool {
    let prefix = |n: usize| digits.get(..n).and_then(|p| p.parse::<u32>().ok()).unwrap_or(0);
    match digits.len() {
        13 | 19 => prefix(1) == 4 || (digits.len() == 19 && matches!(prefix(2), 62 | 63 | 67)),
        14 => matches!(prefix(3), 300..=305) || matches!(prefix(2), 36 | 38 | 39),
        15 => matches!(prefix(2), 34 | 37) || matches!(prefix(4), 1800 | 2131),
        16 => {
            prefix(1) == 4
                || matches!(prefix(2), 51..=55 | 62 | 65)
                || matches!(prefix(4), 2221..=2720 | 3528..=3589 | 6011)
                || matches!(prefix(3), 644..=649)
        }
        _ => false,
    }
}

/// Length of an IBAN by country (ISO 13616 registry).
const IBAN_LENGTHS: &[(&str, usize)] = &[
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NL", 18),
    ("NO", 15),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("SA", 24),
    ("SC", 31),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("ST", 25),
    ("SV", 28),
    ("TL", 23),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
    ("VG", 24),
    ("XK", 20),
];

/// How long an IBAN of the country that `text` begins with is.
pub(super) fn iban_length(text: &str) -> Option<usize> {
    let country = text.get(..2)?.to_ascii_uppercase();
    IBAN_LENGTHS.iter().find(|(code, _)| *code == country).map(|(_, length)| *length)
}

/// ISO 13616: length by country and ISO 7064 modulus 97.
pub(super) fn iban(compact: &str) -> bool {
    if iban_length(compact) != Some(compact.len()) || !compact.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return false;
    }
    let rotated = compact.bytes().skip(4).chain(compact.bytes().take(4));
    let remainder = rotated.fold(0u32, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        _ => (rest * 100 + u32::from(byte.to_ascii_uppercase() - b'A') + 10) % 97,
    });
    remainder == 1
}

/// US social security number: area, group and serial that are issued (SSA, since 2011).
pub(super) fn social_security(area: u32, group: u32, serial: u32) -> bool {
    (1..900).contains(&area) && area != 666 && group != 0 && serial != 0
}

/// NHS number: ten digits, modulus 11.
pub(super) fn nhs(digits: &str) -> bool {
    if digits.len() != 10 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let digit = |i: usize| u32::from(digits.as_bytes()[i] - b'0');
    let sum: u32 = (0..9).map(|i| digit(i) * (10 - i as u32)).sum();
    match 11 - sum % 11 {
        11 => digit(9) == 0,
        10 => false,
        check => digit(9) == check,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_examples_pass_and_their_neighbours_fail() {
        assert!(luhn("79927398713") && !luhn("79927398710") && !luhn("") && !luhn("7a"));
        assert!(payment_card("4111111111111111") && !payment_card("4111111111111112"));
        assert!(payment_card("378282246310005") && !payment_card("9111111111111110"));
        assert!(iban("GB82WEST12345698765432") && iban("DE89370400440532013000"));
        assert!(!iban("GB82WEST12345698765433") && !iban("DE8937040044053201300"));
        assert!(nhs("9434765919") && !nhs("9434765918"));
        assert!(social_security(219, 9, 9999) && !social_security(666, 1, 1) && !social_security(900, 1, 1));
    }
}
