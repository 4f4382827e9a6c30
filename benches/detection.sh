#!/usr/bin/env bash
# Runs leeward and its peers on the detection corpus and prints, by category, how many of its keys each of them finds, and
# in how many of its counter-examples each of them sees one.
#
# usage: benches/detection.sh
#
# Takes part: leeward, kingfisher, betterleaks, gitleaks, each where it is installed, with the rules it comes with and with
# archives and decoding turned on; those that bring no rule of Mistral AI (gitleaks) get that of betterleaks. Only reports of a
# rule of that provider count. A key is found where its whole value is reported for the case that holds it. Each case is a
# directory of its own: leeward scans them one by one, as it would bind names across them. The keys are made up, and nobody
# is asked about them. Needs Python 3.
#
#   LEEWARD=           a binary to take instead of the one that is built here
#   DETECTION_CORPUS=  a corpus to take instead of fixtures/detection
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [[ -z ${LEEWARD:-} ]]; then
    (cd "$here" && cargo build --release --locked --quiet)
    LEEWARD=${CARGO_TARGET_DIR:-$here/target}/release/leeward
fi
leeward=$(cd "$(dirname "$LEEWARD")" && pwd)/$(basename "$LEEWARD")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Below the bar the test fails, and the corpus is written all the same.
(cd "$here" && DETECTION_WRITE=$scratch cargo test --locked --quiet --test detection) >"$scratch/log" 2>&1 || true
[[ -s $scratch/keys.tsv ]] || { cat "$scratch/log" >&2; exit 1; }

# Every program leaves its report in a file of its own. Statuses differ, and say nothing here.
cd "$scratch/files"
for case in *; do
    "$leeward" scan --format json --no-inline-ignores --output "$scratch/leeward.$case.json" "$case" >&2 || true
done 2>"$scratch/said"
has() { command -v "$1" >/dev/null; }
if has kingfisher; then
    kingfisher scan --no-validate --no-update-check --confidence low --format json . >"$scratch/kingfisher.json" 2>"$scratch/said" || true
fi
if has betterleaks; then
    betterleaks filesystem --no-banner --output "$scratch/betterleaks.json" . >"$scratch/said" 2>&1 || true
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
    gitleaks dir --no-banner -c "$scratch/rule.toml" --max-archive-depth 8 --max-decode-depth 5 --report-path "$scratch/gitleaks.json" . \
        >"$scratch/said" 2>&1 || true
fi

python3 - "$scratch" <<'TABLE'
import collections, glob, hashlib, json, os, re, sys

scratch = sys.argv[1]
rows = lambda name: [line.rstrip("\n").split("\t") for line in open(f"{scratch}/{name}.tsv", encoding="utf-8")]
digest = lambda value: hashlib.sha256(value.encode()).hexdigest()
number = lambda path: re.sub(r"^(.*/files|\.)/", "", path).split("/")[0]


def leeward():
    for file in glob.glob(f"{scratch}/leeward.*.json"):
        for finding in json.load(open(file))["findings"]:
            yield file.split(".")[-2], finding["secret"]["sha256"]


def kingfisher():
    text = open(f"{scratch}/kingfisher.json").read()
    # Something follows the report.
    for entry in json.JSONDecoder().raw_decode(text, text.index("{"))[0]["findings"]:
        if "mistral" in entry["rule"]["id"].lower():
            yield number(entry["finding"]["path"]), digest(entry["finding"]["snippet"])


def betterleaks():
    for entry in json.load(open(f"{scratch}/betterleaks.json"))["findings"]:
        if "mistral" in entry["rule_id"]:
            yield number(entry["location"]["path"]), digest(entry["match"]["value"])


def gitleaks():
    for entry in json.load(open(f"{scratch}/gitleaks.json")):
        if "mistral" in entry["RuleID"]:
            yield number(entry["File"]), digest(entry["Secret"])


programs = {"leeward": leeward}
for read in (kingfisher, betterleaks, gitleaks):
    if os.path.exists(f"{scratch}/{read.__name__}.json"):
        programs[read.__name__] = read
reports = {name: set(read()) for name, read in programs.items()}

keys, negative = collections.defaultdict(set), collections.defaultdict(set)
for case, category, *_, key in rows("keys"):
    keys[category].add((case, digest(key)))
for case, category, _ in rows("cases"):
    if category.startswith("negative/"):
        negative[category].add(case)


def table(title, what, groups, count):
    print(f"| {title} | {what} |", " | ".join(programs), "|")
    print("| --- | --: |", " | ".join(["--:"] * len(programs)), "|")
    sums = collections.Counter()
    for group, members in sorted(groups.items()):
        counts = [count(name, members) for name in programs]
        sums.update(dict(zip(programs, counts)))
        print(f"| {group.split('/')[1]} | {len(members)} |", " | ".join(map(str, counts)), "|")
    whole = sum(map(len, groups.values()))
    print(f"| **all** | {whole} |", " | ".join(f"{sums[name]} ({sums[name] / whole:.1%})" for name in programs), "|\n")


table("keys found in", "keys", keys, lambda name, members: len(members & reports[name]))
flagged = {name: {case for case, _ in reports[name]} for name in programs}
table("counter-examples reported in", "cases", negative, lambda name, members: len(members & flagged[name]))
TABLE
