// The figures of categories, languages and kinds of paragraph, and which categories are taken for which.

/** Opens the errors that belong to a filter. */
const browse = (filter) => visit(`#errors?${new URLSearchParams(Object.entries(filter).filter(([, value]) => value))}`);

function categories() {
  const figures = report.per_category;
  if (!figures) return null;
  const rows = scope.filter((id) => figures[id]).map((id) => ({ id, ...figures[id] }));
  const number = (title, key, show, explain) => ({ title, explain, numeric: true, value: (row) => row[key], cell: (row) => show(row[key]) });
  return [
    note('Press a column’s name to sort by it. The line shows F1 from 0 to 1 with its interval; a category with small support has a wide one.'),
    sortable({ id: 'category-table', caption: 'Figures of each category', rows, columns: [
      { title: 'Category', value: (row) => nameOf(row.id), cell: (row) => (errors.length ? el('a', { href: `#errors?category=${encodeURIComponent(row.id)}`, title: 'Show the errors of this category' }, nameOf(row.id)) : nameOf(row.id)) },
      number('Support', 'support', count, 'Paragraphs that have the category in the gold data'),
      number('Right', 'tp', count, 'Given, and in the gold data (true positives)'),
      number('Missed', 'fn', count, 'In the gold data, but not given (false negatives)'),
      number('False alarms', 'fp', count, 'Given, but not in the gold data (false positives)'),
      number('Precision', 'precision', decimal, 'Of what was given, the share that is right'),
      number('Recall', 'recall', decimal, 'Of what is in the gold data, the share that was given'),
      number('F1', 'f1', (value) => el('b', null, decimal(value)), 'The harmonic mean of precision and recall'),
      { title: 'Interval of F1', whole: true, cell: (row) => [el('span', { class: 'ends' }, intervalText(row.f1_interval, (end) => decimal(end, 2))), ' ', bar(row.f1, row.f1_interval)] },
      number('AP', 'average_precision', decimal, 'Average precision: judges the scores at all thresholds'),
    ] }),
  ];
}

/** The point of a curve with the best F1. */
const best = (curve) => (curve ?? []).reduce((top, point) => (isNumber(point.f1) && !(point.f1 <= top?.f1) ? point : top), undefined);

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
      el('div', null, precisionRecall({ curve: own, micro: id === '' ? null : micro, point, name }),
        legend(['own', name], id !== '' && micro && ['micro', 'all categories together (micro-average)'], ['working', 'as the system decided'])),
      el('div', null, subheading(name.charAt(0).toUpperCase() + name.slice(1)), facts([
        ['As decided', point && `precision ${decimal(point.precision)}, recall ${decimal(point.recall)}, F1 ${decimal(point.f1)}`],
        ['Best F1 on these data', top && `${decimal(top.f1)} at the threshold ${decimal(top.threshold, 2)} (precision ${decimal(top.precision)}, recall ${decimal(top.recall)})`],
        ['Average precision', id === '' ? null : decimal(report.per_category?.[id]?.average_precision)],
        ['Support', id === '' ? count(report.counts?.labels) : count(report.per_category?.[id]?.support)],
      ]), note('The best threshold was looked for on these same data: on others it will do somewhat worse.')));
  };
  const options = [...(micro?.length ? [['', 'All categories together']] : []), ...known.map((id) => [id, nameOf(id)])];
  const { root, select } = choice('Category', options, draw);
  select.id = 'pr-category';
  draw(options[0][0]);
  return [note('What other thresholds would give: to the right more is found, further up less of it is wrong. The nearer a curve comes to the upper right corner, the better the scores.'), root, place];
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
      el('div', null, reliability(bins, id === '' ? 'all categories' : nameOf(id)), legend(['ideal', 'honest scores'], ['own', 'the scores given; a larger circle stands for more of them'])),
      el('div', null,
        facts([['Brier score', `${decimal(own.brier)}: mean squared distance of the scores from the truth; 0 is perfect`], ['Expected calibration error', `${decimal(own.ece)}: how far scores and truth lie apart on average; 0 is perfect`]]),
        el('table', { class: 'bins' }, el('caption', null, 'Scores in groups (the bars grow with the logarithm of the number)'), el('thead', null, el('tr', null, ['Mean score', 'Is there', 'Scores'].map((title) => el('th', { scope: 'col', class: 'number' }, title)))),
          el('tbody', null, bins.map((bin) => el('tr', null, el('td', { class: 'number' }, decimal(bin.mean_score)), el('td', { class: 'number' }, decimal(bin.positive_rate)),
            el('td', { class: 'number amount', style: { '--amount': `${(100 * Math.log1p(bin.count)) / Math.log1p(most)}%` } }, count(bin.count))))))));
  };
  const known = scope.filter((id) => figures.per_category?.[id]?.reliability?.length);
  const { root, select } = choice('Category', [['', 'All categories together'], ...known.map((id) => [id, nameOf(id)])], draw);
  select.id = 'reliability-category';
  draw('');
  return [note('Whether a score can be taken for a probability: where the scores are about 0.8, the category should be there in about 80 % of the paragraphs. Points under the dashed line mean that the system is too sure, points above it that it is not sure enough.'), root, place];
}

