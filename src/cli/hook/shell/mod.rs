//! The shape of a shell script: which commands follow which, and on what condition.
//!
//! Takes a script and gives its commands as a tree. Nothing is run or expanded: a word stays as it is written, without its
//! quotes. What a function, a loop or a `case` does is left as the words in it. A script that is not understood has no tree.

mod lexer;

use self::lexer::Token;

/// Deepest nesting that is followed.
const DEPTH: usize = 64;

/// Commands one after the other.
pub(super) type List = Vec<AndOr>;

/// Pipelines joined by `&&` and `||`.
#[derive(Debug)]
pub(super) struct AndOr {
    pub(super) items: Vec<(Joint, Pipeline)>,
    /// It ends with `&`.
    pub(super) background: bool,
}

/// What is before a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joint {
    First,
    And,
    Or,
}

/// Commands joined by `|`.
#[derive(Debug)]
pub(super) struct Pipeline {
    /// Its number in the script.
    pub(super) id: usize,
    /// It begins with `!`.
    pub(super) negated: bool,
    pub(super) commands: Vec<Shell>,
}

/// One command.
#[derive(Debug)]
pub(super) enum Shell {
    Simple(Vec<String>),
    If {
        condition: List,
        then: List,
        otherwise: List,
    },
    Group(List),
    Subshell(List),
    /// A function, a loop, a `case`: the words in it.
    Other(Vec<String>),
}

/// Reads a script. None if it is not understood.
pub(super) fn parse(text: &str) -> Option<List> {
    let mut parser = Parser { tokens: lexer::tokens(text)?, at: 0, next_id: 0 };
    let list = parser.list(&[], 0)?;
    (parser.at == parser.tokens.len()).then_some(list)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    next_id: usize,
}

