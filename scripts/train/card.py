#!/usr/bin/env python3
"""The tables of a model card from reports of `klausul evaluate --json`, as Markdown.

    card.py gold=GOLD.json own=OWN.json t200=T200.json > tables.md
"""
import json
import sys


def interval(found):
    low, high = found.get('f1_interval') or (None, None)
    return '–' if low is None else f'{low:.3f}–{high:.3f}'


def number(value):
    return '–' if value is None else f'{value:.3f}'


def by_category(reports):
    names = list(reports)
    print('| category | ' + ' | '.join(f'{name} labels | F1 | 95 %' for name in names) + ' |')
    print('|---|' + '---|' * (3 * len(names)))
    for category in reports[names[0]]['per_category']:
        cells = []
        for name in names:
            found = reports[name]['per_category'][category]
            cells += [str(found['support']), number(found['f1']) if found['support'] else '–', interval(found) if found['support'] else '–']
        print(f'| {category} | ' + ' | '.join(cells) + ' |')


def by_language(reports):
    names = list(reports)
    languages = sorted({language for report in reports.values() for language in report['per_language']})
    print('| language | ' + ' | '.join(f'{name} paragraphs | micro-F1 | 95 %' for name in names) + ' |')
    print('|---|' + '---|' * (3 * len(names)))
    for language in languages:
        cells = []
        for name in names:
            found = reports[name]['per_language'].get(language)
            cells += [str(found['paragraphs']), number(found['micro']['f1']), interval(found['micro'])] if found else ['–'] * 3
        print(f'| {language} | ' + ' | '.join(cells) + ' |')


def reliability(report):
    """A plot in letters: bins of the categories gathered by tenths of the mean probability, with the share that was right."""
    tenths = [[0, 0.0, 0.0] for _ in range(10)]
    for category in report['calibration']['per_category'].values():
        for found in category['reliability']:
            tenth = tenths[min(9, int(10 * found['mean_score']))]
            tenth[0] += found['count']
            tenth[1] += found['count'] * found['mean_score']
            tenth[2] += found['count'] * found['positive_rate']
    for count, said, right in tenths:
        if count:
            print(f"said {said / count:.3f}  right {right / count:.3f}  {count:6}  {'█' * round(40 * right / count)}")


def main():
    reports = {}
    for argument in sys.argv[1:]:
        name, path = argument.split('=', 1)
        with open(path, encoding='utf8') as file:
            reports[name] = json.load(file)
    by_category(reports)
    print()
    by_language({name: report for name, report in reports.items() if len(report['per_language']) > 1})
    for name, report in reports.items():
        print(f"\n{name}: calibration error {report['calibration']['ece']:.4f}\n")
        reliability(report)


if __name__ == '__main__':
    main()
