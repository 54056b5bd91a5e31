//! What stands behind the values of cubes, for people.

use crate::array::{DataArray, Dataset, Variable};
use crate::plan::dot;
use crate::store::Step;

/// A name, with the steps behind it.
fn named(name: &str, v: &Variable) -> Step {
    let step = v.step();
    Step { what: name.to_string(), dtype: step.dtype.clone(), grid: step.grid.clone(), inputs: vec![step], id: 0 }
}

fn text(steps: &[Step]) -> String {
    let mut out = String::new();
    steps.iter().for_each(|step| step.text(0, &mut out));
    out
}

fn graph(steps: &[Step]) -> String {
    let (mut lines, mut arrows, mut known) = (Vec::new(), Vec::new(), Vec::new());
    for step in steps {
        number(step, &mut known, &mut lines, &mut arrows);
    }
    dot(lines, arrows)
}

/// Numbers a step and those before it; the same source once.
fn number(step: &Step, known: &mut Vec<(usize, usize)>, lines: &mut Vec<String>, arrows: &mut Vec<(usize, usize)>) -> usize {
    if let Some((_, i)) = known.iter().find(|(id, _)| step.id != 0 && *id == step.id) {
        return *i;
    }
    let inputs: Vec<usize> = step.inputs.iter().map(|input| number(input, known, lines, arrows)).collect();
    lines.push(step.line());
    let own = lines.len() - 1;
    known.push((step.id, own));
    arrows.extend(inputs.into_iter().map(|input| (input, own)));
    own
}

impl Dataset {
    fn steps(&self) -> Vec<Step> {
        self.vars.iter().map(|(name, v)| named(name, v)).collect()
    }

    /// The steps behind each data variable, the last one first and what it is made of indented below it, with types, shapes and the blocks
    /// in which each is worked on. Nothing is read.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::{ExecOptions, reduce::Reduction};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let (mean, _) = ds.reduce(&Reduction::named("mean")?.over(["time"]), &ExecOptions::default())?;
    /// assert!(mean.explain().contains("tas, f32 [12, 18]\n  mean over time, f32 [12, 18]\n"));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn explain(&self) -> String {
        text(&self.steps())
    }

    /// The same as a graph in the language of Graphviz (`dot -Tsvg`), in which what is used twice stands once. dask: `visualize()`.
    ///
    /// # Examples
    /// ```
    /// let dot = hpda_data::open_dataset("data/climate.nc")?.explain_dot();
    /// assert!(dot.starts_with("digraph plan {") && dot.contains("[label=\"tas\\nf32 [120, 12, 18]"));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn explain_dot(&self) -> String {
        graph(&self.steps())
    }
}

impl DataArray {
    fn steps(&self) -> Vec<Step> {
        vec![self.name.as_deref().map_or_else(|| self.variable.step(), |name| named(name, &self.variable))]
    }

    /// As [`Dataset::explain`].
    ///
    /// # Examples
    /// ```
    /// let x = hpda_data::exec::Random::seeded(1).normal(0.0, 1.0, &[("x", 5)])?;
    /// assert_eq!(x.explain(), "random normal { mean: 0.0, std: 1.0 }, f64 [5]\n");
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn explain(&self) -> String {
        text(&self.steps())
    }

    /// As [`Dataset::explain_dot`].
    pub fn explain_dot(&self) -> String {
        graph(&self.steps())
    }
}
