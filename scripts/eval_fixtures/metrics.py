"""Computes tests/fixtures/metrics.json of klausul-eval with scikit-learn, on generated labels and scores.

    pip install scikit-learn
    python scripts/eval_fixtures/metrics.py > crates/klausul-eval/tests/fixtures/metrics.json
"""

import json
import random
import warnings

import numpy as np
from sklearn import metrics

warnings.filterwarnings("ignore")


def number(value):
    """JSON has no NaN: what a measure leaves undefined is null."""
    value = float(value)
    return round(value, 12) if np.isfinite(value) else None


def generate(rng, items, categories, levels):
    """Gold labels, and scores that know something of them; `levels` makes ties. The last category has no gold label."""
    gold, scores, documents = [], [], []
    for item in range(items):
        row = [int(category < categories - 1 and rng.random() < 0.08 + 0.05 * category) for category in range(categories)]
        noisy = [min(1.0, max(0.0, rng.gauss(0.62 if label else 0.28, 0.2))) for label in row]
        gold.append(row)
        scores.append([round(value * levels) / levels if levels else round(value, 6) for value in noisy])
        documents.append(item // 7)
    return np.array(gold), np.array(scores), documents


def averages(gold, given):
    """Precision, recall and F1 of each average, as the report defines them."""

    def prf(gold, given, average):
        return [number(value) for value in metrics.precision_recall_fscore_support(gold, given, average=average, zero_division=0)[:3]]

    supported = gold.sum(0) > 0
    labelled = (gold | given).sum(1) > 0
    return {
        "micro": prf(gold, given, "micro"),
        "macro": prf(gold[:, supported], given[:, supported], "macro"),
        "weighted": prf(gold, given, "weighted"),
        "samples": prf(gold[labelled], given[labelled], "samples"),
        "exact_match": number(metrics.accuracy_score(gold, given)),
        "hamming_loss": number(metrics.hamming_loss(gold, given)),
        "micro_mcc": number(metrics.matthews_corrcoef(gold.ravel(), given.ravel())),
    }


def case(name, rng, items, categories, levels):
    gold, scores, documents = generate(rng, items, categories, levels)
    given = (scores >= 0.5).astype(int)
    per_category = []
    for category in range(categories):
        truth, score, label = gold[:, category], scores[:, category], given[:, category]
        precision, recall, f1, _ = metrics.precision_recall_fscore_support(truth, label, average="binary", zero_division=0)
        per_category.append({
            "support": int(truth.sum()),
            "precision": number(precision), "recall": number(recall), "f1": number(f1),
            "mcc": number(metrics.matthews_corrcoef(truth, label)),
            "average_precision": number(metrics.average_precision_score(truth, score)) if truth.any() else None,
            "brier": number(metrics.brier_score_loss(truth, score)),
        })
    return {
        "name": name,
        "documents": documents,
        "gold": gold.tolist(),
        "scores": scores.tolist(),
        **averages(gold, given),
        "micro_average_precision": number(metrics.average_precision_score(gold.ravel(), scores.ravel())),
        "macro_average_precision": number(metrics.average_precision_score(gold[:, :-1], scores[:, :-1], average="macro")),
        "brier": number(metrics.brier_score_loss(gold.ravel(), scores.ravel())),
        "per_category": per_category,
    }


def main():
    rng = random.Random(20261122)
    cases = [case("scores without ties", rng, 120, 6, None), case("scores of five levels", rng, 90, 5, 5)]
    print(json.dumps(cases, separators=(",", ":")))


main()
