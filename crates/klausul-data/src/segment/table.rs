//! Data tables: headings of rows and columns, and the cells below them.

use super::unit::{Line, Role, Scope, Unit};

/// Most columns that are told apart; wider cells and later columns count as the last.
const COLUMNS: usize = 128;
/// Longest text that heads a row, in bytes.
const ROW_HEADING: usize = 200;

/// A table while it is read.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<Row>,
    head: bool,
}

#[derive(Debug, Default)]
struct Row {
    head: bool,
    cells: Vec<Cell>,
}

/// A cell with the lines and lists inside.
#[derive(Debug, Default)]
pub(super) struct Cell {
    /// Written as a heading.
    pub(super) header: bool,
    /// Heads its row by its own word.
    pub(super) row_scope: bool,
    pub(super) colspan: u16,
    pub(super) rowspan: u16,
    pub(super) units: Vec<Unit>,
}

impl Table {
    /// The rows that follow are headings (`thead`), or no longer.
    pub(super) fn head(&mut self, head: bool) {
        self.head = head;
    }

    /// Begins a row.
    pub(super) fn row(&mut self) {
        self.rows.push(Row { head: self.head, cells: Vec::new() });
    }

    /// Adds a cell to the row.
    pub(super) fn cell(&mut self, cell: Cell) {
        if self.rows.is_empty() {
            self.row();
        }
        if let Some(row) = self.rows.last_mut() {
            row.cells.push(cell);
        }
    }

    /// The table as units: headings of columns, then cells with their context.
    pub(super) fn finish(self, units: &mut Vec<Unit>) {
        units.push(Unit::Open(Scope::Table));
        let heads = self.heads();
        let width = self.rows.iter().map(Row::width).max().unwrap_or(0);
        let mut grid = Grid { columns: vec![Vec::new(); width], spans: vec![Span::default(); width], group: None };
        for (index, row) in self.rows.into_iter().enumerate() {
            if index < heads {
                grid.head(row, units);
            } else {
                grid.body(row, units);
            }
        }
        units.push(Unit::Close);
    }

    /// How many rows at the top are headings of the columns.
    fn heads(&self) -> usize {
        let filled = |row: &Row| row.cells.iter().filter(|cell| !cell.is_empty()).count();
        let declared = self
            .rows
            .iter()
            .take_while(|row| row.head || row.cells.len() > 1 && row.cells.iter().all(|cell| cell.header))
            .count();
        let Some(first) = self.rows.first() else { return 0 };
        if declared > 0 || self.rows.len() < 2 || filled(first) < 2 {
            return declared.min(self.rows.len());
        }
        let cells = || first.cells.iter().filter(|cell| !cell.is_empty());
        if cells().all(Cell::is_bold) && cells().count() == first.cells.len() {
            return 1;
        }
        // Short cells above longer ones.
        let short = |cell: &Cell| {
            let text = cell.text();
            cell.lines() == 1
                && text.chars().count() <= 60
                && !text.ends_with(['.', ';'])
                && !text.starts_with(char::is_numeric)
        };
        let average = |cells: &mut dyn Iterator<Item = &Cell>| {
            let (count, bytes) = cells.fold((0, 0), |(count, bytes), cell| (count + 1, bytes + cell.bytes()));
            bytes / count.max(1)
        };
        let body = average(&mut self.rows[1..].iter().take(50).flat_map(|row| &row.cells));
        let head = average(&mut first.cells.iter());
        let heads = first.cells.len() >= 2
            && first.cells.iter().all(|cell| !cell.is_empty() && !cell.header && short(cell))
            && self.rows.len() > 2
            && body * 2 > head * 3;
        usize::from(heads)
    }
}

impl Row {
    fn width(&self) -> usize {
        self.cells.iter().map(Cell::columns).sum::<usize>().min(COLUMNS)
    }
}

impl Cell {
    fn columns(&self) -> usize {
        usize::from(self.colspan.max(1)).min(COLUMNS)
    }

    fn line(&self) -> impl Iterator<Item = &Line> {
        self.units.iter().filter_map(|unit| match unit {
            Unit::Line(line) => Some(line),
            _ => None,
        })
    }

    fn lines(&self) -> usize {
        self.line().count()
    }

    fn bytes(&self) -> usize {
        self.line().map(|line| line.piece.text().len()).sum()
    }

    fn is_empty(&self) -> bool {
        !self.line().any(|line| line.piece.text().chars().any(char::is_alphanumeric))
    }

