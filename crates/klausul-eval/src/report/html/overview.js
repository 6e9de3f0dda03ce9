// What was measured, the overall figures, and the comparison of two systems.

const facts = (entries) =>
  el(
    'dl',
    { class: 'facts' },
    entries
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([term, value]) => el('div', null, el('dt', null, term), el('dd', null, value))),
  );

/** How the intervals were made, in one sentence. */
function intervals() {
  if (!settings.bootstrap) return 'No intervals were asked for.';
  const unit = settings.resampling ?? 'unit';
  return `Intervals: the figures were computed again on ${count(settings.bootstrap)} random redraws (bootstrap) of whole ${unit}s, with the seed ${plain(settings.seed)}; ${percent(settings.level ?? 0.95)} of the results lie within the interval. A wide interval says that there is little data.`;
}

/** The main result in words. */
function summary() {
  const { precision, recall, tp, fp, fn } = report.micro ?? {};
  if (!isNumber(precision) || !isNumber(recall)) return null;
  const tallies =
    isNumber(tp) && isNumber(fp) && isNumber(fn)
      ? ` (${count(tp)} of ${count(tp + fp)} given; ${count(tp)} of ${count(tp + fn)} in the gold data)`
      : '';
  return el(
    'p',
    { class: 'summary' },
    `Of the categories that the system gave to paragraphs, ${percent(precision)} are right; of those that the annotators gave, it found ${percent(recall)}${tallies}.`,
  );
}

function glossary() {
  const entries = [
    [
      'Gold data',
      'Paragraphs that annotators labelled with the categories they state. The figures say how far the system agrees with them, right or wrong.',
    ],
    ['Precision', 'Of what the system gave, the share that the gold data have too. Low precision means false alarms.'],
    ['Recall', 'Of what the gold data have, the share that the system gave. Low recall means that things are missed.'],
    [
      'F1',
      'One figure for both: the harmonic mean of precision and recall. It is 1 when everything is right, and low when either of the two is low.',
    ],
    [
      'Support',
      'How many gold labels a figure rests on. A figure with small support can change much with a few more paragraphs.',
    ],
    [
      'Average precision (AP)',
      'The precision, averaged over all levels of recall that other thresholds would reach. It judges the scores and not one threshold.',
    ],
    [
      'Score and threshold',
      'A score is the probability that the system gives to a category; the category is given when its score reaches the threshold.',
    ],
  ];
  return el(
    'details',
    { class: 'glossary' },
    el('summary', null, 'The words of this page'),
    el(
      'dl',
      null,
      entries.map(([term, text]) => [el('dt', null, term), el('dd', null, text)]),
    ),
  );
}

function head() {
  const counts = report.counts ?? {};
  const machine = (settings.annotators ?? []).some((name) => String(name).startsWith('model'));
  document.title = `${plain(settings.system)} – klausul evaluation`;
  document.getElementById('main').append(
    el(
      'header',
      null,
      el('h1', null, 'Evaluation against annotated data'),
      summary(),
      facts([
        ['System', plain(settings.system)],
        ['Compared with', settings.compare && plain(settings.compare)],
        ['Gold data', plain(settings.gold)],
        ['Annotators', settings.annotators && plain(settings.annotators)],
        ['Documents', count(counts.documents)],
        ['Groups of near-identical documents', settings.resampling === 'cluster' ? count(counts.units) : null],
        ['Paragraphs', count(counts.paragraphs)],
        ['Gold labels', count(counts.labels)],
        ['Labels given', count(counts.predicted_labels)],
        [
          'Categories',
          settings.taxonomy &&
            `${plain(settings.taxonomy.name)} ${settings.taxonomy.version ?? ''}, ${counted(scope.length, 'category', 'categories')} measured`,
        ],
        ['Categories translated by', settings.mapping && plain(settings.mapping)],
        ['Paragraphs matched by', settings.match && plain(settings.match)],
        ['Thresholds', settings.thresholds ? plain(settings.thresholds) : 'the system’s own'],
        ['klausul', plain(report.klausul)],
      ]),
      machine &&
        el(
          'p',
          { class: 'warning' },
          'The gold labels were made by a language model and not by people: the figures say how far the system agrees with that model.',
        ),
      note(intervals()),
      glossary(),
    ),
  );
}

/** A figure with its interval as text and as a line. */
const withInterval = (value, interval) => [
  el(
    'div',
    null,
    el('b', null, decimal(value)),
    ends(interval) && el('span', { class: 'ends' }, ` ${intervalText(interval)}`),
  ),
  bar(value, interval),
];

