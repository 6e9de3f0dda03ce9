//! Which lines are headings, items and text.

use super::line::{HEADING_CHARS, Looks, Number, bullet, lettered, looks};
use super::unit::{Line, Link, Role, Scope, Unit};

/// What a line turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// Running text.
    Text,
    /// An item with the bullet class that it starts with, and the bytes of the bullet.
    Item(char, usize),
    /// A heading of this rank.
    Heading(u16),
    /// The label of a form-like pair: it counts for the values behind it only.
    Label,
    /// A column or row heading.
    Bare,
}

/// What stands behind a run of lines that may be headings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Body,
    Value,
    List,
    Heading,
    End,
}

const TITLE_RANK: u16 = 5;
const SECTION_RANK: u16 = 66;
const CAPITALS_RANK: u16 = 70;
const NUMBERED_RANK: u16 = 72;
const BOLD_RANK: u16 = 74;
const PLAIN_RANK: u16 = 75;
/// Added for a heading that stands directly on the text below it, with no paragraph break.
const ATTACHED: u16 = 10;
/// The rank of [`Decision::Label`].
pub(super) const LABEL_RANK: u16 = 95;

/// Decides line by line, with a look at what follows. Every line is looked at once.
pub(super) struct Decider<'a> {
    units: &'a [Unit],
    looks: Vec<Looks>,
    decisions: Vec<Decision>,
    plain_headings: bool,
}

impl<'a> Decider<'a> {
    /// Looks at every line.
    pub(super) fn new(units: &'a [Unit], plain_headings: bool) -> Self {
        let looks = units
            .iter()
            .map(|unit| match unit {
                Unit::Line(line) => looks(line.piece.text()),
                _ => Looks::default(),
            })
            .collect();
        Self { units, looks, decisions: vec![Decision::Text; units.len()], plain_headings }
    }

    /// One decision a unit; it means nothing where the unit is no line.
    pub(super) fn run(mut self) -> Vec<Decision> {
        let mut index = 0;
        let mut cells = Vec::new();
        while index < self.units.len() {
            match &self.units[index] {
                Unit::Open(scope) => cells.push(matches!(scope, Scope::Cell(_)) || cells.last() == Some(&true)),
                Unit::Close => {
                    cells.pop();
                }
                Unit::Line(line) => {
                    let next = self.decide(index, line, cells.last() == Some(&true));
                    index = next.max(index + 1);
                    continue;
                }
            }
            index += 1;
        }
        self.decisions
    }

    /// Decides the line and perhaps those behind it; returns the first that is undecided.
    fn decide(&mut self, index: usize, line: &Line, cell: bool) -> usize {
        let fits = self.looks[index].short || line.piece.text().chars().nth(HEADING_CHARS * 3).is_none();
        match line.role {
            Role::Heading(level) if fits => self.decisions[index] = Decision::Heading(u16::from(level) * 10),
            Role::Title if fits => self.decisions[index] = Decision::Heading(SECTION_RANK),
            Role::CellHeading => self.decisions[index] = Decision::Bare,
            _ if self.item(index).is_some() || cell => {
                self.decisions[index] = self.item(index).unwrap_or(Decision::Text);
            }
            _ if self.candidate(index) => return self.headings(index),
            _ => {}
        }
        if self.decisions[index] == Decision::Text && self.looks[index].colon {
            return self.introduced(index);
        }
        index + 1
    }

