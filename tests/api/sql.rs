//! Queries: what is refused, and how; and the command.

use hpda_data::exec::ExecOptions;
use hpda_data::sql::sql;
use hpda_data::{Column, DataFrame, ErrorKind, Scalar, read_csv};
use proptest::prelude::*;

fn refused(query: &str) -> (ErrorKind, String, String) {
    let people = read_csv("data/passengers.csv").unwrap().lazy().unwrap();
    let t = DataFrame::new([("x", Column::from(vec![1i64, 2])), ("Age", vec![1.0, 2.0].into())]).unwrap().lazy().unwrap();
    let exec = ExecOptions::default();
    let e = sql(query, [("people", people), ("t", t)], &exec).and_then(|rows| rows.collect(&exec)).unwrap_err();
    (e.kind(), e.message().to_string(), e.remedy().unwrap_or_default().to_string())
}

#[test]
fn query_that_cannot_be_run_says_why_and_what_to_do() {
    for (query, kind, message, help) in [
        ("SELECT Aeg FROM people", ErrorKind::NotFound, "column \"Aeg\" does not exist", "did you mean \"Age\"?"),
        ("SELECT * FROM peple", ErrorKind::NotFound, "table \"peple\" does not exist", "did you mean \"people\"?"),
        ("SELECT q.Age FROM people p", ErrorKind::NotFound, "table \"q\" does not exist", "\"p\""),
        ("SELECT Age FROM people, t", ErrorKind::Invalid, "column \"Age\" is in several tables", "people.Age or t.Age"),
        ("SELECT avgg(Age) FROM people", ErrorKind::NotFound, "function \"avgg\" does not exist", "did you mean \"avg\"?"),
        ("SELECT Name, count(*) FROM people", ErrorKind::Invalid, "column \"Name\" stands outside an aggregate", "GROUP BY Name"),
        ("SELECT * FROM people GROUP BY Sex", ErrorKind::Invalid, "* stands beside aggregates or groups", "name the columns"),
        ("SELECT Age FROM people WHERE avg(Age) > 3", ErrorKind::Invalid, "\"avg\" stands where each row has one value", "HAVING"),
        ("SELECT Age FROM people WHERE Age = NULL", ErrorKind::Invalid, "nothing is equal to NULL, larger or smaller", "IS NULL"),
        ("SELECT 1 UNION SELECT 2", ErrorKind::Unsupported, "UNION in a query", "concat"),
        ("SELECT sum(Age) OVER () FROM people", ErrorKind::Unsupported, "OVER in a query", "rolling"),
        ("SELECT Age, FROM people", ErrorKind::Parse, "a value was expected, and \"FROM\" stands at character 13", "double quotes"),
        ("SELECT Age AND FROM people", ErrorKind::Parse, "a value was expected, and \"FROM\" stands at character 16", "double quotes"),
        ("SELECT (Age\n  + 'é' FROM people", ErrorKind::Parse, "no closing ) for the one at character 8", ""),
        ("SELECT (Age\n  + 'é' 3) FROM people", ErrorKind::Parse, "`)` was expected, and 3 stands at character 21", ""),
        ("SELECT Age) FROM people", ErrorKind::Parse, "no opening ( for the ) at character 11", ""),
        ("SELECT CASE Age WHEN 1 END FROM people", ErrorKind::Parse, "THEN was expected, and \"END\" stands at character 24", ""),
        ("SELECT Age FROM people WHERE", ErrorKind::Parse, "a value was expected, and the end stands at character 29", ""),
        ("SELECT 1; SELECT 2", ErrorKind::Parse, "the end was expected, and \"SELECT\" stands at character 11", "one query"),
        ("SELECT Age[1] FROM people", ErrorKind::Parse, "\"[\" has no meaning at character 11", ""),
        ("SELECT 12ab FROM people", ErrorKind::Parse, "no number that can be read at character 8", ""),
        ("SELECT 18446744073709551616", ErrorKind::Parse, "no number that can be read at character 8", ""),
        ("SELECT Age 'years' FROM people", ErrorKind::Parse, "a name was expected, and the text \"years\" stands", "double quotes"),
        ("SELECT Age FROM people JOIN t", ErrorKind::Parse, "ON or USING was expected behind JOIN t", "CROSS JOIN"),
        ("SELECT 1 /* one", ErrorKind::Parse, "no end of the comment at the end", ""),
        ("", ErrorKind::Parse, "SELECT was expected, and the end stands at character 1", ""),
        ("SELECT FROM people", ErrorKind::Parse, "a value was expected, and \"FROM\" stands at character 8", "double quotes"),
        ("SELECT 'a FROM people", ErrorKind::Parse, "no closing ' for the one at character 8", ""),
        ("SELECT Age FROM people LIMIT x", ErrorKind::Parse, "a whole number was expected, and \"x\" stands at character 30", ""),
        ("DELETE FROM people", ErrorKind::Parse, "SELECT was expected, and \"DELETE\" stands at character 1", ""),
        ("SELECT Age FROM people ORDER BY 2", ErrorKind::Invalid, "ORDER BY has a number beyond the columns of the result", ""),
        ("SELECT cast(Age AS blob) FROM people", ErrorKind::NotFound, "type \"blob\" does not exist", "bigint"),
        ("SELECT a.x FROM t a LEFT JOIN t b ON a.x < b.x", ErrorKind::Unsupported, "a left join on more than equal columns", "FROM first"),
        ("SELECT 1 FROM t JOIN t ON true", ErrorKind::Invalid, "two tables are called \"t\"", "AS name"),
        (
            "SELECT x FROM t WHERE NOT x IN (SELECT x FROM t)",
            ErrorKind::Unsupported,
            "IN (SELECT ...) inside another condition",
            "SEMI JOIN",
        ),
        ("SELECT lower(x, x) FROM t", ErrorKind::Invalid, "\"lower\" takes 1 argument, 2 given", ""),
    ] {
        let found = refused(query);
        assert_eq!((found.0, found.1.as_str()), (kind, message), "{query}");
        assert!(found.2.contains(help), "{query}: {}", found.2);
    }
}

