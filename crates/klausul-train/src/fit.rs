//! Epochs of steps, until the development loss falls no more.

use std::ops::Range;

use klausul_core::Result;

use crate::adam::Adam;
use crate::loss::{Batch, Loss, loss};
use crate::network::{Layer, Network, Pass};
use crate::random::Random;
use crate::scale::Scale;
use crate::targets::Targets;
use crate::{TrainOptions, Vectors};

/// The share of the learning rate that is left in the last epoch.
const LAST_RATE: f32 = 0.1;

/// What an epoch came to.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Epoch {
    /// Its number, from 1.
    pub epoch: usize,
    /// Mean loss of the training rows during the epoch.
    pub training_loss: f64,
    /// Mean loss of the development rows after it.
    pub development_loss: f64,
}

/// A network with the lowest development loss, over plain vectors, and the way to it.
pub(crate) struct Fit {
    pub(crate) layers: Vec<Layer>,
    pub(crate) epochs: Vec<Epoch>,
    pub(crate) best_epoch: usize,
}

/// Fits a head; `observe` hears of every epoch, and ends the work with an error.
pub(crate) fn fit(
    vectors: &Vectors,
    training: &Targets,
    development: &Targets,
    options: &TrainOptions,
    observe: &mut dyn FnMut(&Epoch) -> Result<()>,
) -> Result<Fit> {
    let scale = Scale::of(vectors, &training.inputs);
    let mut random = Random::new(options.seed);
    let mut network = Network::new(vectors.hidden(), options.hidden_units, training.log_odds(), &mut random);
    let mut gradients: Vec<Layer> = network.layers.iter().map(Layer::zeroed).collect();
    let mut adam = Adam::new(&network.layers, options.weight_decay);
    let mut order: Vec<usize> = (0..training.inputs.len()).collect();
    let mut work = Work::default();
    let (mut best, mut best_loss, mut epochs) = (network.clone(), f64::INFINITY, Vec::<Epoch>::new());
    let mut best_epoch = 0;
    for epoch in 1..=options.epochs {
        let rate = options.learning_rate * rate(epoch, options.epochs);
        random.shuffle(&mut order);
        let mut sum = Loss::default();
        for places in order.chunks(options.batch) {
            let step = work.run(vectors, &scale, training, places, &network);
            for layer in &mut gradients {
                layer.weight.fill(0.0);
                layer.bias.fill(0.0);
            }
            network.backward(&work.x, &work.pass, &work.gradient, &mut gradients);
            adam.step(&mut network.layers, &gradients, rate);
            sum = Loss { total: sum.total + step.total, pairs: sum.pairs + step.pairs };
        }
        let held = work.all(vectors, &scale, development, options.batch, &network);
        let done = Epoch { epoch, training_loss: sum.mean(), development_loss: held.mean() };
        observe(&done)?;
        epochs.push(done);
        if done.development_loss < best_loss {
            (best_loss, best_epoch) = (done.development_loss, epoch);
            best.clone_from(&network);
        } else if epoch >= best_epoch + options.patience {
            break;
        }
    }
    if let Some(first) = best.layers.first_mut() {
        *first = scale.folded(first);
    }
    Ok(Fit { layers: best.layers, epochs, best_epoch })
}

/// The share of the learning rate in an epoch: 1 in the first, falling evenly.
fn rate(epoch: usize, epochs: usize) -> f32 {
    let past = (epoch - 1) as f32 / (epochs - 1).max(1) as f32;
    1.0 - (1.0 - LAST_RATE) * past
}

/// The buffers of a step, which are filled anew in every one.
#[derive(Default)]
struct Work {
    x: Vec<f32>,
    windows: Vec<Range<usize>>,
    shares: Vec<f32>,
    pass: Pass,
    gradient: Vec<f32>,
}

