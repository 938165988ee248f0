//! The tree of a yq expression, for the part of the language that can become patches. What it means is for
//! `translate` and `select`.

use std::ops::Range;

use serde_json::Value as Json;

use super::error::{Cause, Refusal, refuse};
use super::lexer::{self, Kind, Operator, Token};

/// Deepest nesting that is read.
const DEEPEST: usize = 200;

/// An expression, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Expr {
    pub(super) kind: Node,
    pub(super) span: Range<usize>,
}

#[derive(Clone, Debug)]
pub(super) enum Node {
    /// `.a[0]`, or steps behind something in parentheses or `select(…)`; no steps and no base is `.`.
    Path { base: Option<Box<Expr>>, steps: Vec<Step> },
    /// A value.
    Value(Json),
    /// `select(…)`, `not` …, with what is between its semicolons.
    Call { name: Function, args: Vec<Expr> },
    /// Two expressions with an operator between them.
    Binary { operator: Operator, sides: Box<(Expr, Expr)> },
}

/// A step of a path.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) kind: StepKind,
    pub(super) span: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum StepKind {
    Key(String),
    Index(u64),
    /// `[]`
    Each,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Select,
    Del,
    With,
    Has,
    Test,
    Contains,
    Not,
}

impl Function {
    /// The function of a name, and how many arguments it takes.
    fn of(name: &str) -> Option<(Self, usize)> {
        Some(match name {
            "select" => (Self::Select, 1),
            "del" => (Self::Del, 1),
            "with" => (Self::With, 2),
            "has" => (Self::Has, 1),
            "test" => (Self::Test, 1),
            "contains" => (Self::Contains, 1),
            "not" => (Self::Not, 0),
            _ => return None,
        })
    }
}

