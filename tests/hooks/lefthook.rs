//! Which of its files lefthook goes by, and what they may say that keeps the gates from being called.

use super::keepers::{Kept, lefthook};
use super::put_script;

/// With the hook of lefthook for a commit.
fn kept() -> Kept {
    let kept = Kept::new();
    put_script(&kept.repo.work().join(".git"), "pre-commit", "lefthook run pre-commit\n");
    kept
}

#[test]
fn whatever_file_has_the_last_word_is_read() {
    for base in ["lefthook-local", ".lefthook-local", ".config/lefthook-local"] {
        for (ending, text) in [
            ("yml", "pre-commit: { skip: true }\n"),
            ("json", "{\"pre-commit\": {\"skip\": true}}"),
            ("jsonc", "{ // off\n\"pre-commit\": {\"skip\": true}}"),
            ("toml", "[pre-commit]\nskip = true\n"),
            ("toml", "pre-commit.skip = true\n"),
        ] {
            let kept = kept();
            kept.repo.write("lefthook.yml", lefthook(""));
            let in_force = "pre-commit        in force: lefthook calls leeward (lefthook.yml)";
            kept.leeward(&["hook", "status"]).says(in_force);
            kept.repo.write(&format!("{base}.{ending}"), text);
            let said = kept.leeward(&["hook", "status"]).ends_with(1);
            let said = said.says("lefthook.yml calls leeward unless lefthook-local says otherwise");
            assert!(!said.out().contains("pre-commit        in force"), "{}", said.out());
        }
    }
}

/// It looks for all names with an ending, then for the next ending.
#[test]
fn the_file_that_counts_is_the_one_that_lefthook_takes() {
    let empty = "pre-push: { jobs: [] }\n";
    for (first, second) in [(".lefthook.yml", "lefthook.yaml"), (".config/lefthook.yaml", "lefthook.json")] {
        let kept = kept();
        kept.repo.write(first, empty);
        kept.repo.write(second, lefthook("").replace("lefthook.yml", second));
        let said = kept.leeward(&["hook", "status"]).ends_with(1);
        assert!(!said.out().contains("pre-commit        in force"), "{}", said.out());
        std::fs::remove_file(kept.repo.work().join(first)).expect("ours");
        let in_force = format!("pre-commit        in force: lefthook calls leeward ({second})");
        kept.leeward(&["hook", "status"]).says(&in_force);
    }
}
