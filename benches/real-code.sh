#!/usr/bin/env bash
# Scans every directory below one, as the sources of a package each, and prints a row for each: files, bytes, findings. What is
# found in the sources of others is to be looked at: there, at default settings, a finding is a false alarm until shown not to be.
#
# usage: benches/real-code.sh DIRECTORY
#
# Packages come from their registries, unpacked: `pip download --no-deps NAME`, `npm pack NAME`. Needs jq.
#
#   LEEWARD=     a binary to take instead of the one that is built here
#   CONFIDENCE=  low, to see what is not reported by default
set -euo pipefail
export LC_ALL=C

(($# == 1)) || { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2; }
directory=$(cd "$1" && pwd)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [[ -z ${LEEWARD:-} ]]; then
    (cd "$here" && cargo build --release --locked --quiet)
    LEEWARD=${CARGO_TARGET_DIR:-$here/target}/release/leeward
fi
leeward=$(cd "$(dirname "$LEEWARD")" && pwd)/$(basename "$LEEWARD")

printf '| package | files | MB | findings | not looked at |\n| --- | --: | --: | --: | --: |\n'
cd "$directory"
for package in */; do
    report=$("$leeward" scan --no-ignore --no-inline-ignores --confidence "${CONFIDENCE:-medium}" --format json --quiet "$package") || true
    jq -r --arg package "${package%/}" '.scan.coverage as $c
        | "| \($package) | \($c.files) | \($c.bytes / 1e5 | round / 10) | \(.findings | length) | \(.issues | length) |"' <<<"$report"
done
