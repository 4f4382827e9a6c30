//! The lexer of `structure`: tokens of any language, read from right to left.
//!
//! Knows bytes only. Quotes are passed over like spaces: what matters of a string is which words it holds.

/// One token, read leftwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Blanks on one line.
    Space,
    /// End of the line above.
    Newline,
    /// A quotation mark, with the letters of a string prefix (`f"`, `b'`).
    Quote,
    /// Something without meaning here: emphasis, a comment mark, the dash of a list item.
    Mark,
    /// Letters, digits and what joins them.
    Word(&'a [u8]),
    /// `=`, `:`, `=>`, `->`, `:=`, `<-` …
    Assign,
    /// `||`, `??`, `?:`, `or`.
    Otherwise,
    /// `+`, `.` or `&` between strings.
    Concat,
    /// `,`, `;`, `|`, `&` of a query.
    Separator,
    /// An opening bracket with nothing before it that it could belong to, as in `= ("value")`.
    Wrap,
    /// An opening bracket, `<` for that of a tag.
    Open(u8),
    /// A closing bracket.
    Close(u8),
    /// `>` that ends a tag.
    TagEnd,
    /// Nothing more.
    Start,
}

/// Reads tokens to the left of a position.
#[derive(Clone, Debug)]
pub(super) struct Left<'a> {
    text: &'a [u8],
    at: usize,
}

/// Most bytes that a tag is long.
const LONGEST_TAG: usize = 400;

impl<'a> Left<'a> {
    /// Reads to the left of `at`.
    pub(super) fn new(text: &'a [u8], at: usize) -> Self {
        Left { text, at }
    }

