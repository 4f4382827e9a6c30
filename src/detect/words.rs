//! What names mean: splitting them into words, and looking the words up.
//!
//! Takes text (a variable's name, a key of a mapping, a callee), says whether it calls a credential by its name, whose
//! it is, or that it is none. The words themselves are data: `rules/vocabulary.toml`.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde::Deserialize;

/// The words of `rules/vocabulary.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vocabulary {
    credential: HashSet<String>,
    transparent: HashSet<String>,
    neutral: HashSet<String>,
    plain: HashSet<String>,
    owner: HashSet<String>,
    everyday: HashSet<String>,
    purpose: HashSet<String>,
    store: HashSet<String>,
    vendor_field: HashSet<String>,
    label_field: HashSet<String>,
    address_field: HashSet<String>,
    account_field: HashSet<String>,
    password: HashSet<String>,
    thing: HashSet<String>,
    open_vendor: HashSet<String>,
    counted: HashSet<String>,
}

/// The vocabulary, read when the first name is looked up.
static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| {
    let mut words: Vocabulary = toml::from_str(include_str!("../../rules/vocabulary.toml"))
        .expect("a test parses this embedded file");
    // `masterkey` is `master key`.
    let glued = |set: &HashSet<String>| set.iter().map(|entry| entry.replace(' ', "")).collect::<Vec<_>>();
    let purposes = glued(&words.purpose);
    words.purpose.extend(purposes);
    words
});

/// The words of a name, in lower case: split at everything that is no letter or digit, and at capitals.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    for part in name.split(|c: char| !c.is_alphanumeric()) {
        let mut start = 0;
        let mut last: Option<char> = None;
        let mut chars = part.char_indices().peekable();
        while let Some((at, here)) = chars.next() {
            let next = chars.peek().map(|(_, next)| *next);
            let hump = here.is_uppercase() && last.is_some_and(char::is_lowercase);
            let acronym = here.is_uppercase()
                && last.is_some_and(char::is_uppercase)
                && next.is_some_and(char::is_lowercase);
            if hump || acronym {
                words.push(part[start..at].to_lowercase());
                start = at;
            }
            last = Some(here);
        }
        if start < part.len() {
            words.push(part[start..].to_lowercase());
        }
    }
    words
}

/// What a name says of its value, as far as words tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Meaning {
    /// It calls its value a credential.
    pub(crate) credential: bool,
    /// It says nothing but that there is a value.
    pub(crate) transparent: bool,
    /// It ends with a word that is no credential's: this one.
    pub(crate) plain: Option<String>,
    /// It ends with the word of an identifier, so that no other word matters: `cache_key`, `token_id`.
    pub(crate) identifier: bool,
    /// It names a service or a purpose: this one.
    pub(crate) owner: Option<String>,
    /// It names a purpose that people choose a secret of their own for: a session, a database.
    pub(crate) purpose: bool,
    /// It ends with the word of an account: a user, a database.
    pub(crate) account: bool,
    /// It has words that are in no list: perhaps a service's name.
    pub(crate) specific: bool,
    /// It is that of a place where anybody's credentials are kept.
    pub(crate) store: bool,
    /// These are initials, which name nobody for sure.
    pub(crate) initials: bool,
}

