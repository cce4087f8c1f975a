#!/usr/bin/env python3
"""Golden vectors of what users read beside item vectors, and of item models with other user models.

usage: make-golden-inputs.py OUT_DIR [--only NAME]

Needs torch, numpy, h5py, and make-golden.py beside it, whose layout the files have (without /after).  Everything is in
double precision, padded to the left, user by user: nothing is packed, shared or skipped.

    hllm_inputs     HLLM, to whose item vectors the times of the items and rows of a table are added
    hllm_sasrec     texts, an adapter, and SASRec's blocks as the user model; the times of the items are added
    hllm_hstu       texts, an adapter, and HSTU with biases by times and places; rows of a table are added
    hstu_rel_bias   HSTU over a table of items, with biases by times and places
    llmidrec        Llama over a table of items with a matrix behind it
    sasrec_bce      SASRec with a negative of each position's own, and binary cross entropy as it was published
    sasrec_bce_many the same with negatives that all positions share
    hllm_late       HLLM that predicts labels: times, ids, a [USER] token, and a head that reads the target too
    hllm_early      the same with the target behind the history, with its own time and id
"""
import argparse, datetime, importlib.util, math, os
import h5py, numpy as np, torch, torch.nn.functional as F

spec = importlib.util.spec_from_file_location('golden', os.path.join(os.path.dirname(__file__), 'make-golden.py'))
golden = importlib.util.module_from_spec(spec)
spec.loader.exec_module(golden)

PARTS = {'year': 2100, 'month': 13, 'day': 32, 'hour': 24, 'minute': 60, 'second': 60}
ITEM = dict(hidden_size=24, intermediate_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
            vocab_size=40, rms_norm_eps=1e-5, rope_theta=10000.0)
BUCKETS = 128

# ---- weights

def drawer(g):
    return lambda *s, std=0.1: torch.randn(*s, generator=g, dtype=torch.float64) * std

def draw_inputs(r, D, size, items):
    """What is added to item vectors; size: of a row of a table of times, 0: no times; items: 0: no table."""
    w = {}
    if size:
        w = {f'user_time.{part}.weight': r(rows, size, std=0.5) for part, rows in PARTS.items()}
        w['user_time.mlp.0.weight'], w['user_time.mlp.0.bias'] = r(D, 6 * size, std=0.3), r(D)
        w['user_time.mlp.2.weight'], w['user_time.mlp.2.bias'] = r(D, D, std=0.2), r(D)
    if items: w['user_id_embedding.weight'] = r(items, D, std=0.3)
    return w

def draw_sasrec(r, D, S, layers, inner):
    w = {'position_embedding.weight': r(S, D), 'LayerNorm.weight': 1 + r(D), 'LayerNorm.bias': r(D)}
    for i in range(layers):
        L = f'trm_encoder.layer.{i}.'
        for n in ('query', 'key', 'value', 'dense'):
            w[L + f'multi_head_attention.{n}.weight'], w[L + f'multi_head_attention.{n}.bias'] = r(D, D), r(D)
        w[L + 'feed_forward.dense_1.weight'], w[L + 'feed_forward.dense_1.bias'] = r(inner * D, D), r(inner * D)
        w[L + 'feed_forward.dense_2.weight'], w[L + 'feed_forward.dense_2.bias'] = r(D, inner * D), r(D)
        for n in ('multi_head_attention', 'feed_forward'):
            w[L + n + '.LayerNorm.weight'], w[L + n + '.LayerNorm.bias'] = 1 + r(D), r(D)
    return w

def draw_hstu(r, D, S, layers):
    w = {'position_embedding.weight': r(S + 1, D)}
    for i in range(layers):
        L = f'_hstu._attention_layers.{i}.'
        w[L + '_uvqk'], w[L + '_o.weight'], w[L + '_o.bias'] = r(D, 4 * D), r(D, D), r(D)
        w[L + '_rel_attn_bias._ts_w'] = r(BUCKETS + 1, std=0.5)
        w[L + '_rel_attn_bias._pos_w'] = r(2 * (2 * S) - 1, std=0.5)
    return w