    fn line(&self, index: usize) -> Option<&'a Line> {
        match self.units.get(index) {
            Some(Unit::Line(line)) => Some(line),
            _ => None,
        }
    }

    /// Whether the line is an item by its first characters.
    fn item(&self, index: usize) -> Option<Decision> {
        let text = self.line(index)?.piece.text();
        if let Some((class, length)) = bullet(text) {
            return Some(Decision::Item(class, length));
        }
        if lettered(text) {
            return Some(Decision::Item('a', 0));
        }
        if self.looks[index].numbered && !self.looks[index].heading {
            let number = Number::of(text)?;
            let neighbour = |index: Option<usize>| Number::of(self.line(index?)?.piece.text());
            let follows = neighbour(index.checked_sub(1)).is_some_and(|before| before.precedes(&number));
            let leads = neighbour(Some(index + 1)).is_some_and(|after| number.precedes(&after));
            return (follows || leads).then_some(Decision::Item('1', 0));
        }
        None
    }

    /// A heading by its own looks, whatever its neighbours are.
    fn strong(&self, index: usize) -> bool {
        let (Some(line), looks) = (self.line(index), self.looks[index]) else { return false };
        line.role == Role::Plain
            && looks.heading
            && (line.bold || ((looks.numbered || looks.capitals || looks.question) && !looks.label))
            && (line.bold || line.link == Link::None)
    }

    /// A heading if its neighbours agree.
    fn weak(&self, index: usize) -> bool {
        let (Some(line), looks) = (self.line(index), self.looks[index]) else { return false };
        let placed = self.plain_headings || line.link == Link::None && self.leads_long_text(index);
        placed
            && line.role == Role::Plain
            && looks.heading
            && !looks.colon
            && !looks.label
            && (line.gap || index == 0)
            && !self.leads_short_lines(index)
    }

    /// The next line of the same paragraph is short too, as in an address.
    fn leads_short_lines(&self, index: usize) -> bool {
        let Some(next) = self.line(index + 1).filter(|next| !next.gap) else { return false };
        let text = next.piece.text();
        let sentence = text.len() >= 30 && text.ends_with(['.', ':', '?', '!']);
        self.looks[index + 1].short && !sentence && !self.strong(index + 1)
    }

    /// The next line is a paragraph of its own: longer than any heading, or a sentence.
    fn leads_long_text(&self, index: usize) -> bool {
        self.line(index + 1).is_some_and(|next| {
            let text = next.piece.text();
            let sentence = text.len() >= 60 && text.ends_with(['.', ':', '?', '!']);
            next.gap && next.role == Role::Plain && !next.bold && (sentence || text.len() > HEADING_CHARS)
        })
    }

    fn candidate(&self, index: usize) -> bool {
        (self.strong(index) || self.weak(index)) && self.item(index).is_none()
    }

    fn next(&self, index: usize) -> Next {
        match self.units.get(index) {
            None | Some(Unit::Close) => Next::End,
            Some(Unit::Open(_)) => Next::List,
            Some(Unit::Line(line)) => match line.role {
                Role::Heading(_) | Role::Title => Next::Heading,
                Role::CellHeading => Next::List,
                Role::Plain if self.item(index).is_some() => Next::List,
                Role::Plain if self.looks[index].value && self.looks[index].short => Next::Value,
                Role::Plain if self.candidate(index) => Next::Heading,
                Role::Plain => Next::Body,
            },
        }
    }

    /// Decides a run of lines that may be headings.
    fn headings(&mut self, start: usize) -> usize {
        let mut end = start + 1;
        while self.line(end).is_some() && self.candidate(end) {
            end += 1;
        }
        let next = self.next(end);
        self.enumerate(start, end);
        let mut index = start;
        while index < end {
            if self.decisions[index] != Decision::Text {
                index += 1;
            } else if self.strong(index) {
                index = self.strong_run(index, end, next);
            } else {
                index = self.weak_run(index, end, next);
            }
        }
        end
    }

    /// Three or more short lines numbered in sequence are a list (or table of contents), not headings.
    fn enumerate(&mut self, start: usize, end: usize) {
        let number = |this: &Self, index: usize| this.line(index).and_then(|line| Number::of(line.piece.text()));
        let mut first = start;
        while first < end {
            let mut last = first;
            while last + 1 < end
                && matches!((number(self, last), number(self, last + 1)), (Some(one), Some(two)) if one.precedes(&two))
            {
                last += 1;
            }
            if last - first >= 2 {
                self.decisions[first..=last].fill(Decision::Item('1', 0));
            }
            first = last + 1;
        }
    }

    fn strong_run(&mut self, start: usize, end: usize, next: Next) -> usize {
        let run =
            (start..end).take_while(|index| self.strong(*index) && self.decisions[*index] == Decision::Text).count();
        let stop = start + run;
        let next = if stop < end { Next::Heading } else { next };
        for index in start..stop {
            let last = index + 1 == stop;
            let looks = self.looks[index];
            let introduces =
                looks.colon && last && next == Next::List && !self.line(index).is_some_and(|line| line.bold);
            let alone = last && next == Next::End;
            let many = run > 3 && !last && !looks.numbered;
            if !(introduces || alone || many) {
                self.decisions[index] = Decision::Heading(self.rank(index));
            }
        }
        stop
    }

    /// Short lines with nothing but their place to say that they are headings.
    fn weak_run(&mut self, start: usize, end: usize, next: Next) -> usize {
        let open = |this: &Self, index: usize| !this.strong(index) && this.decisions[index] == Decision::Text;
        let run = (start..end).take_while(|index| open(self, *index)).count();
        let stop = start + run;
        let next = if stop < end { Next::Heading } else { next };
        let after_heading = start > 0 && matches!(self.decisions[start - 1], Decision::Heading(_) | Decision::Label);
        let after_heading = after_heading && self.line(start - 1).is_some();
        let last = stop - 1;
        match next {
            Next::Value => {
                for index in start..stop {
                    let label = (last - index).is_multiple_of(2);
                    if label {
                        self.decisions[index] = Decision::Label;
                    } else if index == start {
                        self.decisions[index] = Decision::Heading(self.rank(index));
                    }
                }
            }
            Next::Body | Next::List if run <= 3 => {
                for index in start..stop {
                    self.decisions[index] = Decision::Heading(self.rank(index));
                }
            }
            Next::Body | Next::List => self.decisions[last] = Decision::Heading(self.rank(last)),
            Next::Heading if run == 1 && !after_heading => {
                self.decisions[start] = Decision::Heading(self.rank(start));
            }
            Next::Heading | Next::End if run == 2 => self.decisions[start] = Decision::Label,
            Next::Heading | Next::End => {}
        }
        stop
    }

    fn rank(&self, index: usize) -> u16 {
        let looks = self.looks[index];
        let bold = self.line(index).is_some_and(|line| line.bold);
        if index == 0 && !looks.question && !looks.numbered && self.titles(1) {
            return TITLE_RANK;
        }
        if looks.numbered {
            return NUMBERED_RANK;
        }
        let rank = match (looks.capitals, bold) {
            (true, _) => CAPITALS_RANK,
            (false, true) => BOLD_RANK,
            (false, false) => PLAIN_RANK,
        };
        let attached = self.line(index + 1).is_some_and(|line| !line.gap);
        rank + if attached { ATTACHED } else { 0 }
    }

    /// Whether the line before is a title: another heading of a section or a short line that is no sentence follows.
    fn titles(&self, index: usize) -> bool {
        let Some(line) = self.line(index) else { return false };
        let attached = self.line(index + 1).is_some_and(|next| !next.gap);
        let short = self.looks[index].short && !line.piece.text().ends_with(['.', '!', '?', ':']);
        self.candidate(index) && !attached || matches!(line.role, Role::Heading(_)) || short && !self.candidate(index)
    }

    /// Decides the lines behind one that ends with a colon: a run of labelled or short lines are its items.
    fn introduced(&mut self, intro: usize) -> usize {
        let start = intro + 1;
        let plain = |this: &Self, index: usize| {
            this.line(index).is_some_and(|line| line.role == Role::Plain && !line.bold) && this.item(index).is_none()
        };
        let labelled = |this: &Self, index: usize| {
            plain(this, index) && this.looks[index].label && !this.looks[index].numbered && !this.looks[index].colon
        };
        let mut end = start;
        while end < self.units.len() && labelled(self, end) {
            end += 1;
        }
        if end - start < 2 {
            let short = |this: &Self, index: usize| {
                let looks = this.looks[index];
                plain(this, index)
                    && looks.short
                    && !looks.colon
                    && !looks.numbered
                    && !looks.capitals
                    && !looks.question
            };
            let ends = |this: &Self, index: usize| {
                this.line(index).is_some_and(|line| line.piece.text().ends_with(['.', '!']))
            };
            end = start;
            let mut gaps = 0;
            while end < self.units.len()
                && short(self, end)
                && (self.plain_headings || !self.line(end).is_some_and(|l| l.gap))
            {
                if ends(self, end) && self.line(end).is_none_or(|line| line.gap) {
                    break;
                }
                gaps += usize::from(self.line(end).is_some_and(|line| line.gap));
                end += 1;
            }
            if end - start < if gaps > 0 { 3 } else { 2 } {
                return start;
            }
        }
        self.decisions[start..end].fill(Decision::Item(' ', 0));
        end
    }
}