#[test]
fn clause_that_is_no_part_of_the_language_is_refused_by_its_name() {
    let mut wrong = Vec::new();
    for (query, name) in [
        ("SELECT Age FROM people INTERSECT SELECT Age FROM people", "INTERSECT"),
        ("SELECT Age FROM people EXCEPT SELECT Age FROM people", "EXCEPT"),
        ("SELECT Age FROM people QUALIFY Age > 3", "QUALIFY"),
        ("SELECT Age FROM people WINDOW w AS (PARTITION BY Sex)", "WINDOW"),
        ("SELECT TOP 3 Age FROM people", "TOP"),
        ("SELECT Age FROM people FETCH FIRST 3 ROWS ONLY", "FETCH"),
        ("SELECT Age FROM people FOR UPDATE", "FOR"),
        ("SELECT DISTINCT ON (Sex) Age FROM people", "DISTINCT ON"),
        ("SELECT Age INTO u FROM people", "INTO"),
        ("SELECT Sex FROM people GROUP BY ALL", "GROUP BY ALL"),
        ("SELECT Sex FROM people GROUP BY ROLLUP (Sex)", "ROLLUP"),
        ("SELECT Sex FROM people GROUP BY CUBE (Sex)", "CUBE"),
        ("SELECT Sex FROM people GROUP BY GROUPING SETS ((Sex), ())", "GROUPING SETS"),
        ("SELECT Age FROM people ORDER BY Age NULLS FIRST", "NULLS FIRST"),
        ("SELECT * EXCLUDE (Age) FROM people", "* EXCLUDE"),
        ("SELECT * REPLACE (1 AS Age) FROM people", "* REPLACE"),
        ("SELECT x FROM t, LATERAL (SELECT 1)", "LATERAL"),
        ("SELECT x FROM t NATURAL JOIN people", "NATURAL"),
        ("SELECT x FROM t ASOF JOIN people MATCH_CONDITION (t.x > people.Age) ON t.x = people.Age", "AS OF"),
        ("SELECT x FROM t RIGHT SEMI JOIN people ON t.x = people.Age", "RIGHT SEMI"),
        ("SELECT x FROM t TABLESAMPLE (3 ROWS)", "TABLESAMPLE"),
        ("SELECT x FROM (t JOIN people ON t.x = people.Age)", "JOIN in brackets"),
        ("SELECT x FROM t PIVOT (sum(x) FOR Age IN (1, 2))", "PIVOT"),
        ("SELECT x FROM t AS u(y)", "names of columns behind that of a table"),
        ("SELECT x FROM read_csv('a.csv')", "a function as a table"),
        ("SELECT x FROM a.t", "the name a.t of several parts"),
        ("SELECT x FROM UNNEST(3)", "a function as a table"),
        ("WITH RECURSIVE a AS (SELECT 1) SELECT * FROM a", "WITH RECURSIVE"),
        ("WITH a AS (INSERT INTO t VALUES (1)) SELECT * FROM a", "INSERT"),
        ("SELECT * FROM (VALUES (1, 2)) AS v", "VALUES"),
        ("SELECT x FROM t WHERE EXISTS (SELECT 1)", "EXISTS"),
        ("SELECT (SELECT 1)", "a query as a value"),
        ("SELECT (x, Age) FROM t", "a row of several values"),
        ("SELECT x FROM t WHERE x > ALL (SELECT 1)", "ALL"),
        ("SELECT x FROM t WHERE x = ANY (SELECT 1)", "ANY"),
        ("SELECT x LIKE 'a' ESCAPE '!' FROM t", "ESCAPE"),
        ("SELECT x SIMILAR TO 'a' FROM t", "SIMILAR TO"),
        ("SELECT x IS DISTINCT FROM 3 FROM t", "IS DISTINCT FROM"),
        ("SELECT x DIV 3 FROM t", "the operator DIV"),
        ("SELECT INTERVAL '1' DAY", "INTERVAL"),
        ("SELECT x AT TIME ZONE 'UTC' FROM t", "AT TIME ZONE"),
        ("SELECT x COLLATE c FROM t", "COLLATE"),
        ("SELECT try_cast(x AS double) FROM t", "TRY_CAST"),
        ("SELECT first(x ORDER BY Age) FROM t", "ORDER BY Age inside brackets"),
        ("SELECT mode() WITHIN GROUP (ORDER BY x) FROM t", "WITHIN GROUP"),
        ("SELECT first(x) IGNORE NULLS FROM t", "IGNORE NULLS"),
        ("SELECT count(DISTINCT *) FROM t", "* beside other words in brackets"),
        ("SELECT trim(LEADING 'a' FROM 'ab')", "TRIM of a side or of letters"),
        ("SELECT floor(x TO day) FROM t", "floor TO"),
    ] {
        let found = refused(query);
        if (found.0, &found.1) != (ErrorKind::Unsupported, &format!("{name} in a query")) {
            wrong.push(format!("{query}: {}", found.1));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn query_is_read_as_duckdb_reads_it() {
    let exec = ExecOptions::default();
    // What duckdb says of each (version 1.4).
    for (query, value) in [
        ("SELECT 'a' || 1 + 2", Scalar::from("a3")),
        ("SELECT true = 'a' LIKE 'a'", true.into()),
        ("SELECT 'b' LIKE 'a' = false", true.into()),
        ("SELECT false = 1 IN (2)", true.into()),
        ("SELECT true = 1 BETWEEN 0 AND 2", true.into()),
        ("SELECT NOT 1 = 2 IS NULL", true.into()),
        ("SELECT -2::double", (-2.0).into()),
        ("SELECT -9223372036854775808", i64::MIN.into()),
        ("SELECT 18446744073709551615", u64::MAX.into()),
        ("SELECT 5. + .5e1", 10.0.into()),
        ("SELECT substring('abc' FROM 2 FOR 1)", "b".into()),
        ("SELECT position('b' IN 'abc')", 2i64.into()),
        ("SELECT 1 AS interval", 1i64.into()),
        ("SELECT \"count\"(1)", 1i64.into()),
        ("SELECT extract(doy FROM DATE '2024-02-01')", 32i64.into()),
        ("SELECT 'a''b' -- no ; comment", "a'b".into()),
    ] {
        let found = sql::<&str>(query, [], &exec).and_then(|rows| rows.collect(&exec)).unwrap_or_else(|e| panic!("{query}\n{e}"));
        let found = found.columns()[0].scalar(0);
        assert!(found == value || found.as_f64().is_some() && found.as_f64() == value.as_f64(), "{query}: {found} instead of {value}");
    }
    let names = DataFrame::new(
        ["interval", "date", "cast", "position", "trim", "year", "start", "struct", "sort", "values"].map(|n| (n, vec![1i64].into())),
    );
    let names = names.unwrap().lazy().unwrap();
    let all = "SELECT interval, date, cast, position, trim, year, start, struct, sort, values FROM t WHERE date + interval > cast - 1";
    let found = sql(all, [("t", names)], &exec).and_then(|rows| rows.collect(&exec)).unwrap();
    assert_eq!((found.width(), found.height()), (10, 1));
    let texts = "SELECT  1 +  2, (1+2), - ( 3 ), count( * ) , CASE WHEN true THEN 1 END, 'a,b', round(1.5, 0) AS r, extract(year FROM DATE '2024-01-01')";
    let found = sql::<&str>(texts, [], &exec).and_then(|rows| rows.collect(&exec)).unwrap();
    let want =
        ["1 + 2", "(1+2)", "- ( 3 )", "count( * )", "CASE WHEN true THEN 1 END", "'a,b'", "r", "extract(year FROM DATE '2024-01-01')"];
    assert_eq!(found.names(), want);
}

#[test]
fn query_of_any_length_or_depth_is_read_or_refused() {
    let deep = format!("SELECT {}1{} FROM t", "(".repeat(500), ")".repeat(500));
    assert!(refused(&deep).1.starts_with("more than 60 brackets inside each other"));
    let long = format!("SELECT {}1 FROM t", "1 + ".repeat(5000));
    assert!(refused(&long).1.starts_with("a query of more than 4000 words"));
    let many = format!("SELECT {}1 FROM t", "x + ".repeat(300));
    assert!(refused(&many).1.starts_with("more than 200 operators at character"));
    let most = format!("SELECT {}1 AS y FROM t WHERE {}x > 3", "x + ".repeat(100), "x > 9 OR ".repeat(40));
    assert!(
        sql(&most, [("t", DataFrame::new([("x", Column::from(vec![1i64]))]).unwrap().lazy().unwrap())], &ExecOptions::default()).is_ok()
    );
    for repeated in ["x BETWEEN 1 AND 2", "x % 3", "nullif(x, 3)"] {
        let mut query = String::from("x");
        for _ in 0..30 {
            query = repeated.replacen('x', &query, 1);
        }
        let found = refused(&format!("SELECT {query} FROM t"));
        assert!(found.2.contains("WITH") || found.0 == ErrorKind::Type, "{found:?}");
    }
}

#[test]
fn query_as_large_as_may_be_needs_no_deep_stack() {
    let nested = |open: &str, inner: &str, close: &str, n: usize| format!("{}{inner}{}", open.repeat(n), close.repeat(n));
    let queries = [
        format!("SELECT {}", nested("(x + ", "x", ")", 59)),
        format!("SELECT {}", nested("abs(", "x", ")", 60)),
        format!("SELECT {}", nested("cast(", "x", " AS double)", 60)),
        format!("SELECT {}", nested("CASE WHEN x THEN ", "x", " END", 100)),
        format!("SELECT {}", nested("CASE x WHEN ", "x", " THEN 1 END", 199)),
        format!("SELECT {}x", "NOT ".repeat(3900)),
        format!("SELECT {}x", "- ".repeat(3900)),
        format!("SELECT {}x", "CASE ".repeat(3900)),
        format!("SELECT {}x", "interval ".repeat(3900)),
        format!("SELECT x::{}x", "array<".repeat(190)),
        format!("SELECT {}", nested("x BETWEEN (", "x", ") AND x", 59)),
        format!("SELECT x{}", "::a".repeat(1900)),
        format!("SELECT x{}", "::text".repeat(199)),
        format!("SELECT x{}", " IS NULL".repeat(1300)),
        format!("SELECT x{}", " IS NULL".repeat(199)),
        format!("SELECT x{}", " + x".repeat(199)),
        format!("SELECT x{}", " AT TIME ZONE 'a'".repeat(990)),
        format!("SELECT x{}", " COLLATE a".repeat(1900)),
        format!("SELECT x{}", " DIV x".repeat(1900)),
        format!("SELECT x{}", ".x".repeat(1900)),
        format!("SELECT x{}", " x".repeat(3900)),
        format!("SELECT x{}", ",x".repeat(1900)),
        format!("SELECT x FROM t{}", " JOIN t".repeat(1900)),
        format!("SELECT x FROM t{}", ",t".repeat(1900)),
        format!("SELECT x FROM {}", nested("(", "t", ")", 60)),
        format!("SELECT x FROM {}", nested("(SELECT x FROM ", "t", ")", 60)),
        format!("SELECT x FROM {}", nested("(t JOIN ", "t", ")", 60)),
        format!("SELECT x FROM t WHERE {}", nested("x IN (SELECT x FROM t WHERE ", "x > 0", ")", 60)),
        format!("SELECT 1{}", " UNION SELECT 1".repeat(1300)),
        format!("SELECT 1{}", " UNION SELECT 1".repeat(199)),
        format!("{}SELECT 1{}", "WITH a AS (".repeat(60), ") SELECT x FROM a".repeat(60)),
    ];
    for query in queries {
        let t = DataFrame::new([("x", Column::from(vec![1i64]))]).unwrap().lazy().unwrap();
        let _ = sql(&query, [("t", t)], &ExecOptions::default());
    }
}

#[test]
fn text_that_is_no_query_is_an_error_and_never_a_fault() {
    let query = "SELECT a.\"x\", count(*) AS n, CASE WHEN x > 1.5e3 THEN 'é''s' END FROM t AS a JOIN (SELECT 1 AS y) b ON a.x = b.y WHERE x IN (1, 2) ORDER BY 1";
    let exec = ExecOptions::default();
    let t = DataFrame::new([("x", Column::from(vec![1i64, 2]))]).unwrap().lazy().unwrap();
    let letters: Vec<char> = query.chars().collect();
    for i in 0..letters.len() {
        let without: String = letters.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, c)| c).collect();
        let short: String = letters[..i].iter().collect();
        let other: String = letters.iter().enumerate().map(|(j, c)| if i == j { '(' } else { *c }).collect();
        for text in [without, short, other] {
            let _ = sql(&text, [("t", t.clone())], &exec);
        }
    }
}

/// Words of queries, and some that are none.
const WORDS: &str = "SELECT FROM WHERE GROUP BY HAVING ORDER LIMIT OFFSET WITH RECURSIVE AS ON USING JOIN LEFT RIGHT FULL OUTER CROSS SEMI ANTI \
    NATURAL UNION ALL DISTINCT CASE WHEN THEN ELSE END CAST EXTRACT DATE TIMESTAMP INTERVAL AND OR NOT IN IS NULL LIKE ILIKE BETWEEN ESCAPE OVER \
    PARTITION FILTER QUALIFY WINDOW TOP FETCH LATERAL PIVOT VALUES EXISTS ANY trim substring position floor array struct t x y \"x\" `y` 'a' 1 2.5 \
    1e9 .5 18446744073709551615 ( ( ( ) ) ) , , . ; * * + - / % || :: = <> < >= -- /* */ [ ] { } : ? $1 -> é \u{0}";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn words_in_any_order_are_a_query_or_an_error(words in prop::collection::vec(0..WORDS.split_whitespace().count(), 0..30)) {
        let all: Vec<&str> = WORDS.split_whitespace().collect();
        let words: Vec<&str> = words.into_iter().map(|i| all[i]).collect();
        let exec = ExecOptions::default();
        for query in [words.join(" "), format!("SELECT {}", words.join(" ")), format!("SELECT x FROM t WHERE {}", words.join(""))] {
            let t = DataFrame::new([("x", Column::from(vec![1i64])), ("y", vec![1.5].into())]).unwrap().lazy().unwrap();
            let _ = sql(&query, [("t", t)], &exec);
        }
    }
}

