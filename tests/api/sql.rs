//! Queries: what is refused, and how; and the command.

use hpda_data::exec::ExecOptions;
use hpda_data::sql::sql;
use hpda_data::{Column, DataFrame, ErrorKind, read_csv};

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
        ("SELECT 1 UNION SELECT 2", ErrorKind::Parse, "the end was expected, and \"UNION\" stands at character 10", "concat"),
        ("SELECT sum(Age) OVER () FROM people", ErrorKind::Parse, "no window was expected, and \"OVER\" stands at character 17", "rolling"),
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
