"""split-count.py - an outside count of what a split makes of interactions, from the CSV file alone.

    split-count.py compare CSV KIND VALID TEST  <  what `hllm show DATASET --json` prints
    split-count.py popularity CSV KIND VALID TEST MASK WINDOW K  <  what `hllm train ... --json` prints

compare: are the cuts and the counts of the manifest those of this program?  popularity: is the recall@K of its row those of
items ranked by how often the training parts have them, the last WINDOW items of the history (window), all (all) or none (none)
left out?  What differs is printed, and the status is 1.  Columns: item, user, time."""
import bisect
import csv
import json
import sys
from collections import Counter


def read(path):
    """The sequences of the users with three interactions or more, by time, equal times in the order of the file."""
    users = {}
    with open(path, newline="", encoding="utf-8", errors="surrogateescape") as f:
        rows = csv.reader(f)
        next(rows)
        for row in rows:
            users.setdefault(row[1], []).append((int(row[2]), row[0]))
    every = {item for rows in users.values() for _, item in rows}
    return [sorted(rows, key=lambda r: r[0]) for rows in users.values() if len(rows) >= 3], every


def cut(users, kind, valid, test):
    """The first time of each part, and of each user where the parts begin."""
    if kind == "leave_two_out":
        return None, None, None, [(len(u) - 2, len(u) - 1) for u in users]
    times = sorted(t for u in users for t, _ in u)
    n = len(times)
    first_test, first_valid = n - int(test * n + 0.5), n - int((valid + test) * n + 0.5)
    valid_from, test_from = times[first_valid], times[first_test]
    ties = first_valid - bisect.bisect_left(times, valid_from), first_test - bisect.bisect_left(times, test_from)
    begins = []
    for u in users:
        at = [t for t, _ in u]
        begins.append((bisect.bisect_left(at, valid_from), bisect.bisect_left(at, test_from)))
    return valid_from, test_from, ties, begins


def targets(users, begins):
    """Of each user the places of both targets; None where there is none."""
    def target(begin, end):
        return end - 1 if end > begin and end > 1 else None
    return [(target(a, b), target(b, len(u))) for u, (a, b) in zip(users, begins)]


def counts(users, kind, valid, test):
    valid_from, test_from, ties, begins = cut(users, kind, valid, test)
    known = Counter(item for u, (a, _) in zip(users, begins) for _, item in u[:a])
    out = {"train": sum(a for a, _ in begins), "valid": sum(b - a for a, b in begins),
           "test": sum(len(u) - b for u, (_, b) in zip(users, begins)),
           "users_train": sum(a > 0 for a, _ in begins), "items_train": len(known)}
    out["ties_valid"], out["ties_test"] = ties or (0, 0)
    for phase, name in enumerate(("valid", "test")):
        ranked = [(u, b, t[phase]) for u, b, t in zip(users, begins, targets(users, begins)) if t[phase] is not None]
        sizes = [(b - a, len(u) - b)[phase] for u, (a, b) in zip(users, begins)]
        out["targets_" + name] = len(ranked)
        out["without_" + name] = sum(size == 0 for size in sizes)
        out["no_history_" + name] = len(users) - len(ranked) - out["without_" + name]
        out["new_" + name] = sum(b[0] == 0 for _, b, _ in ranked)
        out["cold_" + name] = sum(known[u[t][1]] == 0 for u, _, t in ranked)
    if valid_from is not None:
        out["valid_from"], out["test_from"] = valid_from, test_from
    return out


def popularity(users, every, kind, valid, test, mask, window, k):
    """recall@K of the test: the mean over the orders of ties."""
    _, _, _, begins = cut(users, kind, valid, test)
    known = Counter(item for u, (a, _) in zip(users, begins) for _, item in u[:a])
    total, ranked = 0.0, 0
    for u, (_, t) in zip(users, targets(users, begins)):
        if t is None:
            continue
        history = [item for _, item in u[:t]]
        left_out = set({"all": history, "window": history[-window:], "none": []}[mask])
        ranked += 1
        goal = u[t][1]
        if goal in left_out:
            continue
        rivals = [known[i] for i in every if i not in left_out and i != goal]
        above = sum(c > known[goal] for c in rivals)
        equal = sum(c == known[goal] for c in rivals)
        total += min(max(k - above, 0), equal + 1) / (equal + 1)
    return total / ranked


def main():
    what, path, kind, valid, test = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4]), float(sys.argv[5])
    users, every = read(path)
    given = json.load(sys.stdin)
    if what == "compare":
        want, got = counts(users, kind, valid, test), given["split"]
        differ = {name: (want.get(name), got.get(name)) for name in set(want) | set(got) if want.get(name) != got.get(name)}
        for name, (ours, theirs) in sorted(differ.items()):
            print("     %s: %s counted, %s in the manifest" % (name, ours, theirs))
        return bool(differ)
    mask, window, k = sys.argv[6], int(sys.argv[7]), int(sys.argv[8])
    want, got = popularity(users, every, kind, valid, test, mask, window, k), given["popularity"]["recall@%d" % k]
    differ = abs(want - got) > 5e-7 * want  # metrics are printed with seven digits, rounded
    if differ:
        print("     recall@%d of popularity: %.12f counted, %.12f in the table" % (k, want, got))
    return differ


sys.exit(main())
