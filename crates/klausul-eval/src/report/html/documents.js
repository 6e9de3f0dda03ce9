// Documents as a whole, passages known from training, and the agreement of the annotators.

function documents() {
  const figures = report.documents;
  if (!figures) return null;
  const items = scope.filter((id) => figures.per_item?.[id]).map((id) => ({ id, ...figures.per_item[id] }));
  const number = (title, key, show, explain) => ({
    title,
    explain,
    numeric: true,
    value: (row) => row[key],
    cell: (row) => show(row[key]),
  });
  const rows = (figures.per_document ?? []).map((row) => {
    const missing = row.missing ?? [];
    const found = row.found_missing ?? [];
    return {
      ...row,
      found: found.filter((id) => missing.includes(id)),
      overlooked: missing.filter((id) => !found.includes(id)),
      alarms: found.filter((id) => !missing.includes(id)),
    };
  });
  const listed = (title, key, explain) => ({
    title,
    explain,
    largest: true,
    value: (row) => row[key].length,
    cell: (row) => (row[key].length ? `${row[key].length}: ${row[key].map(nameOf).join(', ')}` : NONE),
  });
  const { missing, macro } = figures;
  return [
    note(
      'An item that Art. 13 or 14 GDPR asks for is missing from a document when none of its paragraphs states it. Here the question is whether the system reports the right items as missing.',
    ),
    missing &&
      el(
        'p',
        { class: 'summary' },
        `Of the items it reported as missing, ${percent(missing.precision)} are missing; of those that are missing, it reported ${percent(missing.recall)}: ${count(missing.tp)} found, ${count(missing.fn)} overlooked, ${counted(missing.fp, 'false alarm')}.`,
      ),
    el(
      'div',
      { class: 'scroll' },
      el(
        'table',
        { class: 'overall' },
        el('caption', null, 'Missing items'),
        el(
          'thead',
          null,
          el(
            'tr',
            null,
            ['Average', 'Precision', 'Recall', 'F1', 'What it says'].map((title) => el('th', { scope: 'col' }, title)),
          ),
        ),
        el(
          'tbody',
          null,
          [
            [missing, 'Micro', 'All documents and items counted together.'],
            [macro, 'Macro', 'The mean of the items, each weighing the same.'],
          ]
            .filter(([row]) => row)
            .map(([row, title, explain]) =>
              el(
                'tr',
                null,
                el('th', { scope: 'row' }, title),
                ['precision', 'recall', 'f1'].map((metric) =>
                  el('td', null, withInterval(row[metric], row[`${metric}_interval`])),
                ),
                el('td', { class: 'explain' }, explain),
              ),
            ),
        ),
      ),
    ),
    items.length > 0 &&
      sortable({
        id: 'item-table',
        caption: 'Each item, over all documents',
        rows: items,
        columns: [
          { title: 'Item', value: (row) => nameOf(row.id), cell: (row) => nameOf(row.id) },
          number(
            'Missing in',
            'support',
            (value) => counted(value, 'document'),
            'Documents from which the item is missing by the gold data',
          ),
          number('Found', 'tp', count, 'Missing, and reported as missing'),
          number('Overlooked', 'fn', count, 'Missing, but taken to be there'),
          number('False alarms', 'fp', count, 'There, but reported as missing'),
          number('Precision', 'precision', decimal, 'Of the reports, the share that is right'),
          number('Recall', 'recall', decimal, 'Of what is missing, the share that was reported'),
          number('F1', 'f1', decimal, 'The harmonic mean of precision and recall'),
        ],
      }),
    rows.length > 0 &&
      note(
        'Overlooked: the document lacks the item and the system says it has it. False alarm: the document has the item and the system says it lacks it.',
      ),
    rows.length > 0 &&
      sortable({
        id: 'document-table',
        caption: 'Each document',
        rows,
        columns: [
          {
            title: 'Document',
            value: (row) => String(row.doc),
            cell: (row) =>
              errors.length
                ? el(
                    'a',
                    { href: `#errors?doc=${encodeURIComponent(row.doc)}`, title: 'Show the errors in this document' },
                    plain(row.doc),
                  )
                : plain(row.doc),
          },
          { title: 'Language', value: (row) => languageOf(row.lang), cell: (row) => languageOf(row.lang) },
          number('Paragraphs', 'paragraphs', count),
          listed('Found', 'found', 'Missing, and reported as missing'),
          listed('Overlooked', 'overlooked', 'Missing, but taken to be there'),
          listed('False alarms', 'alarms', 'There, but reported as missing'),
        ],
      }),
  ];
}

