// The paragraphs that were labelled wrongly: filters, pages, and each paragraph with the words that decided it.

const PAGE = 25;
const DEFAULTS = { error: '', category: '', instead: '', lang: '', kind: '', doc: '', text: '', sort: '', page: '1' };

/** Lower case without accents, so that a search need not have them. */
const folded = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

/** Each error with what was missed and what was a false alarm. */
function examine(error) {
  const inside = new Set(scope);
  const measured = (ids) => (ids ?? []).filter((id) => inside.size === 0 || inside.has(id));
  const gold = measured(error.gold);
  const predicted = measured(error.predicted);
  return {
    error,
    right: gold.filter((id) => predicted.includes(id)),
    missed: gold.filter((id) => !predicted.includes(id)),
    alarms: predicted.filter((id) => !gold.includes(id)),
    searched: null,
  };
}

/** How sure the system was of its worst mistake. */
function sureness({ error, missed, alarms }, category) {
  const score = (id) => error.scores?.[id] ?? 0.5;
  const only = (ids) => (category ? ids.filter((id) => id === category) : ids);
  return Math.max(0, ...only(alarms).map(score), ...only(missed).map((id) => 1 - score(id)));
}

/** The positions of a text in UTF-16 units by their byte offset in UTF-8. */
function positions(text) {
  const units = new Map();
  let byte = 0;
  let unit = 0;
  for (const character of text) {
    units.set(byte, unit);
    const code = character.codePointAt(0);
    byte += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    unit += character.length;
  }
  return units.set(byte, unit);
}

/** A text with the matches of the evidence marked; where matches overlap, the mark names each. */
function highlight(text, matches) {
  const units = matches.length ? positions(text) : null;
  const spans = matches
    .map(({ start, end, label }) => ({ start: units.get(start), end: units.get(end), label }))
    .filter(({ start, end }) => start < end);
  if (!spans.length) return text;
  const cuts = [...new Set([0, text.length, ...spans.flatMap(({ start, end }) => [start, end])])].sort((a, b) => a - b);
  return cuts.slice(1).map((end, index) => {
    const piece = text.slice(cuts[index], end);
    const labels = [
      ...new Set(spans.filter((span) => span.start <= cuts[index] && span.end >= end).map(({ label }) => label)),
    ];
    return labels.length ? el('mark', { title: labels.join('\n') }, piece) : piece;
  });
}

/** The matches of all evidence that stand in a place (`text`, `context[0]`). */
const matchesIn = ({ evidence }, place) =>
  (evidence ?? []).flatMap(({ category, rule, negated, matches }) =>
    (matches ?? [])
      .filter((match) => match.place === place)
      .map((match) => ({ ...match, label: `${nameOf(category)}: rule ${rule}${negated ? ', negated' : ''}` })),
  );

/** The categories of one fate, with their scores. */
function chips(title, name, ids, scores) {
  if (!ids.length) return null;
  return el(
    'div',
    { class: 'fate' },
    el('dt', null, title),
    el(
      'dd',
      null,
      ids.map((id) =>
        el(
          'span',
          { class: `chip ${name}` },
          nameOf(id),
          isNumber(scores?.[id]) &&
            el('span', { class: 'score', title: 'The system’s score for this category' }, ` ${decimal(scores[id], 2)}`),
        ),
      ),
    ),
  );
}

function reasons({ evidence, scores }) {
  const known = Object.entries(scores ?? {})
    .filter(([, score]) => isNumber(score))
    .sort(([, a], [, b]) => b - a);
  if (!evidence?.length && !known.length) return null;
  return el(
    'details',
    null,
    el('summary', null, 'Evidence and scores'),
    evidence?.length > 0 &&
      el(
        'ul',
        { class: 'evidence' },
        evidence.map(({ category, rule, negated, matches }) =>
          el(
            'li',
            null,
            el('b', null, nameOf(category)),
            `, rule ${rule}${negated ? ' (negated)' : ''}: `,
            (matches ?? []).map(({ text }) => `“${text}”`).join(', '),
          ),
        ),
      ),
    known.length > 0 &&
      el(
        'p',
        { class: 'scores' },
        known.map(([id, score]) => el('span', null, `${nameOf(id)} ${decimal(score, 2)}`)),
      ),
  );
}

