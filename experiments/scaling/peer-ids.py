#!/usr/bin/env python3
"""Training steps of SASRec or HSTU in PyTorch on the CPU: the work of `hllm bench step` for models that know items by their ids.

usage: peer-ids.py --data DIR --name NAME [--model SASRec|HSTU] [--users 128] [--S 50] [--width 64] [--layers 4] [--heads 4] [--inner 1]
                   [--negatives 512] [--dropout 0.5] [--steps 4] [--threads N] [--mode reference|lean] [--compile] [--seed 1]

reference: as the public code works: each slot of a window goes through the model (those in front of a short one have items drawn at random)
           and has negatives of its own, which are looked up and made unit vectors twice, and accuracies are found from the scores.
lean:      a careful PyTorch user: windows as long as the longest of the batch, scaled_dot_product_attention, negatives of real transitions alone,
           unit vectors made once a row of the table.
Both:      the latest window of each user without the two items that are held out, negatives drawn by PyTorch, those closer than 0.99 to the target left
           out, AdamW over all weights with rate 1e-3 and no decay, temperature 0.05.
Drawing windows is not timed.  Prints one JSON line: seconds and CPU seconds of the median step, without the first; users a second, transitions and loss of each step.

Needs torch.
"""
import argparse, csv, json, math, random, time
import torch, torch.nn.functional as F
from torch import nn

a = argparse.ArgumentParser()
for n in 'data name'.split(): a.add_argument('--' + n, required=True)
a.add_argument('--model', default='SASRec', choices=['SASRec', 'HSTU']); a.add_argument('--mode', default='reference', choices=['reference', 'lean'])
for n, d in dict(users=128, S=50, width=64, layers=4, heads=4, inner=1, negatives=512, steps=4, threads=0, seed=1).items(): a.add_argument('--' + n, type=int, default=d)
a.add_argument('--dropout', type=float, default=0.5); a.add_argument('--compile', action='store_true')
a = a.parse_args()
if a.threads: torch.set_num_threads(a.threads)
torch.manual_seed(a.seed); rng = random.Random(a.seed)
lean, S, D, H = a.mode == 'lean', a.S, a.width, a.heads

# ------------------------------------------------------------ data
sequences, index = {}, {}
with open(f'{a.data}/dataset/{a.name}.csv', newline='') as f:
    for item, user, *_ in sorted(list(csv.reader(f))[1:], key=lambda r: int(r[2])): sequences.setdefault(user, []).append(index.setdefault(item, len(index) + 1))
items = len(index) + 1 # 0 is the padding
windows = [s[:-2][-(S + 1):] for s in sequences.values() if len(s) >= 4]

def draw(seen):
    while (i := rng.randint(1, items - 1)) in seen: pass
    return i
def batch():
    x, some = [], [rng.choice(windows) for _ in range(a.users)] if a.users > len(windows) else rng.sample(windows, a.users)
    slots = max(map(len, some)) if lean else S + 1
    for s in some: x.append([0 if lean else draw(s) for _ in range(slots - len(s))] + s)
    return torch.tensor(x), torch.tensor([[False] * (slots - len(s)) + [True] * (len(s) - 1) for s in some])

# ------------------------------------------------------------ models
def heads_of(x): return x.view(*x.shape[:2], H, -1).transpose(1, 2)
def joined(x): return x.transpose(1, 2).flatten(2)

