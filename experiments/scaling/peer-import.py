#!/usr/bin/env python3
"""Make up a data set in a public one's form, and count with pandas what an import of it must give.

usage: peer-import.py make KIND DIR ROWS [packed]     KIND: amazon-2014, recbole or jsonl; writes DIR/interactions and DIR/items
       peer-import.py count KIND DIR GOT              prints one JSON line: rows, what is left, whether GOT/dataset/x.csv has the same, seconds, peak memory

Some records want an item, a user or a time.  amazon-2014 is filtered as the public code does: items and users with five of the whole
file, then users with five once more.  The texts are as large as those of books.
"""
import ast, gzip, json, random, sys, time
import pandas as pd

WORDS = 'the of and to in is it that for you was on are with as this have be at not but from or by one all had they she which we an there her were'.split()

def make(kind, where, rows, packed):
    rng, items, users = random.Random(rows), max(5, rows // 20), max(3, rows // 8)
    op = (lambda name: gzip.open(f'{where}/{name}', 'wt', encoding='utf-8', compresslevel=1)) if packed else (lambda name: open(f'{where}/{name}', 'w', encoding='utf-8'))
    with op('interactions') as f:
        if kind == 'recbole': f.write('user_id:token\titem_id:token\trating:float\ttimestamp:float\n')
        for i in range(rows):
            item, user = f'B{int(items * rng.random() ** 3):09d}', f'A{int(users * rng.random() ** 2):012d}'
            rating, when = float(rng.randint(1, 5)), str(1300000000 + rng.randrange(10 ** 8))
            if i % 1000 == 7: item = ''
            if i % 1000 == 11: user = ''
            if i % 1000 == 13: when = ''
            if kind == 'amazon-2014': f.write(f'{user},{item},{rating},{when}\n')
            elif kind == 'recbole': f.write(f'{user}\t{item}\t{rating}\t{when}\n')
            else:
                o = {'user_id': user or None, 'item_id': item, 'rating': rating, 'timestamp': int(when) if when else None, 'verified': True,
                     'text': ' '.join(rng.choices(WORDS, k=rng.randint(5, 60))) + (' "é\U0001f600"' if i % 9 == 0 else '')}
                f.write(json.dumps(o, ensure_ascii=i % 2 == 0) + '\n')
    with op('items') as f:
        if kind == 'recbole': f.write('item_id:token\ttitle:token_seq\tdescription:token_seq\tprice:float\n')
        for i in range(items + items // 10):
            title, words = ' '.join(rng.choices(WORDS, k=6)) + " it's", ' '.join(rng.choices(WORDS, k=40))
            if i % 13 == 7: continue
            o = {'item_id' if kind == 'jsonl' else 'asin': f'B{i:09d}', 'title': title, 'description': words, 'salesRank': {'Books': i}, 'price': 1.5}
            if kind == 'recbole': f.write(f'B{i:09d}\t{title}\t{words}\t1.5\n')
            else: f.write((repr(o) if kind == 'amazon-2014' else json.dumps(o)) + '\n')

def read(kind, where):
    path, packing = f'{where}/interactions', 'gzip' if open(f'{where}/interactions', 'rb').read(2) == b'\x1f\x8b' else None
    how = dict(dtype=str, keep_default_na=False, quoting=3, compression=packing)
    if kind == 'amazon-2014': return pd.read_csv(path, names=['user', 'item', 'rating', 'time'], **how)
    if kind == 'recbole': return pd.read_csv(path, sep='\t', header=0, names=['user', 'item', 'rating', 'time'], **how)
    x = pd.read_json(path, lines=True, dtype=False, compression=packing)[['user_id', 'item_id', 'rating', 'timestamp']]
    x.columns = ['user', 'item', 'rating', 'time']
    return x.assign(time=x['time'].map(lambda t: '' if pd.isna(t) else str(int(t)))).fillna('')

def texts(kind, where):
    op = gzip.open if open(f'{where}/items', 'rb').read(2) == b'\x1f\x8b' else open
    if kind == 'recbole': return pd.read_csv(f'{where}/items', sep='\t', quoting=3, compression='gzip' if op is gzip.open else None)['item_id:token']
    with op(f'{where}/items', 'rt', encoding='utf-8') as f:
        return pd.Series([(ast.literal_eval(line)['asin'] if kind == 'amazon-2014' else json.loads(line)['item_id']) for line in f])

def count(kind, where, got):
    x = read(kind, where)
    n = len(x)
    left = {'dropped_no_item': int((x['item'] == '').sum())}
    x = x[x['item'] != '']
    left['dropped_no_user'] = int((x['user'] == '').sum())
    x = x[x['user'] != '']
    left['dropped_no_time'] = int((x['time'] == '').sum())
    x = x[x['time'] != '']
    if kind == 'amazon-2014':
        per_item, per_user = x['item'].map(x['item'].value_counts()), x['user'].map(x['user'].value_counts())
        x = x[(per_item >= 5) & (per_user >= 5)]
        x = x[x['user'].map(x['user'].value_counts()) >= 5]
    t = texts(kind, where)
    used = t[t.isin(set(x['item']))]
    with open('/proc/self/status') as f: peak = next(line for line in f if line.startswith('VmHWM')).split()[1]
    seconds = time.perf_counter() - BEGAN
    ours = pd.read_csv(f'{got}/dataset/x.csv', dtype=str, keep_default_na=False)
    same = len(ours) == len(x) and (ours['item_id'].values == x['item'].values).all() and (ours['user_id'].values == x['user'].values).all() and (ours['timestamp'].values == x['time'].values).all()
    their = pd.read_csv(f'{got}/information/x.csv', dtype=str, keep_default_na=False)
    print(json.dumps({'rows': n, **left, 'interactions': len(x), 'users': x['user'].nunique(), 'items': x['item'].nunique(), 'text_rows': len(t),
        'texts': len(used), 'same_rows': bool(same), 'same_texts': bool(len(their) == len(used) and (their['item_id'].values == used.values).all()),
        'seconds': seconds, 'peak_bytes': int(peak) * 1024, 'pandas': pd.__version__}))

BEGAN = time.perf_counter()
if sys.argv[1:2] == ['make'] and len(sys.argv) in (5, 6): make(sys.argv[2], sys.argv[3], int(sys.argv[4]), len(sys.argv) == 6)
elif sys.argv[1:2] == ['count'] and len(sys.argv) == 5: count(*sys.argv[2:])
else: sys.exit(__doc__)
