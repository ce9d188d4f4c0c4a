//! Expressions, by how strongly their operators bind.

use super::{Parsed, Parser};
use crate::chain::expression::{Expression, Function, Node, Operator, Value};
use crate::chain::token::Kind;
use crate::document::Diagnostic;

/// How deep brackets and signs may be nested.
const DEPTH_MAX: usize = 200;

impl Parser {
    pub(super) fn expression(&mut self) -> Parsed<Expression> {
        if self.depth >= DEPTH_MAX {
            return Err(Diagnostic::error(self.span(), "this is nested too deeply").label("too deep"));
        }
        self.depth += 1;
        let read = self.choosing();
        self.depth -= 1;
        read
    }

    fn choosing(&mut self) -> Parsed<Expression> {
        let start = self.span();
        let condition = self.binary(0)?;
        if !self.sign("?") {
            return Ok(condition);
        }
        let yes = self.expression()?;
        self.need(":")?;
        let no = self.expression()?;
        Ok(Expression::of(self.since(start), Node::Choice(Box::new([condition, yes, no]))))
    }

    /// Operators that bind at least as strongly as `least`.
    fn binary(&mut self, least: u8) -> Parsed<Expression> {
        let start = self.span();
        let mut left = if self.is_sign("!") { self.negation()? } else { self.unary()? };
        while let Some((operator, strength)) = self.operator().filter(|(_, strength)| *strength >= least) {
            self.advance();
            let right = self.binary(strength + 1)?;
            left = Expression::of(self.since(start), Node::Two(operator, Box::new([left, right])));
        }
        Ok(left)
    }

    fn operator(&self) -> Option<(Operator, u8)> {
        let Kind::Sign(sign) = self.peek() else { return None };
        Operator::ALL
            .iter()
            .find(|(one, _, _)| one == sign)
            .map(|(_, operator, strength)| (*operator, *strength))
    }

    /// A negation reaches as far as comparisons and sums do.
    fn negation(&mut self) -> Parsed<Expression> {
        /// Between "and" and "equal".
        const STRENGTH: u8 = 5;
        let start = self.span();
        self.advance();
        let of = self.nested(|parser| parser.binary(STRENGTH))?;
        Ok(Expression::of(self.since(start), Node::Not(Box::new(of))))
    }

    fn unary(&mut self) -> Parsed<Expression> {
        let start = self.span();
        if self.sign("-") {
            let of = self.nested(Self::unary)?;
            return Ok(Expression::of(self.since(start), Node::Minus(Box::new(of))));
        }
        if self.sign("(") {
            let inner = self.expression()?;
            self.need(")")?;
            return Ok(Expression::of(self.since(start), inner.node));
        }
        let node = match self.peek().clone() {
            Kind::Integer(value) => Node::Value(Value::Whole(value)),
            Kind::Real(value) => Node::Value(Value::Real(value)),
            Kind::Quoted(text) => Node::Label(text),
            Kind::Word(word) => return self.named(&word),
            _ => return Err(self.unexpected("an expression")),
        };
        self.advance();
        Ok(Expression::of(start, node))
    }

    fn named(&mut self, word: &str) -> Parsed<Expression> {
        let start = self.span();
        if word == "true" || word == "false" {
            self.advance();
            return Ok(Expression::of(start, Node::Value(Value::Truth(word == "true"))));
        }
        let is_call = matches!(self.tokens.get(self.at + 1).map(|token| &token.kind), Some(Kind::Sign("(")));
        if !is_call {
            let name = self.name("an expression")?;
            return Ok(Expression::of(start, Node::Name(name.text)));
        }
        let names = Function::ALL.iter().map(|(name, _)| *name);
        let Some((_, function)) = Function::ALL.iter().find(|(name, _)| *name == word) else {
            return Err(Diagnostic::unknown(start, "function", word, names));
        };
        self.advance();
        self.advance();
        let mut values = Vec::new();
        loop {
            values.push(self.expression()?);
            if !self.sign(",") {
                break;
            }
        }
        self.need(")")?;
        let span = self.since(start);
        if !function.takes(values.len()) {
            let message = format!("\"{word}\" does not take {} values", values.len());
            return Err(Diagnostic::error(span, message).label("wrong number of values"));
        }
        Ok(Expression::of(span, Node::Call(*function, values)))
    }

    /// Reads one level deeper.
    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Parsed<Expression>) -> Parsed<Expression> {
        if self.depth >= DEPTH_MAX {
            return Err(Diagnostic::error(self.span(), "this is nested too deeply").label("too deep"));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }
}
