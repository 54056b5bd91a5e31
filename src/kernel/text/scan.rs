//! Numbers and booleans from bytes. Nothing is trimmed; what does not read as a whole is `None`.

/// An integer: an optional sign and digits.
#[inline]
pub fn parse_i64(text: &[u8]) -> Option<i64> {
    let (negative, digits) = split_sign(text);
    let magnitude = parse_digits(digits)?;
    if negative {
        // The smallest i64 has a magnitude that no i64 has.
        if magnitude <= 1 << 63 { Some((magnitude as i64).wrapping_neg()) } else { None }
    } else {
        i64::try_from(magnitude).ok()
    }
}

/// An integer that is not negative: an optional `+` and digits (`-0` is 0).
#[inline]
pub fn parse_u64(text: &[u8]) -> Option<u64> {
    let (negative, digits) = split_sign(text);
    let magnitude = parse_digits(digits)?;
    if negative && magnitude != 0 { None } else { Some(magnitude) }
}

/// The sign (true: minus) and what follows.
#[inline]
pub fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text.first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

/// Digits and nothing else, at least one.
#[inline]
pub fn parse_digits(digits: &[u8]) -> Option<u64> {
    let n = digits.len();
    if n == 0 {
        return None;
    }
    if n <= 18 {
        let (mut value, mut rest) = (0u64, digits);
        while let Some((eight, more)) = rest.split_first_chunk::<8>() {
            let word = u64::from_le_bytes(*eight);
            if !eight_digits(word) {
                return None;
            }
            value = value * 100_000_000 + eight_value(word);
            rest = more;
        }
        for &b in rest {
            let d = b.wrapping_sub(b'0');
            if d > 9 {
                return None;
            }
            value = value * 10 + d as u64;
        }
        return Some(value);
    }
    let mut value = 0u64;
    for &b in digits {
        let d = b.wrapping_sub(b'0');
        if d > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(d as u64)?;
    }
    Some(value)
}

/// Whether all eight bytes are digits: the high nibble is 3, and stays so when 6 is added to the low one.
#[inline]
pub fn eight_digits(word: u64) -> bool {
    let high = 0xF0F0_F0F0_F0F0_F0F0;
    (word & high) | ((word.wrapping_add(0x0606_0606_0606_0606) & high) >> 4) == 0x3333_3333_3333_3333
}

/// The number that eight digits (first digit in the lowest byte) make: pairs, then fours, then all.
#[inline]
pub fn eight_value(word: u64) -> u64 {
    let digits = word & 0x0F0F_0F0F_0F0F_0F0F;
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8) & 0x00FF_00FF_00FF_00FF;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_FFFF_0000_FFFF;
    fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xFFFF_FFFF
}

/// Powers of ten that an f64 holds exactly.
const EXACT: [f64; 23] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

/// A decimal number, correctly rounded; `inf`, `infinity` and `nan` in any case. A number beyond f64 is none.
#[inline]
pub fn parse_f64(text: &[u8]) -> Option<f64> {
    plain_f64(text).or_else(|| fast_float2::parse(text).ok().filter(|x: &f64| x.is_finite() || !is_digits_or_point(text)))
}

/// Whether the text ends as a number does, and not as a word.
fn is_digits_or_point(text: &[u8]) -> bool {
    text.last().is_some_and(|b| b.is_ascii_digit() || *b == b'.')
}

/// Sign, digits, point, digits: up to 15 digits in all. Such a number is one exact division away (W. D. Clinger, "How to read
/// floating point numbers accurately", 1990).
#[inline]
fn plain_f64(text: &[u8]) -> Option<f64> {
    let (negative, rest) = split_sign(text);
    if rest.len() > 16 {
        return None;
    }
    let (mut mantissa, mut digits, mut point) = (0u64, 0usize, None);
    for (i, &b) in rest.iter().enumerate() {
        let d = b.wrapping_sub(b'0');
        if d <= 9 {
            mantissa = mantissa * 10 + d as u64;
            digits += 1;
        } else if b == b'.' && point.is_none() {
            point = Some(i);
        } else {
            return None;
        }
    }
    if digits == 0 || digits > 15 {
        return None;
    }
    let decimals = point.map_or(0, |p| rest.len() - p - 1);
    let value = mantissa as f64 / EXACT[decimals];
    Some(if negative { -value } else { value })
}

