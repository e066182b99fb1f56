//! Samples of the multimodal tasks, composed from rows of the public sets.
//!
//! No public set holds a picture, a voice, a request, a credit history and a shop visit of the same person. What is trained and
//! reported on several modalities here is therefore a composition: each part is a real (or generated) row with its own label, and
//! the rows are put together at random, train with train and test with test. Only the digits are related, on purpose: see
//! [`sessions`]. The same rows and seed give the same composition on every machine.

use std::sync::{Arc, Mutex};

use super::dice::Dice;
use super::error::{DataError, Problem};
use super::types::{Clients, Clips, Images, Texts, Visits};

/// Seed of the compositions: everybody trains and tests on the same ones.
pub const COMPOSITION: u64 = 77;

/// The composition of the epoch asked for last, which all threads share.
#[derive(Debug)]
pub struct Epochs<T>(Mutex<Option<(u32, Arc<T>)>>);

impl<T> Default for Epochs<T> {
    fn default() -> Self {
        Epochs(Mutex::new(None))
    }
}

impl<T> Epochs<T> {
    /// The composition of an epoch, made by the epoch's seed where it is not the one at hand.
    pub fn of(&self, epoch: u32, make: impl FnOnce(u64) -> Option<T>) -> Option<Arc<T>> {
        let mut last = self.0.lock().ok()?;
        if let Some((of, found)) = &*last
            && *of == epoch
        {
            return Some(Arc::clone(found));
        }
        let made = Arc::new(make(COMPOSITION.wrapping_add(u64::from(epoch) << 16))?);
        *last = Some((epoch, Arc::clone(&made)));
        Some(made)
    }
}

/// Length of the blocks of sessions in which one session has a written and a spoken digit that differ.
pub const DISAGREE_EVERY: usize = 5;
/// Length of the blocks of a training part's rows in which one row is set aside for held-out compositions.
pub const HOLD_EVERY: usize = 20;
/// Side of the square that [`degrade_image`] blanks.
pub const OCCLUSION: usize = 14;
/// Standard deviation of the noise that [`degrade_image`] adds, for pixels in [0, 1].
pub const NOISE: f64 = 0.7;

/// The share of each set's rows of which a composition is made.
///
/// Rows occur in several compositions. Held-out figures are honest only if they share no row with what was trained on, so the
/// rows are divided first and composed afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// All rows.
    All,
    /// All rows but those held out.
    Learned,
    /// Rows held out: the first of every [`HOLD_EVERY`]; of clips, the first of every so many of each digit.
    HeldOut,
}

/// A picture and a clip of a digit, as row numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Row of [`Images`].
    pub image: usize,
    /// Row of [`Clips`].
    pub clip: usize,
    /// Whether both show the same digit.
    pub same: bool,
    /// Seed of the noise over this pair.
    pub noise: u64,
    /// Whether the pair is made of rows that are held out of training.
    pub held_out: bool,
}

/// The inputs of one session at a payment terminal, as row numbers of one part of each set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionRows {
    /// Row of [`Images`]: the digit written on the receipt.
    pub image: usize,
    /// Row of [`Clips`]: the digit spoken.
    pub clip: usize,
    /// Row of [`Texts`]: the request.
    pub text: usize,
    /// Row of [`Clients`]: credit record and history.
    pub client: usize,
    /// Row of [`Visits`]: the shop visit.
    pub visit: usize,
    /// Whether the written and the spoken digit differ.
    pub disagree: bool,
    /// Whether the session is made of rows that are held out of training.
    pub held_out: bool,
}

/// The labels of a [`SessionRows`], one for each head of the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Labels {
    /// The intent of the request.
    pub service: u16,
    /// 1 if the client will not pay, or the written and the spoken digit differ.
    pub risk: u8,
    /// 1 if the visit ends in a purchase.
    pub behaviour: u8,
}

/// One part, training or test, of every set.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// Handwritten digits.
    pub images: &'a Images,
    /// Spoken digits.
    pub clips: &'a Clips,
    /// Bank requests.
    pub texts: &'a Texts,
    /// Card clients.
    pub clients: &'a Clients,
    /// Shop visits.
    pub visits: &'a Visits,
}