/// Reads an expression.
pub(super) fn parse(text: &str) -> Result<Expr, Refusal> {
    let tokens = lexer::tokens(text)?;
    let mut parser = Parser { tokens: &tokens, at: 0, end: text.trim_end().len(), depth: 0 };
    let expr = parser.expression(0)?;
    match parser.peek() {
        None => Ok(expr),
        Some(token) => refuse(&token.span, Cause::Expected("an operator, or the end")),
    }
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    /// Where the expression ends.
    end: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<&'t Token> {
        let token = self.peek();
        self.at += usize::from(token.is_some());
        token
    }

    /// The mark, if it comes next.
    fn mark(&mut self, mark: char) -> bool {
        let found = self.peek().is_some_and(|token| token.kind == Kind::Mark(mark));
        self.at += usize::from(found);
        found
    }

    /// The mark that must come next; where it ends.
    fn closed(&mut self, mark: char, wanted: &'static str) -> Result<usize, Refusal> {
        match self.next() {
            Some(token) if token.kind == Kind::Mark(mark) => Ok(token.span.end),
            Some(token) => refuse(&token.span, Cause::Expected(wanted)),
            None => refuse(&(self.end..self.end), Cause::OpenBracket),
        }
    }

    /// An expression whose operators are of this rank or a higher one.
    fn expression(&mut self, lowest: u8) -> Result<Expr, Refusal> {
        self.depth += 1;
        if self.depth > DEEPEST {
            let span = self.peek().map_or(self.end..self.end, |token| token.span.clone());
            return refuse(&span, Cause::Deep);
        }
        let mut left = self.operand()?;
        while let Some(Token { kind: Kind::Operator(operator), .. }) = self.peek() {
            if operator.rank() < lowest {
                break;
            }
            self.at += 1;
            // Of the same rank the right one comes first, and a chain of pipes is one level.
            let right = self.expression(operator.rank())?;
            let span = left.span.start..right.span.end;
            left = Expr { kind: Node::Binary { operator: *operator, sides: Box::new((left, right)) }, span };
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operand(&mut self) -> Result<Expr, Refusal> {
        const WANTED: &str = "a path, a value, select(…), del(…) or with(…; …)";
        let Some(token) = self.next() else { return refuse(&(self.end..self.end), Cause::Expected(WANTED)) };
        let span = token.span.clone();
        let value = |value| Ok(Expr { kind: Node::Value(value), span: span.clone() });
        match &token.kind {
            Kind::Text(text) => value(text.clone().into()),
            Kind::Number(text) => value(number(text, &span)?),
            Kind::True => value(true.into()),
            Kind::False => value(false.into()),
            Kind::Null => value(Json::Null),
            Kind::Mark('{') => self.map(span.start),
            // `.[…]` is a path.
            Kind::Mark('[') if token.span.len() == 1 => self.list(span.start),
            Kind::Mark('(') => {
                let inner = self.expression(0)?;
                let end = self.closed(')', "`)` or an operator")?;
                let inner = Expr { span: span.start..end, ..inner };
                let steps = self.steps()?;
                Ok(behind(inner, steps))
            }
            Kind::Key(_) | Kind::Dot | Kind::Mark('[') => {
                self.at -= usize::from(token.kind != Kind::Dot);
                let steps = self.steps()?;
                let end = steps.last().map_or(span.end, |step| step.span.end);
                Ok(Expr { kind: Node::Path { base: None, steps }, span: span.start..end })
            }
            Kind::Word(name) => self.call(name, &span),
            Kind::Operator(_) | Kind::Mark(_) => refuse(&span, Cause::Expected(WANTED)),
        }
    }

    fn call(&mut self, name: &str, span: &Range<usize>) -> Result<Expr, Refusal> {
        let Some((function, count)) = Function::of(name) else {
            let environment = ["env", "strenv", "envsubst"].contains(&name);
            return refuse(span, if environment { Cause::Environment } else { Cause::Unknown });
        };
        let mut args = Vec::new();
        let mut end = span.end;
        for index in 0..count {
            if index == 0 && !self.mark('(') {
                let span = self.peek().map_or(self.end..self.end, |token| token.span.clone());
                return refuse(&span, Cause::Expected("`(`"));
            }
            args.push(self.expression(0)?);
            let last = index + 1 == count;
            end = if last { self.closed(')', "`)` or an operator")? } else { self.closed(';', "`;`")? };
        }
        let call = Expr { kind: Node::Call { name: function, args }, span: span.start..end };
        if function != Function::Select {
            return Ok(call);
        }
        let steps = self.steps()?;
        Ok(behind(call, steps))
    }

    fn steps(&mut self) -> Result<Vec<Step>, Refusal> {
        let mut steps = Vec::new();
        loop {
            let Some(token) = self.peek() else { return Ok(steps) };
            let start = token.span.start;
            match &token.kind {
                Kind::Key(name) => {
                    self.at += 1;
                    steps.push(Step { kind: StepKind::Key(name.clone()), span: token.span.clone() });
                }
                Kind::Mark('[') => {
                    self.at += 1;
                    let kind = match self.next().map(|token| (&token.kind, &token.span)) {
                        Some((Kind::Mark(']'), span)) => {
                            steps.push(Step { kind: StepKind::Each, span: start..span.end });
                            continue;
                        }
                        Some((Kind::Text(name), span)) => {
                            lexer::key(name, span)?;
                            StepKind::Key(name.clone())
                        }
                        Some((Kind::Number(text), span)) => match number(text, span)?.as_u64() {
                            Some(index) => StepKind::Index(index),
                            None => return refuse(span, Cause::Index),
                        },
                        Some((_, span)) => {
                            return refuse(span, Cause::Expected("an index, a quoted key, or `]`"));
                        }
                        None => return refuse(&(self.end..self.end), Cause::OpenBracket),
                    };
                    if self.peek().is_some_and(|token| token.kind == Kind::Mark(':')) {
                        return refuse(
                            &(start..self.tokens.get(self.at).map_or(start, |t| t.span.end)),
                            Cause::Index,
                        );
                    }
                    let end = self.closed(']', "`]`")?;
                    steps.push(Step { kind, span: start..end });
                }
                _ => return Ok(steps),
            }
        }
    }

    fn list(&mut self, start: usize) -> Result<Expr, Refusal> {
        let mut items = Vec::new();
        if !self.mark(']') {
            loop {
                items.push(self.value()?);
                if !self.comma() {
                    break;
                }
            }
            self.closed(']', "`,` or `]`")?;
        }
        Ok(self.ended(Json::Array(items), start))
    }

    fn map(&mut self, start: usize) -> Result<Expr, Refusal> {
        let mut map = serde_json::Map::new();
        if !self.mark('}') {
            loop {
                let Some(token) = self.next() else {
                    return refuse(&(self.end..self.end), Cause::OpenBracket);
                };
                let Kind::Text(key) = &token.kind else {
                    return refuse(&token.span, Cause::Expected("a key in quotes, as in JSON"));
                };
                self.closed(':', "`:`")?;
                let value = self.value()?;
                if key == "<<" {
                    return refuse(&token.span, Cause::Key);
                }
                if map.insert(key.clone(), value).is_some() {
                    return refuse(&token.span, Cause::TwiceKey(key.clone()));
                }
                if !self.comma() {
                    break;
                }
            }
            self.closed('}', "`,` or `}`")?;
        }
        Ok(self.ended(Json::Object(map), start))
    }

    /// A value that ends with the word before.
    fn ended(&self, value: Json, start: usize) -> Expr {
        let end =
            self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(start, |token| token.span.end);
        Expr { kind: Node::Value(value), span: start..end }
    }

    fn comma(&mut self) -> bool {
        let found = self.peek().is_some_and(|token| token.kind == Kind::Operator(Operator::Comma));
        self.at += usize::from(found);
        found
    }

    /// A value in a list or a mapping.
    fn value(&mut self) -> Result<Json, Refusal> {
        let expr = self.expression(Operator::Comma.rank() + 1)?;
        match expr.kind {
            Node::Value(value) => Ok(value),
            _ => refuse(&expr.span, Cause::Value),
        }
    }
}

/// An expression with steps behind it.
fn behind(base: Expr, steps: Vec<Step>) -> Expr {
    let Some(last) = steps.last() else { return base };
    let span = base.span.start..last.span.end;
    Expr { kind: Node::Path { base: Some(Box::new(base)), steps }, span }
}

/// A number that every tool reads the same: decimal, within 64 bits.
fn number(text: &str, span: &Range<usize>) -> Result<Json, Refusal> {
    let digits = text.trim_start_matches('-');
    let zeros = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    let whole = text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let decimal = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let read = if whole {
        text.parse::<i64>().ok().map(Json::from)
    } else {
        text.parse::<f64>().ok().filter(|_| decimal).and_then(serde_json::Number::from_f64).map(Json::Number)
    };
    match read {
        Some(number) if !zeros && !text.ends_with('.') => Ok(number),
        _ => refuse(span, Cause::Number),
    }
}