fn run(args: &[&str]) -> String {
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_hpda-data")).args(args).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn command_takes_files_by_name_in_quotes_and_from_a_pipe() {
    let count = "SELECT count(*) AS n FROM";
    let people = "data/passengers.csv";
    for (query, files) in [("passengers", vec![people]), ("p", vec!["data/passengers.csv=p"]), ("'data/passengers.csv'", vec![])] {
        let query = format!("{count} {query}");
        assert_eq!(run(&[&["sql", &query][..], &files, &["--to", "csv"]].concat()), "n\n1316\n", "{query}");
    }
    // Times, 12 latitudes and 18 longitudes; missing at the south in the first two years.
    let query = "SELECT count(*) AS n, count(tas) AS there, count(DISTINCT lat) AS rows FROM climate";
    assert_eq!(run(&["sql", query, "data/climate.nc", "--to", "csv"]), "n,there,rows\n25920,25488,12\n");
    let step = ["[", "sql", "SELECT Sex, max(Age) AS oldest FROM input GROUP BY Sex", "]"];
    let piped = run(&[&["pipe", people, "[", "select", "--where", "Pclass == 1", "]"][..], &step, &["--to", "csv"]].concat());
    let plain = run(&["groupby", people, "--where", "Pclass == 1", "--by", "Sex", "--agg", "oldest=Age:max", "--to", "csv"]);
    assert_eq!(piped, plain);
    assert_eq!(run(&["sql", &format!("{count} passengers"), people, "--where", "Pclass == 1", "--to", "csv"]), "n\n325\n");
}

#[test]
fn wide_tables_are_taken_whole_and_very_many_computed_columns_are_refused() {
    let wide = DataFrame::new((0..3000).map(|i| (format!("c{i}"), Column::from(vec![i as i64])))).unwrap().lazy().unwrap();
    let options = ExecOptions::default();
    let all = sql("SELECT * FROM t ORDER BY c2999", [("t", wide.clone())], &options).unwrap().collect(&options).unwrap();
    assert_eq!((all.width(), all.column("c2999").unwrap().scalar(0)), (3000, Scalar::I64(2999)));
    let several = format!("SELECT c7, {}c7 FROM t", "c7 + 1, ".repeat(90));
    let several = sql(&several, [("t", wide.clone())], &options).unwrap().collect(&options).unwrap();
    assert_eq!((several.width(), several.column("c7_1").unwrap().scalar(0)), (92, Scalar::I64(7)));
    let e = sql(&format!("SELECT {}c7 FROM t", "c7, ".repeat(500)), [("t", wide)], &options).unwrap_err();
    assert!(e.to_string().contains("more than 100 columns"), "{e}");
}
