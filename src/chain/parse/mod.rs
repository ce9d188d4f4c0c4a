//! From tokens to a model as it is written.

mod expression;

use super::expression::{Expression, Node, Type, Value};
use super::syntax::{
    Body, Choice, Command, Constant, Earning, Module, Parts, Reward, Rewards, Variable, Written,
};
use super::token::{Kind, Token, tokens};
use crate::document::{Diagnostic, Diagnostics, Name, Span, nearest};

/// Words that are no names.
const KEYWORDS: [&str; 23] = [
    "bool",
    "ceil",
    "const",
    "ctmc",
    "double",
    "endinit",
    "endmodule",
    "endrewards",
    "endsystem",
    "false",
    "floor",
    "formula",
    "global",
    "init",
    "int",
    "label",
    "max",
    "min",
    "module",
    "rewards",
    "system",
    "true",
    "dtmc",
];

/// What may stand at the top of a model.
const PARTS: [&str; 7] = ["ctmc", "const", "formula", "global", "label", "module", "rewards"];

/// Reads the text of a model.
pub(super) fn model(text: &str) -> Result<Written, Diagnostics> {
    let read = || {
        let mut parser = Parser::new(text, 0)?;
        parser.model()
    };
    read().map_err(|error| Diagnostics(vec![error]))
}

/// Reads a text that is one expression.
pub(super) fn expression(text: &str, source: u32) -> Result<Expression, Diagnostic> {
    let mut parser = Parser::new(text, source)?;
    let read = parser.expression()?;
    match parser.peek() {
        Kind::End => Ok(read),
        _ => Err(parser.unexpected("an operator or the end")),
    }
}

