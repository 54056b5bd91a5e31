use super::key::{Key, Loc};
use super::{Hits, Index, MultiIndex};
use crate::dtype::{DType, Scalar};
use crate::error::{Error, ErrorKind, Result};
use crate::store::{Column, ColumnLabels};

/// The names of columns: plain text nearly always, but numbers, dates and tuples are allowed, and names may repeat.
#[derive(Clone, Debug, PartialEq)]
pub struct Labels {
    names: Vec<String>,
    full: Option<ColumnLabels>,
}

impl Labels {
    /// Plain names.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::label::Labels;
    /// assert_eq!(Labels::new(["a", "b"]).names(), ["a", "b"]);
    /// ```
    pub fn new<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Labels {
        Labels { names: names.into_iter().map(Into::into).collect(), full: None }
    }

    /// Names as text beside the full labels.
    ///
    /// # Errors
    /// Shape, where the counts differ.
    pub fn with_full(names: Vec<String>, full: Option<ColumnLabels>) -> Result<Labels> {
        if let Some(f) = full.as_ref().filter(|f| f.labels.len() != names.len()) {
            return Err(Error::shape(format!("{} labels for {} columns", f.labels.len(), names.len())));
        }
        Ok(Labels { names, full })
    }

    /// The names as text.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The full labels, where they are more than text.
    pub fn full(&self) -> Option<&ColumnLabels> {
        self.full.as_ref()
    }