# ---- times: seconds to years apart

def draw_times(g, users, n):
    apart = torch.exp(torch.rand(users, n, generator=g, dtype=torch.float64) * 18).long()
    start = torch.randint(0, 1_500_000_000, (users, 1), generator=g)
    return start + apart.cumsum(1)

def add_inputs(x, w, items, times):
    """x (users, S, D), item vectors; items and times (users, S)."""
    if 'user_time.year.weight' in w:
        split = [[datetime.datetime.fromtimestamp(int(t), datetime.timezone.utc) for t in row] for row in times]
        e = torch.cat([w[f'user_time.{part}.weight'][torch.tensor([[getattr(t, part) for t in row] for row in split])]
                       for part in PARTS], -1)
        h = F.silu(e @ w['user_time.mlp.0.weight'].T + w['user_time.mlp.0.bias'])
        x = x + h @ w['user_time.mlp.2.weight'].T + w['user_time.mlp.2.bias']
    if 'user_id_embedding.weight' in w: x = x + w['user_id_embedding.weight'][items]
    return x

# ---- user models: x (users, S, D), valid (users, S)

def llama_users(x, valid, times, w, c):
    users, S, D = x.shape
    return golden.llama(x.reshape(-1, D), torch.arange(S).repeat(users), [S] * users, w, 'user_llm.', c,
                        valid.reshape(-1)).view(users, S, D)

