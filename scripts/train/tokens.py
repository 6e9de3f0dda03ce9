"""Paragraphs as token ids, in the format of docs/models.md: `PREFIX OUTER > INNER | TEXT`."""
import random
import unicodedata

from tokenizers import Tokenizer

MARKS = {'text': '|', 'heading': '#', 'list_item': '-', 'table_cell': '='}
# Letters that typing without accents replaces and that Unicode does not take apart.
PLAIN = str.maketrans('øØłŁđĐıæÆœŒ', 'oOlLdDiaAoO')


class Tokens:
    def __init__(self, path, model):
        self.tokenizer = Tokenizer.from_file(path)
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        framed = self.tokenizer.encode('a')
        self.start, self.end = [framed.ids[0]] + self.ids(model['prefix']), [framed.ids[-1]]
        self.join, self.kinds = self.ids('>'), model['kinds']
        self.marks = {kind: self.ids(mark) for kind, mark in MARKS.items()}
        self.room = model['max_tokens'] - len(self.start) - len(self.end)
        self.known = {}

    def ids(self, text):
        return self.tokenizer.encode(text.strip(), add_special_tokens=False).ids

    def heading(self, text):
        if text not in self.known:
            self.known[text] = self.ids(text)
        return self.known[text]

    def window(self, kind, context, text):
        """The first window of a paragraph; only few are longer than one."""
        text = self.ids(text)[:self.room - min(self.room // 4, 64)] if len(text) > 4 * self.room else self.ids(text)[:self.room]
        kind = kind if self.kinds else 'text'
        mark = self.marks[kind]
        room, before = self.room - len(text) - len(mark), []
        if room < 0:
            return self.start + text + self.end
        for heading in reversed(context):
            ids = self.heading(heading)
            if not ids:
                continue
            if not before:
                ids = ids[:room]
            else:
                ids = ids + self.join
                if len(ids) + len(before) > room:
                    break
            before = ids + before
        if before or kind != 'text':
            before = before + mark
        return self.start + before + text + self.end


def without_accents(text):
    letters = unicodedata.normalize('NFD', text.translate(PLAIN))
    return unicodedata.normalize('NFC', ''.join(letter for letter in letters if not unicodedata.combining(letter)))


def joined(rows, share, chance: random.Random):
    """The rows, each with this chance run together with the paragraph after it, as scrapes without line breaks have them: the two state what both state."""
    made = []
    for found, after in zip(rows, [*rows[1:], None]):
        if after and chance.random() < share and all(found[part] == after[part] for part in ('doc', 'context')) \
                and found['kind'] == after['kind'] == 'text':
            found = {**found, 'text': f"{found['text']} {after['text']}", 'targets': [max(pair) for pair in zip(found['targets'], after['targets'])],
                     'mask': [min(pair) for pair in zip(found['mask'], after['mask'])]}
        made.append(found)
    return made


def augmented(row, augment, chance: random.Random):
    """A paragraph as another scrape of it might be, some with words lost so that no wording is learned by heart."""
    context, text = row['context'], row['text']
    words = text.split()
    if len(words) >= 8 and chance.random() < augment['lossy']:
        text = ' '.join(word for word in words if chance.random() >= augment['words_lost'])
    if chance.random() < augment['no_accents'] and row['lang'] not in ('el', 'bg', 'uk', 'mk', 'ru'):
        context, text = [without_accents(heading) for heading in context], without_accents(text)
    if chance.random() < augment['capitals']:
        text = text.upper()
    drawn = chance.random()
    if drawn < augment['no_context']:
        context = []
    elif drawn < augment['no_context'] + augment['short_context']:
        context = context[-1:]
    return context, text
