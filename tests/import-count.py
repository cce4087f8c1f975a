"""import-count.py - made-up data sets in the forms of public ones, and what an import of them must give.

    import-count.py make KIND DIR ROWS     write DIR/interactions and DIR/items, in KIND's form
    import-count.py spoil FILE TO SEED     write TO: FILE, of which something is changed, cut off, repeated or put in
    import-count.py sums                   <  what `hllm import-data --json` prints: is every record written or left out for a reason?
    import-count.py compare KIND DIR GOT NAME [min_user=N] [min_item=N] [filter=core|public] [min_rating=X]  <  what `hllm import-data --json` prints

compare: are GOT/dataset/NAME.csv, GOT/information/NAME.csv and the counts those that this program finds in DIR?  What differs is printed, and
the status is 1.  Both read and write with Python's own modules alone (csv, json, ast, gzip), so that they are right apart from hllm.  KIND: the
kinds of hllm import-data; of movielens also movielens-100k, movielens-1m and movielens-20m.  Every kind is made with records that
want something, odd letters, quotes and texts of items that nobody has met."""
import ast
import csv
import gzip
import json
import os
import random
import sys
from collections import Counter

GENRES = ["unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama", "Fantasy", "Film-Noir",
          "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western"]
ODD = ["plain words", "it's", 'he said "no"', 'both \' and "', "comma, here", "back\\slash", "tab\there", "caf\u00e9", "\u4e2d\u6587 title",
       "\U0001f600 smile", "NA", "line\nbreak", "quote at end\"", "", "  blanks  ", "\u20ac5 & more;|x"]


