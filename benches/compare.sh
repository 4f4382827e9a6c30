#!/usr/bin/env bash
# Times leeward beside other programs on the same tree and the same repository, in turn, and prints medians and ratios.
#
# usage: benches/compare.sh TREE REPO
#
# TREE is a directory of files, REPO a repository (bare or not). Takes part: ripgrep, kingfisher, betterleaks, gitleaks,
# each where it is installed, with one rule, of a Mistral AI API key, no validation and no network; git itself, decoding
# every object to nowhere. Each round runs every program once, so that a machine that slows down slows all of them; the
# ratio is the median of the rounds' own. The first round warms the caches and is not counted.
#
#   RUNS=5       rounds that are counted
#   PEER_RUNS=2  rounds in which kingfisher, betterleaks and gitleaks take part; each needs minutes where the rest needs
#                seconds
#   LEEWARD=     a binary to measure instead of the one that is built here
set -euo pipefail
export LC_ALL=C

(($# == 2)) || { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2; }
tree=$(cd "$1" && pwd)
repo=$(cd "$2" && pwd)
runs=${RUNS:-5}
peer_runs=${PEER_RUNS:-2}
((runs > 0 && peer_runs > 0)) || { echo "compare: RUNS and PEER_RUNS are 1 or more" >&2; exit 2; }

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [[ -z ${LEEWARD:-} ]]; then
    (cd "$here" && cargo build --release --locked --quiet)
    target=${CARGO_TARGET_DIR:-$here/target}
    [[ $target == /* ]] || target=$here/$target
    LEEWARD=$target/release/leeward
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin"
ln -s "$(cd "$(dirname "$LEEWARD")" && pwd)/$(basename "$LEEWARD")" "$scratch/bin/leeward"
PATH=$scratch/bin:$PATH

# The rule of a key bound to the provider's name. All three read this format.
rule=$scratch/rule.toml
cat >"$rule" <<'RULE'
title = "one rule"
[[rules]]
id = "mistral-api-key"
description = "Mistral AI API key"
regex = '''(?i)(?:mistral)(?:[ \t\w.-]{0,20})[\s'"]{0,3}(?:=|>|:{1,3}=|\|\||:|=>|\?=|,)[\x60'"\s=]{0,5}([A-Z0-9]{32})(?:\\?['"\x60]|[\s;]|\\[nr]|$)'''
keywords = ["mistral"]
RULE

has() { command -v "$1" >/dev/null; }

# Runs a command in a directory, keeps its status.
run() {
    local status=0
    (cd "$1" && eval "$2") >/dev/null 2>&1 || status=$?
    echo "$status" >"$scratch/status"
}

# Runs a command once in a directory; prints wall and processor seconds and the exit status.
once() {
    local TIMEFORMAT='%R %U %S'
    { time run "$1" "$2"; } 2>"$scratch/time"
    awk -v status="$(<"$scratch/status")" '{ printf "%s %.3f %s\n", $1, $2 + $3, status }' "$scratch/time"
}

median() {
    sort -n | awk '{ all[NR] = $1 } END {
        if (NR) printf "%.2f", NR % 2 ? all[(NR + 1) / 2] : (all[NR / 2] + all[NR / 2 + 1]) / 2 }'
}

# compare DIRECTORY NAME... ; the command of a name is in commands[NAME], the first name is what others are held against.
declare -A commands
compare() {
    local directory=$1 name round
    shift
    rm -f "$scratch"/runs.*
    for ((round = 0; round <= runs; round++)); do
        for name in "$@"; do
            case $name in
            # Warmed by the others; their own start-up caches are filled here.
            kingfisher* | betterleaks* | gitleaks*) ((round == 0 || round > peer_runs)) && continue ;;
            esac
            once "$directory" "${commands[$name]}" >"$scratch/run"
            ((round == 0)) || sed "s/^/$round /" "$scratch/run" >>"$scratch/runs.$name"
        done
    done
    printf '| program | wall | processor | wall, times leeward | runs | status |\n| --- | --: | --: | --: | --: | --: |\n'
    for name in "$@"; do
        # A round's wall time over that of the first name in the same round.
        awk 'NR == FNR { base[$1] = $2; next } base[$1] > 0 { print $2 / base[$1] }' \
            "$scratch/runs.$1" "$scratch/runs.$name" | median >"$scratch/ratio"
        printf '| %s | %s s | %s s | %s | %s | %s |\n' "$name" \
            "$(awk '{ print $2 }' "$scratch/runs.$name" | median)" \
            "$(awk '{ print $3 }' "$scratch/runs.$name" | median)" "$(<"$scratch/ratio")" \
            "$(wc -l <"$scratch/runs.$name" | tr -d ' ')" \
            "$(awk '{ print $4 }' "$scratch/runs.$name" | sort -u | paste -sd, -)"
    done
    printf '\n'
    # What they print goes to /dev/null.
    for name in "$@"; do printf '    %-28s %s\n' "$name" "${commands[$name]}"; done
}

printf '%s\n' "$(getconf _NPROCESSORS_ONLN 2>/dev/null || nproc) processors, $(date -u +%Y-%m-%d)"
leeward --version
git --version
if has rg; then rg --version | head -n 1; fi
if has kingfisher; then kingfisher --version; fi
if has betterleaks; then echo "betterleaks $(betterleaks version)"; fi
if has gitleaks; then echo "gitleaks $(gitleaks version)"; fi

# Quoted once, so that they can be pasted.
r=$(printf '%q' "$rule")
fisher="kingfisher scan --load-builtins=false --rules-path $r --no-validate --no-update-check --redact"

printf '\n## A tree: %s files\n\n' "$(find "$tree" -type f | wc -l | tr -d ' ')"
names=("leeward scan")
commands["leeward scan"]="leeward scan --no-ignore --no-progress ."
if has rg; then names+=("ripgrep") && commands["ripgrep"]="rg -uuu -i -c mistral ./"; fi
if has kingfisher; then names+=("kingfisher") && commands["kingfisher"]="$fisher ."; fi
if has betterleaks; then names+=("betterleaks") && commands["betterleaks"]="betterleaks filesystem --no-banner --redact -c $r ."; fi
if has gitleaks; then names+=("gitleaks") && commands["gitleaks"]="gitleaks dir --no-banner --redact -c $r ."; fi
compare "$tree" "${names[@]}"

printf '\n## A history: %s commits\n\n' "$(git -C "$repo" rev-list --all --count)"
names=("leeward history, no check" "leeward history" "git cat-file")
commands["leeward history, no check"]="leeward history --no-connectivity-check --no-progress ."
commands["leeward history"]="leeward history --no-progress ."
commands["git cat-file"]="git cat-file --batch-all-objects --batch --unordered"
if has kingfisher; then names+=("kingfisher") && commands["kingfisher"]="$fisher ."; fi
if has betterleaks; then names+=("betterleaks") && commands["betterleaks"]="betterleaks git --no-banner --redact -c $r ."; fi
if has gitleaks; then names+=("gitleaks") && commands["gitleaks"]="gitleaks git --no-banner --redact -c $r ."; fi
compare "$repo" "${names[@]}"