function card({ error, right, missed, alarms }) {
  const context = error.context ?? [];
  return el(
    'article',
    { class: 'wrong' },
    el(
      'header',
      null,
      el('b', null, plain(error.id)),
      el('span', null, languageOf(error.lang)),
      el('span', null, kindOf(error.kind)),
    ),
    context.length > 0 &&
      el(
        'p',
        { class: 'context', lang: error.lang, dir: 'auto' },
        context.map((heading, index) => [
          index > 0 && ' › ',
          el('span', null, highlight(heading, matchesIn(error, `context[${index}]`))),
        ]),
      ),
    el('p', { class: 'text', lang: error.lang, dir: 'auto' }, highlight(error.text ?? '', matchesIn(error, 'text'))),
    el(
      'dl',
      null,
      chips('Missed', 'missed', missed, error.scores),
      chips('False alarm', 'alarm', alarms, error.scores),
      chips('Right', 'fine', right, error.scores),
    ),
    reasons(error),
  );
}

/** Options with how many errors each has, in the given or else the counted order. */
function options(entries, keys, name, all, order) {
  const tally = new Map();
  entries.forEach((entry) => new Set(keys(entry)).forEach((key) => tally.set(key, (tally.get(key) ?? 0) + 1)));
  const known = order
    ? order.filter((key) => tally.has(key))
    : [...tally.keys()].sort((a, b) => name(a).localeCompare(name(b), 'en', { numeric: true }));
  return [['', all], ...known.map((key) => [key, `${name(key)} (${count(tally.get(key))})`])];
}

/** Opens a filter's address, also when it is the present one. */
let visit = (hash) => history.pushState(null, '', hash);

