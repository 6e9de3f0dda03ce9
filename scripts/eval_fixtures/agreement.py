"""Computes tests/fixtures/agreement.json of klausul-eval with reference implementations, on generated ratings.

    pip install scikit-learn statsmodels krippendorff nltk
    python scripts/eval_fixtures/agreement.py > crates/klausul-eval/tests/fixtures/agreement.json
"""

import json
import random
import sys
import warnings

import krippendorff
import numpy as np
from nltk.metrics import masi_distance
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

warnings.filterwarnings("ignore")


def number(value):
    """JSON has no NaN: what a measure leaves undefined is null."""
    value = float(value)
    return round(value, 12) if np.isfinite(value) else None


def generate(rng, items, annotators, categories, missing):
    """Each annotator sees the true set, drops labels and adds others; the last category is never used."""
    table = []
    for _ in range(items):
        true = {rng.randrange(categories - 1) for _ in range(rng.choice([0, 1, 1, 1, 2, 3]))}
        row = []
        for annotator in range(annotators):
            seen = {label for label in true if rng.random() > 0.15 + 0.05 * annotator}
            if rng.random() < 0.15:
                seen.add(rng.randrange(categories - 1))
            row.append(None if rng.random() < missing else sorted(seen))
        table.append(row)
    return table


def cohen(table, first, second, category):
    both = [(row[first], row[second]) for row in table if row[first] is not None and row[second] is not None]
    return number(cohen_kappa_score(*zip(*[(category in a, category in b) for a, b in both])))


def fleiss(table, category):
    answers = np.array([[category in rating for rating in row] for row in table], dtype=int)
    return number(fleiss_kappa(aggregate_raters(answers, n_cat=2)[0], method="fleiss"))


def alpha(data):
    try:
        return number(krippendorff.alpha(reliability_data=data, level_of_measurement="nominal"))
    except ValueError:  # one value only
        return None


def alpha_of_category(table, category):
    return alpha([[np.nan if row[a] is None else float(category in row[a]) for row in table]
                  for a in range(len(table[0]))])


def alpha_of_sets(table, masi):
    sets = sorted({tuple(rating) for row in table for rating in row if rating is not None})
    index = {labels: float(at) for at, labels in enumerate(sets)}
    data = [[np.nan if row[a] is None else index[tuple(row[a])] for row in table] for a in range(len(table[0]))]
    if not masi:
        return alpha(data)

    def distance(first, second, **_):
        pairs = np.broadcast(first, second)
        values = [0.0 if a == b else masi_distance(set(sets[int(a)]), set(sets[int(b)])) for a, b in pairs]
        return np.array(values).reshape(pairs.shape)

    return number(krippendorff.alpha(reliability_data=data, level_of_measurement=distance))


def case(rng, items, annotators, categories, missing):
    table = generate(rng, items, annotators, categories, missing)
    pairs = [(a, b) for a in range(annotators) for b in range(a + 1, annotators)]
    return {
        "categories": categories,
        "ratings": table,
        "cohen": [{"pair": [a, b], "kappa": [cohen(table, a, b, c) for c in range(categories)]} for a, b in pairs],
        "fleiss": None if missing else [fleiss(table, c) for c in range(categories)],
        "alpha": [alpha_of_category(table, c) for c in range(categories)],
        "alpha_nominal": alpha_of_sets(table, masi=False),
        "alpha_masi": alpha_of_sets(table, masi=True),
    }


def main():
    rng = random.Random(20)
    sets = [sorted(rng.sample(range(6), rng.randrange(5))) for _ in range(80)]
    masi = [{"sets": [a, b], "distance": number(masi_distance(set(a), set(b)))}
            for a, b in zip(sets[::2], sets[1::2]) if a or b]
    cases = [case(rng, 60, 2, 6, 0.0), case(rng, 60, 2, 6, 0.2), case(rng, 50, 3, 5, 0.0), case(rng, 80, 4, 27, 0.3)]
    json.dump({"masi": masi, "cases": cases}, sys.stdout, separators=(",", ":"))
    print()


main()
