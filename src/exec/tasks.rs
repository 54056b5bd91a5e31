//! Graphs of tasks: functions of the caller that need each other's results, run side by side where they do not.

use super::ExecOptions;
use super::apply::guarded;
use crate::error::{Error, Place, Result};
use hashbrown::HashMap;
use std::any::Any;
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard};

type Value = Arc<dyn Any + Send + Sync>;
/// What makes the result of a task of what it needs.
type Call = dyn Fn(&[Value]) -> Result<Value> + Send + Sync;

struct Node {
    name: String,
    needs: Vec<Arc<Node>>,
    call: Box<Call>,
}

impl Drop for Node {
    /// Without recursion: a chain of tasks may be long.
    fn drop(&mut self) {
        let mut all = std::mem::take(&mut self.needs);
        while let Some(node) = all.pop() {
            if let Some(mut node) = Arc::into_inner(node) {
                all.append(&mut node.needs);
            }
        }
    }
}

/// A piece of work that is done when it is run, and once however many others need its result. Clones are handles on the same task.
/// dask: `dask.delayed`.
///
/// # Examples
/// ```
/// use hpda_data::exec::{ExecOptions, task};
/// let one = task("one", (), |()| Ok(1));
/// let two = task("two", &one, |one| Ok(*one + 1));
/// let sum = task("sum", (&one, &two), |(a, b)| Ok(*a + *b));
/// assert_eq!(*sum.run(&ExecOptions::default())?, 3);
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub struct Task<T> {
    node: Arc<Node>,
    result: PhantomData<fn() -> T>,
}

impl<T> Clone for Task<T> {
    fn clone(&self) -> Task<T> {
        Task { node: self.node.clone(), result: PhantomData }
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("name", &self.node.name).field("needs", &self.node.needs.len()).finish()
    }
}

/// What a task can need: nothing `()`, a task, up to four tasks `(&a, &b)`, or a list of tasks of one type.
pub trait Needs {
    /// The results, as the function gets them.
    type Values;
    #[doc(hidden)]
    fn nodes(&self) -> Nodes;
    #[doc(hidden)]
    fn values(values: &[Value]) -> Result<Self::Values>;
}

/// What tasks stand for inside.
#[doc(hidden)]
pub struct Nodes(Vec<Arc<Node>>);

fn typed<T: Send + Sync + 'static>(values: &[Value], i: usize) -> Result<Arc<T>> {
    let value = values.get(i).cloned().ok_or_else(|| Error::internal("a task without its needs"))?;
    value.downcast().map_err(|_| Error::internal("a task with a result of another type"))
}

impl Needs for () {
    type Values = ();
    fn nodes(&self) -> Nodes {
        Nodes(Vec::new())
    }
    fn values(_: &[Value]) -> Result<()> {
        Ok(())
    }
}

impl<T: Send + Sync + 'static> Needs for &Task<T> {
    type Values = Arc<T>;
    fn nodes(&self) -> Nodes {
        Nodes(vec![self.node.clone()])
    }
    fn values(values: &[Value]) -> Result<Arc<T>> {
        typed(values, 0)
    }
}

impl<T: Send + Sync + 'static> Needs for &[Task<T>] {
    type Values = Vec<Arc<T>>;
    fn nodes(&self) -> Nodes {
        Nodes(self.iter().map(|t| t.node.clone()).collect())
    }
    fn values(values: &[Value]) -> Result<Vec<Arc<T>>> {
        (0..values.len()).map(|i| typed(values, i)).collect()
    }
}

impl<T: Send + Sync + 'static> Needs for &Vec<Task<T>> {
    type Values = Vec<Arc<T>>;
    fn nodes(&self) -> Nodes {
        self.as_slice().nodes()
    }
    fn values(values: &[Value]) -> Result<Vec<Arc<T>>> {
        <&[Task<T>]>::values(values)
    }
}

macro_rules! tuples {
    ($($name:ident $at:tt),*) => {
        impl<$($name: Send + Sync + 'static),*> Needs for ($(&Task<$name>,)*) {
            type Values = ($(Arc<$name>,)*);
            fn nodes(&self) -> Nodes {
                Nodes(vec![$(self.$at.node.clone()),*])
            }
            fn values(values: &[Value]) -> Result<Self::Values> {
                Ok(($(typed::<$name>(values, $at)?,)*))
            }
        }
    };
}
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);

