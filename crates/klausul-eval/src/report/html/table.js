// Tables whose rows can be sorted, and grids of coloured cells.

/** Rows in a column's order; what has no value stands last either way. */
function sorted(rows, column, descending) {
  const direction = descending ? -1 : 1;
  const missing = (value) => value === null || value === undefined || Number.isNaN(value);
  return rows
    .map((row) => [column.value(row), row])
    .sort(([a], [b]) => {
      if (missing(a) || missing(b)) return missing(a) - missing(b);
      return direction * (typeof a === 'string' ? a.localeCompare(b, 'en') : a - b);
    })
    .map(([, row]) => row);
}

/**
 * A table with a button in each column's head that sorts by it.
 *
 * A column has `title`, `explain` (shown on hover), `value(row)` to sort by, `cell(row)` to show,
 * `numeric` for figures, `largest` for what else is first wanted from the
 * largest down, and `whole` for cells that are not broken into lines.
 * The rows stand in the given order until a button is pressed; the first column is each row's head.
 */
function sortable({ id, caption, columns, rows }) {
  const body = el('tbody');
  const fill = (ordered) =>
    body.replaceChildren(
      ...ordered.map((row) =>
        el(
          'tr',
          null,
          columns.map((column, index) =>
            el(
              index ? 'td' : 'th',
              { scope: index ? null : 'row', class: column.numeric ? 'number' : column.whole ? 'whole' : null },
              column.cell(row),
            ),
          ),
        ),
      ),
    );
  const heads = columns.map((column) => {
    const head = el('th', { scope: 'col', class: column.numeric ? 'number' : null, 'aria-sort': 'none' });
    const button = el(
      'button',
      {
        type: 'button',
        title: column.explain,
        click: () => {
          const now = head.getAttribute('aria-sort');
          // Figures are first wanted from the largest down, names from A to Z.
          const descending = now === 'none' ? Boolean(column.numeric || column.largest) : now === 'ascending';
          heads.forEach((other) => other.setAttribute('aria-sort', 'none'));
          head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
          fill(sorted(rows, column, descending));
        },
      },
      column.title,
    );
    return furnish(head, null, [column.value ? button : column.title]);
  });
  heads.forEach((head, index) => columns[index].value || head.removeAttribute('aria-sort'));
  fill(rows);
  return el(
    'div',
    { class: 'scroll' },
    el(
      'table',
      { id, class: 'sortable' },
      el('caption', null, caption),
      el('thead', null, el('tr', null, heads)),
      body,
    ),
  );
}

/**
 * A table of coloured cells.
 *
 * `rows` and `columns` are pairs of key and name. `cell(row, column)` gives `text`, `value` from 0 to 1 for the
 * colour (`null` for none), `label` for the line under the grid, and `mark` for a class. `open(row, column)`, where
 * given, is called for a cell that is clicked or entered. Arrow keys walk through the cells.
 */
function grid({ id, caption, corner, rows, columns, upright, cell, open }) {
  const readout = el(
    'p',
    { class: 'readout', 'aria-live': 'polite' },
    `Point at a cell, or walk through the cells with the arrow keys, to read it in words${open ? '; press it to see its errors' : ''}.`,
  );
  const cells = rows.map(([row]) =>
    columns.map(([column]) => {
      const { text, value, label, mark } = cell(row, column);
      const node = el(
        'td',
        {
          tabindex: -1,
          title: label,
          class: [mark, isNumber(value) && 'heat', value > 0.6 && 'deep'].filter(Boolean).join(' ') || null,
        },
        text,
      );
      if (isNumber(value)) node.style.setProperty('--heat', `${Math.round(100 * Math.min(1, Math.max(0, value)))}%`);
      node.dataset.row = row;
      node.dataset.column = column;
      return node;
    }),
  );
  const at = (node) => {
    const line = cells.findIndex((nodes) => nodes.includes(node));
    return [line, cells[line]?.indexOf(node)];
  };
  const read = ({ target }) => {
    const node = target.closest('td');
    if (node) readout.textContent = node.title;
  };
  const enter = ({ target }) => {
    const node = target.closest('td');
    if (node && open) open(node.dataset.row, node.dataset.column);
  };
  const walk = (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (event.key === 'Enter') enter(event);
    if (!step || !event.target.closest('td')) return;
    event.preventDefault();
    const [line, place] = at(event.target);
    const next = cells[line + step[0]]?.[place + step[1]];
    if (!next) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  };
  if (cells[0]?.[0]) cells[0][0].tabIndex = 0;
  return el(
    'div',
    { class: 'scroll' },
    el(
      'table',
      {
        id,
        role: 'grid',
        class: `grid${upright ? ' upright' : ''}${open ? ' opens' : ''}`,
        mouseover: read,
        focusin: read,
        click: enter,
        keydown: walk,
      },
      el('caption', null, caption),
      el(
        'thead',
        null,
        el(
          'tr',
          null,
          el('td', { class: 'corner' }, corner),
          columns.map(([, name]) => el('th', { scope: 'col' }, el('span', null, name))),
        ),
      ),
      el(
        'tbody',
        null,
        rows.map(([, name], line) => el('tr', null, el('th', { scope: 'row' }, name), cells[line])),
      ),
    ),
    readout,
  );
}
