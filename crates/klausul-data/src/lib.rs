//! From scraped bytes to paragraphs: readers, segmentation, language identification, and the records of a run.
//!
//! [`read`] turns files, folders and streams of any supported format into pages and rows, [`document`] turns a page
//! into a document, [`batch`] whole folders of them: [`segment`] cuts it into the blocks of its main content, [`language`] tells their languages. [`record`] writes what
//! a classifier decided.

pub mod batch;
pub mod document;
pub mod gold;
pub mod language;
pub mod read;
pub mod record;
pub mod segment;
