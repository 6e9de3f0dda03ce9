//! How a head is trained.

use klausul_core::{Error, ErrorKind, Result};

/// How a head is trained.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TrainOptions {
    /// Units between two layers; `None` for one layer. `None` unless told.
    pub hidden_units: Option<usize>,
    /// Most times that all paragraphs are seen. 40 unless told.
    pub epochs: usize,
    /// Epochs without a better development loss after which training ends. 5 unless told.
    pub patience: usize,
    /// Paragraphs of a step. 64 unless told.
    pub batch: usize,
    /// Step of AdamW, which falls evenly to a tenth over the epochs. 0.001 unless told.
    pub learning_rate: f32,
    /// Share of a weight that decays with every step, times the learning rate. 0.01 unless told.
    pub weight_decay: f32,
    /// What order and first weights are drawn from. 1 unless told.
    pub seed: u64,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            hidden_units: None,
            epochs: 40,
            patience: 5,
            batch: 64,
            learning_rate: 1e-3,
            weight_decay: 0.01,
            seed: 1,
        }
    }
}

impl TrainOptions {
    /// The most times that it sees all paragraphs.
    pub fn epochs(&self) -> usize {
        self.epochs
    }

    /// Trains two layers with so many units between them.
    #[must_use]
    pub fn with_hidden_units(mut self, units: usize) -> Self {
        self.hidden_units = Some(units);
        self
    }

    /// Sees all paragraphs at most so many times.
    #[must_use]
    pub fn with_epochs(mut self, epochs: usize) -> Self {
        self.epochs = epochs;
        self
    }

    /// Takes steps of this size.
    #[must_use]
    pub fn with_learning_rate(mut self, rate: f32) -> Self {
        self.learning_rate = rate;
        self
    }

    /// Lets weights decay by this share.
    #[must_use]
    pub fn with_weight_decay(mut self, decay: f32) -> Self {
        self.weight_decay = decay;
        self
    }

    /// Draws from this seed.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Checks that every option is one that can be trained with.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] naming the option and its value.
    pub fn check(&self) -> Result<()> {
        let wrong = |message: String, mend: &str| Err(Error::new(ErrorKind::Usage, message).mend(mend));
        if let Some(units) = self.hidden_units
            && !(1..=1 << 14).contains(&units)
        {
            return wrong(format!("`{units}` hidden units"), "take 1 to 16384, such as 256");
        }
        if self.epochs == 0 || self.patience == 0 || self.batch == 0 {
            return wrong("epochs, patience and batch must be 1 or more".into(), "take 40 epochs, for example");
        }
        if !(self.learning_rate > 0.0 && self.learning_rate <= 1.0) {
            return wrong(
                format!("learning rate `{}`", self.learning_rate),
                "take a number above 0 and up to 1, such as 0.001",
            );
        }
        if !(0.0..=10.0).contains(&self.weight_decay) {
            return wrong(format!("weight decay `{}`", self.weight_decay), "take a number from 0 to 10, such as 0.01");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_cannot_be_are_named() {
        TrainOptions::default().with_hidden_units(256).check().unwrap();
        for (options, named) in [
            (TrainOptions::default().with_hidden_units(0), "`0` hidden units"),
            (TrainOptions::default().with_epochs(0), "epochs"),
            (TrainOptions::default().with_learning_rate(f32::NAN), "learning rate `NaN`"),
            (TrainOptions::default().with_weight_decay(-1.0), "weight decay `-1`"),
        ] {
            let error = options.check().unwrap_err().to_string();
            assert!(error.contains(named) && error.contains("; "), "{error}");
        }
    }
}
