//! From placed strings to lines and paragraphs.

/// A string at its place on the page, in units of the page, `y` upwards.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fragment {
    /// Where it begins, on its base line.
    pub(super) x: f32,
    /// Its base line.
    pub(super) y: f32,
    /// Where it ends.
    pub(super) end: f32,
    /// The size of its letters.
    pub(super) size: f32,
    /// What it says.
    pub(super) text: String,
}

/// The text of a page in the making.
///
/// Strings are taken in the order in which the page draws them, which nearly every producer makes the reading order,
/// also over columns. A gap of a fifth of the letter size is a space; a step down by more than the usual distance of
/// lines, a step up, or a change of the letter size begins a paragraph.
#[derive(Default)]
pub(super) struct Layout {
    text: String,
    last: Option<Fragment>,
    /// The distance of lines in the paragraph, once it has two.
    leading: Option<f32>,
}

impl Layout {
    /// Adds the next string.
    pub(super) fn push(&mut self, fragment: Fragment) {
        if fragment.text.is_empty()
            || ![fragment.x, fragment.y, fragment.end, fragment.size].iter().all(|n| n.is_finite())
        {
            return;
        }
        if let Some(last) = &self.last {
            let size = fragment.size.max(last.size).max(0.1);
            let (down, gap) = (last.y - fragment.y, fragment.x - last.end);
            if down.abs() < size * 0.5 && gap > -size {
                if gap > size * 0.2 && !self.text.ends_with(char::is_whitespace) && !fragment.text.starts_with(' ') {
                    self.text.push(' ');
                }
            } else {
                self.break_line(down, size, (fragment.size - last.size).abs() > size * 0.1);
            }
        }
        if self.text.is_empty() || self.text.ends_with('\n') {
            self.text.push_str(fragment.text.trim_start());
        } else {
            self.text.push_str(&fragment.text);
        }
        // A superscript does not move the line.
        let keeps_line = self.last.as_ref().is_some_and(|last| {
            (last.y - fragment.y).abs() < last.size * 0.5 && fragment.size < last.size * 0.9 && fragment.x > last.x
        });
        match &mut self.last {
            Some(last) if keeps_line => last.end = fragment.end,
            last => *last = Some(fragment),
        }
    }

    fn break_line(&mut self, down: f32, size: f32, resized: bool) {
        self.text.truncate(self.text.trim_end().len());
        let usual = self.leading.map_or(size * 1.7, |leading| (leading * 1.3).max(size));
        if down > 0.0 && down <= usual && !resized {
            self.text.push('\n');
            self.leading = Some(self.leading.map_or(down, |leading| leading.min(down)));
        } else if down.abs() < size * 0.5 {
            // Back on the same line: a table, or text drawn out of order.
            self.text.push('\n');
        } else {
            self.text.push_str("\n\n");
            self.leading = None;
        }
    }

    /// The text, which ends in a line feed unless it is empty.
    pub(super) fn finish(mut self) -> String {
        self.text.truncate(self.text.trim_end().len());
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text
    }

    /// Its size so far, in bytes.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(fragments: &[(f32, f32, f32, &str)]) -> String {
        let mut layout = Layout::default();
        for (x, y, size, text) in fragments {
            let end = x + text.chars().count() as f32 * size * 0.5;
            layout.push(Fragment { x: *x, y: *y, end, size: *size, text: (*text).to_owned() });
        }
        layout.finish()
    }

    #[test]
    fn the_first_distance_sets_the_usual_one() {
        let lines = [(0.0, 100.0, 10.0, "a"), (0.0, 88.0, 10.0, "b"), (0.0, 70.0, 10.0, "c"), (0.0, 58.0, 10.0, "d")];
        assert_eq!(layout(&lines), "a\nb\n\nc\nd\n");
    }

    #[test]
    fn columns_and_superscripts() {
        assert_eq!(layout(&[(0.0, 10.0, 10.0, "left"), (300.0, 700.0, 10.0, "right")]), "left\n\nright\n");
        let note = [(0.0, 10.0, 10.0, "data"), (20.0, 13.0, 6.0, "1"), (26.0, 10.0, 10.0, "are")];
        assert_eq!(layout(&note), "data1 are\n");
        assert_eq!(layout(&[(f32::NAN, 0.0, 1.0, "x")]), "");
    }
}