function browser() {
  if (!errors.length) return null;
  const entries = errors.map(examine);
  const state = { ...DEFAULTS };
  let found = entries;
  const shown = el('p', { id: 'error-count', class: 'shown', 'aria-live': 'polite' });
  const list = el('div', { id: 'error-list' });
  const link = el('a', { id: 'error-link' }, 'Link to this selection');

  const set = (key) => (value) => {
    Object.assign(state, { page: '1', [key]: value });
    update();
  };
  const touched = ({ missed, alarms }) => [...missed, ...alarms];
  const choices = {
    error: choice(
      'Error',
      [
        ['', 'Missed and false alarms'],
        ['missed', 'Missed'],
        ['false', 'False alarms'],
      ],
      set('error'),
    ),
    category: choice('Category', options(entries, touched, nameOf, 'All categories', scope), set('category')),
    instead: choice(
      'Falsely given beside it',
      options(entries, ({ alarms }) => alarms, nameOf, 'Any or none', scope),
      set('instead'),
    ),
    lang: choice(
      'Language',
      options(entries, ({ error }) => [error.lang ?? ''], languageOf, 'All languages'),
      set('lang'),
    ),
    kind: choice(
      'Kind of paragraph',
      options(entries, ({ error }) => [error.kind ?? ''], kindOf, 'All kinds'),
      set('kind'),
    ),
    doc: choice(
      'Document',
      options(entries, ({ error }) => [error.doc ?? ''], String, 'All documents'),
      set('doc'),
    ),
    sort: choice(
      'Order',
      [
        ['', 'As in the data'],
        ['sure', 'Surest mistakes first'],
      ],
      set('sort'),
    ),
  };
  Object.entries(choices).forEach(([key, { select }]) => select.setAttribute('id', `error-${key}`));
  let waiting;
  const search = el('input', {
    type: 'search',
    id: 'error-text',
    input: () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => set('text')(search.value), 150);
    },
  });

  const fits = (entry, wanted) => {
    const { error, missed, alarms } = entry;
    const pool = state.error === 'missed' ? missed : state.error === 'false' ? alarms : null;
    if (pool && !pool.length) return false;
    if (state.category && !(pool ?? touched(entry)).includes(state.category)) return false;
    if (state.instead && !alarms.includes(state.instead)) return false;
    if (['lang', 'kind', 'doc'].some((key) => state[key] && (error[key] ?? '') !== state[key])) return false;
    if (!wanted) return true;
    entry.searched ??= folded([error.id, ...(error.context ?? []), error.text].join('\n'));
    return entry.searched.includes(wanted);
  };
  const pages = () => Math.max(1, Math.ceil(found.length / PAGE));
  const turn = (page) => {
    state.page = String(page);
    render();
    shown.scrollIntoView({ block: 'start' });
  };
  const pager = () => {
    const page = Number(state.page);
    return el(
      'div',
      { class: 'pager' },
      el('button', { type: 'button', disabled: page <= 1, click: () => turn(page - 1) }, '← Previous'),
      el('span', null, `Page ${count(page)} of ${count(pages())}`),
      el('button', { type: 'button', disabled: page >= pages(), click: () => turn(page + 1) }, 'Next →'),
    );
  };
  const address = () =>
    `#errors?${new URLSearchParams(Object.entries(state).filter(([key, value]) => value !== DEFAULTS[key]))}`;
  const render = () => {
    state.page = String(Math.min(pages(), Math.max(1, Math.trunc(Number(state.page)) || 1)));
    const start = (Number(state.page) - 1) * PAGE;
    const part = found.slice(start, start + PAGE);
    shown.textContent = found.length
      ? `${count(found.length)} of ${counted(entries.length, 'wrong paragraph')}; shown: ${count(start + 1)} to ${count(start + part.length)}`
      : `0 of ${counted(entries.length, 'wrong paragraph')}: nothing fits these filters`;
    list.replaceChildren(
      ...(found.length > PAGE ? [pager()] : []),
      ...part.map(card),
      ...(found.length > PAGE ? [pager()] : []),
    );
    link.href = address();
    // The address in the bar follows the filters, so that it can be copied from there as well.
    if (location.hash.startsWith('#errors?') || address() !== '#errors?') history.replaceState(null, '', address());
  };
  function update() {
    const wanted = folded(state.text.trim());
    found = entries.filter((entry) => fits(entry, wanted));
    if (state.sort === 'sure')
      found = found
        .map((entry) => [sureness(entry, state.category), entry])
        .sort(([a], [b]) => b - a)
        .map(([, entry]) => entry);
    render();
  }
  /** Takes the filters from the address, where it has some. */
  const take = () => {
    if (!location.hash.startsWith('#errors?')) return;
    const asked = new URLSearchParams(location.hash.slice('#errors?'.length));
    Object.keys(DEFAULTS).forEach((key) => (state[key] = asked.get(key) ?? DEFAULTS[key]));
    Object.entries(choices).forEach(([key, { select }]) => {
      select.value = state[key];
      // A value that no error has filters everything away, and has to be seen doing so.
      if (select.selectedIndex < 0)
        select.append(el('option', { value: state[key], selected: true }, `${nameOf(state[key])} (0)`));
    });
    search.value = state.text;
  };
  const follow = () => {
    if (!location.hash.startsWith('#errors?')) return;
    take();
    update();
    document.getElementById('errors').scrollIntoView();
  };
  visit = (hash) => {
    history.pushState(null, '', hash);
    follow();
  };
  addEventListener('hashchange', follow);
  document.addEventListener('click', (event) => {
    const to = event.target.closest('a[href^="#errors?"]');
    if (!to || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    visit(to.getAttribute('href'));
  });
  const reset = el('button', { type: 'button', click: () => visit('#errors?') }, 'Clear the filters');
  take();
  update();
  // The section is put on the page after this returns.
  queueMicrotask(follow);
  return [
    note(
      'Every paragraph whose categories are not all right. Missed: in the gold data but not given. False alarm: given but not in the gold data. Marked words are those that rules of the system matched. Beside each category stands the system’s score.',
    ),
    el(
      'form',
      { class: 'filters', submit: (event) => event.preventDefault() },
      Object.values(choices).map(({ root }) => root),
      el('label', { class: 'choice' }, el('span', null, 'Text contains'), search),
      reset,
    ),
    el('div', { class: 'bar-of' }, shown, link),
    list,
  ];
}
