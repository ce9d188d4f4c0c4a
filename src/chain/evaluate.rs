//! What an expression is, and what it is worth in a state.

use super::expression::{Expression, Function, Node, Operator, Type, Value};
use crate::document::{Diagnostic, Diagnostics, Span};

/// Why an expression has no value: where, and what is wrong.
pub(super) type Refused = (Span, String);

/// The type of an expression whose names have all been looked up; reports where types do not fit.
pub(super) fn check(expression: &Expression, findings: &mut Diagnostics) -> Option<Type> {
    match &expression.node {
        Node::Value(value) => Some(value.kind()),
        Node::Variable(_, kind) => Some(*kind),
        // What is unknown has been reported where it was looked up.
        Node::Name(_) | Node::Label(_) => None,
        Node::Not(one) => {
            expect(one, "a truth value", |kind| kind == Type::Truth, findings);
            Some(Type::Truth)
        }
        Node::Minus(one) => expect(one, "a number", Type::is_number, findings),
        Node::Two(operator, parts) => check_two(*operator, parts, expression.span, findings),
        Node::Choice(parts) => {
            expect(&parts[0], "a truth value", |kind| kind == Type::Truth, findings);
            let one = check(&parts[1], findings);
            joined(one?, check(&parts[2], findings)?, expression.span, findings)
        }
        Node::Call(function, parts) => check_call(*function, parts, findings),
    }
}

/// Reports an expression that is something else than expected.
fn expect(
    expression: &Expression,
    expected: &str,
    fits: impl Fn(Type) -> bool,
    findings: &mut Diagnostics,
) -> Option<Type> {
    let kind = check(expression, findings)?;
    if !fits(kind) {
        let message = format!("expected {expected}, found {}", kind.name());
        findings.push(Diagnostic::error(expression.span, message).label("wrong type"));
        return None;
    }
    Some(kind)
}

/// The type of what is one of two.
fn joined(one: Type, other: Type, span: Span, findings: &mut Diagnostics) -> Option<Type> {
    match (one, other) {
        (one, other) if one == other => Some(one),
        (Type::Truth, _) | (_, Type::Truth) => {
            let message = format!("this is {} or {}", one.name(), other.name());
            findings.push(Diagnostic::error(span, message).label("of two types"));
            None
        }
        _ => Some(Type::Real),
    }
}

fn check_two(
    operator: Operator,
    parts: &[Expression; 2],
    span: Span,
    findings: &mut Diagnostics,
) -> Option<Type> {
    match operator {
        Operator::Implies | Operator::Equivalent | Operator::Or | Operator::And => {
            for part in parts {
                expect(part, "a truth value", |kind| kind == Type::Truth, findings);
            }
            Some(Type::Truth)
        }
        Operator::Equal | Operator::Unequal => {
            let one = check(&parts[0], findings);
            let other = check(&parts[1], findings);
            joined(one?, other?, span, findings);
            Some(Type::Truth)
        }
        _ => {
            let one = expect(&parts[0], "a number", Type::is_number, findings);
            let other = expect(&parts[1], "a number", Type::is_number, findings);
            match operator {
                Operator::Less | Operator::AtMost | Operator::More | Operator::AtLeast => Some(Type::Truth),
                Operator::Over => Some(Type::Real),
                _ => joined(one?, other?, span, findings),
            }
        }
    }
}

fn check_call(function: Function, parts: &[Expression], findings: &mut Diagnostics) -> Option<Type> {
    if function == Function::Mod {
        for part in parts {
            expect(part, "a whole number", |kind| kind == Type::Whole, findings);
        }
        return Some(Type::Whole);
    }
    let kinds: Vec<Option<Type>> =
        parts.iter().map(|part| expect(part, "a number", Type::is_number, findings)).collect();
    let kinds = kinds.into_iter().collect::<Option<Vec<_>>>()?;
    let are_whole = kinds.iter().all(|kind| *kind == Type::Whole);
    Some(match function {
        Function::Floor | Function::Ceil | Function::Round | Function::Mod => Type::Whole,
        Function::Min | Function::Max | Function::Pow if are_whole => Type::Whole,
        Function::Min | Function::Max | Function::Pow | Function::Log => Type::Real,
    })
}

/// What an expression is worth where the variables have these values; truth values are 0 and 1.
pub(super) fn value(expression: &Expression, state: &[i64]) -> Result<Value, Refused> {
    let refused = |why: &str| (expression.span, why.to_owned());
    Ok(match &expression.node {
        Node::Value(value) => *value,
        Node::Variable(number, Type::Truth) => Value::Truth(state[*number] != 0),
        Node::Variable(number, _) => Value::Whole(state[*number]),
        Node::Name(name) | Node::Label(name) => {
            return Err((expression.span, format!("\"{name}\" has no value")));
        }
        Node::Not(one) => Value::Truth(!is_true(one, state)?),
        Node::Minus(one) => match value(one, state)? {
            Value::Whole(one) => Value::Whole(one.checked_neg().ok_or_else(|| refused("this is too large"))?),
            other => Value::Real(-other.number()),
        },
        Node::Two(operator, parts) => two(*operator, parts, state).map_err(|why| why.or(expression.span))?,
        Node::Choice(parts) => {
            let chosen = if is_true(&parts[0], state)? { &parts[1] } else { &parts[2] };
            value(chosen, state)?
        }
        Node::Call(function, parts) => {
            let values = parts.iter().map(|part| value(part, state)).collect::<Result<Vec<_>, _>>()?;
            call(*function, &values)
                .ok_or_else(|| refused(&format!("{} has no value here", function.name())))?
        }
    })
}