def make_records(rows):
    """Interactions (item, user, rating, time) and items {id: (title, description)}, the same for all kinds."""
    rng = random.Random(rows)
    users, items = max(3, rows // 9), max(5, rows // 12)
    met = []
    for _ in range(rows):
        item = int(items * rng.random() ** 3)
        met.append(("B%07d" % item, "A%dX" % int(users * rng.random() ** 2), float(rng.randint(1, 5)), 1300000000 + rng.randrange(10 ** 8)))
    met += rng.sample(met, min(5, rows))
    texts = {}
    for i in range(items + items // 10):
        if i % 13 == 7:
            continue
        texts["B%07d" % i] = ("%s %d" % (ODD[i % len(ODD)], i) if i % 17 else "", ODD[(i * 7) % len(ODD)] * (1 + i % 3))
    return met, texts


def flat(text):
    """For forms that have no line breaks, tabs or separators in values."""
    for byte in "\n\t|,":
        text = text.replace(byte, " ")
    return text.replace("::", " ")


def latin(text):
    return text.encode("latin-1", "ignore").decode("latin-1")


# ---- writing

def make_amazon_2014(where, met, texts):
    with open(where + "/interactions", "w") as f:
        for i, (item, user, rating, time) in enumerate(met):
            f.write("%s,%s,%.1f,%s\n" % ("" if i == 11 else user, "" if i == 5 else item, rating, "" if i == 7 else time))
    with gzip.open(where + "/items", "wt", encoding="utf-8", compresslevel=1) as f:
        for i, (item, (title, description)) in enumerate(texts.items()):
            record = {"asin": item, "salesRank": {"Books": i}, "categories": [["Books", "It's"], []], "price": 1.5 * i, "related": {"also_viewed": [item]}}
            if i % 5:
                record["title"] = title
            if i % 3:
                record["description"] = description
            if i == 4:
                del record["asin"]
            # As Python 2 wrote it: all letters that are not ASCII escaped, and a u before.
            f.write(repr(record) + "\n" if i % 2 else ascii(record).replace("'title': '", "'title': u'").replace("'title': \"", "'title': u\"") + "\n")


def make_json(where, met, texts, names, of_items, unit):
    item_key, user_key, rating_key, time_key = names
    with gzip.open(where + "/interactions", "wt", encoding="utf-8", compresslevel=1) as f:
        for i, (item, user, rating, time) in enumerate(met):
            record = {rating_key: rating, "verified": True, user_key: user, item_key: item, time_key: time * unit, "reviewText": ODD[i % len(ODD)], "style": {"Format:": " Kindle"}}
            if i in (3, 5, 7):
                del record[(item_key, user_key, time_key)[i // 2 - 1]]
            if i == 9:
                record[time_key] = None
            f.write(json.dumps(record, ensure_ascii=i % 2 == 0) + "\n")
    with open(where + "/items", "w", encoding="utf-8") as f:
        for i, (item, (title, description)) in enumerate(texts.items()):
            record = {of_items: item, "title": title, "description": [description, "and more"] if i % 4 else [], "price": None, "rank": i, "category": ["Books", ["x"]]}
            if i == 4:
                del record[of_items]
            if i % 5 == 0:
                del record["title"]
            f.write(json.dumps(record, ensure_ascii=i % 2 == 0) + "\n\n"[:1 + (i == 8)])


def make_table(where, met, texts, names, of_items, columns):
    with open(where + "/interactions", "w", newline="", encoding="utf-8") as f:
        rows = csv.writer(f, lineterminator="\n")
        rows.writerow(names)
        for i, (item, user, rating, time) in enumerate(met):
            value = dict(zip(("item", "user", "rating", "time"), (item, user, rating, time)))
            if i == 5:
                value["time"] = ""
            rows.writerow([value[of_items[n]] for n in names])
    with open(where + "/items", "w", newline="", encoding="utf-8") as f:
        rows = csv.writer(f, lineterminator="\r\n")
        rows.writerow(columns)
        for i, (item, (title, description)) in enumerate(texts.items()):
            value = {"title": title, "description": description, "tag": "tag%d" % (i % 7), "genres": "A|B", "view_number": i}
            rows.writerow([value.get(c, item) if i != 4 or c in value else "" for c in columns])


def make_lines(where, met, texts, separator, header, items_header, order, items, encoding="utf-8"):
    with open(where + "/interactions", "w", encoding="utf-8") as f:
        f.write(header)
        for i, (item, user, rating, time) in enumerate(met):
            value = {"item": item, "user": user, "rating": "%g" % rating, "time": "" if i == 5 and separator == "\t" else "%d" % time}
            f.write(separator.join(value[n] for n in order) + "\n")
    with open(where + "/items", "wb") as f:
        f.write(items_header.encode())
        for i, (item, (title, description)) in enumerate(texts.items()):
            f.write((items(item, flat(title), flat(description), i) + "\n").encode(encoding, "ignore"))


def number(x):
    return x.lstrip("BA").rstrip("X").lstrip("0") or "0"


def make(kind, where, rows):
    os.makedirs(where, exist_ok=True)
    met, texts = make_records(rows)
    if kind.startswith("movielens"):
        met = [(number(i), number(u), r, t) for i, u, r, t in met]
        texts = {number(i): t for i, t in texts.items()}
    if kind == "amazon-2014":
        make_amazon_2014(where, met, texts)
    elif kind == "amazon-2018":
        make_json(where, met, texts, ("asin", "reviewerID", "overall", "unixReviewTime"), "asin", 1)
    elif kind == "amazon-2023":
        make_json(where, met, texts, ("parent_asin", "user_id", "rating", "timestamp"), "parent_asin", 1000)
    elif kind == "jsonl":
        make_json(where, met, texts, ("item_id", "user_id", "rating", "timestamp"), "item_id", 1)
    elif kind == "pixelrec":
        make_table(where, met, texts, ["item_id", "user_id", "timestamp"], {"item_id": "item", "user_id": "user", "timestamp": "time"},
                   ["item_id", "view_number", "title", "tag", "description"])
    elif kind == "csv":
        make_table(where, met, texts, ["User ID", "rating", "movieId", "timestamp"], {"User ID": "user", "rating": "rating", "movieId": "item", "timestamp": "time"},
                   ["title", "movieId", "description"])
    elif kind == "movielens-20m":
        make_table(where, met, texts, ["userId", "movieId", "rating", "timestamp"], {"userId": "user", "movieId": "item", "rating": "rating", "timestamp": "time"},
                   ["movieId", "title", "genres"])
    elif kind == "movielens-1m":
        make_lines(where, met, texts, "::", "", "", ("user", "item", "rating", "time"), lambda item, t, d, i: "%s::%s::Action|Comedy" % (item, latin(t)), "latin-1")
    elif kind == "movielens-100k":
        make_lines(where, met, texts, "\t", "", "", ("user", "item", "rating", "time"),
                   lambda item, t, d, i: "|".join([item, latin(t), "01-Jan-1995", "", "http://x/%d" % i] + ["%d" % ((i >> k) & 1) for k in range(19)]), "latin-1")
    elif kind == "recbole":
        make_lines(where, met, texts, "\t", "user_id:token\titem_id:token\trating:float\ttimestamp:float\n", "item_id:token\ttitle:token_seq\tyear:float\tdescription:token_seq\n",
                   ("user", "item", "rating", "time"), lambda item, t, d, i: "%s\t%s\t%d\t%s" % (item, t, i, d))
    elif kind == "tsv":
        make_lines(where, met, texts, "\t", "item_id\tuser_id\ttimestamp\n", "item_id\ttitle\tdescription\n", ("item", "user", "time"), lambda item, t, d, i: "\t".join((item, t, d)))
    else:
        sys.exit("import-count.py: no kind " + kind)


# ---- reading, on its own

def text_of(value):
    if value is None:
        return ""
    if isinstance(value, list):
        return " ".join(t for t in (text_of(v) for v in value) if t)
    return value if isinstance(value, str) else json.dumps(value)


def opened(path, encoding="utf-8"):
    packed = open(path, "rb").read(2) == b"\x1f\x8b"
    return gzip.open(path, "rt", encoding=encoding) if packed else open(path, newline="", encoding=encoding)


def objects(path, parse):
    for line in opened(path):
        if line.strip():
            yield parse(line)


def split_lines(path, separator, encoding="utf-8"):
    for line in opened(path, encoding):
        yield line.rstrip("\n").split(separator)


def read(kind, where):
    """Rows (item, user, time, rating), of which some want something, and texts (item, value...) with the names of the values."""
    met, items = where + "/interactions", where + "/items"
    if kind == "amazon-2014":
        rows = [(i, u, t, r) for u, i, r, t in split_lines(met, ",")]
        texts = [(o.get("asin"), text_of(o.get("title")), text_of(o.get("description"))) for o in objects(items, ast.literal_eval)]
        return rows, texts, ["title", "description"]
    if kind in ("amazon-2018", "amazon-2023", "jsonl"):
        item, user, rating, time = {"amazon-2018": ("asin", "reviewerID", "overall", "unixReviewTime"), "amazon-2023": ("parent_asin", "user_id", "rating", "timestamp"),
                                    "jsonl": ("item_id", "user_id", "rating", "timestamp")}[kind]
        rows = [(o.get(item), o.get(user), o.get(time), o.get(rating)) for o in objects(met, json.loads)]
        texts = [(o.get(item), text_of(o.get("title")), text_of(o.get("description"))) for o in objects(items, json.loads)]
        return rows, texts, ["title", "description"]
    if kind in ("pixelrec", "csv", "movielens-20m"):
        item, user, names = {"pixelrec": ("item_id", "user_id", ["title", "tag", "description"]), "csv": ("movieId", "User ID", ["title", "description"]),
                             "movielens-20m": ("movieId", "userId", ["title", "genres"])}[kind]
        rows = [(o[item], o[user], o["timestamp"], o.get("rating")) for o in csv.DictReader(opened(met))]
        return rows, [tuple([o[item]] + [o[n] for n in names]) for o in csv.DictReader(opened(items))], names
    if kind == "movielens-1m":
        rows = [(i, u, t, r) for u, i, r, t in split_lines(met, "::")]
        return rows, [tuple(line) for line in split_lines(items, "::", "latin-1")], ["title", "genres"]
    if kind == "movielens-100k":
        rows = [(i, u, t, r) for u, i, r, t in split_lines(met, "\t")]
        texts = [(x[0], x[1], "|".join(g for g, f in zip(GENRES, x[5:]) if f == "1")) for x in split_lines(items, "|", "latin-1")]
        return rows, texts, ["title", "genres"]
    rows = list(split_lines(met, "\t"))[1:]
    texts = list(split_lines(items, "\t"))[1:]
    if kind == "recbole":
        return [(i, u, t, r) for u, i, r, t in rows], [(i, t, d) for i, t, _, d in texts], ["title", "description"]
    return [(i, u, t, None) for i, u, t in rows], [tuple(x) for x in texts], ["title", "description"]


def keep(rows, min_item, min_user, how):
    """What the filter leaves.  public: by the counts of all, then users by the counts of the rest."""
    while True:
        items, users = Counter(r[0] for r in rows), Counter(r[1] for r in rows)
        left = [r for r in rows if items[r[0]] >= min_item and users[r[1]] >= min_user]
        if how == "public":
            users = Counter(r[1] for r in left)
            return [r for r in left if users[r[1]] >= min_user]
        if len(left) == len(rows):
            return left
        rows = left


def expect(kind, where, options):
    rows, texts, names = read(kind, where)
    counts = {"rows": len(rows), "dropped_no_item": 0, "dropped_no_user": 0, "dropped_no_time": 0, "dropped_low_rating": 0}
    good = []
    for item, user, time, rating in rows:
        wants = "dropped_no_item" if not item else "dropped_no_user" if not user else "dropped_no_time" if time in ("", None) else None
        if not wants and "min_rating" in options and float(rating) < float(options["min_rating"]):
            wants = "dropped_low_rating"
        if wants:
            counts[wants] += 1
        else:
            good.append((item, user, int(time)))
    public = kind == "amazon-2014"
    kept = keep(good, int(options.get("min_item", 5 if public else 0)), int(options.get("min_user", 5 if public else 0)), options.get("filter", "public" if public else "core"))
    met = {r[0] for r in kept}
    written = [t for t in texts if t[0] in met]
    counts.update(users_read=len({r[1] for r in good}), items_read=len({r[0] for r in good}), interactions=len(kept), repeated=len(kept) - len(set(kept)),
                  users=len({r[1] for r in kept}), items=len(met), text_rows=len(texts), texts_no_item=sum(not t[0] for t in texts), texts=len(written),
                  texts_unused=sum(bool(t[0]) and t[0] not in met for t in texts), texts_empty=sum(not any(t[1:]) for t in written),
                  texts_repeated=len(written) - len({t[0] for t in written}), items_without_text=len(met - {t[0] for t in texts}), dropped_bad=0, texts_bad=0)
    return counts, {"dataset": [["item_id", "user_id", "timestamp"]] + [[str(v) for v in r] for r in kept], "information": [["item_id"] + names] + [list(t) for t in written]}


def compare(kind, where, got, name, options):
    counts, tables = expect(kind, where, options)
    said = json.load(sys.stdin)
    wrong = ["%s: %s instead of %s" % (n, said.get(n), x) for n, x in counts.items() if said.get(n) != x]
    for folder, rows in tables.items():
        with open("%s/%s/%s.csv" % (got, folder, name), newline="", encoding="utf-8") as f:
            there = list(csv.reader(f))
        wrong += ["%s, row %d: %.80r instead of %.80r" % (folder, i, a, b) for i, (a, b) in enumerate(zip(there, rows)) if a != b][:3]
        if len(there) != len(rows):
            wrong.append("%s: %d rows instead of %d" % (folder, len(there), len(rows)))
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


# ---- damage

def spoil(path, to, seed):
    rng = random.Random(seed)
    with open(path, "rb") as f:
        data = bytearray(f.read())
    for _ in range(rng.choice((1, 1, 2, 5))):
        at, n = rng.randrange(len(data) + 1), rng.choice((1, 1, 2, 8, 100, 3000))
        act = rng.randrange(8)
        if act == 0:
            data[at:at + n] = bytes(rng.randrange(256) for _ in data[at:at + n])
        elif act == 1:
            del data[at:at + n]
        elif act == 2:
            del data[at:]
        elif act == 3:
            data[at:at] = data[at:at + n]
        elif act == 4:
            data[at:at] = rng.choice((b"\0", b"\n", b"\r", b'"', b"'", b"\t", b",", b"::", b"|", b"\\", b"{", b"}", b"[", b"\xff", b"\xef\xbb\xbf", b"9" * 40))
        elif act == 5 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif act == 6:
            cut = data[at:at + n]
            del data[at:at + n]
            data[rng.randrange(len(data) + 1):0] = cut
        else:
            data[at:at] = rng.choice((b"null", b"None", b"NaN", b"-", b"1e999", b"\\u", b"\\ud800", b"[" * 200))
    with open(to, "wb") as f:
        f.write(data)


if sys.argv[1:2] == ["make"]:
    make(sys.argv[2], sys.argv[3], int(sys.argv[4]))
elif sys.argv[1:2] == ["spoil"]:
    spoil(sys.argv[2], sys.argv[3], int(sys.argv[4]))
elif sys.argv[1:2] == ["sums"]:
    c = json.load(sys.stdin)
    sys.exit(c["rows"] != c["interactions"] + sum(n for k, n in c.items() if k.startswith("dropped_")) or
             c["text_rows"] != c["texts"] + c["texts_bad"] + c["texts_no_item"] + c["texts_unused"])
elif sys.argv[1:2] == ["compare"]:
    sys.exit(compare(sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5], dict(o.split("=") for o in sys.argv[6:])))
else:
    sys.exit(__doc__)
