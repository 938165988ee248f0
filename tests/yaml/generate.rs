//! Random strings, values and YAML texts for the tests of the YAML reader and writer, the same in every run.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json, json};

/// A small generator of random numbers (`SplitMix64`), so that every run has the same cases.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap()
    }

    pub fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

pub const NASTY: &[&str] = &[
    " ",
    " ",
    " ",
    "\n",
    "\n",
    "\t",
    "a",
    "b",
    "Z",
    "0",
    "1",
    "9",
    ":",
    ": ",
    "#",
    " #",
    "-",
    "- ",
    "?",
    "? ",
    ",",
    "[",
    "]",
    "{",
    "}",
    "&",
    "*",
    "!",
    "|",
    ">",
    "'",
    "\"",
    "%",
    "@",
    "`",
    "~",
    "=",
    "<",
    "<<",
    ".",
    "_",
    "+",
    "e",
    "x",
    "y",
    "n",
    "\\",
    "/",
    "\r",
    "\u{0}",
    "\u{1}",
    "\u{7}",
    "\u{1b}",
    "\u{85}",
    "\u{a0}",
    "é",
    "ß",
    "日",
    "\u{2028}",
    "\u{2029}",
    "\u{feff}",
    "\u{fffd}",
    "😀",
    "\u{e000}",
    "word",
    "a longer word",
    "---",
    "...",
    "null",
    "true",
    "&amp;",
    "\u{301}",
];
pub const WORDS: &[&str] =
    &["spark", "operator", "a", "it's", "key:", "#x", "\"q\"", "x  y", "supercalifragilistic", "é", "-", "1"];
pub const SPECIAL: &[&str] = &[
    "",
    "~",
    "null",
    "Null",
    "nULL",
    "y",
    "Y",
    "n",
    "yes",
    "No",
    "on",
    "OFF",
    "oN",
    "true",
    "False",
    "tRue",
    "0",
    "00",
    "0644",
    "0o17",
    "0x1F",
    "0b1",
    "0b-1",
    "1_000",
    "_1",
    "-1",
    "+1",
    "1e3",
    "1E+3",
    "1e400",
    ".5",
    ".",
    "..",
    "...",
    "5.",
    ".inf",
    "-.Inf",
    ".nan",
    "12:30",
    "1:2:3",
    "1:60",
    "-1:30",
    "12:30.5",
    "12:30:",
    "2001-01-01",
    "2001-1-1",
    "2001-02-30",
    "2001-12-14t21:59:43.10-05:00",
    "2001-12-14 21:59:43.10",
    "2001-12-14  21:59:43,1",
    "2001-12-14T21:59:43",
    "2001-12-14T1:2:3Z",
    "2001-12-14T21:59:43+24:60",
    "2001-12-14T21:59:43+25:00",
    "<<",
    "=",
    "-",
    "--",
    "---",
    "--- a",
    "...",
    "?",
    "? a",
    ":",
    ": a",
    ":a",
    "a:",
    "a: b",
    "a :b",
    "#",
    "# a",
    "a #b",
    "a# b",
    "-a",
    "- a",
    " a",
    "a ",
    "\ta",
    "a\t",
    "\n",
    "\n\n",
    "\n\n\n",
    "a\n",
    "a\n\n",
    "\na",
    " \n",
    "\n ",
    "a \nb",
    "a\n b",
    "a\n\n b",
    "a\n\nb\n",
    " a\nb",
    "  \na",
    "a\r\nb",
    "a\rb",
    "\r",
    "\u{85}",
    "a\u{85}b",
    "\u{85}a",
    "a \u{85} b",
    "a\u{85}\u{85}b",
    "a\u{85}--- b",
    "a\u{85}---",
    "\u{2028}",
    "a\u{2028}b",
    "a\u{2028}\nb",
    "a\nb\u{2028}",
    "\u{feff}",
    "\u{feff}ab c",
    "a\u{feff}",
    "\u{7f}",
    "\u{9f}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{10ffff}",
    "😀",
    "a😀\nb",
    "\u{0}",
    "@a",
    "`a",
    "%a",
    "!a",
    "&a",
    "*a",
    "|a",
    ">a",
    "[a",
    "]a",
    "{a",
    "}a",
    ",a",
    "a,b",
    "'a'",
    "\"a\"",
    "it's",
    "a'b: c",
    "\\n",
    "1.2.3",
    "10Gi",
    "500m",
    "0.1",
    "1_0.5",
    ".5_0",
    "._5",
    "0x",
    "0b",
    "0o",
    "08",
    "09.5",
    "18446744073709551616",
    "9223372036854775808",
    "http://a:80/b",
    "{{ .x }}",
    "a\u{a0}b",
    "é: é",
    "=a",
    "<a>&b",
];

