//! The operators of a page that place text (ISO 32000-1, 9.4).

use std::collections::HashMap;
use std::rc::Rc;

use std::cell::RefCell;

use klausul_core::Result;
use lopdf::content::{Content, Operation};
use lopdf::{DecompressError, Dictionary, Document, Object, ObjectId};

use super::font::Font;
use super::layout::{Fragment, Layout};
use super::{MAX_STREAM, too_large};

/// Forms within forms that are entered.
const MAX_DEPTH: usize = 8;

/// Forms that are entered on one page: a form that draws two others doubles the work at each level.
const MAX_FORMS: usize = 2000;

/// Saved graphics states.
const MAX_STATES: usize = 512;

/// A transformation as PDF writes it: `[a b c d e f]`.
type Matrix = [f32; 6];

const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// `first`, then `second`.
fn multiply(first: Matrix, second: Matrix) -> Matrix {
    let across = |x: f32, y: f32| x * second[0] + y * second[2];
    let up = |x: f32, y: f32| x * second[1] + y * second[3];
    let [scale_x, shear_y, shear_x, scale_y, x, y] = first;
    [
        across(scale_x, shear_y),
        up(scale_x, shear_y),
        across(shear_x, scale_y),
        up(shear_x, scale_y),
        across(x, y) + second[4],
        up(x, y) + second[5],
    ]
}

type SharedFont = Rc<RefCell<Font>>;

/// Reads the pages of one document, within one budget.
pub(super) struct Interpreter<'a> {
    document: &'a Document,
    budget: usize,
    fonts: HashMap<ObjectId, SharedFont>,
    forms: usize,
}

/// What `q` saves and `Q` restores.
#[derive(Clone)]
struct State {
    to_page: Matrix,
    font: Option<SharedFont>,
    size: f32,
    letter_spacing: f32,
    word_spacing: f32,
    /// Horizontal scaling, 1 by default.
    scale: f32,
    leading: f32,
    rise: f32,
}

impl<'a> Interpreter<'a> {
    /// `budget` bounds the bytes of all content streams together.
    pub(super) fn new(document: &'a Document, budget: usize) -> Self {
        Self { document, budget, fonts: HashMap::new(), forms: 0 }
    }

    /// The text of a page.
    ///
    /// # Errors
    ///
    /// When the page unpacks to more than the bound; whatever else is wrong with it costs only the text concerned.
    pub(super) fn page(&mut self, page: ObjectId) -> Result<String> {
        self.forms = 0;
        let content = match self.document.get_page_content_with_limit(page, self.budget.min(MAX_STREAM)) {
            Ok(content) => content,
            Err(lopdf::Error::Decompress(DecompressError::MemoryLimitExceeded { .. })) => return Err(too_large()),
            Err(_) => return Ok(String::new()),
        };
        let (own, referenced) = self.document.get_page_resources(page).unwrap_or_default();
        let referenced = referenced.into_iter().filter_map(|id| self.document.get_dictionary(id).ok());
        let resources: Vec<&Dictionary> = own.into_iter().chain(referenced).collect();
        let mut layout = Layout::default();
        let state = State {
            to_page: IDENTITY,
            font: None,
            size: 1.0,
            letter_spacing: 0.0,
            word_spacing: 0.0,
            scale: 1.0,
            leading: 0.0,
            rise: 0.0,
        };
        self.run(&content, &resources, state, 0, &mut layout)?;
        Ok(layout.finish())
    }

