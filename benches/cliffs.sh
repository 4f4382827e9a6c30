#!/usr/bin/env bash
# Makes repositories of shapes that programs stumble over, and prints what a scan of each costs.
#
# usage: benches/cliffs.sh [SHAPE]...
#
# Shapes: loose (100,000 loose objects), packs (1,000 packs), blob (a blob of 2 GB, in a pack and loose), refs (200,000
# refs: loose, packed and, where this git knows them, in reftables), commits (100,000 commits, for ranges). Each is
# compared with the same content stored plainly, and with what git takes for the same work: to read every object (`git
# cat-file --batch`), to check that what they name is there (`git fsck --connectivity-only`, which decodes no blob), to
# list the refs (`git for-each-ref`). For each: the status, seconds, processor time, peak memory, most files open and
# mapped at a time and, where `perf` is there, instructions. Everything is made in a temporary directory (TMPDIR) and
# goes away. Needs Python 3 and, for `blob`, 8 GB of disk.
#
# What no program is spared, and the numbers show: a loose object is a file to open and read; a thousand packs made
# apart have few deltas, so that there is ten times as much to inflate, and every tree names all of its entries anew; a
# loose ref is a file too, often in a directory to itself. Peak memory counts the pages of a pack that is mapped, which
# the system takes back when it needs them.
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