/// Looks a name's words up. Words in `own` (a rule's provider) are nobody else's.
pub(crate) fn meaning(name: &str, own: &[&str]) -> Meaning {
    let vocabulary = &*VOCABULARY;
    let words: Vec<String> = words(name).into_iter().flat_map(unglued).collect();
    let mine = |word: &str| own.iter().any(|name| word.contains(name));
    // `SendGrid` is two words, and one.
    let pairs: Vec<[String; 2]> = words.windows(2).map(|pair| [pair.join(" "), pair.concat()]).collect();
    let each = || words.iter().chain(pairs.iter().flatten()).filter(|word| !mine(word));
    let store = each().any(|word| has(&vocabulary.store, word));
    let purpose = each().find(|word| !store && has(&vocabulary.purpose, word));
    let said = said_every_day(name);
    let owns = |word: &&String| !store && has(&vocabulary.owner, word) && !said.contains(word);
    let owner = each().find(owns).or(purpose).cloned();
    let number = |word: &&String| word.chars().all(|c| c.is_ascii_digit());
    // How many tokens a text has is no credential.
    let counted = |at: usize| words[at] == "tokens" && at > 0 && has(&vocabulary.counted, &words[at - 1]);
    let credential = (0..words.len())
        .any(|at| (has(&vocabulary.credential, &words[at]) || is_compound(&words[at])) && !counted(at));
    let last = words.iter().rev().find(|word| !number(word));
    // Two words that say together what neither says alone: a page's token is no credential.
    let pair = pairs.last().map(|[pair, _]| pair).filter(|pair| has(&vocabulary.plain, pair));
    let pair = pair.or_else(|| pairs.iter().map(|[pair, _]| pair).find(|pair| is_of_thing(pair)));
    let known = |word: &String| {
        has(&vocabulary.credential, word)
            || has(&vocabulary.neutral, word)
            || has(&vocabulary.transparent, word)
            || is_compound(word)
            || mine(word)
            || number(&word)
    };
    let specific = words.iter().any(|word| !known(word));
    // A password that says what it opens is one that somebody chose.
    let single = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    let chosen = last
        .filter(|word| specific && single && matches!(word.as_str(), "password" | "passwd" | "passphrase"));
    Meaning {
        credential,
        transparent: !words.is_empty() && words.iter().all(|w| has(&vocabulary.transparent, w) || number(&w)),
        plain: pair.or_else(|| plain_word(name, &words)).cloned(),
        identifier: pair.is_some() || is_identifier(&words),
        purpose: purpose.or(chosen).is_some(),
        owner: owner.or(chosen.cloned()),
        account: last.is_some_and(|word| has(&vocabulary.account_field, word)),
        specific,
        store,
        initials: words
            .iter()
            .filter(|word| !known(word))
            .all(|word| word.chars().count() <= 3 && word.chars().all(char::is_alphabetic)),
    }
}

/// Whether two words name the token of a thing: `run token`, which tells one run from another.
fn is_of_thing(pair: &str) -> bool {
    let thing = pair.strip_suffix(" token").or_else(|| pair.strip_suffix(" key"));
    thing.is_some_and(|thing| has(&VOCABULARY.thing, thing))
}

/// Whether a phrase names a thing of somebody's: `acme job`.
pub(crate) fn is_thing(phrase: &str) -> bool {
    const LONGEST: usize = 80;
    let words = if phrase.len() <= LONGEST { words(phrase) } else { Vec::new() };
    words.len() == 2 && has(&VOCABULARY.thing, &words[1])
}

/// Whether a field or a column is called such a thing itself: `topic`.
pub(crate) fn names_thing(name: &str) -> bool {
    words(name).last().is_some_and(|last| has(&VOCABULARY.thing, last))
}

/// The words of a sentence that are not the service of that name: in small letters, and before nothing that is a service's.
fn said_every_day(name: &str) -> Vec<String> {
    let said: Vec<&str> = name.split_whitespace().map(|word| word.trim_matches(is_mark)).collect();
    if said.len() < 3
        || said.iter().any(|word| !word.chars().all(|c| c.is_alphanumeric() || "'’-".contains(c)))
    {
        return Vec::new();
    }
    let of_service = |at: usize| {
        said.get(at + 1).is_some_and(|next| {
            let next = next.to_lowercase();
            has(&VOCABULARY.credential, &next) || is_compound(&next) || matches!(next.as_str(), "api" | "ai")
        })
    };
    let everyday = |at: &usize| VOCABULARY.everyday.contains(said[*at]) && !of_service(*at);
    (0..said.len()).filter(everyday).map(|at| said[at].to_owned()).collect()
}

/// Whether a word of a sentence is one that people use every day, whatever service has it for its name.
pub(crate) fn is_everyday(word: &str) -> bool {
    VOCABULARY.everyday.contains(word.trim_matches(is_mark))
}

/// Whether it is a mark around a word.
fn is_mark(c: char) -> bool {
    !c.is_alphanumeric()
}