/** Figures of parts of the data, as a table and as a grid of F1 by category. */
function parts(id, figures, word, name, filter) {
  const keys = Object.keys(figures ?? {});
  if (!keys.length) return null;
  const metric = (title, average, key) => ({ title, numeric: true, value: (row) => row[average]?.[key], cell: (row) => decimal(row[average]?.[key]) });
  const tally = (title, key) => ({ title, numeric: true, value: (row) => row[key], cell: (row) => count(row[key]) });
  const rows = keys.map((key) => ({ key, ...figures[key] }));
  const few = keys.length > 5;
  return [
    note(`The same figures for each ${word} alone: where they differ much, an overall figure says little about one ${word}.`),
    sortable({ id: `${id}-table`, caption: `Overall figures of each ${word}`, rows, columns: [
      { title: word.charAt(0).toUpperCase() + word.slice(1), value: (row) => name(row.key), cell: (row) => name(row.key) },
      tally('Documents', 'documents'), tally('Paragraphs', 'paragraphs'),
      metric('Precision (micro)', 'micro', 'precision'), metric('Recall (micro)', 'micro', 'recall'), metric('F1 (micro)', 'micro', 'f1'), metric('F1 (macro)', 'macro', 'f1'),
    ] }),
    note(`F1 of each category in each ${word}, in hundredths: the stronger the colour, the better. “${NONE}” says that the gold data have no such label there. Figures in brackets rest on fewer than 5 labels: do not read much into them.`),
    grid({ id: `${id}-grid`, caption: `F1 by category and ${word}`, corner: 'Category', rows: scope.map((category) => [category, nameOf(category)]), columns: keys.map((key) => [key, few ? key : name(key)]),
      cell: (category, key) => {
        const { support = 0, f1 } = figures[key].per_category?.[category] ?? {};
        const where = `${nameOf(category)}, ${name(key)}: `;
        if (!support) return { text: NONE, value: null, label: `${where}no gold label` };
        const hundredths = isNumber(f1) ? String(Math.round(100 * f1)) : NONE;
        return { text: support < 5 ? `(${hundredths})` : hundredths, value: f1, label: `${where}F1 ${decimal(f1)}, support ${counted(support, 'label')}` };
      },
      open: errors.length > 0 && ((category, key) => browse({ category, [filter]: key })) }),
  ];
}

const languages = () => parts('languages', report.per_language, 'language', languageOf, 'lang');
const kinds = () => parts('kinds', report.per_kind, 'kind', kindOf, 'kind');

function confusion() {
  const { labels, matrix } = report.confusion ?? {};
  if (!labels?.length || !matrix?.length) return null;
  const sums = matrix.map((row) => row.reduce((sum, value) => sum + (value ?? 0), 0));
  const pairs = labels.flatMap((gold, row) => labels.map((given, column) => ({ gold, given, times: matrix[row][column] ?? 0, share: matrix[row][column] / sums[row] })))
    .filter(({ gold, given, times }) => gold !== given && times > 0).sort((a, b) => b.times - a.times);
  const both = pairs.filter(({ gold, given }) => gold !== '(none)' && given !== '(none)');
  const most = Math.max(1, ...pairs.map(({ times }) => times));
  const say = ({ gold, given, times }) => (given === '(none)' ? `${nameOf(gold)}: missed ${count(times)} times with nothing given for it` : gold === '(none)' ? `${nameOf(given)}: given ${count(times)} times where the gold data have nothing for it` : `${nameOf(gold)}: ${nameOf(given)} given for it ${count(times)} times`);
  const brief = ({ gold, given, times }) => (given === '(none)' ? `${nameOf(gold)}: missed ${count(times)} times` : gold === '(none)' ? `${nameOf(given)}: made up ${count(times)} times` : `${nameOf(gold)} → ${nameOf(given)}: ${count(times)} times`);
  const list = (title, explain, chosen) => el('div', null, subheading(title), note(explain), el('ol', { class: 'pairs' }, chosen.slice(0, 10).map((pair) => el('li', null, brief(pair), el('span', { class: 'ends' }, pair.gold === '(none)' ? '' : ` (${percent(pair.share)} of the gold labels)`)))));
  const place = new Map(labels.map((label, index) => [label, index]));
  return [
    el('div', { class: 'beside even' },
      list('One category for another', 'The most frequent pairs: what the gold data have → what was given for it.', both),
      list('Missed or made up', 'What is most often missed with nothing given for it, or given where the gold data have nothing for it.', pairs.filter((pair) => !both.includes(pair)))),
    note('A row is a category of the gold data, a column what was given for it. The diagonal (framed) is right; elsewhere, the stronger the colour, the more often the two were confused.'),
    grid({ id: 'confusion-grid', caption: 'Gold category by category given', corner: 'Gold ↓ given →', upright: true, rows: labels.map((label) => [label, nameOf(label)]), columns: labels.map((label) => [label, nameOf(label)]),
      cell: (gold, given) => {
        const times = matrix[place.get(gold)]?.[place.get(given)];
        if (gold === given) return { text: times ? count(times) : '', value: null, mark: 'right', label: `${nameOf(gold)}: right ${count(times)} times` };
        return { text: times ? count(times) : '', value: times ? Math.sqrt(times / most) : null, label: say({ gold, given, times: times ?? 0 }) };
      },
      open: errors.length > 0 && ((gold, given) => gold !== given && browse(gold === '(none)' ? { error: 'false', category: given } : { error: 'missed', category: gold, instead: given === '(none)' ? '' : given })) }),
  ];
}
