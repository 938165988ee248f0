//! From a template's source to the intermediate form, with minijinja's own lexer and parser.
//!
//! This is the one module that touches minijinja's `machinery`, which has no stability promise: the dependency is
//! pinned exactly, and what comes out of here is our own. What a Go template cannot say is refused here, with its
//! place and what to write instead.

use minijinja::machinery::ast::{BinOpKind, CallArg, CompareOpKind, Expr as Ast, UnaryOpKind};
use minijinja::machinery::{Token, parse_expr, tokenize};
use minijinja::syntax::SyntaxConfig;
use thiserror::Error;

use super::ir::{Expr, Piece, Place, Tag};

/// A construct that a Go template cannot say, or no template at all.
#[derive(Debug, Error)]
#[error("{place}: {construct}: {hint}")]
pub struct SubsetError {
    /// Where.
    pub place: Place,
    /// What stands there.
    pub construct: String,
    /// What to write instead.
    pub hint: String,
}

/// Parses one template.
///
/// # Errors
/// [`SubsetError`] for the first construct outside the subset.
pub fn parse(file: &str, source: &str) -> Result<Vec<Piece>, SubsetError> {
    let unreadable = |e: minijinja::Error| SubsetError {
        place: Place { file: file.into(), line: e.line().unwrap_or(1), column: 1 },
        construct: e.to_string(),
        hint: "minijinja cannot read it".into(),
    };
    // What follows reads tag by tag; that the tags fit together is minijinja's to say.
    minijinja::machinery::parse(source, file, SyntaxConfig::default()).map_err(unreadable)?;
    let mut pieces = Vec::new();
    let mut end = 0;
    let mut open = None;
    for token in tokenize(source, false, SyntaxConfig::default()) {
        let (token, span) = token.map_err(unreadable)?;
        match token {
            Token::VariableStart | Token::BlockStart => open = Some(span.start_offset as usize),
            Token::VariableEnd | Token::BlockEnd => {
                let Some(start) = open.take() else { continue };
                text(&mut pieces, &source[end..start], &place(file, source, end))?;
                end = span.end_offset as usize;
                pieces.push(tag(&source[start..end], place(file, source, start))?);
            }
            _ => {}
        }
    }
    text(&mut pieces, &source[end..], &place(file, source, end))?;
    Ok(pieces)
}

fn place(file: &str, source: &str, offset: usize) -> Place {
    let before = &source[..offset];
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    Place { file: file.into(), line: before.matches('\n').count() + 1, column: offset - line_start + 1 }
}

/// Text between tags; the lexer drops comments, so they are found here.
fn text(pieces: &mut Vec<Piece>, mut raw: &str, place: &Place) -> Result<(), SubsetError> {
    if raw.contains("{%") {
        return Err(refused(place, "raw text", "Go has none: print braces as text, {{ \"{{\" }}"));
    }
    if let Some(odd) = raw.chars().find(|c| c.is_whitespace() && !matches!(c, ' ' | '\t' | '\r' | '\n')) {
        return Err(refused(
            place,
            format!("the white space {odd:?}"),
            "a dash takes it in one language and leaves it in the other",
        ));
    }
    while let Some((before, rest)) = raw.split_once("{#")
        && let Some((comment, after)) = rest.split_once("#}")
    {
        push_text(pieces, before);
        let inner = comment.strip_prefix('-').unwrap_or(comment);
        let (trim_left, trim_right) = (inner.len() < comment.len(), inner.ends_with('-'));
        let text = inner.strip_suffix('-').unwrap_or(inner).trim().to_owned();
        if text.contains("*/") {
            return Err(refused(place, "*/ in a comment", "it would end the comment in Go"));
        }
        pieces.push(Piece::Comment { text, trim_left, trim_right });
        raw = after;
    }
    push_text(pieces, raw);
    Ok(())
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    if !text.is_empty() {
        pieces.push(Piece::Text(text.to_owned()));
    }
}

/// A whole tag, delimiters included.
fn tag(source: &str, place: Place) -> Result<Piece, SubsetError> {
    let emits = source.starts_with("{{");
    let inner = &source[2..source.len() - 2];
    let body = inner.strip_prefix('-').unwrap_or(inner);
    let (trim_left, trim_right) = (body.len() < inner.len(), body.ends_with('-'));
    let body = body.strip_suffix('-').unwrap_or(body).trim();
    let tag = if emits { Tag::Emit(expression(body, &place)?) } else { block(body, &place)? };
    Ok(Piece::Tag { tag, trim_left, trim_right, place })
}

fn block(body: &str, place: &Place) -> Result<Tag, SubsetError> {
    let (keyword, rest) = body.split_once(char::is_whitespace).unwrap_or((body, ""));
    let rest = rest.trim();
    let refuse = |hint: &str| refused(place, format!("{{% {body} %}}"), hint);
    Ok(match keyword {
        "if" => Tag::If(expression(rest, place)?),
        "elif" => Tag::ElseIf(expression(rest, place)?),
        "else" => Tag::Else,
        "endif" => Tag::EndIf,
        "endfor" => Tag::EndFor,
        "endmacro" => Tag::EndMacro,
        "for" => {
            let Some((variable, over)) = rest.split_once(" in ") else {
                return Err(refuse("write {% for x in list %}"));
            };
            if !is_name(variable) || over.contains(" if ") || over.ends_with("recursive") {
                return Err(refuse(
                    "a loop has one variable, no condition and no recursion; use if inside it",
                ));
            }
            Tag::For { variable: variable.into(), over: expression(over, place)? }
        }
        "set" => {
            let Some((variable, value)) = rest.split_once('=') else {
                return Err(refuse(
                    "write {% set name = value %}; for text over several lines write a macro",
                ));
            };
            let variable = variable.trim();
            if !is_name(variable) {
                return Err(refuse("set one plain name"));
            }
            Tag::Set { variable: variable.into(), value: expression(value.trim(), place)? }
        }
        "macro" => {
            let (name, parameters) = rest.trim_end_matches(')').split_once('(').unwrap_or((rest, ""));
            let parameters: Vec<String> =
                parameters.split(',').map(|p| p.trim().to_owned()).filter(|p| !p.is_empty()).collect();
            if !is_name(name) || parameters.iter().any(|p| !is_name(p)) {
                return Err(refuse("a macro's parameters are plain names without defaults"));
            }
            Tag::Macro { name: name.into(), parameters }
        }
        _ => return Err(refuse("use if, for, set or macro")),
    })
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic()) && chars.all(|c| c.is_ascii_alphanumeric())
}