def sasrec_users(x, valid, times, w, c):
    users, S, D = x.shape
    H, layers = c['heads'], c['layers']
    norm = lambda x, n: F.layer_norm(x, (D,), w[n + '.weight'], w[n + '.bias'], c['layer_norm_eps'])
    linear = lambda x, n: x @ w[n + '.weight'].T + w[n + '.bias']
    seen = torch.tril(torch.ones(S, S, dtype=torch.bool))[None, None] & valid[:, None, None, :]
    x = norm(x + w['position_embedding.weight'][None], 'LayerNorm')
    for i in range(layers):
        L = f'trm_encoder.layer.{i}.'
        q, k, v = (linear(x, L + f'multi_head_attention.{n}').view(users, S, H, D // H).transpose(1, 2)
                   for n in ('query', 'key', 'value'))
        a = (q @ k.transpose(-1, -2) / math.sqrt(D // H)).masked_fill(~seen, -1e9).softmax(-1) @ v
        a = a.transpose(1, 2).reshape(users, S, D)
        x = norm(linear(a, L + 'multi_head_attention.dense') + x, L + 'multi_head_attention.LayerNorm')
        x = norm(linear(F.gelu(linear(x, L + 'feed_forward.dense_1')), L + 'feed_forward.dense_2') + x,
                 L + 'feed_forward.LayerNorm')
    return x

def hstu_biases(times, w, L, S):
    """(users, S, S): of query i and key j how long before the item behind i that of j was met, and i - j."""
    behind = torch.cat([times[:, 1:], times[:, -1:]], 1)
    seconds = (behind[:, :, None] - times[:, None, :]).abs().clamp(min=1)
    bucket = (seconds.double().log() / 0.301).long().clamp(0, BUCKETS)
    place = torch.arange(S)
    return w[L + '_rel_attn_bias._ts_w'][bucket] + w[L + '_rel_attn_bias._pos_w'][place[None] - place[:, None] + 2 * S - 1]

def hstu_users(x, valid, times, w, c):
    users, S, D = x.shape
    H, layers, eps = c['heads'], c['layers'], c['layer_norm_eps']
    seen = (torch.tril(torch.ones(S, S, dtype=torch.bool))[None, None] & valid[:, None, None, :]).to(x.dtype)
    x = x + w['position_embedding.weight'][:S][None]
    for i in range(layers):
        L = f'_hstu._attention_layers.{i}.'
        u, v, q, k = F.silu(F.layer_norm(x, (D,), eps=eps) @ w[L + '_uvqk']).split(D, -1)
        q, k, v = (t.reshape(users, S, H, D // H).transpose(1, 2) for t in (q, k, v))
        scores = q @ k.transpose(-1, -2) + hstu_biases(times, w, L, S)[:, None]
        a = ((F.silu(scores) / S * seen) @ v).transpose(1, 2).reshape(users, S, D)
        x = (u * F.layer_norm(a, (D,), eps=eps)) @ w[L + '_o.weight'].T + w[L + '_o.bias'] + x
    return x

# ---- losses

def bce(u, p, n, valid, logit_scale, thres):
    """u, p (rows, D); n (rows, K, D) or (K, D): yes for p, no for each of n but for those too much like p."""
    with torch.no_grad(): logit_scale.clamp_(0, math.log(100))
    u, p, n = (x / x.norm(dim=-1, keepdim=True) for x in (u, p, n))
    n = n.expand(len(u), *n.shape[-2:])
    yes, no = (u * p).sum(-1, keepdim=True) * logit_scale.exp(), torch.einsum('rd,rkd->rk', u, n) * logit_scale.exp()
    false = torch.einsum('rd,rkd->rk', p, n).detach() > thres
    each = torch.cat([-F.logsigmoid(yes), -F.logsigmoid(-no).masked_fill(false, 0)], 1)
    metrics = golden._nce_metrics(torch.cat([yes, no.masked_fill(false, torch.finfo(no.dtype).min)], 1)[valid])[2]
    return each[valid].sum(-1).mean(), metrics

# ---- labels of the last item of each user

def draw_head(r, D, fusion, size):
    w = {'user_emb_tokens': r(1, 1, D, std=0.2)} if fusion == 'late' else {}
    w['label_head.0.weight'], w['label_head.0.bias'] = r(size, D * (2 if fusion == 'late' else 1), std=0.3), r(size)
    w['label_head.2.weight'], w['label_head.2.bias'] = r(1, size, std=0.5), r(1)
    return w

def label_loss(u, target, labels, w, fusion):
    """u (users, D), the last hidden state of what stands behind the history; target (users, D), item vectors."""
    x = torch.cat([u, target], -1) if fusion == 'late' else u
    h = F.silu(x @ w['label_head.0.weight'].T + w['label_head.0.bias'])
    logits = (h @ w['label_head.2.weight'].T + w['label_head.2.bias'])[:, 0]
    return F.binary_cross_entropy_with_logits(logits, labels), logits

# ---- cases

def text_case(out, name, seed, users_of, draw_users, user_c, to, size, with_ids, users=4, S=6, T=10, items=20, neg=7,
              fusion=None, lam=1.0, head=0):
    """Texts through a Llama with an [ITEM] token, and an adapter where the user model is `to` wide and the Llama is not."""
    g = torch.Generator().manual_seed(seed)
    r = drawer(g)
    w = golden.rand_llama(g, ITEM, 'item_llm.')
    w['item_emb_tokens'] = r(1, 1, ITEM['hidden_size'], std=0.02)
    if to != ITEM['hidden_size']: w['item_adapter.weight'] = r(to, ITEM['hidden_size'], std=0.3)
    w['logit_scale'] = torch.tensor(math.log(1 / 0.07), dtype=torch.float64)
    w.update(draw_inputs(r, to, size, items if with_ids else 0))
    w.update(draw_users(r, g))
    if fusion: w.update(draw_head(r, to, fusion, head))
    pos, negs, valid, text = golden.hllm_batch(g, users, S, items, neg, T, ITEM['vocab_size'])
    times = draw_times(g, users, S + 1)
    labels = (torch.arange(users) % 3 != 1).double() if fusion else None
    def vectors(w, which):
        x = golden.encode_items(which.reshape(-1), text, w, ITEM, T, 'llama', False)[0]
        return x @ w['item_adapter.weight'].T if 'item_adapter.weight' in w else x
    def forward(w):
        pe, ne = vectors(w, pos).view(users, S + 1, to), vectors(w, negs)
        x = add_inputs(pe[:, :-1], w, pos[:, :-1], times[:, :-1])
        seen = valid
        if fusion:
            target = add_inputs(pe[:, -1:], w, pos[:, -1:], times[:, -1:])
            behind = w['user_emb_tokens'].expand(users, 1, to) if fusion == 'late' else target
            x, seen = torch.cat([x, behind], 1), torch.cat([valid, torch.ones_like(valid[:, :1])], 1)
        u = users_of(x, seen, times[:, :-1], w, user_c)
        last, u = u[:, -1], u[:, :S]
        loss, logits, m = golden.nce(u.reshape(-1, to), pe[:, 1:].reshape(-1, to), ne, valid.reshape(-1),
                                     w['logit_scale'], 0.99)
        given = dict(pos_items=pos, neg_items=negs, valid=valid, times=times)
        if not fusion: return loss, dict(loss=loss, **m), given
        of_labels, label_logits = label_loss(last, pe[:, -1], labels, w, fusion)
        loss = lam * loss + of_labels
        return loss, dict(loss=loss, label_loss=of_labels, label_logits=label_logits, **m), dict(labels=labels, **given)
    run(out, name, w, forward, dict(case=name, users=users, S=S, T=T, nce_thres=0.99, ranks=1, mean_pool=False,
        time_size=size, id_rows=items if with_ids else 0,
        **(dict(late=fusion == 'late', fusion_lambda=lam, head_size=head) if fusion else {}), **{'item.' + k: v for k, v in ITEM.items()},
        **{'user.' + k: v for k, v in user_c.items()}), {f'text/{i}': t for i, t in enumerate(text)})

def id_case(out, name, seed, users_of, draw_users, user_c, width, to, users=4, S=6, items=30, loss='nce', neg=None):
    """A row of a table for each item, and a matrix behind it where it is not as wide as the user model.  neg: how many
    negatives each position has for itself."""
    g = torch.Generator().manual_seed(seed)
    r = drawer(g)
    w = {'item_embedding.weight': r(items, width), 'logit_scale': torch.tensor(math.log(1 / 0.07), dtype=torch.float64)}
    if width != to: w['item_id_proj_tower.weight'] = r(to, width, std=0.3)
    w.update(draw_users(r, g))
    which, negs, valid = golden.id_batch(g, users, S, items, neg)
    times = draw_times(g, users, S + 1)
    def forward(w):
        E = w['item_embedding.weight']
        vectors = lambda i: E[i] @ w['item_id_proj_tower.weight'].T if width != to else E[i]
        e = vectors(which)
        u = users_of(e[:, :-1], valid, times[:, :-1], w, user_c)
        inputs = dict(items=which, neg_items=negs, valid=valid, times=times)
        if loss == 'nce': return golden.id_loss(w, u, e[:, 1:], vectors(negs), valid, which, negs)[:2] + (inputs,)
        n = vectors(negs)
        value, metrics = bce(u.reshape(-1, to), e[:, 1:].reshape(-1, to), n.reshape(users * S, neg, to) if neg else
                             n.reshape(-1, to), valid.reshape(-1), w['logit_scale'], 0.99)
        return value, dict(loss=value, **metrics), inputs
    flat = {} if 'num_hidden_layers' in user_c else dict(heads=user_c['heads'], layers=user_c['layers'],
                                                         layer_norm_eps=user_c['layer_norm_eps'])
    if 'inner' in user_c: flat['inner'] = user_c['inner']
    if loss == 'bce': flat['bce'] = 1
    run(out, name, w, forward, dict(case=name, users=users, S=S, D=to, nce_thres=0.99, **flat,
        **{'user.' + k: v for k, v in user_c.items()}))

def run(out, name, w, forward, config, extra={}, steps=3, lr=1e-3, decay=0.01):
    w = {k: v.clone().requires_grad_() for k, v in w.items()}
    with h5py.File(os.path.join(out, name + '.h5'), 'w') as f:
        def put(group, tensors):
            for k, v in tensors.items():
                a = v.detach().numpy()
                f.create_dataset(f'{group}/{k}', data=a, **(dict(compression='gzip') if a.ndim and a.size > 500 else {}))
        for k, v in dict(config, steps=steps, lr=lr, weight_decay=decay).items(): f.require_group('config').attrs[k] = v
        put('weights', w)
        optimizer = torch.optim.AdamW(list(w.values()), lr=lr, weight_decay=decay)
        losses = []
        for step in range(steps):
            optimizer.zero_grad()
            loss, outputs, inputs = forward(w)
            loss.backward()
            losses.append(loss.item())
            if step == 0:
                outputs.pop('logits', None), outputs.pop('user', None)
                put('inputs', {**inputs, **extra})
                put('outputs', outputs)
                put('grads', {k: v.grad for k, v in w.items()})
            optimizer.step()
        f.create_dataset('outputs/loss_per_step', data=np.array(losses))
    print(f'{name}: loss {losses[0]:.9f} -> {losses[-1]:.9f}')

def main():
    a = argparse.ArgumentParser()
    a.add_argument('out')
    a.add_argument('--only')
    a = a.parse_args()
    llama = {**ITEM, 'num_hidden_layers': 3}
    sasrec = dict(heads=2, layers=2, inner=2, layer_norm_eps=1e-12)
    hstu = dict(heads=4, layers=2, layer_norm_eps=1e-6)
    def draw_llama(c):
        def draw(r, g):
            w = golden.rand_llama(g, c, 'user_llm.')
            del w['user_llm.model.embed_tokens.weight']
            return w
        return draw
    cases = {
        'hllm_inputs': lambda n: text_case(a.out, n, 21, llama_users, draw_llama(llama), llama, 24, 3, True),
        'hllm_sasrec': lambda n: text_case(a.out, n, 22, sasrec_users, lambda r, g: draw_sasrec(r, 16, 6, 2, 2), sasrec,
                                           16, 2, False),
        'hllm_hstu': lambda n: text_case(a.out, n, 23, hstu_users, lambda r, g: draw_hstu(r, 16, 6, 2), hstu, 16, 0, True),
        'hstu_rel_bias': lambda n: id_case(a.out, n, 24, hstu_users, lambda r, g: draw_hstu(r, 16, 6, 2), hstu, 16, 16),
        'llmidrec': lambda n: id_case(a.out, n, 25, llama_users, draw_llama(llama), llama, 20, 24),
        'sasrec_bce': lambda n: id_case(a.out, n, 26, sasrec_users, lambda r, g: draw_sasrec(r, 16, 6, 2, 2), sasrec, 16, 16,
                                        loss='bce', neg=1),
        'sasrec_bce_many': lambda n: id_case(a.out, n, 27, sasrec_users, lambda r, g: draw_sasrec(r, 16, 6, 2, 2), sasrec, 16,
                                             16, loss='bce'),
        'hllm_late': lambda n: text_case(a.out, n, 26, llama_users, draw_llama(llama), llama, 24, 3, True, fusion='late',
                                         lam=0.3, head=10),
        'hllm_early': lambda n: text_case(a.out, n, 27, llama_users, draw_llama(llama), llama, 24, 3, True,
                                          fusion='early', lam=0.3, head=10),
    }
    for name, case in cases.items():
        if not a.only or a.only == name: case(name)

if __name__ == '__main__': main()