    /// Start of the token read last.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The next token, one step further left.
    pub(super) fn next(&mut self) -> Token<'a> {
        let Some(last) = self.at.checked_sub(1) else { return Token::Start };
        let byte = self.text[last];
        let previous = last.checked_sub(1).map(|at| self.text[at]);
        self.at = last;
        match byte {
            b'\n' => Token::Newline,
            b' ' | b'\t' | b'\r' => self.while_left(|b| matches!(b, b' ' | b'\t' | b'\r'), Token::Space),
            b'\'' if self.is_apostrophe() => Token::Mark,
            b'"' | b'\'' | b'`' => self.quote(),
            b'|' | b'?' if matches!(previous, Some(b'|' | b'?')) => self.step(Token::Otherwise),
            b':' if previous == Some(b'?') => self.step(Token::Otherwise),
            b'>' if matches!(previous, Some(b'=' | b'-')) => self.step(Token::Assign),
            b'-' if previous == Some(b'<') => self.step(Token::Assign),
            b'=' => self.assignment(),
            b':' if previous == Some(b':') => self.step(Token::Assign),
            b':' => Token::Assign,
            b'>' if self.ends_tag() => Token::TagEnd,
            b'<' if self.opens_tag() => Token::Open(b'<'),
            b',' | b';' | b'|' => Token::Separator,
            b'&' if previous == Some(b'&') => self.step(Token::Separator),
            b'&' if previous.is_some_and(|b| b.is_ascii_alphanumeric()) => Token::Separator,
            b'+' | b'&' => Token::Concat,
            b'(' | b'[' | b'{' => self.open(byte),
            b')' | b']' | b'}' => Token::Close(byte),
            _ if is_word(byte) => self.word(),
            _ => Token::Mark,
        }
    }

    /// Moves to the left of the bracket that `closing`, just read, belongs to. False if there is none.
    pub(super) fn skip_group(&mut self, closing: u8) -> bool {
        let opening = match closing {
            b')' => b'(',
            b']' => b'[',
            b'}' => b'{',
            _ => b'<',
        };
        let mut depth = 1;
        let mut at = self.at;
        while let Some(last) = at.checked_sub(1) {
            at = last;
            match self.text[last] {
                b if b == closing => depth += 1,
                b if b == opening => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                self.at = at;
                return true;
            }
        }
        false
    }

    fn step(&mut self, token: Token<'a>) -> Token<'a> {
        self.at -= 1;
        token
    }

    fn while_left(&mut self, belongs: impl Fn(u8) -> bool, token: Token<'a>) -> Token<'a> {
        self.at = self.text[..self.at].iter().rposition(|&b| !belongs(b)).map_or(0, |at| at + 1);
        token
    }

    /// `=` with what makes it another operator of assignment: `:=`, `+=`, `||=`, `//=` …
    fn assignment(&mut self) -> Token<'a> {
        let mark = |b: &u8| matches!(b, b':' | b'=' | b'+' | b'?' | b'!' | b'|' | b'&');
        let before = &self.text[..self.at];
        self.at -= match before.ends_with(b"//") {
            true => 2,
            false => before.iter().rev().take(2).take_while(|b| mark(b)).count(),
        };
        Token::Assign
    }

    /// Whether the `'` here stands inside a word, or before the name of a lifetime.
    fn is_apostrophe(&self) -> bool {
        let previous = self.at.checked_sub(1).map(|at| self.text[at]);
        let letter = |b: u8| is_letter(b) || !b.is_ascii();
        let letter_follows = self.text.get(self.at + 1).copied().is_some_and(letter);
        letter_follows && previous.is_some_and(|b| letter(b) || matches!(b, b'&' | b'<'))
    }

    /// A quotation mark and, before it, the one or two letters of a string prefix, the hashes of a raw string.
    fn quote(&mut self) -> Token<'a> {
        self.at -= self.text[..self.at].iter().rev().take_while(|&&b| b == b'#').count();
        let prefix =
            |b: &u8| matches!(b.to_ascii_lowercase(), b'r' | b'b' | b'u' | b'f' | b'l' | b'@' | b'$');
        let letters = self.text[..self.at].iter().rev().take_while(|b| prefix(b)).count();
        let before = self.at.checked_sub(letters + 1).map(|at| self.text[at]);
        if (1..=2).contains(&letters) && !before.is_some_and(is_word) {
            self.at -= letters;
        }
        Token::Quote
    }

    fn word(&mut self) -> Token<'a> {
        let end = self.at + 1;
        self.while_left(is_word, Token::Start);
        let word = &self.text[self.at..end];
        let letters = |b: &u8| b.is_ascii_alphanumeric() || *b >= 0x80;
        match word {
            b"." => Token::Concat,
            b"or" | b"OR" => Token::Otherwise,
            _ if !word.iter().any(letters) => Token::Mark,
            _ => Token::Word(word),
        }
    }

    /// An opening bracket: of a call, of a group, or around nothing but the value.
    fn open(&self, bracket: u8) -> Token<'a> {
        let mut left = self.clone();
        let wraps = match (bracket, left.next()) {
            // `${ … }`, `#{ … }`: the value of an interpolation.
            (b'{', _) => matches!(self.text[..self.at].last(), Some(b'$' | b'#')),
            (b'(', Token::Space) => matches!(left.next(), Token::Assign | Token::Otherwise | Token::Concat),
            (b'(', Token::Assign | Token::Otherwise | Token::Concat) => true,
            _ => false,
        };
        if wraps { Token::Wrap } else { Token::Open(bracket) }
    }

    /// Whether the `<` here opens a tag: a name follows at once.
    fn opens_tag(&self) -> bool {
        self.text.get(self.at + 1).is_some_and(u8::is_ascii_alphabetic)
    }

    /// Whether the `>` here ends a tag: it was opened a short way back.
    fn ends_tag(&self) -> bool {
        let from = self.at.saturating_sub(LONGEST_TAG);
        let back = &self.text[from..self.at];
        back.iter().rposition(|&b| matches!(b, b'<' | b'>')).is_some_and(|at| {
            back[at] == b'<'
                && back.get(at + 1).is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'/' | b'?'))
        })
    }
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic()
}

/// Bytes that names and paths are made of.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || byte >= 0x80
        || matches!(byte, b'_' | b'-' | b'.' | b'$' | b'@' | b'/' | b'%')
}

/// Where the group opened by `bracket` closes in `after`, from `start` on; its length if it does not.
pub(super) fn closing_position(after: &[u8], start: usize, bracket: u8) -> usize {
    let (opening, closing) = match bracket {
        b'(' => (b'(', b')'),
        b'[' => (b'[', b']'),
        b'{' => (b'{', b'}'),
        _ => (b'<', b'>'),
    };
    let mut depth = 1;
    for (at, &byte) in after.iter().enumerate().skip(start) {
        if byte == opening {
            depth += 1;
        } else if byte == closing {
            depth -= 1;
        }
        if depth == 0 {
            return at;
        }
    }
    after.len()
}
