//! Amounts as Java and Spark read and write them: memory, decimal numbers.

/// Memory in Spark's form as MiB, rounded down: a whole number and a unit (`b`, `k`, `m`, `g`, `t`, `p`, each also with
/// a `b`), in any case; without a unit it is MiB. `None` for anything else, and beyond 63 bits of MiB or bytes.
///
/// Source: Spark's configuration page ("Spark Properties": size properties), and `bytesConf(ByteUnit.MiB)`.
#[must_use]
pub fn mebibytes(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    // The unit as a power of 2; MiB is 20.
    let power = match unit {
        "b" => 0,
        "k" | "kb" => 10,
        "" | "m" | "mb" => 20,
        "g" | "gb" => 30,
        "t" | "tb" => 40,
        "p" | "pb" => 50,
        _ => return None,
    };
    if power < 20 {
        return Some(number >> (20 - power));
    }
    let mebibytes = number.checked_mul(1 << (power - 20))?;
    (i64::try_from(mebibytes).is_ok_and(|n| n.checked_mul(1 << 20).is_some())).then_some(mebibytes)
}

/// A decimal number as Java's `Double.parseDouble` reads it, of which it takes what people write: digits, a point, an
/// exponent, and one of `d`, `D`, `f`, `F` behind it. Infinities and NaN are none.
#[must_use]
pub fn java_double(text: &str) -> Option<f64> {
    let text = text.trim();
    let number = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
    let plain = |c: char| c.is_ascii_digit() || matches!(c, '.' | '+' | '-' | 'e' | 'E');
    number
        .chars()
        .all(plain)
        .then(|| number.parse::<f64>().ok())
        .flatten()
        .filter(|number| number.is_finite())
}

/// A number as Java's `Double.toString` writes it: `0.1`, `1.0`, `1.0E-4`, `1.234E7`.
#[must_use]
pub fn java_double_text(number: f64) -> String {
    let scientific = format!("{number:E}");
    let (digits, exponent) = scientific.split_once('E').unwrap_or((&scientific, "0"));
    let size = number.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        let plain = format!("{number}");
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let digits = if digits.contains('.') { digits.to_owned() } else { format!("{digits}.0") };
    format!("{digits}E{exponent}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_a_whole_number_with_a_unit_of_1024() {
        let cases = [
            ("1g", Some(1024)),
            (" 2G ", Some(2048)),
            ("512m", Some(512)),
            ("512", Some(512)),
            ("1mb", Some(1)),
            ("2047k", Some(1)),
            ("1048576b", Some(1)),
            ("1t", Some(1 << 20)),
            ("1pb", Some(1 << 30)),
            ("0", Some(0)),
            ("1.5g", None),
            ("1Gi", None),
            ("-1g", None),
            ("", None),
            ("g", None),
            ("9223372036854775807p", None),
            ("99999999999999999999", None),
            ("1 g", None),
        ];
        for (text, expected) in cases {
            assert_eq!(mebibytes(text), expected, "{text:?}");
        }
    }

    #[test]
    fn numbers_are_written_as_java_writes_them() {
        let cases = [
            (0.1, "0.1"),
            (0.4, "0.4"),
            (0.0, "0.0"),
            (1.0, "1.0"),
            (12.5, "12.5"),
            (0.001, "0.001"),
            (0.000_123, "1.23E-4"),
            (9_999_999.0, "9999999.0"),
            (10_000_000.0, "1.0E7"),
            (123_456_789.0, "1.23456789E8"),
        ];
        for (number, text) in cases {
            assert_eq!(java_double_text(number), text);
        }
    }

    #[test]
    fn numbers_are_read_as_java_reads_them() {
        for (text, number) in
            [("0.1", Some(0.1)), (" .5f ", Some(0.5)), ("1e-1d", Some(0.1)), ("5.", Some(5.0))]
        {
            assert_eq!(java_double(text), number, "{text:?}");
        }
        for text in ["", "NaN", "Infinity", "inf", "0,1", "1.0.0", "0x1p3", "1e999"] {
            assert_eq!(java_double(text), None, "{text:?}");
        }
    }
}