/// Whether a condition holds where the variables have these values.
pub(super) fn is_true(expression: &Expression, state: &[i64]) -> Result<bool, Refused> {
    match value(expression, state)? {
        Value::Truth(value) => Ok(value),
        _ => Err((expression.span, "this is no condition".to_owned())),
    }
}

/// A refusal that may not know its place yet.
enum Why {
    Placed(Refused),
    Here(&'static str),
}

impl Why {
    fn or(self, span: Span) -> Refused {
        match self {
            Self::Placed(refused) => refused,
            Self::Here(why) => (span, why.to_owned()),
        }
    }
}

fn two(operator: Operator, parts: &[Expression; 2], state: &[i64]) -> Result<Value, Why> {
    let truth = |place: usize| is_true(&parts[place], state).map_err(Why::Placed);
    let logical = match operator {
        Operator::And => truth(0)? && truth(1)?,
        Operator::Or => truth(0)? || truth(1)?,
        Operator::Implies => !truth(0)? || truth(1)?,
        Operator::Equivalent => truth(0)? == truth(1)?,
        _ => {
            let one = value(&parts[0], state).map_err(Why::Placed)?;
            let other = value(&parts[1], state).map_err(Why::Placed)?;
            return compared(operator, one, other)
                .map(Value::Truth)
                .map_or_else(|| combined(operator, one, other), Ok);
        }
    };
    Ok(Value::Truth(logical))
}

fn compared(operator: Operator, one: Value, other: Value) -> Option<bool> {
    let order = match (one, other) {
        (Value::Whole(one), Value::Whole(other)) => Some(one.cmp(&other)),
        _ => one.number().partial_cmp(&other.number()),
    };
    Some(match operator {
        Operator::Equal => order.is_some_and(std::cmp::Ordering::is_eq),
        Operator::Unequal => order.is_none_or(std::cmp::Ordering::is_ne),
        Operator::Less => order.is_some_and(std::cmp::Ordering::is_lt),
        Operator::AtMost => order.is_some_and(std::cmp::Ordering::is_le),
        Operator::More => order.is_some_and(std::cmp::Ordering::is_gt),
        Operator::AtLeast => order.is_some_and(std::cmp::Ordering::is_ge),
        _ => return None,
    })
}

fn combined(operator: Operator, one: Value, other: Value) -> Result<Value, Why> {
    if let (Value::Whole(one), Value::Whole(other)) = (one, other) {
        let whole = match operator {
            Operator::Plus => Some(one.checked_add(other)),
            Operator::Minus => Some(one.checked_sub(other)),
            Operator::Times => Some(one.checked_mul(other)),
            _ => None,
        };
        if let Some(whole) = whole {
            return whole.map(Value::Whole).ok_or(Why::Here("this is too large"));
        }
    }
    let (one, other) = (one.number(), other.number());
    Ok(Value::Real(match operator {
        Operator::Plus => one + other,
        Operator::Minus => one - other,
        Operator::Times => one * other,
        _ if other == 0.0 => return Err(Why::Here("this divides by zero")),
        _ => one / other,
    }))
}

fn call(function: Function, values: &[Value]) -> Option<Value> {
    let whole = |place: usize| match values.get(place) {
        Some(Value::Whole(value)) => Some(*value),
        _ => None,
    };
    let number = |place: usize| values.get(place).map(|value| value.number());
    let are_whole = values.iter().all(|value| value.kind() == Type::Whole);
    let to_whole = |value: f64| {
        // Beyond this a float no longer tells one whole number from the next.
        (value.abs() < 9e15).then_some(Value::Whole(value as i64))
    };
    match function {
        Function::Min if are_whole => (0..values.len()).filter_map(whole).min().map(Value::Whole),
        Function::Max if are_whole => (0..values.len()).filter_map(whole).max().map(Value::Whole),
        Function::Min => (0..values.len()).filter_map(number).reduce(f64::min).map(Value::Real),
        Function::Max => (0..values.len()).filter_map(number).reduce(f64::max).map(Value::Real),
        Function::Floor => to_whole(number(0)?.floor()),
        Function::Ceil => to_whole(number(0)?.ceil()),
        // Half is rounded up, for negative numbers too.
        Function::Round => to_whole((number(0)? + 0.5).floor()),
        Function::Pow if are_whole => whole(0)?.checked_pow(u32::try_from(whole(1)?).ok()?).map(Value::Whole),
        Function::Pow => Some(number(0)?.powf(number(1)?)).filter(|value| value.is_finite()).map(Value::Real),
        Function::Mod => {
            let divisor = whole(1).filter(|divisor| *divisor > 0)?;
            whole(0)?.checked_rem_euclid(divisor).map(Value::Whole)
        }
        Function::Log => {
            Some(number(0)?.ln() / number(1)?.ln()).filter(|value| value.is_finite()).map(Value::Real)
        }
    }
}