    fn run(
        &mut self,
        content: &[u8],
        resources: &[&'a Dictionary],
        state: State,
        depth: usize,
        layout: &mut Layout,
    ) -> Result<()> {
        self.budget = self.budget.checked_sub(content.len()).ok_or_else(too_large)?;
        let mut scope = Scope { state, saved: Vec::new(), text: IDENTITY, line: IDENTITY };
        for operation in Content::decode_iter(content).map_while(std::result::Result::ok) {
            match operation.operator.as_str() {
                "Tf" => {
                    let name = operation.operands.first().and_then(|name| name.as_name().ok());
                    scope.state.font = name.and_then(|name| self.font(resources, name));
                    scope.state.size = number(&operation, 1);
                }
                "Do" if depth < MAX_DEPTH && self.forms < MAX_FORMS => {
                    self.forms += 1;
                    self.form(&operation, resources, &scope.state, depth, layout)?;
                }
                _ => scope.apply(&operation, layout),
            }
            if layout.len() > MAX_STREAM {
                return Err(too_large());
            }
        }
        Ok(())
    }

    fn form(
        &mut self,
        operation: &Operation,
        resources: &[&'a Dictionary],
        state: &State,
        depth: usize,
        layout: &mut Layout,
    ) -> Result<()> {
        let name = operation.operands.first().and_then(|name| name.as_name().ok()).unwrap_or_default();
        let Some((_, object)) = self.resource(resources, b"XObject", name) else { return Ok(()) };
        let Ok(stream) = object.as_stream() else { return Ok(()) };
        if stream.dict.get(b"Subtype").and_then(Object::as_name).ok() != Some(b"Form") {
            return Ok(());
        }
        let content = match stream.get_plain_content_with_limit(self.budget.min(MAX_STREAM)) {
            Ok(content) => content,
            Err(lopdf::Error::Decompress(DecompressError::MemoryLimitExceeded { .. })) => return Err(too_large()),
            Err(_) => return Ok(()),
        };
        let mut inner = state.clone();
        if let Ok(list) = stream.dict.get_deref(b"Matrix", self.document).and_then(Object::as_array) {
            let numbers: Vec<f32> = list.iter().filter_map(|number| number.as_float().ok()).collect();
            if let Ok(matrix) = Matrix::try_from(numbers) {
                inner.to_page = multiply(matrix, inner.to_page);
            }
        }
        match stream.dict.get_deref(b"Resources", self.document).and_then(Object::as_dict) {
            Ok(own) => self.run(&content, &[own], inner, depth + 1, layout),
            Err(_) => self.run(&content, resources, inner, depth + 1, layout),
        }
    }

    /// The resource of a kind and name, with its id where it has one.
    fn resource(
        &self,
        resources: &[&'a Dictionary],
        kind: &[u8],
        name: &[u8],
    ) -> Option<(Option<ObjectId>, &'a Object)> {
        resources.iter().find_map(|resources| {
            let named = resources.get_deref(kind, self.document).and_then(Object::as_dict).ok()?.get(name).ok()?;
            self.document.dereference(named).ok()
        })
    }

    fn font(&mut self, resources: &[&'a Dictionary], name: &[u8]) -> Option<SharedFont> {
        let (id, object) = self.resource(resources, b"Font", name)?;
        if let Some(font) = id.and_then(|id| self.fonts.get(&id)) {
            return Some(font.clone());
        }
        let font = Rc::new(RefCell::new(Font::new(self.document, object.as_dict().ok()?)));
        if let Some(id) = id {
            self.fonts.insert(id, font.clone());
        }
        Some(font)
    }
}

fn number(operation: &Operation, place: usize) -> f32 {
    operation.operands.get(place).and_then(|operand| operand.as_float().ok()).unwrap_or(0.0)
}

/// The state within one content stream.
struct Scope {
    state: State,
    saved: Vec<State>,
    /// The text matrix, and the one at the beginning of the line.
    text: Matrix,
    line: Matrix,
}

impl Scope {
    fn apply(&mut self, operation: &Operation, layout: &mut Layout) {
        let at = |place| number(operation, place);
        let matrix = || [at(0), at(1), at(2), at(3), at(4), at(5)];
        let string = |place: usize| operation.operands.get(place).and_then(|operand| operand.as_str().ok());
        match operation.operator.as_str() {
            "q" if self.saved.len() < MAX_STATES => self.saved.push(self.state.clone()),
            "Q" => self.state = self.saved.pop().unwrap_or_else(|| self.state.clone()),
            "cm" => self.state.to_page = multiply(matrix(), self.state.to_page),
            "BT" => (self.text, self.line) = (IDENTITY, IDENTITY),
            "Tm" => (self.text, self.line) = (matrix(), matrix()),
            "Td" => self.next_line(at(0), at(1)),
            "TD" => {
                self.state.leading = -at(1);
                self.next_line(at(0), at(1));
            }
            "T*" => self.next_line(0.0, -self.state.leading),
            "Tc" => self.state.letter_spacing = at(0),
            "Tw" => self.state.word_spacing = at(0),
            "Tz" => self.state.scale = at(0) / 100.0,
            "TL" => self.state.leading = at(0),
            "Ts" => self.state.rise = at(0),
            "Tj" => self.show(string(0).unwrap_or_default(), layout),
            "'" => {
                self.next_line(0.0, -self.state.leading);
                self.show(string(0).unwrap_or_default(), layout);
            }
            "\"" => {
                (self.state.word_spacing, self.state.letter_spacing) = (at(0), at(1));
                self.next_line(0.0, -self.state.leading);
                self.show(string(2).unwrap_or_default(), layout);
            }
            "TJ" => {
                for part in operation.operands.first().and_then(|parts| parts.as_array().ok()).into_iter().flatten() {
                    if let Ok(string) = part.as_str() {
                        self.show(string, layout);
                    } else if let Ok(back) = part.as_float() {
                        self.advance(-back / 1000.0 * self.state.size * self.state.scale);
                    }
                }
            }
            _ => {}
        }
    }

    fn next_line(&mut self, right: f32, up: f32) {
        self.line = multiply([1.0, 0.0, 0.0, 1.0, right, up], self.line);
        self.text = self.line;
    }

    fn advance(&mut self, right: f32) {
        self.text = multiply([1.0, 0.0, 0.0, 1.0, right, 0.0], self.text);
    }

    fn show(&mut self, string: &[u8], layout: &mut Layout) {
        let State { size, letter_spacing, word_spacing, scale, rise, .. } = self.state;
        let Some(font) = self.state.font.clone() else { return };
        let begin = multiply(self.text, self.state.to_page);
        let (mut text, mut width) = (String::new(), 0.0);
        font.borrow_mut().glyphs(string, |glyph| {
            text.push_str(glyph.text);
            let spacing = if glyph.is_space { letter_spacing + word_spacing } else { letter_spacing };
            width += (glyph.width * size + spacing) * scale;
        });
        self.advance(width);
        let end = multiply(self.text, self.state.to_page);
        // Letters stand upright along the second axis of the matrix; turned text keeps its length along its own line.
        let height = (begin[2].powi(2) + begin[3].powi(2)).sqrt() * size.abs();
        layout.push(Fragment { x: begin[4], y: begin[5] + rise * begin[3], end: end[4], size: height, text });
    }
}