/// A task: a function that gets the results of what it needs. It is called when the task, or one that needs it, is run; the name is for
/// messages and pictures. dask: `delayed(f)(a, b)`.
///
/// # Examples
/// ```
/// use hpda_data::exec::{ExecOptions, task};
/// let parts: Vec<_> = (0..10u64).map(|i| task(format!("part {i}"), (), move |()| Ok(i * i))).collect();
/// let total = task("total", &parts, |parts| Ok(parts.iter().map(|p| **p).sum::<u64>()));
/// assert_eq!(*total.run(&ExecOptions::default())?, 285);
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn task<N: Needs, T: Send + Sync + 'static>(
    name: impl Into<String>,
    needs: N,
    f: impl Fn(N::Values) -> Result<T> + Send + Sync + 'static,
) -> Task<T> {
    let call = move |values: &[Value]| -> Result<Value> { Ok(Arc::new(f(N::values(values)?)?)) };
    Task { node: Arc::new(Node { name: name.into(), needs: needs.nodes().0, call: Box::new(call) }), result: PhantomData }
}

impl<T: Send + Sync + 'static> Task<T> {
    /// Its name.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(hpda_data::exec::task("load", (), |()| Ok(1)).name(), "load");
    /// ```
    pub fn name(&self) -> &str {
        &self.node.name
    }

    /// Runs what the task needs and then it, on the current pool, and gives its result. Results of other tasks are dropped as soon as
    /// nobody needs them any more. dask: `x.compute()`.
    ///
    /// # Errors
    /// What the functions say, with the name of the task: of several failures that of the task which comes first in the order that they
    /// would be run in one by one; invalid, where a function panics.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Error, exec::{ExecOptions, task}};
    /// let bad = task("divide", (), |()| Err::<i32, _>(Error::invalid("nothing to divide")));
    /// let after = task("after", &bad, |x| Ok(*x + 1));
    /// let e = after.run(&ExecOptions::default()).unwrap_err();
    /// assert_eq!((e.message(), e.place().op.as_deref()), ("nothing to divide", Some("task \"divide\"")));
    /// ```
    pub fn run(&self, options: &ExecOptions) -> Result<Arc<T>> {
        let value = Graph::of(&self.node).run(options)?;
        value.downcast().map_err(|_| Error::internal("a task with a result of another type"))
    }

    /// The tasks that have to be run, one a line in the order that they would be run in one by one, with what they need.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::task;
    /// let load = task("load", (), |()| Ok(vec![1.0, 2.0]));
    /// let sum = task("sum", &load, |x| Ok(x.iter().sum::<f64>()));
    /// assert_eq!(sum.explain(), "0 load\n1 sum <- 0\n");
    /// ```
    pub fn explain(&self) -> String {
        let graph = Graph::of(&self.node);
        let line = |(i, node): (usize, &&Arc<Node>)| {
            let needs: Vec<String> = graph.needs[i].iter().map(usize::to_string).collect();
            let needs = if needs.is_empty() { String::new() } else { format!(" <- {}", needs.join(" ")) };
            format!("{i} {}{needs}\n", node.name)
        };
        graph.nodes.iter().enumerate().map(line).collect()
    }

    /// The same as a graph in the language of Graphviz (`dot -Tsvg`). dask: `x.visualize()`.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::task;
    /// let load = task("load", (), |()| Ok(1));
    /// assert!(task("sum", (&load, &load), |(a, b)| Ok(*a + *b)).explain_dot().contains("n0 -> n1;"));
    /// ```
    pub fn explain_dot(&self) -> String {
        let graph = Graph::of(&self.node);
        let labels = graph.nodes.iter().map(|n| n.name.clone());
        crate::plan::dot(labels, graph.needs.iter().enumerate().flat_map(|(i, needs)| needs.iter().map(move |n| (*n, i))))
    }
}

/// Tasks in an order in which each stands after what it needs, numbered by it.
struct Graph<'a> {
    nodes: Vec<&'a Arc<Node>>,
    needs: Vec<Vec<usize>>,
}

/// What is known while a graph runs.
struct State {
    results: Vec<Option<Value>>,
    /// How many needs have no result yet.
    waits: Vec<usize>,
    /// How many tasks have not taken this result yet.
    wanted: Vec<usize>,
    ready: BTreeSet<usize>,
    running: usize,
    failed: Option<(usize, Error)>,
}

