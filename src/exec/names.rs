//! Verbs that are called after an operator or an aggregate: the names once, for tables in memory and for plans. Each list is handed to the
//! macro that makes the methods: a name, the operator or aggregate, what it is, and what the example in its documentation gives.

/// Operators of values, with what 7 and a missing value give with 2.
macro_rules! of_operators {
    ($verbs:ident) => {
        $verbs! {
            add Add "The sum." "vec![Some(9i64), None]";
            sub Sub "The difference." "vec![Some(5i64), None]";
            mul Mul "The product." "vec![Some(14i64), None]";
            div Div "The quotient, always a float." "vec![Some(3.5), None]";
            floordiv FloorDiv "The quotient rounded down; by integer zero missing." "vec![Some(3i64), None]";
            rem Mod "The remainder with the sign of the divisor; by integer zero missing." "vec![Some(1i64), None]";
            pow Pow "The power." "vec![Some(49i64), None]";
            lt Lt "Whether values are less; of missing ones missing." "vec![Some(false), None]";
            le Le "Whether values are less or equal; of missing ones missing." "vec![Some(false), None]";
            gt Gt "Whether values are greater; of missing ones missing." "vec![Some(true), None]";
            ge Ge "Whether values are greater or equal; of missing ones missing." "vec![Some(true), None]";
            equal Eq "Whether values are equal; of missing ones missing." "vec![Some(false), None]";
            not_equal Ne "Whether values differ; of missing ones missing." "vec![Some(true), None]";
        }
    };
}

/// Aggregates of groups, with what 2, 2, 2, 6 and a missing value in another group give.
macro_rules! of_groups {
    ($verbs:ident) => {
        $verbs! {
            count Count "How many values are there." "vec![4i64, 0]";
            sum Sum "The sum." "vec![12.0, 0.0]";
            mean Mean "The mean." "vec![Some(3.0), None]";
            std Std "The standard deviation (ddof 1)." "vec![Some(2.0), None]";
            var Var "The variance (ddof 1)." "vec![Some(4.0), None]";
            sem Sem "The standard error of the mean (ddof 1)." "vec![Some(1.0), None]";
            min Min "The smallest value." "vec![Some(2.0), None]";
            max Max "The largest value." "vec![Some(6.0), None]";
            median Median "The middle value." "vec![Some(2.0), None]";
            first First "The first value that is there." "vec![Some(2.0), None]";
            last Last "The last value that is there." "vec![Some(6.0), None]";
            nunique Nunique "How many different values." "vec![2i64, 0]";
            any Any "Whether any is true." "vec![true, false]";
            all All "Whether all are true." "vec![true, true]";
            prod Prod "The product." "vec![48.0, 1.0]";
            skew Skew "The skewness." "vec![Some(2.0), None]";
            kurt Kurt "The excess kurtosis." "vec![Some(4.0), None]";
        }
    };
}

/// Aggregates of windows of four rows in groups, with what 2, 9, 2, 2, 6 give where the 9 stands alone.
macro_rules! of_windows {
    ($verbs:ident) => {
        $verbs! {
            count Count "How many values are there, as i64." "[None, None, None, Some(4i64), None]";
            sum Sum "The sum." "[None, None, None, Some(12.0), None]";
            mean Mean "The mean." "[None, None, None, Some(3.0), None]";
            std Std "The standard deviation (ddof 1)." "[None, None, None, Some(2.0), None]";
            var Var "The variance (ddof 1)." "[None, None, None, Some(4.0), None]";
            min Min "The smallest." "[None, None, None, Some(2.0), None]";
            max Max "The largest." "[None, None, None, Some(6.0), None]";
            median Median "The middle value." "[None, None, None, Some(2.0), None]";
            skew Skew "The skewness." "[None, None, None, Some(2.0), None]";
            kurt Kurt "The excess kurtosis." "[None, None, None, Some(4.0), None]";
        }
    };
}

/// Aggregates of bins of time, with what 1, 2, 3 in one bin and 4 in the next give.
macro_rules! of_bins {
    ($verbs:ident) => {
        $verbs! {
            count Count "How many values are there." "3i64, 1";
            sum Sum "The sum." "6i64, 4";
            mean Mean "The mean." "2.0, 4.0";
            std Std "The standard deviation (ddof 1)." "Some(1.0), None";
            var Var "The variance (ddof 1)." "Some(1.0), None";
            min Min "The smallest value." "1i64, 4";
            max Max "The largest value." "3i64, 4";
            median Median "The middle value." "2.0, 4.0";
            first First "The first value that is there." "1i64, 4";
            last Last "The last value that is there." "3i64, 4";
            nunique Nunique "How many different values." "3i64, 1";
            prod Prod "The product." "6i64, 4";
        }
    };
}

pub(in crate::exec) use {of_bins, of_groups, of_operators, of_windows};