/// `count` pairs of the same digit, for inputs to be degraded: see [`Pair::degraded`].
pub fn digit_pairs(
    images: &Images,
    clips: &Clips,
    share: Share,
    count: usize,
    seed: u64,
) -> Result<Vec<Pair>, DataError> {
    pairs(images, clips, share, count, Dice::new(seed, 0), |_| true)
}

/// `count` pairs, of each two one of the same digit and one of different digits, for clean inputs.
pub fn match_pairs(
    images: &Images,
    clips: &Clips,
    share: Share,
    count: usize,
    seed: u64,
) -> Result<Vec<Pair>, DataError> {
    let mut flags = OneIn::new(2);
    pairs(images, clips, share, count, Dice::new(seed, 1), |dice| {
        flags.next(dice)
    })
}

/// `count` sessions. Every text occurs before one occurs twice, and so on; so do images, clients and visits, and the clips of each
/// digit. In each five sessions, written and spoken digit differ in one.
pub fn sessions(
    rows: &Rows<'_>,
    share: Share,
    count: usize,
    seed: u64,
) -> Result<Vec<SessionRows>, DataError> {
    let mut dice = Dice::new(seed, 2);
    let mut pictures = Deck::new(rows.images.len(), share, "mnist")?;
    let mut voices = Voices::new(rows.clips, share)?;
    let mut texts = Deck::new(rows.texts.len(), share, "banking77")?;
    let mut clients = Deck::new(rows.clients.len(), share, "credit_default")?;
    let mut visits = Deck::new(rows.visits.len(), share, "online_shoppers")?;
    let mut flags = OneIn::new(DISAGREE_EVERY);
    Ok((0..count)
        .map(|_| {
            let image = pictures.deal(&mut dice);
            let disagree = flags.next(&mut dice);
            SessionRows {
                image,
                clip: voices.deal(rows.images.labels[image], !disagree, &mut dice),
                text: texts.deal(&mut dice),
                client: clients.deal(&mut dice),
                visit: visits.deal(&mut dice),
                disagree,
                held_out: share == Share::HeldOut,
            }
        })
        .collect())
}

/// Blanks a random square of 14 x 14 pixels, then adds Gaussian noise of sigma 0.7 on pixels in [0, 1], clipped.
pub fn degrade_image(pixels: &mut [u8], height: usize, width: usize, dice: &mut Dice) {
    let top = dice.below(height.saturating_sub(OCCLUSION) + 1);
    let left = dice.below(width.saturating_sub(OCCLUSION) + 1);
    for row in pixels.chunks_exact_mut(width).skip(top).take(OCCLUSION) {
        row.iter_mut()
            .skip(left)
            .take(OCCLUSION)
            .for_each(|pixel| *pixel = 0);
    }
    for pixel in pixels {
        let noisy = f64::from(*pixel) + 255.0 * NOISE * dice.normal();
        *pixel = libm::round(noisy.clamp(0.0, 255.0)) as u8;
    }
}

/// Adds white Gaussian noise at 0 dB: as strong as the clip on average over its whole length. Clipped to 16 bits.
pub fn degrade_clip(samples: &mut [i16], dice: &mut Dice) {
    let power: f64 = samples
        .iter()
        .map(|&sample| f64::from(sample) * f64::from(sample))
        .sum();
    let sigma = libm::sqrt(power / samples.len().max(1) as f64);
    for sample in samples {
        let noisy = f64::from(*sample) + sigma * dice.normal();
        *sample = libm::round(noisy.clamp(-32_768.0, 32_767.0)) as i16;
    }
}

impl Share {
    /// The rows of this share. A single row is in both shares, since nothing could be composed without it.
    fn of(self, mut rows: Vec<usize>) -> Vec<usize> {
        if rows.len() < 2 || self == Share::All {
            return rows;
        }
        let mut place = 0;
        rows.retain(|_| {
            place += 1;
            ((place - 1) % HOLD_EVERY == 0) == (self == Share::HeldOut)
        });
        rows
    }

