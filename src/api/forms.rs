//! Forms of single values that more than one place reads: amounts, and images that are not the same each day.

/// Whether a text is an amount as Kubernetes writes it: `500m`, `1.5`, `4Gi`, `1e3`.
///
/// Source: apimachinery, resource.Quantity.
#[must_use]
pub fn is_quantity(text: &str) -> bool {
    let number = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = number.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number.len());
    let (digits, suffix) = number.split_at(end);
    if !digits.bytes().any(|byte| byte.is_ascii_digit()) || digits.matches('.').count() > 1 {
        return false;
    }
    let exponent = |rest: &str| rest.parse::<i32>().is_ok();
    match suffix {
        "" | "n" | "u" | "m" | "k" | "M" | "G" | "T" | "P" | "E" | "Ki" | "Mi" | "Gi" | "Ti" | "Pi"
        | "Ei" => true,
        _ => suffix.strip_prefix(['e', 'E']).is_some_and(exponent),
    }
}

/// Why an image may be another one tomorrow, said of it: `has no tag …`. None for one that stays what it is.
#[must_use]
pub fn floating(image: &str) -> Option<&'static str> {
    if image.contains('@') {
        return None;
    }
    let name = image.rsplit('/').next().unwrap_or(image);
    match name.split_once(':') {
        None => Some("has no tag: it is whatever latest is today"),
        Some((_, "latest")) => Some("has the tag latest, which is another image tomorrow"),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_those_of_kubernetes() {
        for text in ["1", "1.5", ".5", "5.", "500m", "4Gi", "1e3", "1E-2", "+1", "-1", "100n", "2E"] {
            assert!(is_quantity(text), "{text}");
        }
        for text in
            ["", ".", "1.2.3", "1g", "1 Gi", "Gi", "1e", "1e+", "1e+-3", "e3", "1K", "1,5", "$(reboot)"]
        {
            assert!(!is_quantity(text), "{text}");
        }
        for text in ["1e5000000000", "1e-+3", "1e99999999999999999999"] {
            assert!(!is_quantity(text), "an exponent that is no number of 32 bits: {text}");
        }
    }

    #[test]
    fn images_float_without_a_tag_or_with_latest() {
        for image in ["spark", "a/spark", "host:5000/spark", "spark:latest", "host:5000/a/spark:latest"] {
            assert!(floating(image).is_some(), "{image}");
        }
        for image in ["spark:4.0.1", "host:5000/spark:4", "spark@sha256:ab", "spark:latest@sha256:ab"] {
            assert_eq!(floating(image), None, "{image}");
        }
    }
}
