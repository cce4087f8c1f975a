#!/usr/bin/env python3
"""make-metrics.py - metrics.json, RecBole's metrics of made-up lists, which tests/test-score.c holds src/data/metric.c against.

    python3 tests/data/make-metrics.py > tests/data/metrics.json     (needs numpy, and recbole: pip install --no-deps recbole)

RecBole counts the padding as an item, so its catalogue has one item more than ours: it is told the number of ours.
"""
import importlib.util
import json
import pathlib
import sys
import types

import numpy as np

np.float = float  # which RecBole 1.1 still asks for

# The metrics alone, without what they would import and not use here.
names = {"sklearn": {}, "sklearn.metrics": {"auc": None, "mean_absolute_error": None, "mean_squared_error": None},
         "recbole": {}, "recbole.evaluator": {}, "recbole.evaluator.utils": {"_binary_clf_curve": None},
         "recbole.evaluator.base_metric": {k: object for k in ("AbstractMetric", "TopkMetric", "LossMetric")},
         "recbole.utils": {"EvaluatorType": types.SimpleNamespace(RANKING=1, VALUE=2)}}
where = pathlib.Path(importlib.util.find_spec("recbole").origin).parent / "evaluator" / "metrics.py"
for name, content in names.items():
    module = types.ModuleType(name)
    module.__dict__.update(content)
    sys.modules[name] = module
spec = importlib.util.spec_from_file_location("recbole_metrics", where)
recbole = importlib.util.module_from_spec(spec)
spec.loader.exec_module(recbole)

USERS, ITEMS, K = 60, 25, 10
rng = np.random.default_rng(3)
weight = 1 / np.arange(1, ITEMS + 1) ** 1.3
lists = np.array([rng.choice(np.arange(1, ITEMS + 1), K, replace=False, p=weight / weight.sum()) for _ in range(USERS)])
targets = rng.integers(1, ITEMS + 1, USERS)
counts = {i: int(n) for i, n in zip(range(1, ITEMS + 1), rng.integers(0, 90, ITEMS))}
hit = lists == targets[:, None]
ones = np.ones(USERS, dtype=int)
cuts = [1, 5, 10]


def at(values):  # (users, K) to the means at the cuts
    return [float(np.asarray(values, dtype=float).mean(axis=0)[k - 1]) for k in cuts]


class Nobody:
    pass


r = recbole
want = {
    "recall": at(r.Recall.metric_info(Nobody(), hit, ones)), "hit": at(r.Hit.metric_info(Nobody(), hit)),
    "precision": at(r.Precision.metric_info(Nobody(), hit)), "ndcg": at(r.NDCG.metric_info(Nobody(), hit, ones)),
    "mrr": at(r.MRR.metric_info(Nobody(), hit)), "map": at(r.MAP.metric_info(Nobody(), hit, ones)),
    "itemcoverage": [r.ItemCoverage.get_coverage(Nobody(), lists[:, :k], ITEMS) for k in cuts],
    "giniindex": [float(r.GiniIndex.get_gini(Nobody(), lists[:, :k], ITEMS)) for k in cuts],
    "averagepopularity": at(r.AveragePopularity.metric_info(Nobody(), r.AveragePopularity.get_pop(Nobody(), lists, counts))),
}
print(json.dumps({"items": ITEMS, "lists": lists.tolist(), "targets": targets.tolist(),
                  "counts": [counts[i] for i in range(1, ITEMS + 1)], "cuts": cuts, "metrics": want}))