/// The word by which a name's value is no credential: its last one or, in a phrase that goes on (`code of the device`), the
/// one that says what it is: the `key for the project` is a key.
fn plain_word<'w>(name: &str, words: &'w [String]) -> Option<&'w String> {
    const OF: [&str; 8] = ["of", "for", "de", "del", "di", "du", "des", "für"];
    let at = words.iter().position(|word| name.contains(' ') && OF.contains(&word.as_str()));
    let head = at.and_then(|at| words.get(at.checked_sub(1)?));
    if head.is_some_and(|head| has(&VOCABULARY.credential, head) || is_compound(head)) {
        return None;
    }
    let number = |word: &str| word.chars().all(|c| c.is_ascii_digit());
    let last = words.iter().rev().find(|word| !number(word));
    last.filter(|word| has(&VOCABULARY.plain, word))
        .or(head.filter(|word| has(&VOCABULARY.plain, word) || *word == "code"))
}

/// Whether the last word says that the value is an identifier.
fn is_identifier(words: &[String]) -> bool {
    words.last().is_some_and(|word| {
        matches!(word.as_str(), "id" | "ids" | "uuid" | "guid" | "hash" | "digest" | "checksum" | "etag")
    })
}

/// Whether a name says no more than that its value is a credential: many files use it, each for its own.
pub(crate) fn is_generic(name: &str) -> bool {
    const COMMON: [&str; 12] = [
        "api", "app", "my", "the", "user", "client", "service", "private", "default", "x", "pass", "password",
    ];
    words(name)
        .iter()
        .all(|word| has(&VOCABULARY.credential, word) || word == "apikey" || COMMON.contains(&word.as_str()))
}

/// Whether a name calls its value a password.
pub(crate) fn is_password(name: &str) -> bool {
    words(name).pop().is_some_and(|word| VOCABULARY.password.contains(&word))
}

/// Whether what is called sends a request: `session.post`.
pub(crate) fn sends(callee: &str) -> bool {
    const VERBS: [&str; 8] = ["get", "post", "put", "patch", "delete", "request", "send", "fetch"];
    words(callee).last().is_some_and(|word| VERBS.contains(&word.as_str()))
}

/// What a field of a block says of the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// Whose it is: `provider`, `vendor`.
    Vendor,
    /// What it is called: `name`, `title`.
    Label,
    /// Where its requests go: `base_url`, `host`.
    Address,
    /// Who logs in: `username`.
    Account,
    /// What something that is none of the block is called: its file, its index.
    Thing,
    /// Something else.
    Other,
}

/// What the field of that name says.
pub(crate) fn field(name: &str) -> Field {
    let words = words(name);
    let vocabulary = &*VOCABULARY;
    let Some(last) = words.last() else { return Field::Other };
    // The name of a thing of its own: `index_name`, `fileName`.
    if let [.., thing, _] = words.as_slice()
        && has(&vocabulary.thing, thing)
    {
        return Field::Thing;
    }
    // `UserName` is no name of the block.
    let pair = words.len().checked_sub(2).map(|from| words[from..].concat());
    if pair.is_some_and(|pair| vocabulary.account_field.contains(&pair)) {
        Field::Account
    } else if has(&vocabulary.vendor_field, last) {
        Field::Vendor
    } else if has(&vocabulary.address_field, last) {
        Field::Address
    } else if has(&vocabulary.label_field, last) {
        Field::Label
    } else if has(&vocabulary.account_field, last) {
        Field::Account
    } else {
        Field::Other
    }
}

/// Whether the value of a field that says whose a block is leaves that open: `custom`, `openai-compatible`.
pub(crate) fn leaves_vendor_open(value: &str) -> bool {
    let words = words(value);
    words.is_empty() || words.iter().any(|word| has(&VOCABULARY.open_vendor, word))
}

/// Whether the set has the word or, for a plural, its singular.
fn has(set: &HashSet<String>, word: &str) -> bool {
    set.contains(word) || word.strip_suffix('s').is_some_and(|singular| set.contains(singular))
}

