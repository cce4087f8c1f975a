#!/usr/bin/env python3
"""Rank every user's held-out item among the whole catalogue in PyTorch on the CPU: the work of `hllm eval`, as a careful user would write it.

usage: peer-eval.py --data DIR --name NAME --tokenizer DIR --item-dir DIR --user-dir DIR [--item-token FILE]
                    [--S 10] [--T 64] [--keys title,description] [--prompt TEXT] [--topk 5,10,50,200] [--phase test|valid]
                    [--batch-tokens 8192] [--users 1024] [--threads N] [--repeat 3] [--no-dedup] [--compile]

The data are DIR/dataset/NAME.csv and DIR/information/NAME.csv, the models Hugging Face folders of the Llama family, FILE a safetensors file
with the [ITEM] vector `item_emb_tokens` (else zeros).  Equal texts are encoded once, texts go sorted by length in batches cut to their longest one, there
is no language model head, users likewise; scores are products of unit vectors, the history is masked, and the rank of the target is counted from them.
Reading and tokenising are not timed.  Prints one JSON line: median seconds and CPU seconds of the repeats, their parts, tokens with and without padding,
recall@k and ndcg@k as `hllm eval` counts them, expected over a random order of the ties, and with the target first or last among them.

Needs torch, transformers, safetensors, and what the tokenizer needs.
"""
import argparse, csv, json, time
import torch, torch.nn.functional as F
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

a = argparse.ArgumentParser()
for n in 'data name tokenizer item-dir user-dir'.split(): a.add_argument('--' + n, required=True)
a.add_argument('--item-token'); a.add_argument('--keys', default='title,description'); a.add_argument('--topk', default='5,10,50,200')
a.add_argument('--prompt', default='Compress the following sentence into embedding: ')
a.add_argument('--phase', default='test', choices=['test', 'valid'])
for n, d in dict(S=10, T=64, batch_tokens=8192, users=1024, threads=0, repeat=3).items(): a.add_argument('--' + n.replace('_', '-'), type=int, default=d)
a.add_argument('--no-dedup', action='store_true'); a.add_argument('--compile', action='store_true')
a = a.parse_args()
if a.threads: torch.set_num_threads(a.threads)

# ------------------------------------------------------------ data
sequences, index = {}, {}
with open(f'{a.data}/dataset/{a.name}.csv', newline='') as f:
    rows = list(csv.reader(f))[1:]
for item, *_ in rows: index.setdefault(item, len(index))
for item, user, at in sorted(rows, key=lambda r: int(r[2])): sequences.setdefault(user, []).append(index[item])
held_out = 1 if a.phase == 'test' else 2
users = [(s[:-held_out], s[-held_out]) for s in sequences.values() if len(s) >= 3]
tokenizer = AutoTokenizer.from_pretrained(a.tokenizer)
keys, text = a.keys.split(','), {}
with open(f'{a.data}/information/{a.name}.csv', newline='') as f:
    for row in csv.DictReader(f):
        if row['item_id'] in index: text[index[row['item_id']]] = a.prompt + ''.join(f'{k}: {row[k]}' for k in keys if row[k])
ids = [tuple(tokenizer.encode(text.get(i, ''))[:a.T]) for i in range(len(index))]
texts = {}
for x in ids: texts.setdefault(len(texts) if a.no_dedup else x, x)
place = {}
for i, x in enumerate(texts.values()): place.setdefault(x, i)
text_of = torch.arange(len(ids)) if a.no_dedup else torch.tensor([place[x] for x in ids])
texts = list(texts.values())

# ------------------------------------------------------------ the work
load = lambda folder: AutoModelForCausalLM.from_pretrained(folder, torch_dtype=torch.float32, attn_implementation='sdpa').eval().model
item, user = load(a.item_dir), load(a.user_dir)
D = item.config.hidden_size
mark = load_file(a.item_token)['item_emb_tokens'].reshape(D) if a.item_token else torch.zeros(D)
if a.compile: item, user = torch.compile(item, dynamic=True), torch.compile(user, dynamic=True)

def batches(lengths, most):
    """Places in order of length, in batches of at most `most` tokens with their padding."""
    order, out = sorted(range(len(lengths)), key=lengths.__getitem__), [[]]
    for i in order:
        if out[-1] and (len(out[-1]) + 1) * lengths[i] > most: out.append([])
        out[-1].append(i)
    return out