class SasrecLayer(nn.Module): # the norms come behind
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(D, D) for _ in range(4))
        self.up, self.down = nn.Linear(D, a.inner * D), nn.Linear(a.inner * D, D)
        self.n1, self.n2, self.drop = nn.LayerNorm(D, 1e-12), nn.LayerNorm(D, 1e-12), nn.Dropout(a.dropout)
    def forward(self, x, seen):
        q, k, v = heads_of(self.q(x)), heads_of(self.k(x)), heads_of(self.v(x))
        if lean: y = F.scaled_dot_product_attention(q, k, v, torch.where(seen, 0., -1e9), dropout_p=a.dropout if self.training else 0.)
        else: y = self.drop(torch.softmax(q @ k.transpose(2, 3) / math.sqrt(D // H) + torch.where(seen, 0., -1e9), -1)) @ v
        x = self.n1(self.drop(self.o(joined(y))) + x)
        z = self.up(x)
        z = F.gelu(z) if lean else z * 0.5 * (1.0 + torch.erf(z / math.sqrt(2.0)))
        return self.n2(self.drop(self.down(z)) + x)

class HstuLayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.uvqk, self.o = nn.Parameter(torch.randn(D, 4 * D) * 0.02), nn.Linear(D, D)
        nn.init.xavier_uniform_(self.o.weight)
    def forward(self, x, seen):
        u, v, q, k = F.silu(F.layer_norm(x, [D], eps=1e-6) @ self.uvqk).split(D, -1)
        y = joined(F.silu(heads_of(q) @ heads_of(k).transpose(2, 3)) / S * seen @ heads_of(v))
        return self.o(F.dropout(u * F.layer_norm(y, [D], eps=1e-6), a.dropout, self.training)) + x

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        hstu = a.model == 'HSTU'
        self.items, self.places = nn.Embedding(items, D, padding_idx=0), nn.Embedding(S + hstu, D)
        self.first = nn.Identity() if hstu else nn.Sequential(nn.LayerNorm(D, 1e-12), nn.Dropout(a.dropout))
        self.layers = nn.ModuleList((HstuLayer if hstu else SasrecLayer)() for _ in range(a.layers))
        for m in self.modules():
            if isinstance(m, (nn.Linear, nn.Embedding)) and not hstu or isinstance(m, nn.Embedding): nn.init.normal_(m.weight, 0, 0.02)
    def users(self, x, valid):
        n = valid.shape[1]
        x = self.first(x + self.places(torch.arange(S - n, S)))
        seen = torch.tril(valid[:, None, None, :].expand(-1, -1, n, -1))
        if lean: seen = seen | torch.eye(n, dtype=torch.bool) # a row that sees nothing would be NaN
        for layer in self.layers: x = layer(x, seen)
        return x
    def scores(self, x, valid): # of the target and of each negative: (transitions, 1 + negatives)
        if lean:
            e = F.normalize(self.items.weight, dim=-1)
            u, p = F.normalize(self.users(self.items(x[:, :-1]), valid)[valid], dim=-1), e[x[:, 1:][valid]]
            n = e[torch.randint(1, items, (len(u), a.negatives))]
            near = (n.detach() @ p.detach()[:, :, None]).squeeze(-1) > 0.99
            return torch.cat([(u * p).sum(-1, keepdim=True), (n @ u[:, :, None]).squeeze(-1).masked_fill(near, torch.finfo(torch.float32).min)], -1) * 20
        e, n = self.items(x), self.items(torch.randint(1, items, (len(x), x.shape[1] - 1, a.negatives)))
        u, p = self.users(e[:, :-1], valid), e[:, 1:]
        u, p, n = (t / t.norm(dim=-1, keepdim=True) for t in (u, p, n))
        own = F.cosine_similarity(u, p, dim=-1).unsqueeze(-1)
        others, near = F.cosine_similarity(u.unsqueeze(2), n, dim=-1), F.cosine_similarity(p.unsqueeze(2), n, dim=-1)
        others[near > 0.99] = torch.finfo(others.dtype).min
        return torch.cat([own, others], -1)[valid] * 20
    def forward(self, x, valid):
        s = self.scores(x, valid)
        best = torch.zeros(len(s), dtype=torch.int64)
        loss = F.cross_entropy(s, best)
        if not lean:
            with torch.no_grad():
                for k in (1, 5, 10, 50, 100):
                    if k <= s.shape[1]: best.view(-1, 1).eq(s.topk(k, dim=1).indices).any(dim=1).float().mean()
                (s > torch.finfo(s.dtype).min / 100).sum(dim=1).float().mean()
        return loss

model = Model()
step = torch.compile(model, dynamic=True) if a.compile else model
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0)
times, cpu, losses, rows = [], [], [], []
def median(x): return sorted(x[1:])[len(x[1:]) // 2] if len(x) > 1 else x[0]
for _ in range(a.steps):
    x, valid = batch()
    t, c = time.perf_counter(), time.process_time()
    optimizer.zero_grad(); loss = step(x, valid); loss.backward(); optimizer.step()
    times.append(time.perf_counter() - t); cpu.append(time.process_time() - c); losses.append(round(loss.item(), 4)); rows.append(int(valid.sum()))
s = median(times)
print(json.dumps(dict(model=a.model, mode=a.mode + (' compiled' if a.compile else ''), threads=torch.get_num_threads(), seconds=round(s, 4), cpu_seconds=round(median(cpu), 4), users_per_second=round(a.users / s, 2),
    transitions=rows, loss=losses, torch=torch.__version__)))
