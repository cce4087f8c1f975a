"""round-trip.py - transformers computes from exported weights what hllm computed: vectors of items, vectors of users.

usage: round-trip.py EXPORT ITEMS.safetensors USERS.safetensors JOB.json

EXPORT is what hllm export wrote; ITEMS and USERS what hllm embed wrote with the weights that were exported.  JOB has what
the texts and histories are: the files, prompt, keys and lengths.  Prints a line a comparison: the largest difference of
an entry, beside the largest entry, of hllm and of transformers' float32 to transformers' float64.
"""
import csv
import json
import sys

import torch
from safetensors.torch import load_file
from transformers import AutoModel, AutoTokenizer

export, items_file, users_file, job_file = sys.argv[1:]
job = json.load(open(job_file))
torch.set_num_threads(1)
failed = 0


def ids_of(v):
    begin = v["id_begin"].tolist()
    every = bytes(v["id"].tolist())
    return [every[a:b].decode() for a, b in zip(begin, begin[1:])]


def report(what, ours, single, double, bound):
    """ours, single and double: rows of the same vectors."""
    global failed
    largest = double.abs().max().item()
    of_ours = (ours.double() - double).abs().max().item()
    of_single = (single.double() - double).abs().max().item()
    good = of_ours <= bound * max(1, largest) and largest > 0
    failed += not good
    print("%s %s: %d rows, largest entry %.3g; hllm to float64 %.2g (%.2g of it), transformers' float32 to float64 %.2g"
          % ("near" if good else "FAR", what, len(ours), largest, of_ours, of_ours / largest, of_single))


def load(side, double):
    model, told = AutoModel.from_pretrained(export + "/" + side, output_loading_info=True, torch_dtype=torch.float32)
    if any(told[k] for k in ("missing_keys", "unexpected_keys", "mismatched_keys")):
        sys.exit("FAR %s: transformers says %s" % (side, told))
    return model.eval().double() if double else model.eval()


def texts():
    out = {}
    for row in csv.DictReader(open(job["texts"])):
        parts = [k + ": " + row[k] for k in job["text_keys"] if row[k] not in ("", "nan", "NA", "null")]
        out[row["item_id"]] = job["prompt"] + "".join(parts)
    return out


def item_vectors(ids, said, token, double):
    model = load("item", double)
    embed = model.get_input_embeddings()
    out = []
    for id in ids:
        tokens = tokenizer(said[id])["input_ids"][: job["max_text_length"]] if id in said else tokenizer("")["input_ids"]
        x = torch.cat([embed(torch.tensor([tokens])), token.reshape(1, 1, -1).to(embed.weight.dtype)], 1)
        out.append(model(inputs_embeds=x).last_hidden_state[0, -1])
    return torch.stack(out)


def user_vectors(histories, double):
    model = load("user", double)
    out = [model(inputs_embeds=h[None].double() if double else h[None]).last_hidden_state[0, -1] for h in histories]
    return torch.nn.functional.normalize(torch.stack(out), dim=1)


items, users = load_file(items_file), load_file(users_file)
tokenizer = AutoTokenizer.from_pretrained(export + "/item")
dict_of_both = load_file(export + "/hllm.safetensors")
with torch.no_grad():
    names = ids_of(items)
    some = list(range(0, len(names), max(1, len(names) // job["rows"])))
    said = texts()
    wanted = [item_vectors([names[i] for i in some], said, dict_of_both["item_emb_tokens"], d) for d in (False, True)]
    report("items", items["vectors"][some], *wanted, job["bound"])

    row_of = {id: i for i, id in enumerate(names)}
    seen = {}
    for n, row in enumerate(csv.DictReader(open(job["interactions"]))):
        item, user, time = list(row.values())[:3]
        seen.setdefault(user, []).append((int(time), n, row_of[item]))
    who = ids_of(users)
    few = list(range(0, len(who), max(1, len(who) // job["rows"])))
    histories = [items["vectors"][[i for _, _, i in sorted(seen[who[u]])][-job["history"]:]] for u in few]
    report("users", users["vectors"][few], user_vectors(histories, False), user_vectors(histories, True), job["bound"])

# The state dict: torch.save and torch.load keep it, under the names of the public code.
torch.save(dict_of_both, export + "/pytorch_model.bin")
again = torch.load(export + "/pytorch_model.bin", weights_only=True)
wanted = {"item_emb_tokens", "logit_scale"} | {
    side + "_llm." + k for side in ("item", "user") for k in load_file(export + "/" + side + "/model.safetensors")}
wanted -= {"user_llm.model.embed_tokens.weight"}
same = set(again) == wanted and all(torch.equal(again[k], dict_of_both[k]) for k in again)
print("%s state dict: %d tensors" % ("near" if same else "FAR", len(again)))
sys.exit(failed > 0 or not same)