/// A decimal number rounded once to f32 (not by way of f64). A number beyond f32 is none.
#[inline]
pub fn parse_f32(text: &[u8]) -> Option<f32> {
    fast_float2::parse(text).ok().filter(|x: &f32| x.is_finite() || !is_digits_or_point(text))
}

/// `true True TRUE false False FALSE`.
#[inline]
pub fn parse_bool(text: &[u8]) -> Option<bool> {
    match text {
        b"true" | b"True" | b"TRUE" => Some(true),
        b"false" | b"False" | b"FALSE" => Some(false),
        _ => None,
    }
}

/// A decimal number times ten to the `scale`, exactly: `None` if it has more decimals than that, or more digits than fit.
pub fn parse_decimal(text: &[u8], precision: u8, scale: i8) -> Option<i128> {
    let (negative, rest) = split_sign(text);
    let (mut value, mut digits, mut decimals, mut point) = (0i128, 0usize, 0i32, false);
    let mut i = 0;
    while i < rest.len() {
        match rest[i] {
            b @ b'0'..=b'9' => {
                value = value.checked_mul(10)?.checked_add((b - b'0') as i128)?;
                digits += 1;
                decimals += point as i32;
            }
            b'.' if !point => point = true,
            b'e' | b'E' => {
                let exponent = parse_i64(&rest[i + 1..])?;
                decimals = decimals.checked_sub(i32::try_from(exponent).ok()?)?;
                break;
            }
            _ => return None,
        }
        i += 1;
    }
    if digits == 0 {
        return None;
    }
    let mut shift = (scale as i32).checked_sub(decimals)?;
    if value == 0 {
        return Some(0);
    }
    while shift > 0 {
        value = value.checked_mul(10)?;
        shift -= 1;
    }
    while shift < 0 {
        if value % 10 != 0 {
            return None;
        }
        value /= 10;
        shift += 1;
    }
    let fits = 10i128.checked_pow(precision as u32).is_none_or(|bound| value < bound);
    fits.then_some(if negative { -value } else { value })
}

/// Whether the text is a number with a point, an exponent or both that f64 reaches, or an infinity: what makes a column f64.
pub fn is_float(text: &[u8]) -> bool {
    let (_, rest) = split_sign(text);
    let whole = run_of_digits(rest);
    let mut i = whole;
    let mut digits = whole;
    let (mut marked, mut far) = (false, false);
    if rest.get(i) == Some(&b'.') {
        let decimals = run_of_digits(&rest[i + 1..]);
        digits += decimals;
        i += 1 + decimals;
        marked = true;
    }
    if digits == 0 {
        return is_infinity(rest);
    }
    if matches!(rest.get(i), Some(b'e' | b'E')) {
        let exponent = &rest[i + 1..];
        let sign = matches!(exponent.first(), Some(b'+' | b'-')) as usize;
        let n = run_of_digits(&exponent[sign..]);
        if n == 0 {
            return false;
        }
        i += 1 + sign + n;
        marked = true;
        far = n > 2;
    }
    far |= digits > 300;
    marked && i == rest.len() && !(far && parse_f64(text).is_none())
}

/// `inf` or `infinity` in any case, without a sign.
pub fn is_infinity(text: &[u8]) -> bool {
    text.eq_ignore_ascii_case(b"inf") || text.eq_ignore_ascii_case(b"infinity")
}

