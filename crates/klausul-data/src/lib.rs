//! From scraped bytes to paragraphs: readers, segmentation, language identification, writers.

pub mod language;
pub mod read;
pub mod segment;
