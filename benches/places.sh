#!/usr/bin/env bash
# Hides a key of its own in every place of a repository that can hold one, and prints who finds which.
#
# usage: benches/places.sh
#
# Takes part: leeward, kingfisher, betterleaks, gitleaks, each where it is installed, scanning the history as its own
# documentation says, with the rules it comes with; those that bring none of Mistral AI (gitleaks) get that of
# betterleaks. Keys are drawn at random and are worth nothing; the repository is a temporary one. Needs Python 3, zip.
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

places=()
# Draws a key for a place and leaves the line that holds it in $line.
plant() {
    local key
    key=$(python3 -c 'import secrets, string
while True:
    key = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(32))
    # All three classes, and nothing that a filter for look-alikes could take for a word or a digest.
    if all(any(c in kind for c in key) for kind in (string.ascii_lowercase, string.ascii_uppercase, string.digits)):
        print(key); break')
    places+=("$1")
    echo "$key" >>"$scratch/keys"
    line="MISTRAL_API_KEY=$key"
}

repo=$scratch/repo
git init -q -b main "$repo"
cd "$repo"
git config user.name Ada && git config user.email ada@example.org
commit() { git add -A && git commit -q --allow-empty -m "$1"; }

plant "file in HEAD" && echo "$line" >head.env && commit one
plant "file that was deleted" && echo "$line" >gone.env && commit two && rm gone.env && commit three
plant "file marked -diff" && echo "$line" >quiet.env && echo 'quiet.env -diff' >.gitattributes && commit four
plant "file with NUL bytes" && printf '\0\0%s\n\0' "$line" >data.bin && commit five
plant "UTF-16 file" && python3 -c 'import sys; open("wide.txt", "wb").write(sys.argv[1].encode("utf-16"))' "$line" && commit six
plant "base64" && printf 'data:\n  settings: %s\n' "$(printf '%s' "$line" | base64 -w 0)" >secret.yaml && commit seven
plant "hex" && printf 'blob = "%s"\n' "$(printf '%s' "$line" | od -An -v -tx1 | tr -d ' \n')" >hex.txt && commit eight
plant "zip archive" && echo "$line" >in.env && zip -q packed.zip in.env && rm in.env && commit nine
plant "tar.gz archive" && echo "$line" >in.env && tar czf packed.tar.gz in.env && rm in.env && commit ten
plant "file name" && echo x >"$line.txt" && commit eleven
plant "symbolic link's target" && ln -s "$line" link && commit twelve
plant "commit message" && commit "$line"
plant "author's name" && git -c user.name="$line" commit -q --allow-empty -m thirteen
plant "annotated tag's message" && git tag -a -m "$line" v1
plant "git note" && git notes add -m "$line" HEAD
plant "branch name" && git branch "$line"
plant "only in a merge commit"
git checkout -q -b side && echo side >side.txt && commit side && git checkout -q main && echo main >main.txt && commit main
git merge -q --no-commit side && echo "$line" >merged.env && commit merge && git rm -q merged.env && commit "after merge"
plant "stash" && echo "$line" >>head.env && git stash -q
plant "commit that only the reflog names" && echo "$line" >reset.env && commit reset && git reset -q --hard HEAD~1
plant "object that nothing names" && echo "$line" | git hash-object -w --stdin >/dev/null

has() { command -v "$1" >/dev/null; }
names=(leeward) && commands=("$leeward history --format json .")
if has kingfisher; then
    names+=(kingfisher)
    commands+=("kingfisher scan --no-validate --no-update-check --format json .")
fi
if has betterleaks; then
    names+=(betterleaks "betterleaks, all included")
    commands+=("betterleaks git --no-banner --output $scratch/report.json ."
        "betterleaks git --no-banner --include commit-messages,tag-messages,reflogs --output $scratch/report.json .")
fi
if has gitleaks; then
    cat >"$scratch/rule.toml" <<'RULE'
[extend]
useDefault = true
[[rules]]
id = "mistral-api-key"
description = "Mistral AI API key"
regex = '''(?i)(?:mistral)(?:[ \t\w.-]{0,20})[\s'"]{0,3}(?:=|>|:{1,3}=|\|\||:|=>|\?=|,)[\x60'"\s=]{0,5}([A-Z0-9]{32})(?:\\?['"\x60]|[\s;]|\\[nr]|$)'''
keywords = ["mistral"]
RULE
    names+=(gitleaks)
    commands+=("gitleaks git --no-banner -c $scratch/rule.toml --max-archive-depth 8 --max-decode-depth 5 --report-path $scratch/report.json .")
fi

for index in "${!names[@]}"; do
    rm -f "$scratch/report.json"
    eval "${commands[$index]}" >"$scratch/out" 2>"$scratch/err" || true
    cat "$scratch/out" >"$scratch/all.$index"
    [[ ! -e $scratch/report.json ]] || cat "$scratch/report.json" >>"$scratch/all.$index"
done

# A report holds a key whole, or its SHA-256.
python3 - "$scratch" "${#names[@]}" "${names[@]}" "${places[@]}" <<'TABLE'
import hashlib, sys
scratch, count, rest = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
names, places = rest[:count], rest[count:]
keys = open(f"{scratch}/keys").read().split()
reports = [open(f"{scratch}/all.{i}", errors="replace").read() for i in range(count)]
finds = [[k in r or hashlib.sha256(k.encode()).hexdigest() in r for r in reports] for k in keys]
print("| place of the key |", " | ".join(names), "|\n| --- |", " | ".join([":-:"] * count), "|")
for place, row in zip(places, finds):
    print(f"| {place} |", " | ".join("yes" if found else "no" for found in row), "|")
print(f"| **found, of {len(keys)}** |", " | ".join(str(sum(column)) for column in zip(*finds)), "|")
TABLE
printf '\n'
for index in "${!names[@]}"; do printf '    %s\n' "${commands[$index]//$scratch\//}"; done