/// A word, or the two that it is glued of: whose or what for, and that it is a credential: `sessionsecret`, `dbpass`.
fn unglued(word: String) -> Vec<String> {
    const ENDS: [&str; 10] =
        ["apikey", "key", "token", "secret", "password", "passwd", "passphrase", "pass", "pwd", "id"];
    let of = |word: &str| VOCABULARY.owner.contains(word) || VOCABULARY.purpose.contains(word);
    let front = ENDS.iter().find_map(|end| word.strip_suffix(end).filter(|front| of(front)));
    match front {
        Some(front) => vec![front.to_owned(), word[front.len()..].to_owned()],
        None => vec![word],
    }
}

/// Whether a credential's word is glued to the end of another one: `mkey`, `aitoken`, `llmkey1`.
fn is_compound(word: &str) -> bool {
    let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let word = word.strip_suffix('s').unwrap_or(word);
    // What is written without blanks has its words glued: the key's comes last there, too.
    ["key", "token", "secret", "bearer", "apikey", "schlüssel", "密钥", "密鑰", "金鑰", "キー", "키"]
        .iter()
        .any(|end| word.ends_with(end))
        && !["monkey", "donkey", "turkey", "hotkey", "whiskey", "jockey"].contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_split_into_words() {
        let cases: [(&str, &[&str]); 8] = [
            ("MISTRAL_API_KEY", &["mistral", "api", "key"]),
            ("mistralApiKey", &["mistral", "api", "key"]),
            ("MyAPIKey", &["my", "api", "key"]),
            ("ChatMistralAI", &["chat", "mistral", "ai"]),
            ("spring.ai.mistralai.api-key", &["spring", "ai", "mistralai", "api", "key"]),
            ("<ApiKey>k__BackingField", &["api", "key", "k", "backing", "field"]),
            ("KEY_2", &["key", "2"]),
            ("", &[]),
        ];
        for (name, expected) in cases {
            assert_eq!(words(name), expected, "{name}");
        }
    }

    #[test]
    fn what_is_said_every_day_is_a_service_elsewhere() {
        assert!(VOCABULARY.everyday.is_subset(&VOCABULARY.owner));
        assert!(!VOCABULARY.everyday.is_empty());
    }

    #[test]
    fn names_mean_what_they_say() {
        let own = ["acme"];
        let of = |name| meaning(name, &own);
        for name in ["api_key", "token", "X-Api-Key", "apiKeys", "clé", "café", "MKEY", "authToken1"] {
            let expected = name != "café";
            assert_eq!(of(name).credential, expected, "{name}");
        }
        assert_eq!(of("AGENT_ID").plain.as_deref(), Some("id"));
        assert_eq!(of("fileMd5").plain.as_deref(), Some("md5"));
        assert_eq!(of("md5_key").plain, None);
        assert_eq!(of("AUTH0_CLIENT_ID").owner.as_deref(), Some("auth0"));
        assert_eq!(of("client_secret").owner.as_deref(), Some("client secret"));
        assert_eq!(of("SendGridKey").owner.as_deref(), Some("sendgrid"));
        assert_eq!(of("acme_key").owner, None);
        assert_eq!(of("GROQKEY").owner.as_deref(), Some("groq"));
        assert!(of("csrftoken").purpose && of("dbpasswd").purpose && of("sessionid").identifier);
        assert!(of("monkey").owner.is_none());
        assert!(!of("acme_api_key").specific);
        assert!(of("fancy_api_key").specific);
        assert!(of("aws_secretsmanager_secret").store && of("aws_secretsmanager_secret").owner.is_none());
        assert_eq!(of("the acme key for the daily digest").owner, None);
        assert_eq!(of("the daily key is").owner.as_deref(), Some("daily"));
        assert_eq!(of("here is Daily with a key").owner.as_deref(), Some("daily"));
        assert_eq!(of("daily_key").owner.as_deref(), Some("daily"));
        assert_eq!(of("acme key for the project").plain, None);
        assert_eq!(of("name of the project").plain.as_deref(), Some("project"));
        assert!(of("value").transparent);
        assert!(!of("").transparent);
    }
}