    /// Number of rows of this share where there are `len`.
    pub fn count(self, len: usize) -> usize {
        self.of((0..len).collect()).len()
    }
}

impl Pair {
    /// The degraded picture and clip, the same in every call for the same pair.
    pub fn degraded(&self, images: &Images, clips: &Clips) -> (Vec<u8>, Vec<i16>) {
        let mut dice = Dice::new(self.noise, 0);
        let mut pixels = images.image(self.image).to_vec();
        degrade_image(&mut pixels, images.height, images.width, &mut dice);
        let mut samples = clips.clips[self.clip].samples.clone();
        degrade_clip(&mut samples, &mut dice);
        (pixels, samples)
    }
}

impl SessionRows {
    /// The labels of the three heads.
    pub fn labels(&self, rows: &Rows<'_>) -> Labels {
        Labels {
            service: rows.texts.labels[self.text],
            risk: rows.clients.labels[self.client] | u8::from(self.disagree),
            behaviour: rows.visits.labels[self.visit],
        }
    }
}

fn pairs(
    images: &Images,
    clips: &Clips,
    share: Share,
    count: usize,
    mut dice: Dice,
    mut same: impl FnMut(&mut Dice) -> bool,
) -> Result<Vec<Pair>, DataError> {
    let mut pictures = Deck::new(images.len(), share, "mnist")?;
    let mut voices = Voices::new(clips, share)?;
    Ok((0..count)
        .map(|_| {
            let image = pictures.deal(&mut dice);
            let same = same(&mut dice);
            Pair {
                image,
                clip: voices.deal(images.labels[image], same, &mut dice),
                same,
                noise: dice.bits(),
                held_out: share == Share::HeldOut,
            }
        })
        .collect())
}

/// A deck of rows in random order; after the last one all rows are shuffled and dealt again.
struct Deck {
    rows: Vec<usize>,
    dealt: usize,
}

impl Deck {
    fn new(len: usize, share: Share, set: &'static str) -> Result<Self, DataError> {
        match len {
            0 => Err(DataError::new(set, Problem::NoRows)),
            _ => Ok(Self::of((0..len).collect(), share)),
        }
    }

    fn of(rows: Vec<usize>, share: Share) -> Self {
        let rows = share.of(rows);
        Self {
            dealt: rows.len(),
            rows,
        }
    }

    fn deal(&mut self, dice: &mut Dice) -> usize {
        if self.dealt == self.rows.len() {
            dice.shuffle(&mut self.rows);
            self.dealt = 0;
        }
        self.dealt += 1;
        self.rows[self.dealt - 1]
    }
}

/// The clips, a deck for each digit.
struct Voices([Deck; 10]);

impl Voices {
    /// Makes the decks; a digit without a clip is an error, as an image of it could not be paired.
    fn new(clips: &Clips, share: Share) -> Result<Self, DataError> {
        let mut rows: [Vec<usize>; 10] = Default::default();
        for (row, clip) in clips.clips.iter().enumerate() {
            rows[usize::from(clip.label)].push(row);
        }
        match rows.iter().position(Vec::is_empty) {
            Some(digit) => Err(DataError::new("fsdd", Problem::NoDigit(digit))),
            None => Ok(Self(rows.map(|rows| Deck::of(rows, share)))),
        }
    }

    /// A clip of this digit, or of one of the nine others.
    fn deal(&mut self, digit: u8, same: bool, dice: &mut Dice) -> usize {
        let step = if same { 0 } else { 1 + dice.below(9) };
        self.0[(usize::from(digit) + step) % 10].deal(dice)
    }
}

/// A draw that is `true` once at a random place in each block of `every` draws.
struct OneIn {
    every: usize,
    chosen: usize,
    at: usize,
}

impl OneIn {
    fn new(every: usize) -> Self {
        Self {
            every,
            chosen: 0,
            at: every,
        }
    }