impl Work {
    /// Runs the inputs with these places forward, and leaves the gradient of their logits.
    fn run(
        &mut self,
        vectors: &Vectors,
        scale: &Scale,
        targets: &Targets,
        places: &[usize],
        network: &Network,
    ) -> Loss {
        self.x.clear();
        self.windows.clear();
        self.shares.clear();
        let mut end = 0;
        for &place in places {
            let start = end;
            for window in vectors.windows(targets.inputs[place]) {
                scale.extend(window, &mut self.x);
                end += 1;
            }
            self.windows.push(start..end);
            self.shares.extend_from_slice(targets.shares(place));
        }
        network.forward(&self.x, &mut self.pass);
        self.gradient.resize(self.pass.logits.len(), 0.0);
        let batch = Batch { logits: &self.pass.logits, windows: &self.windows, shares: &self.shares };
        loss(&batch, &mut self.gradient)
    }

    /// The loss of all inputs.
    fn all(&mut self, vectors: &Vectors, scale: &Scale, targets: &Targets, batch: usize, network: &Network) -> Loss {
        let places: Vec<usize> = (0..targets.inputs.len()).collect();
        places.chunks(batch).fold(Loss::default(), |sum, places| {
            let part = self.run(vectors, scale, targets, places, network);
            Loss { total: sum.total + part.total, pairs: sum.pairs + part.pairs }
        })
    }
}

#[cfg(test)]
mod tests {
    use klausul_eval::LabelSet;

    use super::*;
    use crate::Row;

    /// Points of a plane; the category is exclusive or, which no single layer can learn.
    fn corners() -> (Vectors, Targets) {
        let mut random = Random::new(5);
        let (mut values, mut rows) = (Vec::new(), Vec::new());
        for input in 0..80 {
            let (x, y) = (input % 2, input / 2 % 2);
            values.extend([x, y].map(|side| side as f32 * 40.0 + random.within(5.0)));
            let labels = if x == y { LabelSet::EMPTY } else { LabelSet::one(0) };
            rows.push(Row { input, document: 0, labels, scope: LabelSet::one(0) });
        }
        (Vectors::from_rows(2, values), Targets::new(&rows, 1))
    }

    fn loss_of(options: &TrainOptions) -> (f64, Fit) {
        let (vectors, targets) = corners();
        let fit = fit(&vectors, &targets, &targets, options, &mut |_| Ok(())).unwrap();
        (fit.epochs[fit.best_epoch - 1].development_loss, fit)
    }

    #[test]
    fn two_layers_learn_what_one_cannot() {
        let options = TrainOptions { batch: 16, ..TrainOptions::default() };
        let options = options.with_learning_rate(0.02).with_epochs(60);
        let (one, two) = (loss_of(&options).0, loss_of(&options.clone().with_hidden_units(8)).0);
        assert!(one > 0.6 && two < 0.1, "{one} {two}");
    }

    #[test]
    fn threads_change_no_bit_and_seeds_do() {
        let options = TrainOptions { batch: 16, ..TrainOptions::default() }.with_hidden_units(70);
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| loss_of(&options).1.layers)
        };
        let one = on(1);
        assert!(one == on(2) && one == on(3));
        assert_ne!(one, loss_of(&options.clone().with_seed(2)).1.layers);
    }

    #[test]
    fn training_ends_when_the_development_loss_rises() {
        let (vectors, training) = corners();
        let flipped: Vec<Row> = (0..80)
            .map(|input| {
                let labels = if input % 2 == input / 2 % 2 { LabelSet::one(0) } else { LabelSet::EMPTY };
                Row { input, document: 0, labels, scope: LabelSet::one(0) }
            })
            .collect();
        let development = Targets::new(&flipped, 1);
        let options = TrainOptions::default().with_hidden_units(8).with_learning_rate(0.02);
        let mut heard = 0;
        let fit = fit(&vectors, &training, &development, &options, &mut |epoch| {
            heard += 1;
            assert_eq!(epoch.epoch, heard);
            Ok(())
        });
        let fit = fit.unwrap();
        assert!(heard < options.epochs && heard == fit.epochs.len(), "{heard}");
        assert_eq!(fit.best_epoch + options.patience, heard);
    }

    #[test]
    fn the_rate_falls_to_a_tenth() {
        assert!(
            (rate(1, 40) - 1.0).abs() < 1e-6 && (rate(40, 40) - 0.1).abs() < 1e-6 && (rate(1, 1) - 1.0).abs() < 1e-6
        );
    }
}
