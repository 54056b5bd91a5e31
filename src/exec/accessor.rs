//! `Series::str()`: functions of text, each the expression of the same name.

use crate::error::Result;
use crate::frame::Series;
use crate::plan::{Expr, Func, col, lit};
use crate::store::Column;

/// The texts of a series: `s.str().upper()`. Missing texts stay missing; characters are counted, not bytes; labels and name stay.
#[derive(Clone, Copy, Debug)]
pub struct Texts<'a>(&'a Series);

impl Series {
    /// Functions of text.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let names = DataFrame::new([("name", Column::from(vec!["Lam, Mr. Ali", "Brown, Miss. Amelia"]))])?.series("name")?;
    /// let last = names.str().split(Some(","))?.str().get(0)?.str().upper()?;
    /// assert_eq!(last.data(), &Column::from(vec!["LAM", "BROWN"]));
    /// assert_eq!(names.str().contains("Miss")?.data(), &Column::from(vec![false, true]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn str(&self) -> Texts<'_> {
        Texts(self)
    }
}

macro_rules! plain {
    ($($(#[$doc:meta])* $name:ident $func:ident ( $($arg:ident : $t:ty),* );)*) => {
        impl Texts<'_> {
            $($(#[$doc])*
            ///
            /// # Errors
            /// Type, for what is no text.
            pub fn $name(&self $(, $arg: $t)*) -> Result<Series> {
                let others: Vec<Expr> = vec![$(lit($arg)),*];
                self.0.map(col("x").call_with(Func::$func, others))
            })*
        }
    };
}

plain! {
    /// How many characters; of lists how many items.
    len Len();
    /// In small letters.
    lower Lower();
    /// In capital letters.
    upper Upper();
    /// With a capital letter at the start of each word.
    title Title();
    /// Without white space at both ends.
    strip Strip();
    /// Whether a text stands in it, literally.
    contains Contains(part: &str);
    /// Whether it begins so.
    starts_with StartsWith(part: &str);
    /// Whether it ends so.
    ends_with EndsWith(part: &str);
    /// Where a text first stands in it, from 0; -1 where it does not.
    find Find(part: &str);
    /// A text replaced by another wherever it stands, literally.
    replace Replace(from: &str, to: &str);
    /// The first match of a regular expression: its group 1, or all of it; missing where there is none.
    extract Extract(pattern: &str);
    /// Whether a regular expression is found in it.
    matches Matches(pattern: &str);
    /// How often a regular expression is found in it.
    count CountMatches(pattern: &str);
    /// Every match of a regular expression replaced; `$1` is its first group.
    replace_matches ReplaceMatches(pattern: &str, to: &str);
    /// Filled up to so many characters on a `side` (`left`, `right`, `both`) with a character.
    pad Pad(width: i64, side: &str, fill: &str);
    /// The item of a list, or the character of a text, at a position; negative ones count from the end; missing where there is none.
    get Get(position: i64);
    /// The texts of lists with another between them.
    join Join(between: &str);
}

impl Texts<'_> {
    /// Lists of its parts, cut at a text, or at runs of white space.
    ///
    /// # Errors
    /// Type, for what is no text; invalid, for an empty text to cut at.
    pub fn split(&self, at: Option<&str>) -> Result<Series> {
        self.0.map(col("x").call_with(Func::Split, at.map(lit)))
    }

    /// The characters from a position to before another, as Python's slices.
    ///
    /// # Errors
    /// Type, for what is no text.
    pub fn slice(&self, from: Option<i64>, to: Option<i64>) -> Result<Series> {
        self.0.map(col("x").call_with(Func::Slice, [lit(from), lit(to)]))
    }

    /// Followed by another text, row by row, with one between them: `s.str().cat(&other, "-")`. Rows are matched by position.
    ///
    /// # Errors
    /// Type, for what is no text; shape, for another number of rows.
    pub fn cat(&self, other: &Series, between: &str) -> Result<Series> {
        let frame = crate::DataFrame::new([("x", self.0.data().clone()), ("y", other.data().clone())])?;
        let made = frame.eval(col("x") + lit(between) + col("y"))?;
        Series::new(self.0.name().map(Into::into), made, self.0.index().clone())
    }

    /// All texts in one, with another between them; missing ones are passed over.
    ///
    /// # Errors
    /// Type, for what is no text.
    pub fn cat_all(&self, between: &str) -> Result<String> {
        if !matches!(self.0.data().dtype(), crate::DType::Str | crate::DType::Categorical { .. }) {
            return Err(crate::Error::wrong_type(format!("text is needed, this is {}", self.0.data().dtype())));
        }
        let texts = self.0.data().cast(&crate::DType::Str)?;
        let parts: Vec<String> = (0..texts.len()).map(|i| texts.scalar(i)).filter(|s| !s.is_missing()).map(|s| s.to_string()).collect();
        Ok(parts.join(between))
    }

    /// As categories: the different texts, sorted. [`Column::with_categories`] gives them an order.
    ///
    /// # Errors
    /// Type, for what is no text.
    pub fn categories(&self) -> Result<Series> {
        let texts = self.0.data().cast(&crate::DType::Str)?;
        let different = Series::new(None, texts.clone(), self.0.index().clone())?.unique()?;
        let mut list: Vec<String> =
            (0..different.len()).map(|i| different.scalar(i)).filter(|s| !s.is_missing()).map(|s| s.to_string()).collect();
        list.sort();
        let made: Column = texts.with_categories(&list, false)?;
        Series::new(self.0.name().map(Into::into), made, self.0.index().clone())
    }
}
