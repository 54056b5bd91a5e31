//! The functions of the expression language: one table for parser, help and evaluation.

use crate::error::{Error, Result};
use crate::kernel::agg::Agg;

macro_rules! functions {
    ($($kind:ident $name:literal $least:literal $most:literal $doc:literal;)*) => {
        /// A function of the expression language, other than an aggregation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Func { $( #[doc = $doc] $kind, )* }

        impl Func {
            /// Every function: name, fewest and most arguments, what it gives.
            pub const ALL: &'static [(Func, &'static str, usize, usize, &'static str)] =
                &[ $( (Func::$kind, $name, $least, $most, $doc), )* ];
        }
    };
}

functions! {
    Abs "abs" 1 1 "the magnitude";
    Sqrt "sqrt" 1 1 "the square root; of negative numbers missing";
    Exp "exp" 1 1 "e to the power";
    Log "log" 1 1 "the natural logarithm";
    Log10 "log10" 1 1 "the logarithm to base 10";
    Sin "sin" 1 1 "the sine of radians";
    Cos "cos" 1 1 "the cosine of radians";
    Tan "tan" 1 1 "the tangent of radians";
    Asin "asin" 1 1 "the angle of a sine, in radians";
    Acos "acos" 1 1 "the angle of a cosine, in radians";
    Atan "atan" 1 1 "the angle of a tangent, in radians";
    Atan2 "atan2" 2 2 "the angle of the point (x, y) given as y, x, in radians";
    Floor "floor" 1 1 "the next whole number below";
    Ceil "ceil" 1 1 "the next whole number above";
    Round "round" 1 2 "rounded to so many decimals, half to even";
    Clip "clip" 3 3 "x, but at least the second and at most the third";
    Cut "cut" 3 255 "the bin (a, b] that it lies in, of bins between the numbers that follow";
    Least "least" 1 255 "the smallest, missing skipped";
    Greatest "greatest" 1 255 "the largest, missing skipped";
    IsMissing "is_missing" 1 1 "whether it is missing or NaN";
    IsNan "is_nan" 1 1 "whether it is NaN; of missing false";
    Fill "fill" 2 2 "x, or the second where x is missing";
    If "if" 3 3 "the second where the first is true, else the third";
    ConvertUnits "convert_units" 2 2 "in other units";
    Len "len" 1 1 "how many characters";
    Lower "lower" 1 1 "in small letters";
    Upper "upper" 1 1 "in capital letters";
    Strip "strip" 1 1 "without white space at both ends";
    Contains "contains" 2 2 "whether the second stands in it, literally";
    StartsWith "starts_with" 2 2 "whether it begins so";
    EndsWith "ends_with" 2 2 "whether it ends so";
    Replace "replace" 3 3 "every second argument replaced by the third, literally";
    Slice "slice" 2 3 "characters i up to j, as Python's slices";
    Extract "extract" 2 2 "what a regular expression matches: group 1, or all of it";
    Title "title" 1 1 "with a capital letter at the start of each word";
    Pad "pad" 2 4 "filled up to so many characters, on the 'left' (or 'right', 'both'), with blanks or a character";
    Find "find" 2 2 "where the second first stands in it, from 0; -1 where it does not";
    Split "split" 1 2 "a list of its parts, cut at the second or at white space";
    Get "get" 2 2 "an item of a list, or a character of a text, from 0 or (negative) from the end";
    Join "join" 2 2 "the texts of a list with the second between them";
    Matches "matches" 2 2 "whether a regular expression is found in it";
    CountMatches "count_matches" 2 2 "how often a regular expression is found in it";
    ReplaceMatches "replace_matches" 3 3 "every match of a regular expression replaced; $1 is its first group";
    Int "int" 1 1 "as i64, cut off towards zero";
    Float "float" 1 1 "as f64";
    Str "str" 1 1 "as text";
    Date "date" 1 1 "as a date";
    Datetime "datetime" 1 1 "as a date and time";
    Shift "shift" 1 3 "the row before, or n rows before";
    Diff "diff" 1 3 "less the row before";
    Cumsum "cumsum" 1 2 "the sum so far";
    Cumprod "cumprod" 1 2 "the product so far";
    Cummin "cummin" 1 2 "the smallest so far";
    Cummax "cummax" 1 2 "the largest so far";
    Rank "rank" 1 2 "the average rank, from 1";
    Corr "corr" 2 255 "the correlation of two columns";
    Cov "cov" 2 255 "the covariance of two columns";
}

impl Func {
    /// Its name.
    pub fn name(self) -> &'static str {
        Func::ALL.iter().find(|f| f.0 == self).map_or("", |f| f.1)
    }

    /// The function of this name.
    pub fn of_name(name: &str) -> Option<Func> {
        Func::ALL.iter().find(|f| f.1 == name).map(|f| f.0)
    }

    /// Whether it needs the order of rows, or of positions along a dim.
    pub fn is_ordered(self) -> bool {
        use Func::{Cummax, Cummin, Cumprod, Cumsum, Diff, Rank, Shift};
        matches!(self, Shift | Diff | Cumsum | Cumprod | Cummin | Cummax | Rank)
    }

    /// Fewest and most arguments.
    pub fn arity(self) -> (usize, usize) {
        Func::ALL.iter().find(|f| f.0 == self).map_or((0, 0), |f| (f.2, f.3))
    }
}

/// What is not a function or aggregation: the error, with the nearest name.
pub(super) fn unknown(name: &str) -> Error {
    let names = Func::ALL.iter().map(|f| f.1).chain(Agg::ALL.iter().map(|a| a.1));
    Error::not_found("function", name, names)
}

/// Refuses a wrong number of arguments.
pub(super) fn check_arity(name: &str, given: usize, least: usize, most: usize) -> Result<()> {
    if (least..=most).contains(&given) {
        return Ok(());
    }
    let wanted = match (least, most) {
        (1, 1) => "1 argument".to_string(),
        (a, b) if a == b => format!("{a} arguments"),
        (a, 255) => format!("at least {a} argument"),
        (a, b) => format!("{a} to {b} arguments"),
    };
    Err(Error::invalid(format!("{name:?} takes {wanted}, {given} given")))
}

/// A part of a date or time, as in `time.month`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum TimePart {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    DayOfYear,
    Weekday,
    Quarter,
    Season,
    Date,
    Microsecond,
    Week,
    DaysInMonth,
    DayName,
    MonthName,
}

impl TimePart {
    /// Every part with its name.
    pub const ALL: [(TimePart, &'static str); 16] = [
        (TimePart::Year, "year"),
        (TimePart::Month, "month"),
        (TimePart::Day, "day"),
        (TimePart::Hour, "hour"),
        (TimePart::Minute, "minute"),
        (TimePart::Second, "second"),
        (TimePart::DayOfYear, "dayofyear"),
        (TimePart::Weekday, "weekday"),
        (TimePart::Quarter, "quarter"),
        (TimePart::Season, "season"),
        (TimePart::Date, "date"),
        (TimePart::Microsecond, "microsecond"),
        (TimePart::Week, "week"),
        (TimePart::DaysInMonth, "days_in_month"),
        (TimePart::DayName, "day_name"),
        (TimePart::MonthName, "month_name"),
    ];

    /// The part of this name.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    pub fn parse(name: &str) -> Result<TimePart> {
        let found = TimePart::ALL.iter().find(|p| p.1 == name);
        found.map(|p| p.0).ok_or_else(|| Error::not_found("time part", name, TimePart::ALL.iter().map(|p| p.1)))
    }
}
