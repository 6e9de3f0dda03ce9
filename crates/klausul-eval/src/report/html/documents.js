// Documents as a whole, and passages known from training.

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
        headed(['Average', 'Precision', 'Recall', 'F1', 'What it says']),
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
        headed(['F1', 'All paragraphs', 'Unseen paragraphs', 'Difference']),
        el('tbody', null, row('Micro', 'micro'), row('Macro', 'macro')),
      ),
  ];
}
