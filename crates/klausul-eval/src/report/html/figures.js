// The figures of the categories, at the thresholds of the system and at others.

/** Opens the errors that belong to a filter. */
const browse = (filter) => visit(`#errors?${new URLSearchParams(Object.entries(filter).filter(([, value]) => value))}`);

function categories() {
  const figures = report.per_category;
  if (!figures) return null;
  const rows = scope.filter((id) => figures[id]).map((id) => ({ id, ...figures[id] }));
  const number = (title, key, show, explain) => ({
    title,
    explain,
    numeric: true,
    value: (row) => row[key],
    cell: (row) => show(row[key]),
  });
  return [
    note(
      'Press a column’s name to sort by it. The line shows F1 from 0 to 1 with its interval; a category with small support has a wide one.',
    ),
    sortable({
      id: 'category-table',
      caption: 'Figures of each category',
      rows,
      columns: [
        {
          title: 'Category',
          value: (row) => nameOf(row.id),
          cell: (row) =>
            errors.length
              ? el(
                  'a',
                  { href: `#errors?category=${encodeURIComponent(row.id)}`, title: 'Show the errors of this category' },
                  nameOf(row.id),
                )
              : nameOf(row.id),
        },
        number('Support', 'support', count, 'Paragraphs that have the category in the gold data'),
        number('Right', 'tp', count, 'Given, and in the gold data (true positives)'),
        number('Missed', 'fn', count, 'In the gold data, but not given (false negatives)'),
        number('False alarms', 'fp', count, 'Given, but not in the gold data (false positives)'),
        number('Precision', 'precision', decimal, 'Of what was given, the share that is right'),
        number('Recall', 'recall', decimal, 'Of what is in the gold data, the share that was given'),
        number('F1', 'f1', (value) => el('b', null, decimal(value)), 'The harmonic mean of precision and recall'),
        {
          title: 'Interval of F1',
          whole: true,
          cell: (row) => [
            el(
              'span',
              { class: 'ends' },
              intervalText(row.f1_interval, (end) => decimal(end, 2)),
            ),
            ' ',
            bar(row.f1, row.f1_interval),
          ],
        },
        number('AP', 'average_precision', decimal, 'Average precision: judges the scores at all thresholds'),
      ],
    }),
  ];
}

/** The point of a curve with the best F1. */
const best = (curve) =>
  (curve ?? []).reduce((top, point) => (isNumber(point.f1) && !(point.f1 <= top?.f1) ? point : top), undefined);

function curves() {
  const all = report.calibration?.per_category ?? {};
  const micro = report.calibration?.micro_curve;
  const known = scope.filter((id) => all[id]?.curve?.length);
  if (!known.length && !micro?.length) return null;
  const place = el('div', { class: 'beside' });
  const draw = (id) => {
    const own = id === '' ? micro : all[id].curve;
    const name = id === '' ? 'all categories together' : nameOf(id);
    const point = id === '' ? report.micro : report.per_category?.[id];
    const top = best(own);
    place.replaceChildren(
      el(
        'div',
        null,
        precisionRecall({ curve: own, micro: id === '' ? null : micro, point, name }),
        legend(['own', name], id !== '' && micro && ['micro', 'all categories together (micro-average)'], [
          'working',
          'as the system decided',
        ]),
      ),
      el(
        'div',
        null,
        subheading(name.charAt(0).toUpperCase() + name.slice(1)),
        facts([
          [
            'As decided',
            point && `precision ${decimal(point.precision)}, recall ${decimal(point.recall)}, F1 ${decimal(point.f1)}`,
          ],
          [
            'Best F1 on these data',
            top &&
              `${decimal(top.f1)} at the threshold ${decimal(top.threshold, 2)} (precision ${decimal(top.precision)}, recall ${decimal(top.recall)})`,
          ],
          ['Average precision', id === '' ? null : decimal(report.per_category?.[id]?.average_precision)],
          ['Support', id === '' ? count(report.counts?.labels) : count(report.per_category?.[id]?.support)],
        ]),
        note('The best threshold was looked for on these same data: on others it will do somewhat worse.'),
      ),
    );
  };
  const options = [...(micro?.length ? [['', 'All categories together']] : []), ...known.map((id) => [id, nameOf(id)])];
  const { root, select } = choice('Category', options, draw);
  select.id = 'pr-category';
  draw(options[0][0]);
  return [
    note(
      'What other thresholds would give: to the right more is found, further up less of it is wrong. The nearer a curve comes to the upper right corner, the better the scores.',
    ),
    root,
    place,
  ];
}

function calibration() {
  const figures = report.calibration;
  if (!figures?.reliability?.length) return null;
  const place = el('div', { class: 'beside' });
  const draw = (id) => {
    const own = id === '' ? figures : figures.per_category[id];
    const bins = own.reliability.filter((bin) => bin.count > 0);
    const most = Math.max(1, ...bins.map((bin) => bin.count));
    place.replaceChildren(
      el(
        'div',
        null,
        reliability(bins, id === '' ? 'all categories' : nameOf(id)),
        legend(['ideal', 'honest scores'], ['own', 'the scores given; a larger circle stands for more of them']),
      ),
      el(
        'div',
        null,
        subheading(id === '' ? 'All categories together' : nameOf(id)),
        facts([
          ['Brier score', `${decimal(own.brier)}: mean squared distance of the scores from the truth; 0 is perfect`],
          [
            'Expected calibration error',
            `${decimal(own.ece)}: how far scores and truth lie apart on average; 0 is perfect`,
          ],
        ]),
        el(
          'table',
          { class: 'bins' },
          el('caption', null, 'Scores in groups (the bars grow with the logarithm of the number)'),
          headed(['Mean score', 'Is there', 'Scores'], 'number'),
          el(
            'tbody',
            null,
            bins.map((bin) =>
              el(
                'tr',
                null,
                el('td', { class: 'number' }, decimal(bin.mean_score)),
                el('td', { class: 'number' }, decimal(bin.positive_rate)),
                el(
                  'td',
                  {
                    class: 'number amount',
                    style: { '--amount': `${(100 * Math.log1p(bin.count)) / Math.log1p(most)}%` },
                  },
                  count(bin.count),
                ),
              ),
            ),
          ),
        ),
      ),
    );
  };
  const known = scope.filter((id) => figures.per_category?.[id]?.reliability?.length);
  const { root, select } = choice(
    'Category',
    [['', 'All categories together'], ...known.map((id) => [id, nameOf(id)])],
    draw,
  );
  select.id = 'reliability-category';
  draw('');
  return [
    note(
      'Whether a score can be taken for a probability: where the scores are about 0.8, the category should be there in about 80 % of the paragraphs. Points under the dashed line mean that the system is too sure, points above it that it is not sure enough.',
    ),
    root,
    place,
  ];
}
