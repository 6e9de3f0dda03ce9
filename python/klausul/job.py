"""Labels a folder or a table on one machine or on a cluster, safe to restart.

    python -m klausul.job INPUT OUTPUT --engine ray

INPUT is a folder or a file: HTML, text, PDF, WARC, JSONL, or Parquet with a row a paragraph (`text`) or a row a document (`html`,
`markdown`, `content`). It is cut into partitions, and what came of each is written to OUTPUT when it is done:

    paragraphs/part-….parquet   labelled paragraphs
    errors/part-….parquet       inputs that failed: input, error, and how many inputs that costs
    summary.json                counts by partition, and whether they add up: read = out + errors

The same call again goes on where a run ended. All workers must see INPUT and OUTPUT under the same paths. The exit code is 0 when
everything was done, 1 when an input failed or the run was stopped, 2 for wrong usage or a model that cannot be used.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import klausul
from klausul import _engines, _worker
from klausul._partitions import Partition, Plan, plan
from klausul._results import Counts, Results
from klausul._work import Job, Outcome

Engine = Callable[[list[Partition], Job, argparse.Namespace], Iterator[Outcome]]
ENGINES: dict[str, Engine] = {"local": _engines.local, "ray": _engines.ray, "spark": _engines.spark}


def main(arguments: list[str] | None = None) -> int:
    """Runs a job; returns the exit code."""
    args = _arguments(arguments)
    try:
        return run(args)
    except KeyboardInterrupt:
        _say("stopped; the same call goes on from here")
        return 1
    except (klausul.UsageError, klausul.ConfigError) as error:
        _say(f"error: {error}")
        return 2
    except (klausul.KlausulError, OSError) as error:
        _say(f"error: {error}")
        return 1


def run(args: argparse.Namespace) -> int:
    """Does the partitions that are not done yet, and reconciles all."""
    if not args.input.exists():
        raise klausul.UsageError(f"{args.input}: there is no such file or folder; check the path")
    settings = _worker.settings(model=args.model, backend=args.backend, evidence=args.explain, rules=args.rules, taxonomy=args.taxonomy)
    cut = plan(args.input.absolute(), args.output.absolute(), args.text, args.partition)
    results = Results(args.output.absolute(), cut.digest)
    _begin(results, cut, settings)
    job = Job(cut.root, results, args.text, settings)
    left = [partition for partition in cut.partitions if results.counts(partition) is None]
    done = len(cut.partitions) - len(left)
    if done:
        _say(f"{done} of {len(cut.partitions)} partitions were done before")
    for outcome in ENGINES[args.engine](left, job, args) if left else ():
        if outcome.unusable:
            raise klausul.ConfigError(outcome.unusable)
        done += 1
        _say(f"{done}/{len(cut.partitions)} {outcome.partition}: {outcome.counts}")
    results.clean()
    return _reconcile(results, cut)


def _begin(results: Results, cut: Plan, settings: _worker.Settings) -> None:
    """Remembers what is done in this folder, and refuses to do another thing there."""
    begun = results.folder / "job.json"
    this = {"klausul": klausul.__version__, "partitions": len(cut.partitions), "digest": cut.digest, "settings": settings}
    if begun.exists():
        other = json.loads(begun.read_text())
        changed = [name for name in this if this[name] != other.get(name)]
        if changed and any(results.folder.glob("paragraphs/*.parquet")):
            what = "inputs" if "settings" not in changed and "klausul" not in changed else "settings"
            raise klausul.UsageError(f"{results.folder} holds a job with other {what}; name another folder, or remove this one")
    elif results.folder.exists() and any(results.folder.iterdir()):
        raise klausul.UsageError(f"{results.folder} is not empty and holds no job; name another folder")
    results.begin(this)


def _reconcile(results: Results, cut: Plan) -> int:
    """Counts what the files hold, and says whether everything is in them."""
    counted = {partition: results.counts(partition) or Counts() for partition in cut.partitions}
    right = {partition: results.adds_up(partition) for partition in cut.partitions}
    total = {name: sum(getattr(counts, name) for counts in counted.values()) for name in ("read", "out", "errors", "paragraphs")}
    models = sorted({counts.model for counts in counted.values()} - {""})
    whole = all(right.values()) and len(models) < 2
    each = [
        {"partition": partition.name, "files": len(partition.files), "adds_up": right[partition]} | asdict(counts)
        for partition, counts in counted.items()
    ]
    results.summarise({"adds_up": whole, "partitions": len(each), "models": models, **total, "each": each})
    for partition in cut.partitions:
        if not right[partition]:
            _say(f"{partition} is not done or does not add up; the same call goes on from here")
    if len(models) > 1:
        _say(f"workers had different models: {', '.join(models)}")
    _say(str(Counts(**total)))
    return 0 if whole and not total["errors"] else 1


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    about, _, more = (__doc__ or "").partition("\n")
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python -m klausul.job", description=about, epilog=more, formatter_class=raw)
    parser.add_argument("input", type=Path, metavar="INPUT")
    parser.add_argument("output", type=Path, metavar="OUTPUT")
    parser.add_argument("--engine", choices=ENGINES, default="local")
    parser.add_argument("--cluster", metavar="ADDRESS", help="Ray's address or Spark's master; without it what the environment says")
    parser.add_argument("--cpus", type=_positive, metavar="N", help="CPUs of a worker [local: all, ray: 1; Spark: spark.task.cpus]")
    parser.add_argument("--model", help="directory of a model that all workers see; without it the one that ships")
    parser.add_argument("--backend", default="auto", choices=("auto", "rules", "transformer", "ensemble"))
    parser.add_argument("--rules", type=Path, metavar="FOLDER")
    parser.add_argument("--taxonomy", type=Path, metavar="FILE")
    parser.add_argument("--explain", action="store_true", help="write what each label rests on")
    parser.add_argument("--text", metavar="NAME", help="the column that holds paragraphs")
    parser.add_argument("--partition", type=_positive, metavar="N", help="inputs a partition: files or rows")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _say(words: str) -> None:
    print(f"klausul: {words}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
