#!/usr/bin/env python3
"""Read the interactions and the texts of a dataset with pandas, and what `hllm prepare` does with them besides tokenising, as a user would write it.

usage: peer-prepare.py --data DIR --name NAME [--keys title,description]

The data are DIR/dataset/NAME.csv and DIR/information/NAME.csv.  Prints one JSON line: seconds, CPU seconds and peak memory after reading both files, and
after ids were numbered, interactions ordered by user and time, and texts put together in the order of the items.
"""
import argparse, json, time
import pandas as pd

a = argparse.ArgumentParser()
for n in ('data', 'name'): a.add_argument('--' + n, required=True)
a.add_argument('--keys', default='title,description')
a = a.parse_args()

def used(began=(time.perf_counter(), time.process_time())):
    with open('/proc/self/status') as f: peak = next(line for line in f if line.startswith('VmHWM')).split()[1]
    return time.perf_counter() - began[0], time.process_time() - began[1], int(peak) * 1024

rows = pd.read_csv(f'{a.data}/dataset/{a.name}.csv')
texts = pd.read_csv(f'{a.data}/information/{a.name}.csv')
read = used()

rows.columns = ['item', 'user', 'time']
rows['item'], items = pd.factorize(rows['item'])
rows['user'], users = pd.factorize(rows['user'])
rows = rows[rows.groupby('user')['item'].transform('size') >= 3].sort_values(['user', 'time'], kind='stable')
text = pd.Series('', index=texts.index)
for k in a.keys.split(','): text += f'{k}: ' + texts[k].fillna('')
text.index = texts['item_id']
text = text[~text.index.duplicated(keep='last')].reindex(items)
done = used()
print(json.dumps({'rows': len(rows), 'items': len(items), 'read_seconds': read[0], 'read_cpu_seconds': read[1], 'read_peak_bytes': read[2],
    'seconds': done[0], 'cpu_seconds': done[1], 'peak_bytes': done[2], 'pandas': pd.__version__}))
