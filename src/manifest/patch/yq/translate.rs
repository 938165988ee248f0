//! What a yq expression does, statement by statement: which objects, where in them, which change. How a change is said
//! as a patch is for `change`.

use std::ops::Range;

use super::change::{Changes, Place, Spot};
use super::error::{Cause, Refusal, refuse};
use super::lexer::Operator;
use super::select::{self, Condition};
use super::syntax::{Expr, Function, Node, Step, StepKind};

/// Objects, and a place in them.
#[derive(Clone, Debug, Default)]
pub(super) struct Location {
    pub(super) conditions: Vec<Condition>,
    pub(super) path: Vec<Spot>,
    /// Where the `[]` is that no `select(…)` has followed yet.
    each: Option<Range<usize>>,
}

/// How an expression's results are used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// They are printed.
    Printed,
    /// They take the place of what is there, or are not looked at.
    Inside,
}

/// All changes of an expression.
pub(super) fn translate(expr: &Expr) -> Result<Changes, Refusal> {
    let mut changes = Changes::default();
    statement(expr, Location::default(), Use::Printed, &mut changes)?;
    if changes.patches.is_empty() { refuse(&expr.span, Cause::NoChange) } else { Ok(changes) }
}

/// Does what an expression does at a location. Returns where what follows a pipe goes on.
fn statement(expr: &Expr, at: Location, used: Use, changes: &mut Changes) -> Result<Location, Refusal> {
    match &expr.kind {
        Node::Path { base: None, steps } if steps.is_empty() => Ok(at),
        Node::Path { .. }
        | Node::Value(_)
        | Node::Call { name: Function::Has | Function::Test | Function::Contains | Function::Not, .. } => {
            refuse(&expr.span, Cause::Output)
        }
        Node::Call { name: Function::Select, .. } => {
            changes.drops |= used == Use::Printed;
            location(expr, &at)
        }
        Node::Call { name: Function::Del, args } => {
            for arg in args {
                for target in locations(arg, &at)? {
                    changes.remove(&place(target, &arg.span)?)?;
                }
            }
            Ok(at)
        }
        Node::Call { name: Function::With, args } => {
            let [path, body] = args.as_slice() else { return refuse(&expr.span, Cause::Unknown) };
            for target in locations(path, &at)? {
                statement(body, target, Use::Inside, changes)?;
            }
            Ok(at)
        }
        Node::Binary { operator, sides } => {
            let (left, right) = sides.as_ref();
            match operator {
                Operator::Pipe => {
                    // What is behind a path in a pipe works on that part alone.
                    let at = statement(left, at, used, changes)?;
                    statement(right, at, used, changes)
                }
                Operator::Comma => refuse(&expr.span, Cause::Comma),
                Operator::Assign | Operator::Update | Operator::AddAssign | Operator::MultiplyAssign => {
                    for target in locations(left, &at)? {
                        assign(*operator, target, (left, right), &at, changes)?;
                    }
                    Ok(at)
                }
                Operator::And | Operator::Or | Operator::Equal | Operator::NotEqual | Operator::Add => {
                    refuse(&expr.span, Cause::Output)
                }
            }
        }
    }
}

fn assign(
    operator: Operator,
    target: Location,
    (left, right): (&Expr, &Expr),
    outside: &Location,
    changes: &mut Changes,
) -> Result<(), Refusal> {
    match (operator, &right.kind) {
        (Operator::Assign | Operator::Update, Node::Value(value)) => {
            changes.assign(&place(target, &left.span)?, value)
        }
        (Operator::AddAssign, Node::Value(value)) => {
            changes.append(&place(target, &left.span)?, value, &right.span)
        }
        (Operator::MultiplyAssign, Node::Value(value)) => {
            changes.merge(&place(target, &left.span)?, value, &right.span)
        }
        // `.a |= . + […]` and `.a = .a + […]` are `.a += […]`.
        (Operator::Assign | Operator::Update, Node::Binary { operator: Operator::Add, sides }) => {
            let (same, value) = sides.as_ref();
            let base = if operator == Operator::Update { &target } else { outside };
            if !matches!(same.kind, Node::Path { .. }) {
                return refuse(&right.span, Cause::Value);
            }
            let again = location(same, base)?;
            match &value.kind {
                Node::Value(value)
                    if again.path == target.path && again.conditions.len() == target.conditions.len() =>
                {
                    changes.append(&place(target, &left.span)?, value, &sides.1.span)
                }
                _ => refuse(&right.span, Cause::Value),
            }
        }
        (Operator::Update, _) => statement(right, target, Use::Inside, changes).map(|_| ()),
        _ => refuse(&right.span, Cause::Value),
    }
}

/// The one location that an expression leads to.
fn location(expr: &Expr, from: &Location) -> Result<Location, Refusal> {
    let mut found = locations(expr, from)?;
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        _ => refuse(&expr.span, Cause::Comma),
    }
}

/// Where an expression leads: a path, conditions, several of them.
fn locations(expr: &Expr, from: &Location) -> Result<Vec<Location>, Refusal> {
    match &expr.kind {
        Node::Path { base, steps } => {
            let starts = match base {
                Some(base) => locations(base, from)?,
                None => vec![from.clone()],
            };
            starts.into_iter().map(|start| walk(start, steps)).collect()
        }
        Node::Call { name: Function::Select, args } => {
            let [condition] = args.as_slice() else { return refuse(&expr.span, Cause::Unknown) };
            Ok(vec![selected(condition, from.clone(), &expr.span)?])
        }
        Node::Binary { operator: Operator::Pipe, sides } => {
            let found = locations(&sides.0, from)?;
            Ok(found.iter().map(|from| locations(&sides.1, from)).collect::<Result<Vec<_>, _>>()?.concat())
        }
        Node::Binary { operator: Operator::Comma, sides } => {
            Ok([locations(&sides.0, from)?, locations(&sides.1, from)?].concat())
        }
        _ => refuse(&expr.span, Cause::Expected("a path or select(…)")),
    }
}

fn walk(mut at: Location, steps: &[Step]) -> Result<Location, Refusal> {
    for Step { kind, span } in steps {
        if let Some(each) = &at.each {
            return refuse(each, Cause::Each);
        }
        match kind {
            StepKind::Key(key) => at.path.push(Spot::Key(key.clone())),
            StepKind::Index(index) => at.path.push(Spot::Index(*index)),
            StepKind::Each => at.each = Some(span.clone()),
        }
    }
    Ok(at)
}

fn selected(condition: &Expr, mut at: Location, span: &Range<usize>) -> Result<Location, Refusal> {
    if at.each.take().is_some() {
        let (field, value) = select::item(condition)?;
        at.path.push(Spot::Item { field, value });
    } else if at.path.is_empty() {
        at.conditions.extend(select::conditions(condition)?);
    } else {
        return refuse(span, Cause::Field);
    }
    Ok(at)
}

/// A location that can be changed.
fn place(at: Location, span: &Range<usize>) -> Result<Place, Refusal> {
    if let Some(each) = &at.each {
        return refuse(each, Cause::Each);
    }
    let (target, kinds) = select::target(&at.conditions)?;
    let fields = at.conditions.into_iter().map(|condition| condition.field).collect();
    Ok(Place { target, kinds, fields, path: at.path, span: span.clone() })
}
