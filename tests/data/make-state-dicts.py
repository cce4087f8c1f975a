# make-state-dicts.py FOLDER - what torch.save writes of a few tensors of made-up numbers, for tests/test-pytorch.c.
#
# Needs torch.  Number i of a tensor's storage is ((37 i) mod 101 - 50) / 8, which every type of 16 bits holds exactly.
import collections
import os
import sys
import zipfile

import torch

folder = sys.argv[1]


def path(name):
    return os.path.join(folder, name)


def numbers(*shape, dtype=torch.float32):
    n = 1
    for size in shape:
        n *= size
    return torch.tensor([((37 * i) % 101 - 50) / 8 for i in range(n)], dtype=torch.float64).reshape(shape).to(dtype)


f32 = numbers(5, 7)
tensors = {
    "f32": f32,
    "tied": f32,
    "row": f32[2],
    "transposed": f32.t(),
    "columns": f32[:, 1:6:2],
    "expanded": f32[0, :1].expand(4),
    "bf16": numbers(5, 7, dtype=torch.bfloat16),
    "f16": numbers(5, 7, dtype=torch.float16).t(),
    "f64": numbers(5, 7, dtype=torch.float64),
    "i64": torch.arange(3),
    "flags": torch.tensor([True, False]),
    "scalar": numbers(),
    "empty": torch.zeros(0, 3),
    "parameter": torch.nn.Parameter(numbers(2, 3)),
    "nested": {"inner": numbers(4), 7: [numbers(2), None]},
    "epoch": 3,
    "far": 1 << 40,
    "below": -70000,
    "rate": 1e-4,
    "said": "caf\u00e9",
    "done": False,
    "nothing": None,
    "shape": torch.Size([2, 3]),
    "type": torch.bfloat16,
    "ordered": collections.OrderedDict(weight=numbers(3)),
}
torch.save(tensors, path("state-dict.bin"))
torch.save(tensors, path("state-dict-protocol-4.bin"), pickle_protocol=4)

# A module's own: an OrderedDict with attributes.
linear = torch.nn.Linear(3, 2)
with torch.no_grad():
    linear.weight.copy_(numbers(2, 3))
    linear.bias.copy_(numbers(2))
torch.save(linear.state_dict(), path("state-dict-module.bin"))

# Storages begin at multiples of 4096.
torch.utils.serialization.config.save.storage_alignment = 4096
torch.save({"a": numbers(5), "b": numbers(3)}, path("state-dict-pages.bin"))
torch.utils.serialization.config.save.storage_alignment = 64

# As first written: no padding, no byte order, the name of the folder another.
with zipfile.ZipFile(path("state-dict.bin")) as new:
    for name, how in (("state-dict-packed.bin", zipfile.ZIP_STORED), ("state-dict-deflated.bin", zipfile.ZIP_DEFLATED)):
        with zipfile.ZipFile(path(name), "w", how) as old:
            for entry in new.infolist():
                inside = entry.filename.split("/", 1)[1]
                if inside in ("data.pkl", "version") or inside.startswith("data/"):
                    old.writestr(zipfile.ZipInfo("archive/" + inside), new.read(entry), how)

torch.save({"a": numbers(5)}, path("state-dict-legacy.bin"), _use_new_zipfile_serialization=False)


# What would be executed by whoever believes it.
class Hostile:
    def __reduce__(self):
        return os.system, ("touch executed",)


torch.save({"a": numbers(5), "b": Hostile()}, path("state-dict-hostile.bin"))
