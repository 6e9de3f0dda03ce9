// The data, and small helpers that build the page. Data reach the page as text nodes and attributes only.

const data = JSON.parse(document.getElementById('data').textContent);
const report = data.report ?? {};
const errors = data.errors ?? [];
const settings = report.settings ?? {};

const NONE = '–';

/** Puts attributes and children on a node: functions become listeners, `style` sets custom properties. */
function furnish(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') node.addEventListener(name, value);
    else if (name === 'style') Object.entries(value).forEach(([key, set]) => node.style.setProperty(key, set));
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** An HTML element. */
const el = (tag, attributes, ...children) => furnish(document.createElement(tag), attributes, children);

/** An SVG element. */
const svg = (tag, attributes, ...children) =>
  furnish(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);

/** The head of a table. */
const headed = (titles, kind) =>
  el('thead', null, el('tr', null, titles.map((title) => el('th', { scope: 'col', class: kind }, title))));

const isNumber = (value) => typeof value === 'number' && Number.isFinite(value);

/** A figure between 0 and 1 with three decimals. */
const decimal = (value, digits = 3) => (isNumber(value) ? value.toFixed(digits).replace('-', '−') : NONE);

/** A difference, with its sign. */
const signed = (value) => (isNumber(value) && value > 0 ? '+' : '') + decimal(value);

/** A share as a percentage, for sentences. */
const percent = (value, digits = 0) => (isNumber(value) ? `${(100 * value).toFixed(digits)} %` : NONE);

/** A number of things. */
const count = (value) => (isNumber(value) ? value.toLocaleString('en', { maximumFractionDigits: 1 }) : NONE);

/** A number of things with their noun, on one line. */
const counted = (value, noun, plural = `${noun}s`) => `${count(value)}\u00a0${value === 1 ? noun : plural}`;

/** The two ends of an interval, or nothing. */
const ends = (interval) =>
  Array.isArray(interval) && isNumber(interval[0]) && isNumber(interval[1]) ? [interval[0], interval[1]] : null;

const intervalText = (interval, show = decimal) => {
  const known = ends(interval);
  return known ? `${show(known[0])} to ${show(known[1])}` : NONE;
};

/** A setting of any shape as text. */
function plain(value) {
  if (value === null || value === undefined) return NONE;
  if (Array.isArray(value)) return value.length ? value.map(plain).join(', ') : NONE;
  if (typeof value === 'object')
    return (
      Object.entries(value)
        .map(([key, part]) => `${key} ${plain(part)}`)
        .join(', ') || NONE
    );
  return String(value);
}

const taxonomy = settings.taxonomy?.categories ?? [];
const names = new Map(taxonomy.map(({ id, name }) => [id, name ?? id]));
names.set('(none)', '(nothing)');

/** A category's name, or its id where the taxonomy does not name it. */
const nameOf = (id) => names.get(id) ?? id;

/** The ids of the measured categories in the taxonomy's order. */
const scope =
  settings.scope ?? (taxonomy.length ? taxonomy.map(({ id }) => id) : Object.keys(report.per_category ?? {}));

const languageNames = new Intl.DisplayNames('en', { type: 'language' });

/** A language's name with its code. */
function languageOf(code) {
  try {
    const name = languageNames.of(code);
    return name && name !== code ? `${name} (${code})` : code;
  } catch {
    return String(code || 'unknown');
  }
}

const KINDS = { text: 'Running text', heading: 'Heading', list_item: 'List item', table_cell: 'Table cell' };
const kindOf = (kind) => KINDS[kind] ?? String(kind ?? NONE);

/** A line that says how a figure is read. */
const note = (...text) => el('p', { class: 'note' }, ...text);

const subheading = (text) => el('h3', null, text);

/** Adds a section and its entry in the navigation; what `draw` returns are its children, `null` leaves it out. */
function section(id, title, entry, draw) {
  let children;
  try {
    children = draw();
  } catch (error) {
    console.error(error);
    children = [note('This part of the report has a shape that the page does not know, and is not shown.')];
  }
  if (!children) return;
  document.getElementById('nav').append(el('a', { href: `#${id}` }, entry));
  document
    .getElementById('main')
    .append(el('section', { id, 'aria-labelledby': `${id}-title` }, el('h2', { id: `${id}-title` }, title), children));
}

/** A labelled choice; `options` are pairs of value and text. */
function choice(label, options, change, value) {
  const select = el(
    'select',
    { change: () => change(select.value) },
    options.map(([key, text]) => el('option', { value: key }, text)),
  );
  if (value !== undefined) select.value = value;
  return { select, root: el('label', { class: 'choice' }, el('span', null, label), select) };
}