# Prints a row: what it is, objects, then the command.
cost() {
    local what=$1 objects=$2
    shift 2
    python3 - "$what" "$objects" "$@" <<'PYTHON'
import os, resource, shutil, subprocess, sys, tempfile, time
what, objects, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
counts = tempfile.NamedTemporaryFile()
perf = ["perf", "stat", "-x,", "-e", "instructions:u", "-o", counts.name, "--"] if shutil.which("perf") else []

def open_files(pid):
    """Descriptors of the program, which is a child of perf where there is one, and maps of files in memory."""
    try:
        if perf:
            pid = int(open(f"/proc/{pid}/task/{pid}/children").read().split()[0])
        maps = {line.split(None, 5)[5] for line in open(f"/proc/{pid}/maps") if " /" in line and ".so" not in line}
        return len(os.listdir(f"/proc/{pid}/fd")), len(maps)
    except (OSError, IndexError):
        return 0, 0

start = time.time()
child = subprocess.Popen(perf + command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
files = maps = 0
while child.poll() is None:
    now = open_files(child.pid)
    files, maps = max(files, now[0]), max(maps, now[1])
    time.sleep(0.02)
wall, used = time.time() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
instructions = "?"
for line in open(counts.name, errors="replace"):
    fields = line.split(",")
    if len(fields) > 2 and fields[0].isdigit():
        instructions = f"{int(fields[0]) / 1e9:,.2f}"
print(f"| {what} | {objects:,} | {child.returncode} | {wall:.2f} | {used.ru_utime + used.ru_stime:.2f} | {used.ru_maxrss // 1024:,} | {files} | {maps} | {instructions} |", flush=True)
PYTHON
}

# Writes loose objects: one file in every commit, each commit a tree of a thousand entries at most.
objects() {
    python3 - "$1" "$2" <<'PYTHON'
import hashlib, os, sys, zlib
git, number = sys.argv[1], int(sys.argv[2])
def store(kind, body):
    data = b"%s %d\0" % (kind, len(body)) + body
    name = hashlib.sha1(data).hexdigest()
    folder = f"{git}/objects/{name[:2]}"
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/{name[2:]}", "wb") as file:
        file.write(zlib.compress(data, 1))
    return name
person, parent, entries = b"Ada <ada@example.org> %d +0000", None, {}
for at in range(number // 3):
    blob = store(b"blob", b"".join(b"line %d of file %d\n" % (line, at) for line in range(40)))
    entries[b"%03d.txt" % (at % 200)] = bytes.fromhex(blob)
    tree = store(b"tree", b"".join(b"100644 " + name + b"\0" + entries[name] for name in sorted(entries)))
    who = person % (1700000000 + at)
    lines = [b"tree " + tree.encode()] + ([b"parent " + parent.encode()] if parent else [])
    parent = store(b"commit", b"\n".join(lines + [b"author " + who, b"committer " + who, b"", b"commit %d" % at, b""]))
with open(f"{git}/refs/heads/main", "w") as file:
    file.write(parent + "\n")
PYTHON
}

# What git takes for the same: reading all, and checking what is named.
floor() {
    cost "... git cat-file --batch" "$2" git -C "$1" cat-file --batch-all-objects --unordered --batch
    cost "... git fsck --connectivity-only" "$2" git -C "$1" fsck --connectivity-only
}

count() { git -C "$1" cat-file --batch-all-objects --unordered --batch-check='%(objectname)' | wc -l; }

loose() {
    local repo=$scratch/loose.git
    git init -q --bare -b main "$repo"
    objects "$repo" 100000
    cost "100,000 loose objects" "$(count "$repo")" "$leeward" history "$repo"
    cost "... without the connectivity check" "$(count "$repo")" "$leeward" history --no-connectivity-check "$repo"
    floor "$repo" "$(count "$repo")"
    cost "... a range of 10 commits" 30 "$leeward" range main~10..main "$repo"
    git -C "$repo" repack -qad
    cost "... in one pack, for comparison" "$(count "$repo")" "$leeward" history "$repo"
    floor "$repo" "$(count "$repo")"
}

packs() {
    local repo=$scratch/packs.git
    git init -q --bare -b main "$repo"
    objects "$repo" 100000
    git -C "$repo" cat-file --batch-all-objects --batch-check='%(objectname)' | sort -R --random-source=/dev/zero |
        split -n r/1000 --filter="git -C '$repo' pack-objects -q objects/pack/pack >/dev/null" -
    git -C "$repo" prune-packed -q
    cost "1,000 packs" "$(count "$repo")" "$leeward" history "$repo"
    cost "... without the connectivity check" "$(count "$repo")" "$leeward" history --no-connectivity-check "$repo"
    floor "$repo" "$(count "$repo")"
    cost "... a range of 10 commits" 30 "$leeward" range main~10..main "$repo"
    git -C "$repo" multi-pack-index write
    cost "... with a multi-pack-index" "$(count "$repo")" "$leeward" history "$repo"
    git -C "$repo" repack -qad
    cost "... in one pack, for comparison" "$(count "$repo")" "$leeward" history "$repo"
    floor "$repo" "$(count "$repo")"
    cost "... a range of 10 commits" 30 "$leeward" range main~10..main "$repo"
}

blob() {
    local repo=$scratch/blob
    git init -q -b main "$repo"
    python3 -c '
import random, sys
random.seed(1)
words = [bytes(random.choice(b"abcdefghijklmnopqrstuvwxyz") for _ in range(random.randint(2, 9))) for _ in range(5000)]
for _ in range(200):
    block = b"".join(b" ".join(random.choices(words, k=12)) + b"\n" for _ in range(150000))
    sys.stdout.buffer.write(block[:10737418] )' >"$repo/big.txt"
    git -C "$repo" -c core.compression=1 -c core.bigFileThreshold=4g hash-object -w --stdin <"$repo/big.txt" >"$scratch/id"
    cost "a loose blob of 2 GB" 1 "$leeward" history --no-connectivity-check "$repo"
    rm -rf "$repo/.git/objects/"??
    git -C "$repo" add big.txt
    cost "... staged against nothing" 1 "$leeward" staged "$repo"
    git -C "$repo" -c user.name=A -c user.email=a@b commit -qm big
    git -C "$repo" repack -qad
    cost "... packed" 3 "$leeward" history "$repo"
    floor "$repo" 3
    cost "... in a range" 3 "$leeward" range HEAD "$repo"
    cost "... as a file" 1 "$leeward" scan "$repo/big.txt"
    git init -q -b main "$scratch/small"
    split -b 1M "$repo/big.txt" "$scratch/small/part"
    rm -rf "$repo"
    git -C "$scratch/small" -c core.compression=1 add .
    git -C "$scratch/small" -c user.name=A -c user.email=a@b commit -qm small
    git -C "$scratch/small" -c pack.window=0 repack -qad
    cost "... in files of 1 MB, packed, for comparison" "$(count "$scratch/small")" "$leeward" history "$scratch/small"
    rm -rf "$scratch/small"
}

refs() {
    local repo=$scratch/refs.git
    git init -q --bare -b main "$repo"
    objects "$repo" 300
    cost "1 ref, for comparison" 300 "$leeward" history "$repo"
    local id
    id=$(git -C "$repo" rev-parse main)
    for number in $(seq 200000); do echo "create refs/pull/$number/head $id"; done | git -C "$repo" update-ref --stdin
    cost "200,000 refs, loose" 200000 "$leeward" history "$repo"
    cost "... git for-each-ref" 200000 git -C "$repo" for-each-ref
    cost "... a range without them" 200000 "$leeward" range 'main --not --glob=pull/*' --allow-empty "$repo"
    git -C "$repo" pack-refs --all --prune
    cost "... packed" 200000 "$leeward" history "$repo"
    cost "... git for-each-ref" 200000 git -C "$repo" for-each-ref
    cost "... a range without them" 200000 "$leeward" range 'main --not --glob=pull/*' --allow-empty "$repo"
    if git -C "$repo" refs migrate --ref-format=reftable 2>"$scratch/log"; then
        cost "... in a reftable" 200000 "$leeward" history "$repo"
    fi
}

commits() {
    local repo=$scratch/commits.git
    git init -q --bare -b main "$repo"
    objects "$repo" 300000
    git -C "$repo" repack -qad
    cost "100,000 commits, a range of 10" 30 "$leeward" range main~10..main "$repo"
    cost "... of all" 300000 "$leeward" range main "$repo"
    cost "... all but one, told by the oldest" 300000 "$leeward" range 'main --not main~99000' "$repo"
    cost "... their history" 300000 "$leeward" history "$repo"
}

echo "| repository | objects | status | seconds | processor | peak MiB | open files | mapped files | billion instructions |"
echo "| --- | --: | --: | --: | --: | --: | --: | --: | --: |"
for shape in "${@:-loose packs blob refs commits}"; do
    for one in $shape; do "$one"; done
done