type Parsed<T> = Result<T, Diagnostic>;

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn new(text: &str, source: u32) -> Parsed<Self> {
        Ok(Self { tokens: tokens(text, source)?, at: 0, depth: 0 })
    }

    fn peek(&self) -> &Kind {
        &self.tokens[self.at].kind
    }

    fn span(&self) -> Span {
        self.tokens[self.at].span
    }

    /// From the start of one place to the end of what was read last.
    fn since(&self, start: Span) -> Span {
        let end = self.tokens[self.at.saturating_sub(1)].span.end;
        Span { end: end.max(start.end), ..start }
    }

    fn advance(&mut self) {
        // The last token is the end, where everything stops.
        self.at = (self.at + 1).min(self.tokens.len() - 1);
    }

    fn unexpected(&self, expected: &str) -> Diagnostic {
        let found = self.peek().describe();
        Diagnostic::error(self.span(), format!("expected {expected}, found {found}")).label("unexpected")
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek(), Kind::Sign(found) if *found == sign)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Kind::Word(found) if found == word)
    }

    /// Reads a sign, if it is there.
    fn sign(&mut self, sign: &str) -> bool {
        let is_there = self.is_sign(sign);
        if is_there {
            self.advance();
        }
        is_there
    }

    /// Reads a word, if it is there.
    fn word(&mut self, word: &str) -> bool {
        let is_there = self.is_word(word);
        if is_there {
            self.advance();
        }
        is_there
    }

    fn need(&mut self, sign: &str) -> Parsed<()> {
        if self.sign(sign) { Ok(()) } else { Err(self.unexpected(&format!("\"{sign}\""))) }
    }

    fn need_word(&mut self, word: &str) -> Parsed<()> {
        if self.word(word) { Ok(()) } else { Err(self.unexpected(&format!("\"{word}\""))) }
    }

    fn name(&mut self, what: &str) -> Parsed<Name> {
        match self.peek() {
            Kind::Word(word) if KEYWORDS.contains(&word.as_str()) => {
                let message = format!("expected {what}, found the keyword \"{word}\"");
                Err(Diagnostic::error(self.span(), message).label("not a name"))
            }
            Kind::Word(word) => {
                let name = Name { text: word.clone(), span: self.span() };
                self.advance();
                Ok(name)
            }
            _ => Err(self.unexpected(what)),
        }
    }

    fn quoted(&mut self, what: &str) -> Parsed<Name> {
        let Kind::Quoted(text) = self.peek() else { return Err(self.unexpected(what)) };
        let name = Name { text: text.clone(), span: self.span() };
        self.advance();
        Ok(name)
    }

    fn model(&mut self) -> Parsed<Written> {
        let mut model = Written::default();
        let mut is_ctmc = false;
        loop {
            let span = self.span();
            let word = match self.peek() {
                Kind::Word(word) => word.clone(),
                Kind::End if is_ctmc => return Ok(model),
                Kind::End => {
                    let message = "the model does not say that it is a \"ctmc\"";
                    let help = "other kinds of models are not solved; a Markov chain in continuous time begins with \
                                the word \"ctmc\"";
                    return Err(Diagnostic { span: None, ..Diagnostic::error(span, message) }.help(help));
                }
                _ => return Err(self.unexpected("a part of a model")),
            };
            match word.as_str() {
                "ctmc" => {
                    self.advance();
                    is_ctmc = true;
                }
                "const" => model.constants.push(self.constant()?),
                "formula" => model.formulas.push(self.formula()?),
                "global" => {
                    self.advance();
                    model.globals.push(self.variable()?);
                }
                "label" => model.labels.push(self.label()?),
                "module" => model.modules.push(self.module()?),
                "rewards" => model.rewards.push(self.rewards()?),
                _ => return Err(Self::unknown_part(span, &word)),
            }
        }
    }

    fn unknown_part(span: Span, word: &str) -> Diagnostic {
        let error = Diagnostic::error(span, format!("expected a part of a model, found \"{word}\""));
        let known = PARTS.join(", ");
        let help = match nearest(word, PARTS) {
            Some(near) => format!("did you mean \"{near}\"? known: {known}"),
            None => format!("known: {known}"),
        };
        error.label("not known").help(help)
    }

    fn constant(&mut self) -> Parsed<Constant> {
        self.advance();
        let kind = if self.word("double") {
            Type::Real
        } else if self.word("bool") {
            Type::Truth
        } else {
            self.word("int");
            Type::Whole
        };
        let name = self.name("the name of a constant")?;
        let value = if self.sign("=") { Some(self.expression()?) } else { None };
        self.need(";")?;
        Ok(Constant { name, kind, value })
    }

    fn formula(&mut self) -> Parsed<(Name, Expression)> {
        self.advance();
        let name = self.name("the name of a formula")?;
        self.need("=")?;
        let value = self.expression()?;
        self.need(";")?;
        Ok((name, value))
    }

    fn label(&mut self) -> Parsed<(Name, Expression)> {
        self.advance();
        let name = self.quoted("the name of a label in quotes")?;
        self.need("=")?;
        let value = self.expression()?;
        self.need(";")?;
        Ok((name, value))
    }

    fn variable(&mut self) -> Parsed<Variable> {
        let name = self.name("the name of a variable")?;
        self.need(":")?;
        let range = if self.word("bool") {
            None
        } else if self.sign("[") {
            let low = self.expression()?;
            self.need("..")?;
            let high = self.expression()?;
            self.need("]")?;
            Some([low, high])
        } else {
            return Err(self.unexpected("\"bool\" or a range such as [0..3]"));
        };
        let start = if self.word("init") { Some(self.expression()?) } else { None };
        self.need(";")?;
        Ok(Variable { name, range, start })
    }

    fn module(&mut self) -> Parsed<Module> {
        self.advance();
        let name = self.name("the name of a module")?;
        if self.sign("=") {
            let of = self.name("the name of a module")?;
            self.need("[")?;
            let mut renamed = Vec::new();
            while !self.is_sign("]") {
                let old = self.name("a name")?;
                self.need("=")?;
                renamed.push((old, self.name("a name")?));
                if !self.sign(",") {
                    break;
                }
            }
            self.need("]")?;
            self.need_word("endmodule")?;
            return Ok(Module { name, body: Body::Renamed(of, renamed) });
        }
        let mut parts = Parts::default();
        while !self.word("endmodule") {
            if self.is_sign("[") {
                parts.commands.push(self.command()?);
            } else if matches!(self.peek(), Kind::Word(_)) {
                parts.variables.push(self.variable()?);
            } else {
                return Err(self.unexpected("a variable, a command or \"endmodule\""));
            }
        }
        Ok(Module { name, body: Body::Own(parts) })
    }

    fn command(&mut self) -> Parsed<Command> {
        let start = self.span();
        self.need("[")?;
        let action = if self.is_sign("]") { None } else { Some(self.name("the name of an action")?) };
        self.need("]")?;
        let guard = self.expression()?;
        self.need("->")?;
        let mut choices = Vec::new();
        loop {
            choices.push(self.choice()?);
            if !self.sign("+") {
                break;
            }
        }
        self.need(";")?;
        Ok(Command { span: self.since(start), action, guard, choices })
    }

    fn choice(&mut self) -> Parsed<Choice> {
        let span = self.span();
        let once = Expression::of(span, Node::Value(Value::Real(1.0)));
        if self.begins_update() {
            return Ok(Choice { rate: once, updates: self.updates()? });
        }
        let rate = self.expression()?;
        self.need(":")?;
        Ok(Choice { rate, updates: self.updates()? })
    }

    /// Whether an update comes next, with no rate before it.
    fn begins_update(&self) -> bool {
        let kind = |ahead: usize| self.tokens.get(self.at + ahead).map(|token| &token.kind);
        let assigns = matches!(kind(0), Some(Kind::Sign("(")))
            && matches!(kind(1), Some(Kind::Word(_)))
            && matches!(kind(2), Some(Kind::Sign("'")));
        let nothing = self.is_word("true") && matches!(kind(1), Some(Kind::Sign(";" | "+")));
        assigns || nothing
    }

    fn updates(&mut self) -> Parsed<Vec<(Name, Expression)>> {
        if self.word("true") {
            return Ok(Vec::new());
        }
        let mut updates = Vec::new();
        loop {
            if !self.is_sign("(") {
                return Err(self.unexpected("an update such as (x'=1), or \"true\""));
            }
            self.advance();
            let name = self.name("the name of a variable")?;
            self.need("'")?;
            self.need("=")?;
            updates.push((name, self.expression()?));
            self.need(")")?;
            if !self.sign("&") {
                return Ok(updates);
            }
        }
    }

    fn rewards(&mut self) -> Parsed<Rewards> {
        let span = self.span();
        self.advance();
        let name = if matches!(self.peek(), Kind::Quoted(_)) { Some(self.quoted("a name")?) } else { None };
        let mut items = Vec::new();
        while !self.word("endrewards") {
            let by = if self.sign("[") {
                let action = if self.is_sign("]") { None } else { Some(self.name("the name of an action")?) };
                self.need("]")?;
                Earning::Move(action)
            } else {
                Earning::Time
            };
            let guard = self.expression()?;
            self.need(":")?;
            items.push(Reward { by, guard, value: self.expression()? });
            self.need(";")?;
        }
        Ok(Rewards { name, span, items })
    }
}
