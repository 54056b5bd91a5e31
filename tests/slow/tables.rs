//! Verbs of tables.

use super::data::{ROWS, noise, shuffled, tables};
use super::{run, said, same};

/// A number that a command prints, behind a name and blanks, in a table of one row.
fn number(text: &str) -> f64 {
    let last = text.lines().rev().find(|l| !l.trim().is_empty()).unwrap();
    last.split_whitespace().next_back().unwrap().parse().unwrap()
}

#[test]
#[ignore = "slow tier: scripts/check-slow"]
fn rows_one_by_one_finish_in_the_budget() {
    tables();
    same("select a.parquet --where x>0.5 -o OUT.parquet");
    same("select a.parquet --with w=x*2 -o OUT.parquet");
    same("select a.parquet --columns id,s -o OUT.parquet");
    same("concat a.parquet a.parquet -o OUT.parquet");
    same("pipe a.parquet [ sort --by x ] [ select --limit 100 ] -o OUT.csv");
    same("resample a.parquet --freq D --on t --agg x:mean -o OUT.parquet");
}

#[test]
#[ignore = "slow tier: scripts/check-slow"]
fn groups_finish_in_the_budget() {
    tables();
    same("groupby a.parquet --by k --agg x:mean,sum,std,median -o OUT.parquet");
    same("groupby a.parquet --by id --agg x:mean,sum -o OUT.parquet");
    same("groupby a.parquet --by s --agg x:max,t:first -o OUT.parquet");
    same("groupby a.parquet --by g --agg x:mean,std,t:min --no-sort -o OUT.parquet");
    same("counts a.parquet --by g -o OUT.parquet");
    for (by, what) in [("k", "anomaly"), ("g", "rank"), ("k", "cumsum"), ("g", "standardize"), ("k", "rank"), ("s", "fill_mean")] {
        same(&format!("groupby a.parquet --by {by} --transform {what} -o OUT.parquet"));
    }
    same("melt a.parquet --id id,s --value x,k -o OUT.parquet");
    // Every other number stands twice: of each group the sum of two rows is known.
    let found = said("pipe a.parquet [ groupby --by g --agg n=k:count ] [ reduce --agg n:sum,max ]");
    assert!(found.contains(&ROWS.to_string()), "{found}");
}

#[test]
#[ignore = "slow tier: scripts/check-slow"]
fn distinct_and_sorted_rows_finish_in_the_budget() {
    tables();
    same("select a.parquet --distinct=g -o OUT.parquet");
    same("select a.parquet --distinct -o OUT.parquet");
    same("select a.parquet --distinct=k -o OUT.parquet");
    same("sort a.parquet --by x,id -o OUT.parquet");
    same("sort a.parquet --by -s -o OUT.parquet");
    assert_eq!(number(&said("pipe a.parquet [ select --distinct=g ] [ reduce --agg g:count ]")), (ROWS / 2 + 1) as f64);
}

#[test]
#[ignore = "slow tier: scripts/check-slow"]
fn joins_finish_in_the_budget() {
    tables();
    for how in ["inner", "left", "right", "outer", "semi", "anti"] {
        same(&format!("join a.parquet b.parquet --on id --how {how} -o OUT.parquet"));
    }
    same("join a.parquet b.parquet --asof t -o OUT.parquet");
    same("join a.parquet b.parquet --asof t --left-on k --right-on h --direction nearest -o OUT.parquet");
    // Numbers of the right table begin at a quarter of the rows.
    let both = ROWS - ROWS / 4;
    let out = run(&"join a.parquet b.parquet --on id -o both.parquet --overwrite".split(' ').collect::<Vec<_>>(), true);
    assert!(out.status.success());
    assert_eq!(number(&said("reduce both.parquet --agg y:count")), both as f64);
    // The sum over the pairs, from the formulas.
    let mut place = vec![0u32; ROWS as usize];
    (0..ROWS).for_each(|r| place[shuffled(r, 40_503) as usize] = r as u32);
    let pair = |id: u64| noise(place[(id - ROWS / 4) as usize] as u64, 2);
    let mut of_left = vec![0u32; ROWS as usize];
    (0..ROWS).for_each(|r| of_left[shuffled(r, 2_654_435) as usize] = r as u32);
    let expected: f64 = (ROWS / 4..ROWS).map(|id| pair(id) * noise(of_left[id as usize] as u64, 1)).sum();
    let found = number(&said("reduce both.parquet --agg p=sum(x*y)"));
    assert!((found - expected).abs() < 1e-5 * expected, "{found} {expected}");
}