    /// The position of the first column of this name.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::label::Labels;
    /// assert_eq!(Labels::new(["a", "b", "b"]).position("b")?, 1);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn position(&self, name: &str) -> Result<usize> {
        self.names.iter().position(|n| n == name).ok_or_else(|| Error::not_found("column", name, self.names.iter().map(String::as_str)))
    }

    /// Labels of several levels. The text of a column is its values joined by `_`.
    ///
    /// # Errors
    /// Shape, for a label of another length than the names.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::label::Labels;
    /// let labels = Labels::from_tuples(vec![Some("what".into()), Some("year".into())], vec![vec!["rain".into(), 1990.into()]])?;
    /// assert_eq!((labels.names(), labels.nlevels()), (&["rain_1990".to_string()][..], 2));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn from_tuples(names: Vec<Option<String>>, labels: Vec<Vec<Scalar>>) -> Result<Labels> {
        if let Some(odd) = labels.iter().find(|l| l.len() != names.len()) {
            return Err(Error::shape(format!("a label of {} values for {} levels", odd.len(), names.len())));
        }
        let joined = |l: &Vec<Scalar>| l.iter().map(Scalar::to_string).collect::<Vec<_>>().join("_");
        let texts = labels.iter().map(joined).collect();
        Labels::with_full(texts, Some(ColumnLabels { names, labels }))
    }

    /// The labels of an index, such as `pivot` turns to the columns.
    ///
    /// # Errors
    /// Shape, never in practice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, Index, label::Labels};
    /// let labels = Labels::from_index(&Index::flat(Some("year"), Column::from(vec![1990i64, 1991])))?;
    /// assert_eq!((labels.names()[1].as_str(), labels.label(1)), ("1991", vec![1991.into()]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn from_index(index: &Index) -> Result<Labels> {
        let names: Vec<Option<String>> = index.names().into_iter().map(|n| n.map(Into::into)).collect();
        let labels: Vec<Vec<Scalar>> = (0..index.len()).map(|i| index.label(i)).collect();
        if names == [None] && labels.iter().all(|l| matches!(l[..], [Scalar::Str(_)])) {
            return Ok(Labels::new(labels.iter().map(|l| l[0].to_string())));
        }
        Labels::from_tuples(names, labels)
    }

    /// How many columns.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// How many levels.
    pub fn nlevels(&self) -> usize {
        self.full.as_ref().map_or(1, |f| f.names.len())
    }

    /// Names of the levels.
    pub fn level_names(&self) -> Vec<Option<&str>> {
        self.full.as_ref().map_or(vec![None], |f| f.names.iter().map(Option::as_deref).collect())
    }

    /// The full label of a column.
    pub fn label(&self, position: usize) -> Vec<Scalar> {
        match &self.full {
            Some(f) => f.labels[position].clone(),
            None => vec![self.names[position].as_str().into()],
        }
    }

    /// As an index, where the labels of a level have one type; else their texts.
    ///
    /// # Errors
    /// Shape, never in practice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, label::Labels};
    /// assert_eq!(Labels::new(["a", "b"]).to_index()?, Column::from(vec!["a", "b"]).into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn to_index(&self) -> Result<Index> {
        let Some(f) = &self.full else { return Ok(Index::flat(None, Column::from(self.names.clone()))) };
        let level = |l: usize| {
            let values: Vec<Scalar> = f.labels.iter().map(|t| t[l].clone()).collect();
            let dtype = values.iter().find_map(Scalar::dtype).unwrap_or(DType::Str);
            let texts = || Column::from_texts(values.iter().map(|v| (!v.is_missing()).then(|| v.to_string())));
            Column::from_scalars(&dtype, &values).unwrap_or_else(|_| texts())
        };
        Index::from_columns(f.names.clone(), &(0..f.names.len()).map(level).collect::<Vec<_>>())
    }

    /// The labels of these columns, in this order. Positions are there.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::label::Labels;
    /// assert_eq!(Labels::new(["a", "b", "c"]).pick(&[2, 0]), Labels::new(["c", "a"]));
    /// ```
    pub fn pick(&self, columns: &[usize]) -> Labels {
        Labels {
            names: columns.iter().map(|&i| self.names[i].clone()).collect(),
            full: self
                .full
                .as_ref()
                .map(|f| ColumnLabels { names: f.names.clone(), labels: columns.iter().map(|&i| f.labels[i].clone()).collect() }),
        }
    }

    /// The same labels with another one at a position: a plain name.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::label::Labels;
    /// assert_eq!(Labels::new(["a", "b"]).renamed(1, "c"), Labels::new(["a", "c"]));
    /// ```
    pub fn renamed(&self, position: usize, name: &str) -> Labels {
        let mut out = self.clone();
        out.names[position] = name.into();
        if let Some(f) = &mut out.full {
            let blanks = f.names.len().saturating_sub(1);
            f.labels[position] = std::iter::once(name.into()).chain(std::iter::repeat_n("".into(), blanks)).collect();
        }
        out
    }

    /// One column more, at this position.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::label::Labels;
    /// assert_eq!(Labels::new(["a", "b"]).inserted(1, "c"), Labels::new(["a", "c", "b"]));
    /// ```
    pub fn inserted(&self, position: usize, name: &str) -> Labels {
        let mut out = self.clone();
        out.names.insert(position, String::new());
        if let Some(f) = &mut out.full {
            f.labels.insert(position, Vec::new());
        }
        out.renamed(position, name)
    }

    /// Every column of a label, in order; perhaps none. Of several levels the key names the first ones.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::label::Labels;
    /// assert_eq!(Labels::new(["a", "b", "a"]).find(&"a".into()), [0, 2]);
    /// ```
    pub fn find(&self, key: &Key) -> Vec<usize> {
        let same = |i: usize| match (&self.full, &key.0[..]) {
            (Some(f), wanted) if f.labels[i].len() >= wanted.len() && f.labels[i].iter().zip(wanted).all(|(a, b)| equal(a, b)) => true,
            (_, [Scalar::Str(text)]) => *self.names[i] == **text,
            (None, [one]) => self.names[i] == one.to_string(),
            _ => false,
        };
        (0..self.len()).filter(|&i| same(i)).collect()
    }

    /// The columns that are asked for.
    ///
    /// # Errors
    /// Not found, with the nearest name; shape, for a mask of another length.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::label::Labels;
    /// let labels = Labels::new(["a", "b", "c"]);
    /// assert_eq!(labels.locate(&("b"..).into())?, [1, 2]);
    /// assert!(labels.locate(&"d".into()).is_err());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn locate(&self, loc: &Loc) -> Result<Vec<usize>> {
        let found = |key: &Key| {
            let hits = self.find(key);
            if hits.is_empty() { Err(self.absent(key)) } else { Ok(hits) }
        };
        Ok(match loc {
            Loc::All => (0..self.len()).collect(),
            Loc::One(key) => found(key)?,
            Loc::Many(keys) => keys.iter().map(found).collect::<Result<Vec<_>>>()?.concat(),
            Loc::Mask(_) => match Index::range(self.len()).locate(loc)? {
                Hits::List(l) => l,
                Hits::Span(r) => r.collect(),
            },
            Loc::Slice(from, to) => {
                let start = from.as_ref().map_or(Ok(0), |k| found(k).map(|h| h[0]))?;
                let end = to.as_ref().map_or(Ok(self.len()), |k| found(k).map(|h| h[h.len() - 1] + 1))?;
                (start..end.max(start)).collect()
            }
        })
    }

    /// The error for a column that is not there.
    #[cold]
    pub fn absent(&self, key: &Key) -> Error {
        match &key.0[..] {
            [Scalar::Str(name)] => Error::not_found("column", name, self.names.iter().map(String::as_str)),
            _ => Error::new(ErrorKind::NotFound, format!("the column {} does not exist", key.text())),
        }
    }

    /// Whether no name stands twice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::label::Labels;
    /// assert!(!Labels::new(["a", "b", "a"]).is_unique());
    /// ```
    pub fn is_unique(&self) -> bool {
        let mut seen = hashbrown::HashSet::new();
        self.names.iter().all(|n| seen.insert(n))
    }

    /// These levels of the labels, in this order.
    ///
    /// # Errors
    /// Invalid, for a level that is not there.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::label::Labels;
    /// let names = vec![Some("what".into()), Some("year".into())];
    /// let labels = Labels::from_tuples(names, vec![vec!["rain".into(), 1990.into()], vec!["rain".into(), 1991.into()]])?;
    /// assert_eq!(labels.pick_levels(&[1])?.names(), ["1990", "1991"]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn pick_levels(&self, levels: &[usize]) -> Result<Labels> {
        let index = match self.to_index()? {
            Index::Multi(m) => m.pick(levels)?,
            _ => return Err(Error::invalid("the columns have one level")),
        };
        Labels::from_index(&one_level(index))
    }
}

/// An index of one level is a flat one.
pub(crate) fn one_level(index: MultiIndex) -> Index {
    match index.levels() {
        [_] => Index::flat(index.names()[0].as_deref(), index.columns().swap_remove(0)),
        _ => Index::Multi(index),
    }
}

/// By value: 1 and 1.0 are the same label.
fn equal(a: &Scalar, b: &Scalar) -> bool {
    a == b || a.is_missing() && b.is_missing() || a.as_f64().zip(b.as_f64()).is_some_and(|(x, y)| x == y)
}