function overall() {
  const left = report.macro?.left_out ?? [];
  const averages = [
    ['micro', 'Micro', 'All labels of all categories counted together: frequent categories weigh most.'],
    [
      'macro',
      'Macro',
      `The mean of the categories, each weighing the same${isNumber(report.macro?.categories) ? ` (${counted(report.macro.categories, 'category', 'categories')})` : ''}${left.length ? `; left out, as neither gold nor system has them: ${left.map(nameOf).join(', ')}` : ''}.`,
    ],
    ['weighted', 'Weighted', 'The mean of the categories, each weighing as many labels as it has in the gold data.'],
    [
      'samples',
      'Samples',
      `The mean of the paragraphs: how well one paragraph is labelled${isNumber(report.samples?.empty) ? `; ${counted(report.samples.empty, 'paragraph')} with no label on either side left out` : ''}.`,
    ],
  ].filter(([key]) => report[key]);
  const singles = [
    [
      report.exact_match,
      'Exact match',
      'Share of the paragraphs whose categories are all right, none missing and none too many. More is better.',
    ],
    [
      report.hamming_loss,
      'Hamming loss',
      'Share of the single yes-or-no decisions (one a paragraph and category) that are wrong. Less is better; it is small because most answers are a plain no.',
    ],
    [
      isNumber(report.micro?.mcc) ? { value: report.micro.mcc, interval: report.micro.mcc_interval } : null,
      'Matthews correlation',
      'Agreement of the single decisions beyond chance: 1 is perfect, 0 is guessing.',
    ],
  ].filter(([figure]) => figure);
  if (!averages.length && !singles.length) return null;
  return [
    note(
      'The same answers averaged in several ways; each way answers another question. Lines run from 0 to 1: the dot is the figure, the thick line its interval.',
    ),
    el(
      'div',
      { class: 'scroll' },
      el(
        'table',
        { class: 'overall' },
        el('caption', null, 'Precision, recall and F1'),
        headed(['Average', 'Precision', 'Recall', 'F1', 'What it says']),
        el(
          'tbody',
          null,
          averages.map(([key, title, explain]) =>
            el(
              'tr',
              null,
              el('th', { scope: 'row' }, title),
              ['precision', 'recall', 'f1'].map((metric) =>
                el('td', null, withInterval(report[key][metric], report[key][`${metric}_interval`])),
              ),
              el('td', { class: 'explain' }, explain),
            ),
          ),
        ),
      ),
    ),
    el(
      'div',
      { class: 'scroll' },
      el(
        'table',
        { class: 'overall' },
        el('caption', null, 'Other figures'),
        el(
          'tbody',
          null,
          singles.map(([figure, title, explain]) =>
            el(
              'tr',
              null,
              el('th', { scope: 'row' }, title),
              el('td', null, withInterval(figure.value, figure.interval)),
              el('td', { class: 'explain' }, explain),
            ),
          ),
        ),
      ),
    ),
  ];
}

/** What the interval of a difference allows to say. */
function verdict({ interval, difference }) {
  const known = ends(interval);
  if (!known || !isNumber(difference)) return 'No interval is known for this difference.';
  if (known[0] > 0) return 'B is better: the whole interval lies above 0.';
  if (known[1] < 0) return 'A is better: the whole interval lies below 0.';
  return 'The data do not show which is better: the interval contains 0.';
}

function comparison() {
  const { comparison: both } = report;
  if (!both) return null;
  const rows = scope.filter((id) => both.per_category?.[id]).map((id) => ({ id, ...both.per_category[id] }));
  const overalls = [
    ['Micro F1', both.micro_f1],
    ['Macro F1', both.macro_f1],
    ['Weighted F1', both.weighted_f1],
    ['Samples F1', both.samples_f1],
    ['Exact match', both.exact_match],
    ['Missing items, F1', both.missing_f1],
  ].filter(([, figure]) => figure);
  const all = [...rows, ...overalls.map(([, figure]) => figure)];
  const reach = Math.max(
    0.05,
    ...all
      .flatMap(({ difference, interval }) => [difference, ...(ends(interval) ?? [])])
      .filter(isNumber)
      .map(Math.abs),
  );
  const difference = (row) => bar(row.difference, row.interval, -reach, reach);
  return [
    note(
      `A is ${plain(settings.system)}; B is ${plain(settings.compare)}. A difference is B minus A on the same paragraphs: to the right of the thin upright line B is better. The lines run from −${reach.toFixed(2)} to +${reach.toFixed(2)}.`,
    ),
    el(
      'div',
      { class: 'scroll' },
      el(
        'table',
        { class: 'overall' },
        el('caption', null, 'Both systems as a whole'),
        headed(['Figure', 'A', 'B', 'B − A', 'Interval of the difference', 'p‑value', 'What it says']),
        el(
          'tbody',
          null,
          overalls.map(([title, figure]) =>
            el(
              'tr',
              null,
              el('th', { scope: 'row' }, title),
              el('td', null, decimal(figure.a)),
              el('td', null, decimal(figure.b)),
              el('td', null, el('b', null, signed(figure.difference))),
              el('td', null, intervalText(figure.interval, signed), ' ', difference(figure)),
              el('td', null, decimal(figure.p_value)),
              el('td', { class: 'explain' }, verdict(figure)),
            ),
          ),
        ),
      ),
    ),
    note(
      'The p-value is how often a difference this large would come about by chance if both were equally good; below 0.05 is commonly called significant. With many categories, a few differences look real by chance alone.',
    ),
    rows.length > 0 &&
      sortable({
        id: 'comparison-table',
        caption: 'F1 of each category in both systems',
        rows,
        columns: [
          { title: 'Category', value: (row) => nameOf(row.id), cell: (row) => nameOf(row.id) },
          { title: 'A', numeric: true, value: (row) => row.a, cell: (row) => decimal(row.a) },
          { title: 'B', numeric: true, value: (row) => row.b, cell: (row) => decimal(row.b) },
          { title: 'B − A', numeric: true, value: (row) => row.difference, cell: (row) => signed(row.difference) },
          {
            title: 'Interval of the difference',
            cell: (row) => [el('span', { class: 'ends' }, intervalText(row.interval, signed)), ' ', difference(row)],
          },
        ],
      }),
  ];
}