    fn is_bold(&self) -> bool {
        self.header || self.line().all(|line| line.bold) && self.bytes() <= 120
    }

    fn text(&self) -> String {
        self.line().map(|line| line.piece.text()).collect::<Vec<_>>().join(" ")
    }

    /// Its text when it is short enough to head something.
    fn heading(&self) -> Option<String> {
        (!self.is_empty() && self.bytes() <= ROW_HEADING).then(|| self.text())
    }

    /// The lines as headings.
    fn into_headings(self, units: &mut Vec<Unit>) {
        for unit in self.units {
            if let Unit::Line(line) = unit {
                units.push(Unit::Line(Line { role: Role::CellHeading, ..line }));
            }
        }
    }

    fn into_cell(self, context: Vec<String>, units: &mut Vec<Unit>) {
        units.push(Unit::Open(Scope::Cell(context)));
        units.extend(self.units);
        units.push(Unit::Close);
    }
}

/// Where the table is while its rows go out.
#[derive(Debug)]
struct Grid {
    /// The headings of every column, outermost first.
    columns: Vec<Vec<String>>,
    spans: Vec<Span>,
    /// The last heading that spans all columns.
    group: Option<String>,
}

/// A cell of an earlier row that reaches down.
#[derive(Debug, Clone, Default)]
struct Span {
    rows: u16,
    heading: Option<String>,
}

impl Grid {
    /// The next column that no earlier row reaches into.
    fn free(&self, mut column: usize) -> usize {
        while self.spans.get(column).is_some_and(|span| span.rows > 0) {
            column += 1;
        }
        column
    }

    fn reach(&mut self, column: usize, cell: &Cell, heading: Option<&String>) {
        for span in self.spans.iter_mut().skip(column).take(cell.columns()) {
            // One more, because the end of this row takes one.
            *span = Span { rows: cell.rowspan.max(1), heading: heading.cloned() };
        }
    }

    fn end_row(&mut self) {
        for span in &mut self.spans {
            span.rows = span.rows.saturating_sub(1);
        }
    }

    fn head(&mut self, row: Row, units: &mut Vec<Unit>) {
        let mut column = 0;
        for cell in row.cells {
            column = self.free(column);
            let width = cell.columns();
            if let Some(heading) = cell.heading() {
                for headings in self.columns.iter_mut().skip(column).take(width) {
                    if headings.len() < 3 && !headings.contains(&heading) {
                        headings.push(heading.clone());
                    }
                }
            }
            self.reach(column, &cell, None);
            cell.into_headings(units);
            column += width;
        }
        self.end_row();
    }

    fn body(&mut self, row: Row, units: &mut Vec<Unit>) {
        let covered = self.spans.iter().any(|span| span.rows > 0);
        let filled = row.cells.iter().filter(|cell| !cell.is_empty()).count();
        let leads = row.cells.first().is_some_and(|cell| !cell.is_empty());
        if filled == 1 && leads && !covered && (self.columns.len() > 1) && row.cells[0].rowspan <= 1 {
            self.alone(row, units);
            return;
        }
        let mut heading = self.spans.first().filter(|span| span.rows > 0).and_then(|span| span.heading.clone());
        if let Some(cell) = row.cells.iter().find(|cell| cell.row_scope) {
            heading = cell.heading();
        } else if heading.is_none() && !covered {
            heading = row.cells.first().filter(|_| filled > 1).and_then(Cell::heading);
        }
        let mut column = 0;
        for cell in row.cells {
            column = self.free(column);
            let width = cell.columns();
            let above = self.columns.get(column).cloned().unwrap_or_default();
            let own = cell.row_scope || column == 0;
            self.reach(column, &cell, heading.as_ref().filter(|_| own));
            if cell.header && above.is_empty() {
                cell.into_headings(units);
            } else if !cell.is_empty() {
                let row = heading.clone().filter(|_| !own);
                cell.into_cell(self.group.iter().cloned().chain(row).chain(above).collect(), units);
            }
            column += width;
        }
        self.end_row();
    }

    /// A row with one filled cell: a heading of the rows below it, or text.
    fn alone(&mut self, row: Row, units: &mut Vec<Unit>) {
        self.end_row();
        for cell in row.cells {
            if cell.is_empty() {
                continue;
            }
            if cell.is_bold() && cell.lines() == 1 && cell.bytes() <= 120 {
                self.group = cell.heading();
                cell.into_headings(units);
            } else {
                cell.into_cell(Vec::new(), units);
            }
        }
    }
}