function leakage() {
  const figures = report.leakage;
  if (!figures) return null;
  const share = figures.passages ? figures.passages_in_train / figures.passages : null;
  const { unseen } = figures;
  const row = (title, key) =>
    el(
      'tr',
      null,
      el('th', { scope: 'row' }, title),
      el('td', null, decimal(report[key]?.f1)),
      el('td', null, decimal(unseen[key]?.f1)),
      el(
        'td',
        null,
        isNumber(unseen[key]?.f1) && isNumber(report[key]?.f1) ? signed(unseen[key].f1 - report[key].f1) : NONE,
      ),
    );
  return [
    note(
      'Whether the system could have known the answers: passages and documents of the gold data that also stand in the data it was trained on. Figures on unseen paragraphs are the honest ones.',
    ),
    facts([
      ['Training data', plain(figures.train)],
      ['Documents also in training', isNumber(figures.documents_in_train) ? count(figures.documents_in_train) : NONE],
      [
        'Passages also in training',
        `${count(figures.passages_in_train)} of ${count(figures.passages)}${share === null ? '' : ` (${percent(share, 1)})`}`,
      ],
      ['Paragraphs not in training', unseen && count(unseen.paragraphs)],
    ]),
    unseen &&
      el(
        'table',
        { class: 'overall' },
        el('caption', null, 'F1 with and without what was seen in training'),
        el(
          'thead',
          null,
          el(
            'tr',
            null,
            ['F1', 'All paragraphs', 'Unseen paragraphs', 'Difference'].map((title) =>
              el('th', { scope: 'col' }, title),
            ),
          ),
        ),
        el('tbody', null, row('Micro', 'micro'), row('Macro', 'macro')),
      ),
  ];
}

/** A key of the report as words. */
const words = (key) =>
  names.get(key) ??
  String(key)
    .replaceAll('_', ' ')
    .replace(/^./, (first) => first.toUpperCase());

/** A list of one figure a category, with the categories' ids. */
const byCategory = (part) =>
  Array.isArray(part) && part.length > 2 && part.length === scope.length
    ? Object.fromEntries(scope.map((id, index) => [id, part[index]]))
    : part;

/** Rows and columns exchanged. */
const turned = (deep, keys) =>
  keys.map((key) => [key, Object.fromEntries(deep.map(([name, part]) => [name, part[key]]))]);

/** Figures whose names are their explanation: a table where the parts have the same shape, lists elsewhere. */
function nested(value, title) {
  const entries = Object.entries(value).map(([key, part]) => [key, byCategory(part)]);
  const flat = entries.filter(([, part]) => part === null || typeof part !== 'object' || Array.isArray(part));
  const deep = entries.filter(([, part]) => part !== null && typeof part === 'object' && !Array.isArray(part));
  const show = (part) =>
    ends(part)
      ? intervalText(part)
      : isNumber(part)
        ? Number.isInteger(part)
          ? count(part)
          : decimal(part)
        : plain(part);
  const inner = [...new Set(deep.flatMap(([, part]) => Object.keys(part)))];
  // Categories go down the page: there are more of them than fit across.
  const [lines, keys] =
    inner.length > deep.length && inner.length > 8 ? [turned(deep, inner), deep.map(([key]) => key)] : [deep, inner];
  const even =
    deep.length > 1 &&
    deep.every(([, part]) =>
      Object.values(part).every((leaf) => leaf === null || typeof leaf !== 'object' || ends(leaf)),
    );
  return [
    title && !(even && !flat.length) && subheading(title),
    flat.length > 0 && facts(flat.map(([key, part]) => [words(key), show(part)])),
    even
      ? sortable({
          caption: title ?? 'Figures',
          rows: lines,
          columns: [
            { title: 'Name', value: ([key]) => words(key), cell: ([key]) => words(key) },
            ...keys.map((key) => ({
              title: words(key),
              numeric: true,
              value: ([, part]) => (isNumber(part[key]) ? part[key] : null),
              cell: ([, part]) => show(part[key]),
            })),
          ],
        })
      : deep.map(([key, part]) => nested(part, words(key))),
  ];
}

function agreement() {
  if (!report.agreement) return null;
  return [
    note(
      'How far the annotators agree with each other: 1 is full agreement, 0 (for kappa and alpha) no more than chance. No system can be expected to agree with them much better than they do among themselves.',
    ),
    nested(report.agreement),
  ];
}
