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
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("été"), None]))])?.series("x")?;
    /// assert_eq!(s.str().len()?.data(), &Column::from(vec![Some(3i64), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    len Len();
    /// In small letters.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("ÉTÉ"), None]))])?.series("x")?;
    /// assert_eq!(s.str().lower()?.data(), &Column::from(vec![Some("été"), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    lower Lower();
    /// In capital letters.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("ab"), None]))])?.series("x")?;
    /// assert_eq!(s.str().upper()?.data(), &Column::from(vec![Some("AB"), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    upper Upper();
    /// With a capital letter at the start of each word.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("the END"), None]))])?.series("x")?;
    /// assert_eq!(s.str().title()?.data(), &Column::from(vec![Some("The End"), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    title Title();
    /// Without white space at both ends.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(" a b\n"), None]))])?.series("x")?;
    /// assert_eq!(s.str().strip()?.data(), &Column::from(vec![Some("a b"), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    strip Strip();
    /// Whether a text stands in it, literally.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("a.b"), Some("acb"), None]))])?.series("x")?;
    /// assert_eq!(s.str().contains("a.")?.data(), &Column::from(vec![Some(true), Some(false), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    contains Contains(part: &str);
    /// Whether it begins so.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("ab"), Some("ba"), None]))])?.series("x")?;
    /// assert_eq!(s.str().starts_with("a")?.data(), &Column::from(vec![Some(true), Some(false), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    starts_with StartsWith(part: &str);
    /// Whether it ends so.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("ab"), Some("ba"), None]))])?.series("x")?;
    /// assert_eq!(s.str().ends_with("a")?.data(), &Column::from(vec![Some(false), Some(true), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    ends_with EndsWith(part: &str);
    /// Where a text first stands in it, from 0; -1 where it does not.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("éa"), Some("b"), None]))])?.series("x")?;
    /// assert_eq!(s.str().find("a")?.data(), &Column::from(vec![Some(1i64), Some(-1), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    find Find(part: &str);
    /// A text replaced by another wherever it stands, literally.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("a.b.c"), None]))])?.series("x")?;
    /// assert_eq!(s.str().replace(".", "-")?.data(), &Column::from(vec![Some("a-b-c"), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    replace Replace(from: &str, to: &str);
    /// The first match of a regular expression: its group 1, or all of it; missing where there is none.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("a12"), Some("b"), None]))])?.series("x")?;
    /// assert_eq!(s.str().extract(r"a(\d+)")?.data(), &Column::from(vec![Some("12"), None, None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    extract Extract(pattern: &str);
    /// Whether a regular expression is found in it.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("a12"), Some("b"), None]))])?.series("x")?;
    /// assert_eq!(s.str().matches(r"\d")?.data(), &Column::from(vec![Some(true), Some(false), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    matches Matches(pattern: &str);
    /// How often a regular expression is found in it.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("a12"), Some("b"), None]))])?.series("x")?;
    /// assert_eq!(s.str().count(r"\d")?.data(), &Column::from(vec![Some(2i64), Some(0), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    count CountMatches(pattern: &str);
    /// Every match of a regular expression replaced; `$1` is its first group.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("a1b22"), None]))])?.series("x")?;
    /// assert_eq!(s.str().replace_matches(r"(\d)", "<$1>")?.data(), &Column::from(vec![Some("a<1>b<2><2>"), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    replace_matches ReplaceMatches(pattern: &str, to: &str);
    /// Filled up to so many characters on a `side` (`left`, `right`, `both`) with a character.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("7"), Some("123"), None]))])?.series("x")?;
    /// assert_eq!(s.str().pad(2, "left", "0")?.data(), &Column::from(vec![Some("07"), Some("123"), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pad Pad(width: i64, side: &str, fill: &str);
    /// The item of a list, or the character of a text, at a position; negative ones count from the end; missing where there is none.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("abc"), Some("a"), None]))])?.series("x")?;
    /// assert_eq!(s.str().get(-2)?.data(), &Column::from(vec![Some("b"), None, None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    get Get(position: i64);
    /// The texts of lists with another between them.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("a b c"), None]))])?.series("x")?;
    /// assert_eq!(s.str().split(None)?.str().join("-")?.data(), &Column::from(vec![Some("a-b-c"), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    join Join(between: &str);
}

impl Texts<'_> {
    /// Lists of its parts, cut at a text, or at runs of white space.
    ///
    /// Empty parts stay where it is cut at a text; of a missing text missing.
    ///
    /// # Errors
    /// Type, for what is no text; invalid, for an empty text to cut at.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("a  b"), None]))])?.series("x")?;
    /// assert_eq!(s.str().split(Some(" "))?.str().len()?.data(), &Column::from(vec![Some(3i64), None]));
    /// assert_eq!(s.str().split(None)?.str().get(1)?.data(), &Column::from(vec![Some("b"), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn split(&self, at: Option<&str>) -> Result<Series> {
        self.0.map(col("x").call_with(Func::Split, at.map(lit)))
    }

    /// The characters from a position to before another, as Python's slices.
    ///
    /// Negative ones count from the end; what lies outside is left out.
    ///
    /// # Errors
    /// Type, for what is no text.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("abcd"), Some("a"), None]))])?.series("x")?;
    /// assert_eq!(s.str().slice(Some(1), Some(-1))?.data(), &Column::from(vec![Some("bc"), Some(""), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn slice(&self, from: Option<i64>, to: Option<i64>) -> Result<Series> {
        self.0.map(col("x").call_with(Func::Slice, [lit(from), lit(to)]))
    }

    /// Followed by another text, row by row, with one between them: `s.str().cat(&other, "-")`. Rows are matched by position.
    ///
    /// Missing where either is.
    ///
    /// # Errors
    /// Type, for what is no text; shape, for another number of rows.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let (s, other) = (DataFrame::new([("x", Column::from(vec![Some("a"), None]))])?.series("x")?, DataFrame::new([("x", Column::from(vec!["x", "y"]))])?.series("x")?);
    /// assert_eq!(s.str().cat(&other, "-")?.data(), &Column::from(vec![Some("a-x"), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn cat(&self, other: &Series, between: &str) -> Result<Series> {
        let frame = crate::DataFrame::new([("x", self.0.data().clone()), ("y", other.data().clone())])?;
        let made = frame.eval(col("x") + lit(between) + col("y"))?;
        Series::new(self.0.name().map(Into::into), made, self.0.index().clone())
    }

    /// All texts in one, with another between them; missing ones are passed over.
    ///
    /// # Errors
    /// Type, for what is no text.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("a"), None, Some("c")]))])?.series("x")?;
    /// assert_eq!(s.str().cat_all(", ")?, "a, c");
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
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
    /// Missing texts stay missing and are no category.
    ///
    /// # Errors
    /// Type, for what is no text.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("b"), None, Some("a")]))])?.series("x")?.str().categories()?;
    /// assert_eq!(s.data().categories()?, ["a", "b"]);
    /// assert_eq!(s.data().codes()?, [Some(1), None, Some(0)]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
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