impl Parser {
    fn operator(&self) -> Option<&'static str> {
        match self.tokens.get(self.at) {
            Some(Token::Operator(operator)) => Some(operator),
            _ => None,
        }
    }

    /// The word that comes next, if no part of it is quoted: it may be one of the shell's own.
    fn bare(&self) -> Option<&str> {
        match self.tokens.get(self.at) {
            Some(Token::Word(text, false)) => Some(text),
            _ => None,
        }
    }

    fn takes(&mut self, word: &str) -> bool {
        let yes = self.bare() == Some(word);
        self.at += usize::from(yes);
        yes
    }

    fn takes_operator(&mut self, operator: &str) -> bool {
        let yes = self.operator() == Some(operator);
        self.at += usize::from(yes);
        yes
    }

    /// Commands up to one of some words, or to what closes a subshell, or to the end.
    fn list(&mut self, until: &[&str], depth: usize) -> Option<List> {
        let mut list = List::new();
        loop {
            while self.takes_operator("\n") || self.takes_operator(";") {}
            let ends = self.bare().is_some_and(|word| until.contains(&word));
            if depth > DEPTH || ends || self.at == self.tokens.len() || self.operator() == Some(")") {
                return (depth <= DEPTH).then_some(list);
            }
            list.push(self.and_or(depth)?);
        }
    }

    fn and_or(&mut self, depth: usize) -> Option<AndOr> {
        let mut items = vec![(Joint::First, self.pipeline(depth)?)];
        loop {
            let joint = match self.operator() {
                Some("&&") => Joint::And,
                Some("||") => Joint::Or,
                operator => {
                    let background = operator == Some("&");
                    self.at += usize::from(background);
                    return Some(AndOr { items, background });
                }
            };
            self.at += 1;
            items.push((joint, self.pipeline(depth)?));
        }
    }

    fn pipeline(&mut self, depth: usize) -> Option<Pipeline> {
        while self.takes_operator("\n") {}
        let negated = self.takes("!");
        let id = self.next_id;
        self.next_id += 1;
        let mut commands = vec![self.command(depth)?];
        while self.takes_operator("|") {
            while self.takes_operator("\n") {}
            commands.push(self.command(depth)?);
        }
        Some(Pipeline { id, negated, commands })
    }

    fn command(&mut self, depth: usize) -> Option<Shell> {
        let start = self.at;
        if self.takes_operator("(") {
            let list = self.list(&[], depth + 1)?;
            return self.takes_operator(")").then_some(Shell::Subshell(list));
        }
        let word = match self.tokens.get(start)? {
            Token::Operator(_) => return None,
            Token::Word(text, true) => text.clone() + "\"",
            Token::Word(text, false) => text.clone(),
        };
        let next = |at: usize, operator| self.tokens.get(start + at) == Some(&Token::Operator(operator));
        let is_function = word == "function" || (next(1, "(") && next(2, ")"));
        self.at += 1;
        match word.as_str() {
            "if" => self.conditional(depth),
            "{" => {
                let list = self.list(&["}"], depth + 1)?;
                self.takes("}").then_some(Shell::Group(list))
            }
            "for" | "select" | "while" | "until" => {
                self.list(&["do"], depth + 1)?;
                self.takes("do").then_some(())?;
                self.list(&["done"], depth + 1)?;
                self.takes("done").then(|| self.other(start))
            }
            "case" => {
                let mut open = 1;
                while open > 0 {
                    match self.tokens.get(self.at)? {
                        Token::Word(text, false) if text == "case" => open += 1,
                        Token::Word(text, false) if text == "esac" => open -= 1,
                        _ => {}
                    }
                    self.at += 1;
                }
                Some(self.other(start))
            }
            _ if is_function => {
                while self.bare().is_some_and(|word| word != "{") {
                    self.at += 1;
                }
                if self.takes_operator("(") {
                    self.takes_operator(")");
                }
                while self.takes_operator("\n") {}
                self.command(depth + 1)?;
                Some(self.other(start))
            }
            "then" | "elif" | "else" | "fi" | "do" | "done" | "esac" | "}" => None,
            _ => {
                self.at = start;
                let mut words = Vec::new();
                while let Some(Token::Word(text, _)) = self.tokens.get(self.at) {
                    words.push(text.clone());
                    self.at += 1;
                }
                (self.operator() != Some("(")).then_some(Shell::Simple(words))
            }
        }
    }

    /// What follows `if`, or `elif`.
    fn conditional(&mut self, depth: usize) -> Option<Shell> {
        let condition = self.list(&["then"], depth + 1)?;
        self.takes("then").then_some(())?;
        let then = self.list(&["elif", "else", "fi"], depth + 1)?;
        let mut otherwise = List::new();
        if self.takes("elif") {
            let id = self.next_id;
            self.next_id += 1;
            let commands = vec![self.conditional(depth + 1)?];
            let items = vec![(Joint::First, Pipeline { id, negated: false, commands })];
            return Some(Shell::If { condition, then, otherwise: vec![AndOr { items, background: false }] });
        }
        if self.takes("else") {
            otherwise = self.list(&["fi"], depth + 1)?;
        }
        self.takes("fi").then_some(Shell::If { condition, then, otherwise })
    }

    /// The words from a token on to here.
    fn other(&self, start: usize) -> Shell {
        let words = self.tokens[start..self.at].iter().map(|token| match token {
            Token::Word(text, _) => text.clone(),
            Token::Operator(operator) => (*operator).to_owned(),
        });
        Shell::Other(words.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_that_are_understood_and_scripts_that_are_not() {
        for (text, statements) in [
            ("", Some(0)),
            ("# nothing\n\n", Some(0)),
            ("a; b\nc &\n", Some(3)),
            ("a && b ||\n c | d", Some(1)),
            ("if a; then b; elif c; then d; else e; fi 2>&1\nf", Some(2)),
            ("for x in \"$@\"; do a; while b; do c; done; done\nd", Some(2)),
            ("case $x in a) b ;; (c) case y in z) ;; esac ;; esac; d", Some(2)),
            ("f() {\n  a\n}\nfunction g { b; }\nh () (c)\nd", Some(4)),
            ("( a; b ) || { c; d; }", Some(1)),
            ("a \"$(b \"c)\" `d`)\" 'e\nf' ${g:-h i} # j\nk", Some(2)),
            ("cat <<END >f\nif ' (\nEND\na <<-'X'\n\t(\n\tX\nb", Some(3)),
            ("a \\\n  b > c 2>/dev/null < d", Some(1)),
            ("if a; then b", None),
            ("a )", None),
            ("'a", None),
            ("fi", None),
            ("a && ", None),
        ] {
            assert_eq!(parse(text).map(|list| list.len()), statements, "{text}");
        }
        assert!(parse(&"(".repeat(100_000)).is_none());
    }
}
