//! Expressions: their tree, their types, and what they are worth.

use crate::document::Span;

/// An expression and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expression {
    pub(super) span: Span,
    pub(super) node: Node,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Value(Value),
    /// A name that is not yet looked up.
    Name(String),
    /// A label in quotes.
    Label(String),
    /// A variable by its number.
    Variable(usize, Type),
    Not(Box<Expression>),
    Minus(Box<Expression>),
    Two(Operator, Box<[Expression; 2]>),
    /// Condition, value where it holds, value where it does not.
    Choice(Box<[Expression; 3]>),
    Call(Function, Vec<Expression>),
}

/// A value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value {
    Whole(i64),
    Real(f64),
    Truth(bool),
}

/// A type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Whole,
    Real,
    Truth,
}

impl Type {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Whole => "a whole number",
            Self::Real => "a number",
            Self::Truth => "a truth value",
        }
    }

    pub(super) fn is_number(self) -> bool {
        self != Self::Truth
    }
}

impl Value {
    pub(super) fn kind(self) -> Type {
        match self {
            Self::Whole(_) => Type::Whole,
            Self::Real(_) => Type::Real,
            Self::Truth(_) => Type::Truth,
        }
    }

    /// As a number; truth values are 0 and 1.
    pub(super) fn number(self) -> f64 {
        match self {
            Self::Whole(value) => value as f64,
            Self::Real(value) => value,
            Self::Truth(value) => f64::from(u8::from(value)),
        }
    }
}

/// An operator between two expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Implies,
    Equivalent,
    Or,
    And,
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
    Plus,
    Minus,
    Times,
    Over,
}

impl Operator {
    /// Every operator with its sign and how strongly it binds. Negation binds between [`Operator::And`] and
    /// [`Operator::Equal`].
    pub(super) const ALL: [(&'static str, Self, u8); 14] = [
        ("=>", Self::Implies, 1),
        ("<=>", Self::Equivalent, 2),
        ("|", Self::Or, 3),
        ("&", Self::And, 4),
        ("=", Self::Equal, 6),
        ("!=", Self::Unequal, 6),
        ("<", Self::Less, 7),
        ("<=", Self::AtMost, 7),
        (">", Self::More, 7),
        (">=", Self::AtLeast, 7),
        ("+", Self::Plus, 8),
        ("-", Self::Minus, 8),
        ("*", Self::Times, 9),
        ("/", Self::Over, 9),
    ];
}

/// A built-in function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Min,
    Max,
    Floor,
    Ceil,
    Round,
    Pow,
    Mod,
    Log,
}

impl Function {
    /// Every function by its name.
    pub(super) const ALL: [(&'static str, Self); 8] = [
        ("min", Self::Min),
        ("max", Self::Max),
        ("floor", Self::Floor),
        ("ceil", Self::Ceil),
        ("round", Self::Round),
        ("pow", Self::Pow),
        ("mod", Self::Mod),
        ("log", Self::Log),
    ];

    pub(super) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, one)| *one == self).map_or("", |(name, _)| name)
    }

    /// Whether it takes so many values.
    pub(super) fn takes(self, count: usize) -> bool {
        match self {
            Self::Min | Self::Max => count >= 1,
            Self::Floor | Self::Ceil | Self::Round => count == 1,
            Self::Pow | Self::Mod | Self::Log => count == 2,
        }
    }
}

impl Expression {
    pub(super) fn of(span: Span, node: Node) -> Self {
        Self { span, node }
    }

    /// The same expression with each name and label replaced by what `by` says; `None` keeps it.
    pub(super) fn replaced(&self, by: &mut impl FnMut(&Self) -> Option<Self>) -> Self {
        if let Some(other) = by(self) {
            return other;
        }
        let node = match &self.node {
            Node::Not(one) => Node::Not(Box::new(one.replaced(by))),
            Node::Minus(one) => Node::Minus(Box::new(one.replaced(by))),
            Node::Two(operator, parts) => {
                Node::Two(*operator, Box::new([parts[0].replaced(by), parts[1].replaced(by)]))
            }
            Node::Choice(parts) => {
                Node::Choice(Box::new([parts[0].replaced(by), parts[1].replaced(by), parts[2].replaced(by)]))
            }
            Node::Call(function, parts) => {
                Node::Call(*function, parts.iter().map(|part| part.replaced(by)).collect())
            }
            Node::Value(_) | Node::Name(_) | Node::Label(_) | Node::Variable(..) => self.node.clone(),
        };
        Self { span: self.span, node }
    }
}