fn refused(place: &Place, construct: impl Into<String>, hint: &str) -> SubsetError {
    SubsetError { place: place.clone(), construct: construct.into(), hint: hint.into() }
}

fn expression(source: &str, place: &Place) -> Result<Expr, SubsetError> {
    let ast = parse_expr(source).map_err(|e| refused(place, format!("`{source}`"), &e.to_string()))?;
    lower(&ast, source, place)
}

fn lower(ast: &Ast<'_>, source: &str, place: &Place) -> Result<Expr, SubsetError> {
    let go = |inner: &Ast<'_>| lower(inner, source, place).map(Box::new);
    let refuse = |what: &str, hint: &str| Err(refused(place, format!("{what} in `{source}`"), hint));
    Ok(match ast {
        Ast::Var(var) => Expr::Path(vec![var.id.to_owned()]),
        Ast::GetAttr(get) => match lower(&get.expr, source, place)? {
            Expr::Path(mut path) => {
                path.push(get.name.to_owned());
                Expr::Path(path)
            }
            _ => return refuse("a key of a computed value", "give the value a name with set, or use get"),
        },
        Ast::Const(constant) => {
            let value = &constant.value;
            match (value.as_str(), value.as_i64(), bool::try_from(value.clone())) {
                (Some(text), ..) => Expr::Str(text.to_owned()),
                (None, _, Ok(truth)) if value.kind() == minijinja::value::ValueKind::Bool => {
                    Expr::Bool(truth)
                }
                (None, Some(int), _) if value.is_integer() => Expr::Int(int),
                _ => return refuse("this constant", "constants are text, integers and booleans"),
            }
        }
        Ast::UnaryOp(unary) => match unary.op {
            UnaryOpKind::Not => Expr::Not(go(&unary.expr)?),
            UnaryOpKind::Neg => match lower(&unary.expr, source, place)? {
                Expr::Int(int) => Expr::Int(-int),
                _ => return refuse("a minus sign", "use the function sub"),
            },
        },
        Ast::BinOp(op) => {
            let compare = match op.op {
                BinOpKind::ScAnd => return Ok(Expr::And(go(&op.left)?, go(&op.right)?)),
                BinOpKind::ScOr => return Ok(Expr::Or(go(&op.left)?, go(&op.right)?)),
                BinOpKind::Eq => "eq",
                BinOpKind::Ne => "ne",
                BinOpKind::Lt => "lt",
                BinOpKind::Lte => "le",
                BinOpKind::Gt => "gt",
                BinOpKind::Gte => "ge",
                BinOpKind::In => return refuse("`in`", "write `list | has(item)`"),
                BinOpKind::Concat => return refuse("`~`", "use printf"),
                _ => return refuse("arithmetic", "use the functions add, sub, mul, div, mod"),
            };
            Expr::Compare(compare, go(&op.left)?, go(&op.right)?)
        }
        Ast::Compare(chain) => {
            let [only] = chain.ops.as_slice() else {
                return refuse("a chained comparison", "join two comparisons with and");
            };
            let name = match only.op {
                CompareOpKind::Eq => "eq",
                CompareOpKind::Ne => "ne",
                CompareOpKind::Lt => "lt",
                CompareOpKind::Lte => "le",
                CompareOpKind::Gt => "gt",
                CompareOpKind::Gte => "ge",
                CompareOpKind::In | CompareOpKind::NotIn => {
                    return refuse("`in`", "write `list | has(item)`");
                }
            };
            Expr::Compare(name, go(&chain.expr)?, go(&only.expr)?)
        }
        Ast::Filter(filter) => {
            let Some(value) = &filter.expr else { return refuse("a filter block", "pipe a value") };
            Expr::Pipe {
                value: go(value)?,
                name: filter.name.into(),
                args: arguments(&filter.args, source, place)?,
            }
        }
        Ast::Call(call) => match lower(&call.expr, source, place)? {
            Expr::Path(path) if path.len() == 1 => {
                Expr::Call { name: path.concat(), args: arguments(&call.args, source, place)? }
            }
            _ => return refuse("a method call", "call a function or a macro by its name"),
        },
        Ast::IfExpr(_) => return refuse("a conditional expression", "use an if tag"),
        Ast::Test(_) => return refuse("an `is` test", "use kindIs or empty"),
        Ast::GetItem(_) | Ast::Slice(_) => return refuse("an index", "use get, first or last"),
        Ast::List(_) | Ast::Tuple(_) => return refuse("a list literal", "use the function list"),
        Ast::Map(_) => return refuse("a map literal", "use the function dict"),
    })
}

fn arguments(args: &[CallArg<'_>], source: &str, place: &Place) -> Result<Vec<Expr>, SubsetError> {
    args.iter()
        .map(|arg| match arg {
            CallArg::Pos(expr) => lower(expr, source, place),
            _ => Err(refused(
                place,
                format!("a named or spread argument in `{source}`"),
                "pass arguments by place",
            )),
        })
        .collect()
}
