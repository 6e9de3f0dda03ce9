//! The tokenizer's events on their way to the tree.

use html5gum::{Emitter, Error, State, naive_next_state};

use super::builder::Builder;

impl Emitter for &mut Builder<'_> {
    type Token = std::convert::Infallible;

    fn set_last_start_tag(&mut self, name: Option<&[u8]>) {
        self.last_start.clear();
        self.last_start.extend(name.unwrap_or_default());
    }

    fn emit_eof(&mut self) {}

    fn emit_error(&mut self, _: Error) {}

    fn should_emit_errors(&mut self) -> bool {
        false
    }

    fn pop_token(&mut self) -> Option<Self::Token> {
        None
    }

    fn emit_string(&mut self, bytes: &[u8]) {
        self.text(bytes);
    }

    fn init_start_tag(&mut self) {
        self.name.clear();
        self.attributes.clear();
        (self.end_tag, self.self_closing) = (false, false);
    }

    fn init_end_tag(&mut self) {
        self.name.clear();
        self.attributes.clear();
        (self.end_tag, self.self_closing) = (true, false);
    }

    fn init_comment(&mut self) {}

    fn emit_current_tag(&mut self) -> Option<State> {
        self.keep_attribute();
        self.text_end = self.position;
        if self.end_tag {
            self.last_start.clear();
            Builder::end_tag(self);
            return None;
        }
        self.last_start.clear();
        let name = std::mem::take(&mut self.name);
        self.last_start.extend(&name);
        self.name = name;
        self.start_tag();
        naive_next_state(&self.last_start)
    }

    fn emit_current_comment(&mut self) {
        self.text_end = self.position;
    }

    fn emit_current_doctype(&mut self) {
        self.text_end = self.position;
    }

    fn set_self_closing(&mut self) {
        self.self_closing = true;
    }

    fn set_force_quirks(&mut self) {}

    fn push_tag_name(&mut self, name: &[u8]) {
        self.name.extend(name);
    }

    fn push_comment(&mut self, _: &[u8]) {}

    fn push_doctype_name(&mut self, _: &[u8]) {}

    fn init_doctype(&mut self) {}

    fn init_attribute(&mut self) {
        self.keep_attribute();
        self.attribute.clear();
        self.value.clear();
    }

    fn push_attribute_name(&mut self, name: &[u8]) {
        self.attribute.extend(name);
    }

    fn push_attribute_value(&mut self, value: &[u8]) {
        // Long values (inline images) carry nothing of interest.
        if self.value.len() < 1024 {
            self.value.extend(value);
        }
    }

    fn set_doctype_public_identifier(&mut self, _: &[u8]) {}

    fn set_doctype_system_identifier(&mut self, _: &[u8]) {}

    fn push_doctype_public_identifier(&mut self, _: &[u8]) {}

    fn push_doctype_system_identifier(&mut self, _: &[u8]) {}

    fn start_open_tag(&mut self) {
        self.tag_start = self.position.saturating_sub(1);
    }

    fn current_is_appropriate_end_tag_token(&mut self) -> bool {
        self.end_tag && !self.last_start.is_empty() && self.last_start == self.name
    }

    fn move_position(&mut self, offset: isize) {
        self.position = self.position.saturating_add_signed(offset);
    }
}