    fn next(&mut self, dice: &mut Dice) -> bool {
        if self.at == self.every {
            self.at = 0;
            self.chosen = dice.below(self.every);
        }
        self.at += 1;
        self.at - 1 == self.chosen
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::super::synth::{self, Size, digest};
    use super::*;

    struct Sets {
        images: Images,
        clips: Clips,
        texts: Texts,
        clients: Clients,
        visits: Visits,
    }

    fn sets() -> Sets {
        Sets {
            images: synth::images(Size::new(60, 1), 1).train,
            clips: synth::clips(Size::new(120, 1), 1).train,
            texts: synth::texts(Size::new(154, 1), 1).train,
            clients: synth::clients(Size::new(50, 1), 1).train,
            visits: synth::visits(Size::new(70, 1), 1).train,
        }
    }

    impl Sets {
        fn rows(&self) -> Rows<'_> {
            Rows {
                images: &self.images,
                clips: &self.clips,
                texts: &self.texts,
                clients: &self.clients,
                visits: &self.visits,
            }
        }
    }

    /// The least and the greatest number of times that a row occurs.
    fn use_of(rows: impl Iterator<Item = usize>, len: usize) -> (usize, usize) {
        let mut counts = vec![0; len];
        rows.for_each(|row| counts[row] += 1);
        (*counts.iter().min().unwrap(), *counts.iter().max().unwrap())
    }

    #[test]
    fn every_text_once_and_one_session_in_five_disagrees() {
        let sets = sets();
        let rows = sets.rows();
        let made = sessions(&rows, Share::All, 154, 9).unwrap();
        assert_eq!(made, sessions(&rows, Share::All, 154, 9).unwrap());
        assert_ne!(made, sessions(&rows, Share::All, 154, 10).unwrap());
        assert_eq!(use_of(made.iter().map(|session| session.text), 154), (1, 1));
        assert_eq!(use_of(made.iter().map(|session| session.image), 60), (2, 3));
        assert_eq!(
            use_of(made.iter().map(|session| session.client), 50),
            (3, 4)
        );
        assert_eq!(use_of(made.iter().map(|session| session.visit), 70), (2, 3));
        for block in made.chunks_exact(5) {
            assert_eq!(block.iter().filter(|session| session.disagree).count(), 1);
        }
        for session in &made {
            let written = sets.images.labels[session.image];
            let spoken = sets.clips.clips[session.clip].label;
            assert_eq!(session.disagree, written != spoken);
            let labels = session.labels(&rows);
            assert_eq!(labels.service, sets.texts.labels[session.text]);
            assert_eq!(
                labels.risk == 1,
                session.disagree || sets.clients.labels[session.client] == 1
            );
            assert_eq!(labels.behaviour, sets.visits.labels[session.visit]);
        }
        let prefix = sessions(&rows, Share::All, 20, 9).unwrap();
        assert_eq!(prefix, made[..20]);
    }

    #[test]
    fn pairs_are_the_same_digit_or_balanced() {
        let Sets { images, clips, .. } = sets();
        let same = digit_pairs(&images, &clips, Share::All, 120, 3).unwrap();
        let mixed = match_pairs(&images, &clips, Share::All, 120, 3).unwrap();
        assert_eq!(use_of(same.iter().map(|pair| pair.image), 60), (2, 2));
        let mut gaps: HashMap<u8, usize> = HashMap::new();
        for pair in same.iter().chain(&mixed) {
            let (written, spoken) = (images.labels[pair.image], clips.clips[pair.clip].label);
            assert_eq!(pair.same, written == spoken);
            *gaps.entry((10 + spoken - written) % 10).or_default() += 1;
        }
        assert!(same.iter().all(|pair| pair.same));
        assert!(mixed.chunks_exact(2).all(|two| two[0].same != two[1].same));
        assert_eq!((gaps[&0], gaps.len()), (180, 10));
    }

