// Charts in SVG. Their colours and lines are in the style sheet.

/** A value with its interval on a line from `low` to `high`. */
function bar(value, interval, low = 0, high = 1) {
  const width = 150;
  const x = (figure) => 5 + ((Math.min(high, Math.max(low, figure)) - low) / (high - low)) * (width - 10);
  const known = ends(interval);
  if (!isNumber(value) && !known) return null;
  const label = `${decimal(value)}${known ? `, interval ${intervalText(known)}` : ''}`;
  return svg(
    'svg',
    { class: 'bar', width, height: 16, viewBox: `0 0 ${width} 16`, role: 'img', 'aria-label': label },
    svg('title', null, label),
    svg('line', { class: 'track', x1: x(low), x2: x(high), y1: 8, y2: 8 }),
    low < 0 && svg('line', { class: 'zero', x1: x(0), x2: x(0), y1: 1, y2: 15 }),
    known && svg('line', { class: 'interval', x1: x(known[0]), x2: x(known[1]), y1: 8, y2: 8 }),
    isNumber(value) && svg('circle', { class: 'value', cx: x(value), cy: 8, r: 4 }),
  );
}

/** A square from 0 to 1 on both axes, with its scales in pixels and a layer to draw on. */
function square({ id, title, across, up, size = 440 }) {
  const left = 52;
  const bottom = 46;
  const top = 12;
  const x = (value) => left + value * size;
  const y = (value) => top + (1 - value) * size;
  const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1];
  const layer = svg('g');
  const width = left + size + 16;
  const height = top + size + bottom;
  const root = svg(
    'svg',
    { id, class: 'square', width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': title },
    ticks.map((tick) => [
      svg('line', { class: 'tick', x1: x(tick), x2: x(tick), y1: y(0), y2: y(1) }),
      svg('line', { class: 'tick', x1: x(0), x2: x(1), y1: y(tick), y2: y(tick) }),
      svg('text', { x: x(tick), y: y(0) + 17, 'text-anchor': 'middle' }, tick.toFixed(1)),
      svg('text', { x: x(0) - 7, y: y(tick) + 4, 'text-anchor': 'end' }, tick.toFixed(1)),
    ]),
    svg('text', { class: 'axis', x: x(0.5), y: y(0) + 38, 'text-anchor': 'middle' }, across),
    svg('text', { class: 'axis', transform: `translate(13 ${y(0.5)}) rotate(-90)`, 'text-anchor': 'middle' }, up),
    layer,
  );
  return { root, layer, x, y };
}

/** A line through points; a gap in the data does not break it. */
const line = (name, points) =>
  svg('polyline', { class: name, points: points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ') });

/** The key of a chart: pairs of class and text. */
const legend = (...entries) =>
  el(
    'ul',
    { class: 'legend' },
    entries
      .filter(Boolean)
      .map(([name, text]) => el('li', null, el('span', { class: `swatch ${name}`, 'aria-hidden': 'true' }), text)),
  );

/** Precision against recall: a curve, the curve of all categories together, and the point the system works at. */
function precisionRecall({ curve, micro, point, name }) {
  const known = (points) =>
    (points ?? [])
      .filter(({ precision, recall }) => isNumber(precision) && isNumber(recall))
      .sort((a, b) => a.threshold - b.threshold);
  const { root, layer, x, y } = square({
    id: 'pr-chart',
    title: `Precision and recall of ${name} at every threshold`,
    across: 'Recall: how much of what is there is found',
    up: 'Precision: how much of what is given is right',
  });
  const place = ({ precision, recall }) => [x(recall), y(precision)];
  const own = known(curve);
  if (micro) layer.append(line('curve micro', known(micro).map(place)));
  layer.append(line('curve own', own.map(place)));
  for (const spot of own.length <= 250 ? own : []) {
    const [cx, cy] = place(spot);
    const words = `threshold ${decimal(spot.threshold, 2)}: precision ${decimal(spot.precision)}, recall ${decimal(spot.recall)}, F1 ${decimal(spot.f1)}`;
    layer.append(svg('circle', { class: 'spot', cx, cy, r: 3.5 }, svg('title', null, words)));
  }
  if (isNumber(point?.precision) && isNumber(point?.recall)) {
    const [cx, cy] = place(point);
    layer.append(
      svg(
        'path',
        { class: 'working', d: `M${cx} ${cy - 8}L${cx + 8} ${cy}L${cx} ${cy + 8}L${cx - 8} ${cy}Z` },
        svg('title', null, `as decided: precision ${decimal(point.precision)}, recall ${decimal(point.recall)}`),
      ),
    );
  }
  return root;
}

/** How often the category was there against the score it was given; the larger the circle, the more scores it stands for. */
function reliability(bins, name) {
  const { root, layer, x, y } = square({
    id: 'reliability-chart',
    title: `Reliability of the scores of ${name}`,
    across: 'Score that was given (mean of the group)',
    up: 'Share where the category is there',
    size: 380,
  });
  const known = bins.filter((bin) => isNumber(bin.mean_score) && isNumber(bin.positive_rate) && bin.count > 0);
  const most = Math.max(1, ...known.map((bin) => bin.count));
  layer.append(
    line('ideal', [
      [x(0), y(0)],
      [x(1), y(1)],
    ]),
    line(
      'curve own',
      known.map((bin) => [x(bin.mean_score), y(bin.positive_rate)]),
    ),
  );
  for (const bin of known) {
    const words = `${counted(bin.count, 'score')} of about ${decimal(bin.mean_score)}: the category is there in ${percent(bin.positive_rate, 1)}`;
    layer.append(
      svg(
        'circle',
        {
          class: 'bin',
          cx: x(bin.mean_score),
          cy: y(bin.positive_rate),
          r: 3 + 9 * (Math.log1p(bin.count) / Math.log1p(most)) ** 2,
        },
        svg('title', null, words),
      ),
    );
  }
  return root;
}
