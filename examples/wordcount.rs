//! The commonest words of texts, and how soon a word comes again. `cargo run --release --example wordcount -- [BOOK.txt ...]`

use hpda_data::exec::Bag;
use hpda_data::open::read_text;
use hpda_data::{Error, Result};
use rayon::prelude::*;
use std::cmp::Reverse;
use std::time::Instant;

/// So many of the commonest words are looked at, and so many words ahead.
const WORDS: usize = 10;
const STEPS: usize = 100;

fn main() -> Result<()> {
    let mut books: Vec<String> = std::env::args().skip(1).collect();
    if books.is_empty() {
        books.push("data/text.txt".into());
    }
    books.iter().try_for_each(|book| {
        commonest(book)?;
        again(book)
    })
}

/// The words of a text: a plan over its lines, which nothing is held of until something is asked.
fn words(book: &str) -> Result<Bag<String>> {
    let between = |c: char| c.is_whitespace() || ".,;:?$@^<>#%`!*-=()[]{}/\"'".contains(c);
    let split = move |line: String| -> Vec<String> { line.split(between).filter(|w| !w.is_empty()).map(str::to_lowercase).collect() };
    Ok(read_text([book])?.flat_map(split))
}

/// The commonest words with how often they are there; of equally many the first in the order of letters.
fn top(words: &Bag<String>) -> Result<Vec<(String, u64)>> {
    words.frequencies()?.top_k(WORDS, |(word, n)| (*n, Reverse(word.clone())))
}

/// How many words a text has, and the commonest of them as a table.
pub fn commonest(book: &str) -> Result<()> {
    let words = words(book)?;
    println!("{book}: {} words, {} different ones", words.count()?, words.distinct()?.count()?);
    println!("{}", Bag::from_items(top(&words)?, 1).map(|(word, n)| (word, n as i64)).to_frame(&["word", "count"])?);
    Ok(())
}

/// The share of the places of a word after which it comes again so many words later, as the mean over the commonest words: word by word
/// with one thread and with all.
pub fn again(book: &str) -> Result<()> {
    let words = words(book)?;
    let top = top(&words)?;
    let text = words.collect()?;
    let of_word = |(word, n): &(String, u64)| -> Vec<f64> {
        let here: Vec<bool> = text.iter().map(|w| w == word).collect();
        let pairs = |t: usize| here.iter().zip(here.iter().skip(t)).filter(|(a, b)| **a && **b).count();
        (0..STEPS).map(|t| pairs(t) as f64 / *n as f64).collect()
    };
    let mean = || -> Vec<f64> {
        let each: Vec<Vec<f64>> = top.par_iter().map(of_word).collect();
        (0..STEPS).map(|t| each.iter().map(|one| one[t]).sum::<f64>() / each.len() as f64).collect()
    };
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().map_err(|e| Error::internal(e.to_string()))?;
    let start = Instant::now();
    let one = alone.install(mean);
    let serial = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let all = mean();
    println!("autocorrelation: {serial:.3} s by one thread, {:.3} s by {}", start.elapsed().as_secs_f64(), rayon::current_num_threads());
    println!("the same: {}", one == all);
    for t in [1, 2, 5, 10, 50] {
        println!("again after {t}: {:.6}", all[t]);
    }
    Ok(())
}
