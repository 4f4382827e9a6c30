#!/usr/bin/env bash
# Times the hook of a commit against `git diff --cached --quiet` of the same index, and says whether it is within bounds.
#
# usage: benches/hooks.sh [RUNS]
#
# Takes two repositories with ten staged files: a small one, where the hook may take 30 ms more than git, and one of 80,000
# index entries, where it may take 2 times as long, with an index of any kind. For the hook of a push of that commit there is no
# bound; it stands beside the `git diff` of what is sent. RUNS (21) of each, in turn; what is compared are the medians. Prints
# a table, and ends with 1 if a bound is passed. Needs Python 3.
#
#   LEEWARD=  a binary to take instead of the one that is built here
set -euo pipefail
export LC_ALL=C GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [[ -z ${LEEWARD:-} ]]; then
    (cd "$here" && cargo build --release --locked --quiet)
    LEEWARD=${CARGO_TARGET_DIR:-$here/target}/release/leeward
fi
leeward=$(cd "$(dirname "$LEEWARD")" && pwd)/$(basename "$LEEWARD")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Makes a repository NAME with ENTRIES files, a remote that has its commit, and ten files that are staged.
repository() {
    local name=$1 entries=$2
    git init -q -b main "$scratch/$name"
    cd "$scratch/$name"
    git config user.name Ada && git config user.email ada@example.org
    local blob
    blob=$(echo 'nothing to see here' | git hash-object -w --stdin)
    for ((number = 0; number < entries; number++)); do
        printf '100644 %s\tdirectory%03d/part%02d/file%05d.txt\n' "$blob" $((number / 200)) $((number / 20 % 10)) "$number"
    done | git update-index --index-info
    git commit -q -m base
    git remote add origin https://example.org/leeward.git
    git update-ref refs/remotes/origin/main HEAD
    for number in {1..10}; do
        mkdir -p "directory00$((number - 1))"
        printf 'import os\nkey = os.environ["KEY_%s"]\n' "$number" >"directory00$((number - 1))/staged.py"
        git add "directory00$((number - 1))/staged.py"
    done
}

repository small 20
repository large 80000
for kind in version4 split; do
    cp -r "$scratch/large" "$scratch/$kind"
done
git -C "$scratch/version4" update-index --index-version 4
git -C "$scratch/split" update-index --split-index
cp -r "$scratch/large" "$scratch/push"
git -C "$scratch/push" commit -q -m ten

python3 - "$leeward" "$scratch" "${1:-21}" <<'PYTHON'
import statistics, subprocess, sys, time
leeward, scratch, runs = sys.argv[1], sys.argv[2], int(sys.argv[3])
failed = False

def seconds(command, status, directory, said):
    start = time.perf_counter()
    ran = subprocess.run(command, cwd=f"{scratch}/{directory}", input=said, capture_output=True)
    taken = time.perf_counter() - start
    assert ran.returncode == status, (command, ran)
    return taken

def measure(what, directory, git, hook, said=b"", bound=None):
    """A row: git, with the status that it ends with, and the hook, which finds nothing."""
    global failed
    rows = [(seconds(*git, directory, b""), seconds(hook, 0, directory, said)) for _ in range(runs)]
    of_git, of_hook = (statistics.median(column) * 1000 for column in zip(*rows))
    verdict = "" if bound is None else "ok" if bound(of_git, of_hook) else "TOO SLOW"
    failed |= verdict == "TOO SLOW"
    print(f"| {what} | {of_git:.1f} | {of_hook:.1f} | {of_hook / of_git:.2f} | {of_hook - of_git:+.1f} | {verdict} |", flush=True)

staged = (["git", "diff", "--cached", "--quiet"], 1)
commit = [leeward, "hook", "pre-commit"]
twice = lambda git, hook: hook <= 2 * git
print("| | git, ms | hook, ms | times | more, ms | |\n| --- | ---: | ---: | ---: | ---: | --- |")
measure("commit, 20 entries", "small", staged, commit, bound=lambda git, hook: hook - git < 30)
measure("commit, 80,000 entries", "large", staged, commit, bound=twice)
measure("commit, 80,000 entries, index of version 4", "version4", staged, commit, bound=twice)
measure("commit, 80,000 entries, split index", "split", staged, commit, bound=twice)
sent = (["git", "diff", "--quiet", "HEAD~1", "HEAD"], 1)
push = [leeward, "hook", "pre-push", "origin", "https://example.org/leeward.git"]
listed = subprocess.run(["git", "rev-parse", "HEAD", "HEAD~1"], cwd=f"{scratch}/push", capture_output=True, check=True)
new, old = listed.stdout.decode().split()
line = f"refs/heads/main {new} refs/heads/main {old}\n".encode()
measure("push of a commit, 80,000 entries", "push", sent, push, said=line)
measure("the same, where git names no ref", "push", sent, push)
sys.exit(failed)
PYTHON