/// A key of nearly all rows: no parting makes them fit.
#[test]
#[ignore = "slow tier: scripts/check-slow"]
fn skewed_keys_finish_in_the_budget() {
    tables();
    // All rows have one key but those of which the number is a multiple of a million; the other side has that key in one row (of three), or in all.
    let one = "--with one=if(id%1000000==0,id,-1) --overwrite";
    said(&format!("select a.parquet {one} -o skewed.parquet"));
    said(&format!("select b.parquet {one} -o other.parquet"));
    said("select other.parquet --where (id-1300001.0)*(id-2000000)*(id-5000000)==0 -o little.parquet --overwrite");
    for how in ["inner", "left", "right", "outer"] {
        same(&format!("join skewed.parquet little.parquet --on one --how {how} -o OUT.parquet"));
    }
    same("join little.parquet skewed.parquet --on one --how outer -o OUT.parquet");
    for how in ["semi", "anti"] {
        same(&format!("join skewed.parquet other.parquet --on one --how {how} -o OUT.parquet"));
    }
    same("join skewed.parquet other.parquet --asof t --by one -o OUT.parquet");
    same("groupby skewed.parquet --by one --agg x:mean,std,max,s:count -o OUT.parquet");
    same("groupby skewed.parquet --by one --agg s:nunique,x:median -o OUT.parquet");
    same("groupby skewed.parquet --by one --agg s:mode,max,last,id:nunique,x:q0.9,nunique -o OUT.parquet");
    for what in ["anomaly", "standardize", "rank", "cumsum", "fill_mean"] {
        same(&format!("groupby skewed.parquet --by one --transform {what} -o OUT.parquet"));
    }
    same("sort skewed.parquet --by one,-x -o OUT.parquet");
}

/// Between every two formats of tables.
#[test]
#[ignore = "slow tier: scripts/check-slow"]
fn tables_are_converted_in_the_budget() {
    tables();
    let endings = ["csv", "jsonl", "json", "arrow", "parquet"];
    for from in endings {
        said(&format!("convert a.parquet from.{from} --overwrite"));
        for to in endings {
            same(&format!("convert from.{from} OUT.{to}"));
        }
        std::fs::remove_file(super::folder().join(format!("from.{from}"))).unwrap();
    }
    same("convert a.parquet OUT.tsv");
    same("convert a.parquet OUT.csv.gz");
}

#[test]
#[ignore = "slow tier: scripts/check-slow"]
fn windows_finish_in_the_budget() {
    tables();
    same("rolling a.parquet --window 100 --agg x:mean,median -o OUT.parquet");
    same("rolling a.parquet --window 2h --on t --agg x:mean,std -o OUT.parquet");
    same("rolling a.parquet --window 31 --center --agg x:max -o OUT.parquet");
}

/// Long and short gaps of every type, and functions of the order of rows near and far, alone and in each other.
#[test]
#[ignore = "slow tier: scripts/check-slow"]
fn verbs_along_the_rows_finish_in_the_budget() {
    tables();
    let gap = |c: &str| format!("--with {c}=if(k==3,if(t<datetime('2001-01-20'),{c},if(t>datetime('2001-02-10'),{c},missing)),missing)");
    said(&format!("select a.parquet {} {} {} -o gaps.parquet --overwrite", gap("x"), gap("s"), gap("g")));
    for how in
        ["--ffill", "--bfill", "--ffill --limit 3", "--bfill --limit 3000000", "--interpolate linear", "--interpolate nearest --limit 4"]
    {
        same(&format!("missing gaps.parquet {how} -o OUT.parquet"));
    }
    same("missing gaps.parquet --interpolate time --on t -o OUT.parquet");
    same("missing gaps.parquet --bfill --columns s,g -o OUT.parquet");
    for values in [
        "cumsum(x)",
        "x-shift(x,1)",
        "shift(s,-2)",
        "shift(s,1500000)",
        "cummax(x-mean(x))",
        "rank(x)",
        "shift(cumsum(x),-1000000)",
        "rank(s)",
    ] {
        same(&format!("select gaps.parquet --with y={values} -o OUT.parquet"));
    }
    same("select a.parquet --where x>shift(x,1) -o OUT.parquet");
    // Whole numbers add up to what the formula says.
    let n = ROWS - 1;
    let found = said("pipe a.parquet [ select --with y=cumsum(id) ] [ reduce --agg y:last ]");
    assert_eq!(number(&found), (n * (n + 1) / 2) as f64, "{found}");
}

#[test]
#[ignore = "slow tier: scripts/check-slow"]
fn summaries_finish_in_the_budget() {
    tables();
    let found = same("summary a.parquet --json");
    assert!(found.contains(&ROWS.to_string()), "{found}");
    same("reduce a.parquet --agg x:mean,median,q=id:nunique");
}