    #[test]
    fn what_is_held_out_shares_no_row_with_what_is_learned() {
        let sets = sets();
        let rows = sets.rows();
        let [learned, held] =
            [Share::Learned, Share::HeldOut].map(|share| sessions(&rows, share, 300, 9).unwrap());
        assert!(held.iter().all(|s| s.held_out) && learned.iter().all(|s| !s.held_out));
        let parts: [fn(&SessionRows) -> usize; 5] = [
            |s| s.image,
            |s| s.clip,
            |s| s.text,
            |s| s.client,
            |s| s.visit,
        ];
        let lengths = [60, 120, 154, 50, 70];
        for (part, len) in parts.into_iter().zip(lengths) {
            let all = |made: &[SessionRows]| made.iter().map(part).collect::<HashSet<_>>();
            let (learned, held) = (all(&learned), all(&held));
            assert!(learned.is_disjoint(&held));
            assert_eq!(learned.len() + held.len(), len);
        }
        assert_eq!(Share::HeldOut.count(154) + Share::Learned.count(154), 154);
        assert_eq!(Share::HeldOut.count(1), 1);
        let held = match_pairs(rows.images, rows.clips, Share::HeldOut, 40, 3).unwrap();
        let learned = match_pairs(rows.images, rows.clips, Share::Learned, 400, 3).unwrap();
        let apart = |a: &Pair| {
            learned
                .iter()
                .all(|b| a.image != b.image && a.clip != b.clip)
        };
        assert!(held.iter().all(apart));
    }

    #[test]
    fn degraded_inputs_are_the_same_everywhere() {
        let Sets { images, clips, .. } = sets();
        let pair = digit_pairs(&images, &clips, Share::All, 1, 4).unwrap()[0];
        let (pixels, samples) = pair.degraded(&images, &clips);
        assert_eq!(
            (pixels.clone(), samples.clone()),
            pair.degraded(&images, &clips)
        );
        let bytes = pixels
            .into_iter()
            .chain(samples.into_iter().flat_map(i16::to_le_bytes));
        assert_eq!(digest(bytes), "7b525402c5fcdbaf");
    }

    #[test]
    fn a_square_is_blanked_and_noise_is_added() {
        // On white, the blank square shows as a block of mostly dark pixels.
        let mut pixels = vec![255; 28 * 28];
        degrade_image(&mut pixels, 28, 28, &mut Dice::new(5, 0));
        let mean = pixels.iter().map(|&pixel| f64::from(pixel)).sum::<f64>() / 784.0 / 255.0;
        // Clipping Gaussian noise of 0.7 at its centre leaves a mean of about 0.25 from the edge.
        assert!((mean - (0.75 * 0.75 + 0.25 * 0.25)).abs() < 0.05, "{mean}");
        let mut small = vec![9; 6];
        degrade_image(&mut small, 2, 3, &mut Dice::new(5, 0));
    }

    #[test]
    fn noise_is_as_strong_as_the_clip() {
        let clean: Vec<i16> = (0..8000)
            .map(|i| if i % 16 < 8 { 3000 } else { -3000 })
            .collect();
        let mut noisy = clean.clone();
        degrade_clip(&mut noisy, &mut Dice::new(6, 0));
        let power = clean
            .iter()
            .zip(&noisy)
            .map(|(&a, &b)| (f64::from(b) - f64::from(a)).powi(2));
        let ratio = power.sum::<f64>() / 8000.0 / 9e6;
        assert!((ratio - 1.0).abs() < 0.05, "{ratio}");
        let mut silence = vec![0; 100];
        degrade_clip(&mut silence, &mut Dice::new(6, 0));
        assert_eq!(silence, [0; 100]);
        degrade_clip(&mut [], &mut Dice::new(6, 0));
    }

    #[test]
    fn what_cannot_be_composed() {
        let mut sets = sets();
        sets.clips.clips.retain(|clip| clip.label != 7);
        let error = sessions(&sets.rows(), Share::All, 1, 0).unwrap_err();
        assert!(matches!(error.problem, Problem::NoDigit(7)), "{error}");
        sets.texts.texts.clear();
        sets.clips = synth::clips(Size::new(10, 1), 1).train;
        let error = sessions(&sets.rows(), Share::All, 1, 0).unwrap_err();
        assert!(matches!(error.problem, Problem::NoRows), "{error}");
    }
}
