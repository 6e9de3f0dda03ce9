"""Makes a large gold set out of a small one, to measure time and memory of `klausul evaluate`.

    python scripts/benchmarks/many_gold.py GOLD.jsonl 1000000 > many.jsonl

Paragraphs are drawn with replacement and put into documents of fifty.
"""

import json
import random
import sys

gold, count = sys.argv[1], int(sys.argv[2])
with open(gold, encoding="utf-8") as file:
    rows = [json.loads(line) for line in file]
rng = random.Random(1)
for number in range(count):
    row = rng.choice(rows)
    document = f"d{number // 50}"
    new = {"doc": document, "id": f"{document}#{number % 50}", "index": number % 50}
    new |= {name: row[name] for name in ("lang", "kind", "context", "text", "labels") if name in row}
    print(json.dumps(new, ensure_ascii=False))