impl<'a> Graph<'a> {
    fn of(last: &'a Arc<Node>) -> Graph<'a> {
        // Without recursion: a chain of tasks may be long.
        let mut graph = Graph { nodes: Vec::new(), needs: Vec::new() };
        let mut numbers: HashMap<*const Node, usize> = HashMap::new();
        let mut path: Vec<(&Arc<Node>, usize)> = vec![(last, 0)];
        while let Some((node, next)) = path.pop() {
            if numbers.contains_key(&Arc::as_ptr(node)) {
                continue;
            }
            match node.needs.get(next) {
                Some(need) => path.extend([(node, next + 1), (need, 0)]),
                None => {
                    numbers.insert(Arc::as_ptr(node), graph.nodes.len());
                    graph.needs.push(node.needs.iter().filter_map(|n| numbers.get(&Arc::as_ptr(n)).copied()).collect());
                    graph.nodes.push(node);
                }
            }
        }
        graph
    }

    fn run(&self, options: &ExecOptions) -> Result<Value> {
        let n = self.nodes.len();
        let mut after: Vec<Vec<usize>> = vec![Vec::new(); n];
        for (i, needs) in self.needs.iter().enumerate() {
            needs.iter().for_each(|&need| after[need].push(i));
        }
        let state = Mutex::new(State {
            results: vec![None; n],
            waits: self.needs.iter().map(Vec::len).collect(),
            wanted: after.iter().map(Vec::len).collect(),
            ready: (0..n).filter(|&i| self.needs[i].is_empty()).collect(),
            running: 0,
            failed: None,
        });
        if let Some(progress) = &options.progress {
            progress.total(n as u64);
        }
        let run = Running { graph: self, after, state, options };
        rayon::scope(|scope| run.start(scope, run.lock()));
        let mut state = run.state.into_inner().unwrap_or_else(|e| e.into_inner());
        match (state.failed, state.results.pop().flatten()) {
            (Some((_, e)), _) => Err(e),
            (None, Some(value)) => Ok(value),
            _ => Err(Error::internal("a task was not run")),
        }
    }
}

struct Running<'a> {
    graph: &'a Graph<'a>,
    /// The tasks that need a task.
    after: Vec<Vec<usize>>,
    state: Mutex<State>,
    options: &'a ExecOptions,
}

impl<'a> Running<'a> {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Starts what can be, the first ones first. After a failure only what stands before it: one of these may fail as well.
    fn start<'s>(&'s self, scope: &rayon::Scope<'s>, mut state: MutexGuard<'s, State>) {
        while state.running < self.options.workers() {
            let end = state.failed.as_ref().map_or(usize::MAX, |f| f.0);
            let Some(i) = state.ready.first().copied().filter(|i| *i < end) else { break };
            state.ready.remove(&i);
            state.running += 1;
            let inputs = self.graph.needs[i].iter().filter_map(|&need| self.taken(need, &mut state)).collect::<Vec<Value>>();
            scope.spawn(move |scope| self.one(scope, i, inputs));
        }
    }

    /// A result for one of those that want it; for the last one it is given away.
    fn taken(&self, need: usize, state: &mut State) -> Option<Value> {
        state.wanted[need] -= 1;
        if state.wanted[need] == 0 { state.results[need].take() } else { state.results[need].clone() }
    }

    fn one<'s>(&'s self, scope: &rayon::Scope<'s>, i: usize, inputs: Vec<Value>) {
        let node = self.graph.nodes[i];
        if let Some(progress) = &self.options.progress {
            progress.message(&node.name);
        }
        let place = || Place { op: Some(format!("task {:?}", node.name)), ..Place::default() };
        let made = guarded(place, || (node.call)(&inputs));
        drop(inputs);
        if let Some(progress) = &self.options.progress {
            progress.advance(1);
        }
        let mut state = self.lock();
        state.running -= 1;
        match made {
            Ok(value) => {
                if !self.after[i].is_empty() || i + 1 == self.graph.nodes.len() {
                    state.results[i] = Some(value);
                }
                for &next in &self.after[i] {
                    state.waits[next] -= 1;
                    if state.waits[next] == 0 {
                        state.ready.insert(next);
                    }
                }
            }
            Err(e) => {
                if state.failed.as_ref().is_none_or(|f| i < f.0) {
                    state.failed = Some((i, e));
                }
            }
        }
        self.start(scope, state);
    }
}