pub fn text(r: &mut Random) -> String {
    match r.below(6) {
        0 => (0..=r.below(5)).map(|_| r.pick(NASTY)).collect(),
        1 => (0..=r.below(60)).map(|_| r.pick(NASTY)).collect(),
        2 => (0..=r.below(40)).map(|_| r.pick(WORDS)).collect::<Vec<_>>().join(if r.below(8) == 0 {
            "  "
        } else {
            " "
        }),
        3 => {
            let lines = 1 + r.below(5);
            (0..lines)
                .map(|_| (0..=r.below(20)).map(|_| r.pick(WORDS)).collect::<Vec<_>>().join(" "))
                .collect::<Vec<_>>()
                .join("\n")
        }
        4 => r.pick(SPECIAL).to_owned(),
        _ => {
            let mut s: String = "long".repeat(r.below(40));
            s += r.pick(NASTY);
            s += &" tail é".repeat(r.below(30));
            s
        }
    }
}

pub fn key(r: &mut Random) -> String {
    match r.below(8) {
        0 => text(r),
        1 => r.pick(SPECIAL).to_owned(),
        2 => format!("{}{}", "k".repeat(100 + r.below(60)), r.below(9)),
        3 => format!("{}", r.below(200)),
        4 => format!("a{}b{}", r.below(20), r.below(20)),
        5 => format!("{}-{}.{}", r.pick(WORDS), r.below(12), r.pick(WORDS)),
        _ => format!("{}{}", r.pick(&["alpha", "Beta", "gamma", "é", "_x", "a.b/c-d"]), r.below(5)),
    }
}

pub fn number(r: &mut Random) -> Json {
    match r.below(6) {
        0 => json!(r.below(100_000)),
        1 => json!(i64::from_ne_bytes(r.next().to_ne_bytes()) >> r.below(60)),
        2 => {
            let f = f64::from_bits(r.next());
            if f.is_finite() { json!(f) } else { json!(0.5) }
        }
        3 => json!(f64::from(u32::try_from(r.below(1 << 20)).unwrap()) / 1024.0),
        4 => json!(10f64.powi(i32::try_from(r.below(40)).unwrap() - 15)),
        _ => json!(
            [
                1e6,
                -1e6,
                1e15,
                1e16,
                1e20,
                1e21,
                1e22,
                0.1,
                -0.0,
                1e-7,
                1.5e300,
                9.223_372_036_854_776e18,
                1.234_567_89e8
            ][r.below(13)]
        ),
    }
}

pub fn tree(r: &mut Random, depth: usize) -> Json {
    match r.below(if depth == 0 { 7 } else { 12 }) {
        0 => [json!(null), json!(true), json!(false), json!({}), json!([])][r.below(5)].clone(),
        1 => number(r),
        2..=6 => Json::String(text(r)),
        7..=8 => (0..r.below(5)).map(|_| tree(r, depth - 1)).collect(),
        _ => Json::Object((0..r.below(5)).map(|_| (key(r), tree(r, depth - 1))).collect::<Map<_, _>>()),
    }
}

