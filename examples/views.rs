//! One buffer, many arrays: which operations are views, and which copy. `cargo run --release --example views`

use hpda_data::store::{Selection, Selector};
use hpda_data::{NdArray, Result, Variable};

fn main() -> Result<()> {
    views()
}

/// Prints shape and strides of views of one array, and whether they have a buffer of their own.
pub fn views() -> Result<()> {
    let a = NdArray::from_vec((0..12).collect::<Vec<i64>>(), &[3, 4])?;
    let say = |what: &str, b: &NdArray| {
        let shares = b.buffer().zip(a.buffer()).is_some_and(|(x, y)| x.0.as_ptr() == y.0.as_ptr());
        let values: Vec<String> = (0..b.len()).map(|i| b.scalar(i).to_string()).collect();
        println!(
            "{what:<14} {:<8} strides {:<9} {:<5} {}",
            shape(b),
            format!("{:?}", b.strides()),
            if shares { "view" } else { "copy" },
            values.join(" ")
        );
    };
    say("a", &a);
    say("transposed", &a.transpose(&[1, 0])?);
    say("second row", &a.select(&Selection::new(vec![Selector::At(1), Selector::All]))?);
    say("a column", &a.select(&Selection::new(vec![Selector::All, Selector::At(2)]))?);
    let every_second = Selector::Range { start: 0, count: 2, step: 2 };
    say("every second", &a.select(&Selection::new(vec![Selector::All, every_second]))?);
    let backwards = Selector::Range { start: 3, count: 4, step: -1 };
    say("backwards", &a.select(&Selection::new(vec![Selector::At(0), backwards]))?);
    say("reshaped", &a.reshape(&[2, 6])?);

    // A length of 1 goes with any length: its stride becomes 0.
    let row = a.select(&Selection::new(vec![Selector::span(0, 1), Selector::All]))?;
    say("broadcast", &row.broadcast(&[3, 4])?);

    // What no strides can say, and what is asked to lie in order, is copied.
    let picked = Selection::new(vec![Selector::of(vec![2, 0, 1]), Selector::All]);
    say("rows picked", &a.select(&picked)?);
    say("in order", &a.transpose(&[1, 0])?.to_contiguous()?);

    // With names of dims nobody counts axes: arrays meet by them.
    let named = Variable::from_array(["row", "column"], a.clone())?;
    let turned = named.transpose(&["column", "row"])?;
    println!("by name: {:?} {:?}", turned.dims(), turned.shape());
    println!("nothing above has changed a: {}", a.scalar(11));
    Ok(())
}

fn shape(a: &NdArray) -> String {
    a.shape().iter().map(usize::to_string).collect::<Vec<_>>().join(" x ")
}