def last_row(model, x, n):
    """Right padding: causal attention never sees it, so no mask is needed and the fast kernel is used."""
    return model(inputs_embeds=x, use_cache=False).last_hidden_state[torch.arange(len(n)), n - 1]

def encode_items():
    vectors, padded = torch.empty(len(texts), D), 0
    for b in batches([len(t) + 1 for t in texts], a.batch_tokens):
        n = torch.tensor([len(texts[i]) + 1 for i in b])
        L = int(n.max())
        x = item.get_input_embeddings()(torch.tensor([texts[i] + (0,) * (L - len(texts[i])) for i in b]))
        x[torch.arange(len(b)), n - 1] = mark
        vectors[b] = last_row(item, x, n)
        padded += len(b) * L
    return vectors, padded

def encode_users(vectors):
    out = torch.empty(len(users), D)
    recent = [h[-a.S:] for h, _ in users]
    for b in batches([len(h) for h in recent], a.batch_tokens):
        n = torch.tensor([len(recent[u]) for u in b])
        L = int(n.max())
        x = vectors[text_of[torch.tensor([recent[u] + [0] * (L - len(recent[u])) for u in b])]]
        out[b] = last_row(user, x, n)
    return out

def ranks(vectors, u):
    """1 + items scored higher than the target, and how many have its score; 0 where the target is in the history, which is masked."""
    v, u = F.normalize(vectors, dim=-1)[text_of], F.normalize(u, dim=-1)
    rank, ties = torch.empty(len(users), dtype=torch.long), torch.empty(len(users), dtype=torch.long)
    for begin in range(0, len(users), a.users):
        some = users[begin:begin + a.users]
        score = u[begin:begin + a.users] @ v.T
        target = torch.tensor([t for _, t in some])
        own = score[torch.arange(len(some)), target][:, None].clone()
        row = torch.tensor([r for r, (h, _) in enumerate(some) for _ in h]); seen = torch.tensor([i for h, _ in some for i in h])
        score[row, seen] = -torch.inf
        missed = score[torch.arange(len(some)), target] == -torch.inf
        rank[begin:begin + a.users] = (1 + (score > own).sum(1)).masked_fill(missed, 0)
        ties[begin:begin + a.users] = (score == own).sum(1) - 1
    return rank, ties

@torch.inference_mode()
def evaluate():
    t = [time.perf_counter()]; cpu = time.process_time()
    vectors, padded = encode_items(); t.append(time.perf_counter())
    u = encode_users(vectors); t.append(time.perf_counter())
    rank, ties = ranks(vectors, u); t.append(time.perf_counter())
    return dict(seconds=t[3] - t[0], cpu_seconds=time.process_time() - cpu, encode_seconds=t[1] - t[0], user_seconds=t[2] - t[1], rank_seconds=t[3] - t[2]), rank, ties, padded

def metrics(rank, ties):
    """Means over users whose target's place is uniform on rank .. rank + ties; rank 0 is a miss."""
    out = {}
    for k in map(int, a.topk.split(',')):
        gain = torch.cat((torch.zeros(1), (1 / torch.log2(torch.arange(1., k + 1) + 1)))).double().cumsum(0)   # of the places up to each
        before, end = (rank - 1).clamp(0, k), (rank + ties).clamp(0, k)
        end = torch.where(rank > 0, end, before)
        out[f'recall@{k}'] = ((end - before) / (ties + 1)).mean().item()
        out[f'ndcg@{k}'] = ((gain[end] - gain[before]) / (ties + 1)).mean().item()
    return out

if a.compile: evaluate()
runs = []
for _ in range(a.repeat):
    times, rank, ties, padded = evaluate()
    runs.append(times)
median = lambda key: sorted(r[key] for r in runs)[len(runs) // 2]
print(json.dumps({**{k: round(median(k), 4) for k in runs[0]}, 'threads': torch.get_num_threads(), 'users': len(users), 'items': len(ids), 'texts': len(texts),
    'tokens': sum(len(t) + 1 for t in texts), 'padded_tokens': padded, **metrics(rank, ties), 'optimistic': metrics(rank, 0 * ties),
    'pessimistic': metrics(torch.where(rank > 0, rank + ties, 0), 0 * ties), 'torch': torch.__version__}))