pub const ATOMS: &[&str] = &[
    "a",
    "b c",
    "yes",
    "0644",
    "1.5",
    "~",
    "'q'",
    "\"d\\n\"",
    "2001-01-01",
    "12:30",
    "http://x/y",
    "-1",
    "1e3",
    "x-y",
    "é",
    "null",
    "!!str 5",
    "a:b",
    "\"\"",
    "1_0",
    ".5",
    "&n z",
    "off",
];
pub const FLOW_KEYS: &[&str] = &["a", "b", "c d", "'q'", "\"d\"", "1", "yes", "0x10", "1.5", "é", "a-b", "<"];

pub fn flow(r: &mut Random, depth: usize, out: &mut String) {
    let kind = if depth == 0 { 0 } else { r.below(4) };
    let gap = |r: &mut Random| r.pick(&["", " ", "", "\n   ", " # c\n   "]);
    match kind {
        1 | 2 => {
            out.push('[');
            for _ in 0..r.below(4) {
                flow(r, depth - 1, out);
                out.push_str(" ,");
                out.push_str(gap(r));
            }
            out.push(']');
        }
        3 => {
            out.push('{');
            for _ in 0..r.below(4) {
                out.push_str(r.pick(FLOW_KEYS));
                out.push_str(r.pick(&[": ", " : ", ":\n    "]));
                flow(r, depth - 1, out);
                out.push_str(gap(r).trim_start_matches('#'));
                out.push_str(", ");
            }
            out.push('}');
        }
        _ => out.push_str(r.pick(ATOMS)),
    }
}

pub fn block(r: &mut Random, depth: usize, indent: usize, out: &mut String) {
    let pad = format!("\n{}", "  ".repeat(indent));
    match if depth == 0 { 5 } else { r.below(8) } {
        0..=2 => {
            for _ in 0..=r.below(3) {
                write!(out, "{pad}{}:", r.pick(FLOW_KEYS)).unwrap();
                block_value(r, depth, indent, out);
            }
        }
        3 | 4 => {
            for _ in 0..=r.below(3) {
                write!(out, "{pad}-").unwrap();
                block_value(r, depth, indent, out);
            }
        }
        5 => write!(out, " {}", r.pick(ATOMS)).unwrap(),
        6 => {
            write!(out, " {}", r.pick(&["|", "|-", "|+", ">", ">-", ">+", "|2", ">2-"])).unwrap();
            for _ in 0..=r.below(5) {
                write!(out, "{pad}{}", r.pick(&["a", "b: c", " more", "", "- x", "# y", "  two", "z "]))
                    .unwrap();
            }
        }
        _ => {
            out.push(' ');
            flow(r, depth - 1, out);
        }
    }
}

pub fn block_value(r: &mut Random, depth: usize, indent: usize, out: &mut String) {
    out.push_str(r.pick(&["", "", "", " # comment", " !!map"]).trim_end_matches(" !!map"));
    if out.ends_with("comment") {
        write!(out, "\n{} {}", "  ".repeat(indent), r.pick(ATOMS)).unwrap();
    } else {
        block(r, depth - 1, indent + 1, out);
    }
}

/// The pieces of YAML, without those that end a document: Helm reads only the first.
pub const PARTS: &[&str] = &[
    "a",
    "b",
    ": ",
    ":",
    "\n",
    "\n  ",
    "\n    ",
    " ",
    "- ",
    "-",
    "[",
    "]",
    "{",
    "}",
    ",",
    ", ",
    "'",
    "\"",
    "\\",
    "\\x41",
    "\\u12",
    "|",
    "|\n",
    "|-\n   x",
    ">\n",
    ">+\n   x\n\n   y\n",
    "|2\n",
    "!",
    "!!str ",
    "!<x> ",
    "!x",
    "&a ",
    "*a",
    "? ",
    "?",
    "#",
    " # c",
    "\t",
    "\n\t",
    "\r",
    "\u{85}",
    "\u{2028}",
    "é",
    "<<",
    "0",
    "~",
    "@",
    "`",
    "%",
    "a: b",
    "'c'",
    "\"d\"",
    "1.5",
    "\n- ",
    "\na: ",
    "\n  a: ",
    "x: {",
    "x: [",
    "}\n",
    "]\n",
    "\\\n",
];