/// How many digits the text begins with.
#[inline]
pub fn run_of_digits(text: &[u8]) -> usize {
    text.iter().take_while(|b| b.is_ascii_digit()).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn integers_at_the_edges_read_or_not() {
        assert_eq!(parse_i64(b"-9223372036854775808"), Some(i64::MIN));
        assert_eq!(parse_i64(b"9223372036854775807"), Some(i64::MAX));
        assert_eq!(parse_i64(b"9223372036854775808"), None);
        assert_eq!(parse_u64(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(parse_u64(b"18446744073709551616"), None);
        for bad in ["", "-", "+", "1 ", " 1", "1.0", "--1", "12345678a", "1234567\u{e9}", "1/", "1:"] {
            assert_eq!(parse_i64(bad.as_bytes()), None, "{bad:?}");
        }
    }

    #[test]
    fn decimals_are_exact_or_refused() {
        assert_eq!(parse_decimal(b"-12.5", 10, 2), Some(-1250));
        assert_eq!(parse_decimal(b"1.255", 10, 2), None);
        assert_eq!(parse_decimal(b"1.2500", 10, 2), Some(125));
        assert_eq!(parse_decimal(b"12e2", 10, 0), Some(1200));
        assert_eq!(parse_decimal(b"1e99999999999", 10, 0), None);
        assert_eq!(parse_decimal(b"100", 2, 0), None);
        assert_eq!(parse_decimal(b".", 2, 0), None);
    }

    #[test]
    fn numbers_beyond_the_type_are_none_and_infinities_are_words() {
        for text in ["1e400", "-1e309", "1.", "1.5e309"] {
            assert_eq!(
                (parse_f64(text.as_bytes()), is_float(text.as_bytes())),
                if text == "1." { (Some(1.0), true) } else { (None, false) }
            );
        }
        let long = format!("{}.5", "9".repeat(400));
        assert_eq!((parse_f64(long.as_bytes()), is_float(long.as_bytes())), (None, false));
        assert_eq!(parse_f64(b"-Infinity"), Some(f64::NEG_INFINITY));
        assert_eq!((parse_f64(b"1e308"), parse_f32(b"1e39"), parse_f32(b"inf")), (Some(1e308), None, Some(f32::INFINITY)));
    }

    proptest! {
        #[test]
        fn integers_read_as_std_reads_them(x: i64, y: u64, n in 0u32..20) {
            prop_assert_eq!(parse_i64(x.to_string().as_bytes()), Some(x));
            let short = (y % 10u64.pow(n)) as i64;
            prop_assert_eq!(parse_i64(short.to_string().as_bytes()), Some(short));
            prop_assert_eq!(parse_u64(y.to_string().as_bytes()), Some(y));
        }

        #[test]
        fn eight_bytes_are_digits_only_if_each_is(bytes: [u8; 8], digit in 0usize..8, other: u8) {
            prop_assert_eq!(eight_digits(u64::from_le_bytes(bytes)), bytes.iter().all(u8::is_ascii_digit));
            let mut near = *b"19283746";
            near[digit] = other;
            prop_assert_eq!(eight_digits(u64::from_le_bytes(near)), other.is_ascii_digit());
        }

        #[test]
        fn floats_read_as_std_reads_them(text in "[-+]?[0-9]{0,17}(\\.[0-9]{0,17})?(e[-+]?[0-9]{1,3})?") {
            let finite = text.parse::<f64>().ok().filter(|x| x.is_finite());
            let finite32 = text.parse::<f32>().ok().filter(|x| x.is_finite());
            prop_assert_eq!(parse_f64(text.as_bytes()).map(f64::to_bits), finite.map(f64::to_bits), "{}", text);
            prop_assert_eq!(parse_f32(text.as_bytes()).map(f32::to_bits), finite32.map(f32::to_bits), "{}", text);
            let number = finite.is_some();
            prop_assert_eq!(is_float(text.as_bytes()), number && text.contains(['.', 'e']), "{}", text);
        }
    }
}
