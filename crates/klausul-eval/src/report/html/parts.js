// The figures of languages and of kinds of paragraph, and which categories are taken for which.

/** Figures of parts of the data, as a table and as a grid of F1 by category. */
function parts(id, figures, word, name, filter) {
  const keys = Object.keys(figures ?? {});
  if (!keys.length) return null;
  const metric = (title, average, key) => ({
    title,
    numeric: true,
    value: (row) => row[average]?.[key],
    cell: (row) => decimal(row[average]?.[key]),
  });
  const tally = (title, key) => ({ title, numeric: true, value: (row) => row[key], cell: (row) => count(row[key]) });
  const rows = keys.map((key) => ({ key, ...figures[key] }));
  const few = keys.length > 5;
  return [
    note(
      `The same figures for each ${word} alone: where they differ much, an overall figure says little about one ${word}.`,
    ),
    sortable({
      id: `${id}-table`,
      caption: `Overall figures of each ${word}`,
      rows,
      columns: [
        {
          title: word.charAt(0).toUpperCase() + word.slice(1),
          value: (row) => name(row.key),
          cell: (row) => name(row.key),
        },
        tally('Documents', 'documents'),
        tally('Paragraphs', 'paragraphs'),
        metric('Precision (micro)', 'micro', 'precision'),
        metric('Recall (micro)', 'micro', 'recall'),
        metric('F1 (micro)', 'micro', 'f1'),
        metric('F1 (macro)', 'macro', 'f1'),
      ],
    }),
    note(
      `F1 of each category in each ${word}, in hundredths: the stronger the colour, the better. “${NONE}” says that the gold data have no such label there. Figures in brackets rest on fewer than 5 labels: do not read much into them.`,
    ),
    grid({
      id: `${id}-grid`,
      caption: `F1 by category and ${word}`,
      corner: 'Category',
      rows: scope.map((category) => [category, nameOf(category)]),
      columns: keys.map((key) => [key, few ? key : name(key)]),
      cell: (category, key) => {
        const { support = 0, f1 } = figures[key].per_category?.[category] ?? {};
        const where = `${nameOf(category)}, ${name(key)}: `;
        if (!support) return { text: NONE, value: null, label: `${where}no gold label` };
        const hundredths = isNumber(f1) ? String(Math.round(100 * f1)) : NONE;
        return {
          text: support < 5 ? `(${hundredths})` : hundredths,
          value: f1,
          label: `${where}F1 ${decimal(f1)}, support ${counted(support, 'label')}`,
        };
      },
      open: errors.length > 0 && ((category, key) => browse({ category, [filter]: key })),
    }),
  ];
}

const languages = () => parts('languages', report.per_language, 'language', languageOf, 'lang');
const kinds = () => parts('kinds', report.per_kind, 'kind', kindOf, 'kind');

function confusion() {
  const { labels, matrix } = report.confusion ?? {};
  if (!labels?.length || !matrix?.length) return null;
  const sums = matrix.map((row) => row.reduce((sum, value) => sum + (value ?? 0), 0));
  const pairs = labels
    .flatMap((gold, row) =>
      labels.map((given, column) => ({
        gold,
        given,
        times: matrix[row][column] ?? 0,
        share: matrix[row][column] / sums[row],
      })),
    )
    .filter(({ gold, given, times }) => gold !== given && times > 0)
    .sort((a, b) => b.times - a.times);
  const both = pairs.filter(({ gold, given }) => gold !== '(none)' && given !== '(none)');
  const most = Math.max(1, ...pairs.map(({ times }) => times));
  const say = ({ gold, given, times }) =>
    given === '(none)'
      ? `${nameOf(gold)}: missed ${counted(times, 'time')} with nothing given for it`
      : gold === '(none)'
        ? `${nameOf(given)}: given ${counted(times, 'time')} where the gold data have nothing for it`
        : `${nameOf(gold)}: ${nameOf(given)} given for it ${counted(times, 'time')}`;
  const brief = ({ gold, given, times }) =>
    given === '(none)'
      ? `${nameOf(gold)}: missed ${counted(times, 'time')}`
      : gold === '(none)'
        ? `${nameOf(given)}: false alarm ${counted(times, 'time')}`
        : `${nameOf(gold)} → ${nameOf(given)}: ${counted(times, 'time')}`;
  const list = (title, explain, chosen) =>
    el(
      'div',
      null,
      subheading(title),
      note(explain),
      el(
        'ol',
        { class: 'pairs' },
        chosen
          .slice(0, 10)
          .map((pair) =>
            el(
              'li',
              null,
              brief(pair),
              el(
                'span',
                { class: 'ends' },
                pair.gold === '(none)' ? '' : ` (${percent(pair.share)} of the gold labels)`,
              ),
            ),
          ),
      ),
    );
  const place = new Map(labels.map((label, index) => [label, index]));
  return [
    el(
      'div',
      { class: 'beside even' },
      list(
        'One category for another',
        'The most frequent pairs: what the gold data have → what was given for it.',
        both,
      ),
      list(
        'Missed or false alarm',
        'What is most often missed with nothing given for it, or given where the gold data have nothing for it.',
        pairs.filter((pair) => !both.includes(pair)),
      ),
    ),
    note(
      'A row is a category of the gold data, a column what was given for it. The diagonal (framed) is right; elsewhere, the stronger the colour, the more often the two were confused.',
    ),
    grid({
      id: 'confusion-grid',
      caption: 'Gold category by category given',
      corner: 'Gold ↓ given →',
      upright: true,
      rows: labels.map((label) => [label, nameOf(label)]),
      columns: labels.map((label) => [label, nameOf(label)]),
      cell: (gold, given) => {
        const times = matrix[place.get(gold)]?.[place.get(given)];
        if (gold === given)
          return {
            text: times ? count(times) : '',
            value: null,
            mark: 'right',
            label: `${nameOf(gold)}: right ${counted(times, 'time')}`,
          };
        return {
          text: times ? count(times) : '',
          value: times ? Math.sqrt(times / most) : null,
          label: say({ gold, given, times: times ?? 0 }),
        };
      },
      open:
        errors.length > 0 &&
        ((gold, given) =>
          gold !== given &&
          browse(
            gold === '(none)'
              ? { error: 'false', category: given }
              : { error: 'missed', category: gold, instead: given === '(none)' ? '' : given },
          )),
    }),
  ];
}
