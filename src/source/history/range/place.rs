//! Where a repository is, by its URL, and whether two are the same one.
//!
//! A directory on this machine is looked up: it has as many spellings as there are ways to it.

use std::path::{Path, PathBuf};

/// Ports that a protocol has by itself.
const PORTS: [(&str, &str); 4] = [("https", "443"), ("http", "80"), ("ssh", "22"), ("git", "9418")];

/// Whether two URLs are of one repository: the same host and path, whatever the protocol, or the same directory here.
/// `top`: what paths are relative to.
pub(super) fn same_place(one: &str, other: &str, top: &Path) -> bool {
    if one == other {
        return true;
    }
    if let (Some(one), Some(other)) = (directory(one, top), directory(other, top)) {
        return one == other;
    }
    match (Place::of(one), Place::of(other)) {
        (Some(one), Some(other)) => {
            let users = one.user.is_none() || other.user.is_none() || one.user == other.user;
            users
                && one.port == other.port
                && one.host.eq_ignore_ascii_case(other.host)
                && one.path == other.path
        }
        _ => false,
    }
}

/// Where a repository is, on a network.
struct Place<'a> {
    /// Who logs in, where paths can begin in that person's directory.
    user: Option<&'a str>,
    host: &'a str,
    /// None if it is the protocol's own.
    port: Option<&'a str>,
    path: &'a str,
}

impl Place<'_> {
    /// None for what is on this machine, or is no URL.
    fn of(url: &str) -> Option<Place<'_>> {
        let (protocol, rest) = match url.split_once("://") {
            Some((protocol, rest)) => (protocol, rest),
            // `user@host:path`, but `./a:b` is a path.
            None => {
                let (host, path) = url.split_once(':').filter(|(host, _)| !host.contains('/'))?;
                let (user, host) = host.rsplit_once('@').unwrap_or(("", host));
                let place = Place { user: Some(user), host, port: None, path: trimmed(path) };
                // One letter is a drive.
                return (host.len() > 1).then_some(place);
            }
        };
        let (host, path) = rest.split_once('/')?;
        let (user, host) = host.rsplit_once('@').unwrap_or(("", host));
        let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        let (host, port) = match host.rsplit_once(':').filter(|(_, port)| is_port(port)) {
            Some((host, port)) => (host, Some(port)),
            None => (host, None),
        };
        let usual = PORTS.iter().find(|(known, _)| *known == protocol).map(|(_, port)| *port)?;
        let user = (protocol == "ssh").then_some(user);
        let port = port.filter(|port| *port != usual);
        (!host.is_empty()).then(|| Place { user, host, port, path: trimmed(path) })
    }
}

/// A path without what does not matter at its ends.
fn trimmed(path: &str) -> &str {
    let path = path.trim_matches('/');
    path.strip_suffix(".git").unwrap_or(path)
}

/// The directory of git's files that a URL leads to on this machine, without links; none if it is elsewhere, or not there.
fn directory(url: &str, top: &Path) -> Option<PathBuf> {
    let path = match url.split_once("://") {
        // What is written in another way may mean something else.
        Some(("file", rest)) => rest.strip_prefix("localhost").unwrap_or(rest),
        Some(_) => return None,
        None if url.split_once(':').is_some_and(|(host, _)| !host.contains('/')) => return None,
        None => url,
    };
    if path.len() < url.len() && (!path.starts_with('/') || path.contains('%')) {
        return None;
    }
    // As git tries them.
    let found = ["/.git", "", ".git/.git", ".git"].iter().find_map(|ending| {
        let directory = top.join(format!("{}{ending}", path.trim_end_matches('/')));
        directory.join("HEAD").is_file().then_some(directory)
    });
    found?.canonicalize().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        for (one, other, same) in [
            ("https://example.org/a/b.git", "https://user@Example.org:443/a/b", true),
            ("https://example.org/a/b", "ssh://git@example.org/a/b.git", true),
            ("git@example.org:a/b", "ssh://git@example.org:22/a/b", true),
            ("ssh://example.org:2222/a", "https://example.org/a", false),
            ("ada@example.org:a", "eve@example.org:a", false),
            ("https://example.org/a/b", "https://example.org/a/c", false),
            ("https://example.org/a", "https://example.com/a", false),
            ("/srv/a.git", "/srv/a.git", true),
            ("/srv/a.git", "/srv/b.git", false),
            ("file:///srv/a", "file:///srv/b", false),
            ("ext::sh -c x", "ext::sh -c y", false),
        ] {
            let top = Path::new("/nowhere");
            assert_eq!(same_place(one, other, top), same, "{one} {other}");
            assert_eq!(same_place(other, one, top), same, "{other} {one}");
        }
    }

    #[test]
    fn a_directory_has_many_spellings() {
        let scratch = tempfile::tempdir().expect("a temporary directory");
        let top = scratch.path().join("work");
        for name in ["work", "a.git", "b.git"] {
            std::fs::create_dir(scratch.path().join(name)).expect("new");
            std::fs::write(scratch.path().join(name).join("HEAD"), "ref: x\n").expect("new");
        }
        let path = scratch.path().join("a.git");
        let path = path.to_str().expect("a plain path");
        for (other, same) in [
            (format!("{path}/"), true),
            (format!("file://{path}"), true),
            (format!("file://localhost{path}/"), true),
            ("../a.git".to_owned(), true),
            ("../a".to_owned(), true),
            ("./../work/../a.git".to_owned(), true),
            ("../b.git".to_owned(), false),
            (format!("ssh://example.org{path}"), false),
            ("../c.git".to_owned(), false),
        ] {
            assert_eq!(same_place(path, &other, &top), same, "{other}");
        }
    }
}
