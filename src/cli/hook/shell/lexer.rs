//! The words of a shell script, and what stands between them.
//!
//! Takes a script and gives its tokens: words without their quotes, nothing expanded. Comments, where output goes to and
//! input is from, and texts that follow a line (`<<END`) are left out.

use std::iter::Peekable;
use std::str::Chars;

/// A word, or what stands between words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Its text, and whether any of it was quoted.
    Word(String, bool),
    Operator(&'static str),
}

/// The words and operators of a script, a line break at its end. None if a quote or an expansion does not end.
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
    let rest = text.chars().peekable();
    let mut lexer = Lexer { rest, tokens: vec![], word: None, redirected: None, texts: vec![] };
    lexer.all()?;
    Some(lexer.tokens)
}

struct Lexer<'a> {
    rest: Peekable<Chars<'a>>,
    tokens: Vec<Token>,
    word: Option<(String, bool)>,
    /// The next word is where output goes to or input is from: true if it is the end of a text that follows.
    redirected: Option<bool>,
    /// Words that end the texts behind this line.
    texts: Vec<String>,
}

impl Lexer<'_> {
    fn all(&mut self) -> Option<()> {
        while let Some(next) = self.rest.next() {
            match next {
                ' ' | '\t' | '\r' => self.end(),
                '#' if self.word.is_none() => while self.rest.next_if(|c| *c != '\n').is_some() {},
                '\n' => {
                    self.operator("\n");
                    self.skip_texts();
                }
                '\\' => match self.rest.next()? {
                    '\n' => {}
                    escaped => self.push(escaped, true),
                },
                '\'' => {
                    self.quoted();
                    loop {
                        match self.rest.next()? {
                            '\'' => break,
                            inside => self.push(inside, true),
                        }
                    }
                }
                '"' => self.double()?,
                '$' | '`' => self.expansion(next)?,
                '&' if self.rest.next_if_eq(&'&').is_some() => self.operator("&&"),
                '&' if self.rest.next_if_eq(&'>').is_some() => self.redirection('>'),
                '&' => self.operator("&"),
                '|' if self.rest.next_if_eq(&'|').is_some() => self.operator("||"),
                '|' => {
                    self.rest.next_if_eq(&'&');
                    self.operator("|");
                }
                ';' if self.rest.next_if_eq(&';').is_some() => self.operator(";;"),
                ';' => self.operator(";"),
                '(' => self.operator("("),
                ')' => self.operator(")"),
                '<' | '>' => self.redirection(next),
                plain => self.push(plain, false),
            }
        }
        self.operator("\n");
        Some(())
    }

    fn push(&mut self, character: char, quoted: bool) {
        let (text, was) = self.word.get_or_insert_default();
        text.push(character);
        *was |= quoted;
    }

    /// Begins a quoted part of a word, which may be empty.
    fn quoted(&mut self) {
        self.word.get_or_insert_default().1 = true;
    }

    fn end(&mut self) {
        let Some((text, quoted)) = self.word.take() else { return };
        match self.redirected.take() {
            Some(true) => self.texts.push(text),
            Some(false) => {}
            None => self.tokens.push(Token::Word(text, quoted)),
        }
    }

    fn operator(&mut self, operator: &'static str) {
        self.end();
        self.redirected = None;
        self.tokens.push(Token::Operator(operator));
    }

    fn double(&mut self) -> Option<()> {
        self.quoted();
        loop {
            match self.rest.next()? {
                '"' => return Some(()),
                '\\' => match self.rest.next()? {
                    '\n' => {}
                    escaped => self.push(escaped, true),
                },
                begin @ ('$' | '`') => self.expansion(begin)?,
                inside => self.push(inside, true),
            }
        }
    }

    /// What is put in at run time, up to its end.
    fn expansion(&mut self, begin: char) -> Option<()> {
        self.push(begin, true);
        let (open, close) = match (begin, self.rest.peek()) {
            ('`', _) => ('\0', '`'),
            (_, Some('(')) => ('(', ')'),
            (_, Some('{')) => ('{', '}'),
            _ => return Some(()),
        };
        let mut deep = usize::from(begin == '`');
        loop {
            let next = self.rest.next()?;
            self.push(next, true);
            match next {
                '\\' => {
                    let escaped = self.rest.next()?;
                    self.push(escaped, true);
                }
                quote @ ('\'' | '"') if begin != '`' => loop {
                    let inside = self.rest.next()?;
                    self.push(inside, true);
                    if inside == quote {
                        break;
                    }
                },
                _ => {
                    deep += usize::from(next == open);
                    deep -= usize::from(next == close);
                    if deep == 0 {
                        return Some(());
                    }
                }
            }
        }
    }

    /// `>`, `2>&1`, `<<END` and their like.
    fn redirection(&mut self, begin: char) {
        // A number that it is joined to is no word.
        if self
            .word
            .as_ref()
            .is_some_and(|(text, quoted)| !quoted && text.bytes().all(|b| b.is_ascii_digit()))
        {
            self.word = None;
        }
        self.end();
        let mut operator = String::from(begin);
        while let Some(more) = self.rest.next_if(|c| "<>&|".contains(*c)) {
            operator.push(more);
        }
        let text = operator == "<<";
        if text {
            self.rest.next_if_eq(&'-');
        }
        self.redirected = Some(text);
    }

    fn skip_texts(&mut self) {
        for end in std::mem::take(&mut self.texts) {
            while self.rest.peek().is_some() {
                let mut line = String::new();
                while let Some(next) = self.rest.next().filter(|c| *c != '\n') {
                    line.push(next);
                }
                if line.trim_start_matches('\t') == end {
                    break;
                }
            }
        }
    }
}
