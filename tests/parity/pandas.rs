//! Statistics of the real passenger list as pandas gives them.

use hpda_data::exec::ExecOptions;
use hpda_data::exec::summary::{SummaryOptions, summary};
use hpda_data::io::csv::{CsvReadOptions, CsvSource};
use hpda_data::io::text::TextInput;
use hpda_data::store::TableSource;
use std::sync::Arc;

/// `pd.read_csv('titanic.csv').describe()`: count, mean, std, min, quartiles, max.
const DESCRIBE: [(&str, [f64; 8]); 3] = [
    ("Survived", [891.0, 0.3838383838383838, 0.4865924542648585, 0.0, 0.0, 0.0, 1.0, 1.0]),
    ("Age", [714.0, 29.69911764705882, 14.526497332334044, 0.42, 20.125, 28.0, 38.0, 80.0]),
    ("Fare", [891.0, 32.204207968574636, 49.693428597180905, 0.0, 7.9104, 14.4542, 31.0, 512.3292]),
];

#[test]
fn summary_of_the_real_passenger_list_is_that_of_pandas() {
    let Some(folder) = std::env::var_os("HPDA_REAL_DATA") else { return };
    let path = std::path::Path::new(&folder).join("titanic.csv");
    let options = ExecOptions::default();
    let source: Arc<dyn TableSource> =
        Arc::new(CsvSource::open(vec![TextInput::Path(path)], &CsvReadOptions::default(), &options.budget).unwrap());
    let found = summary(&source, &SummaryOptions::default(), &options).unwrap();
    assert_eq!((found.rows, found.columns.len()), (891, 12));
    let column = |name: &str| found.columns.iter().find(|c| c.name == name).unwrap();
    for (name, want) in DESCRIBE {
        let c = column(name);
        let [a, b, d] = [c.quantiles[0], c.quantiles[1], c.quantiles[2]];
        let got = [Some(c.count as f64), c.mean, c.std, c.min.as_f64(), a, b, d, c.max.as_f64()];
        for (got, want) in got.iter().zip(want) {
            assert!((got.unwrap() - want).abs() <= 1e-12 * want.abs(), "{name}: {got:?} instead of {want}");
        }
    }
    assert_eq!([column("Age").missing, column("Cabin").missing, column("Embarked").missing], [177, 687, 2]);
    assert_eq!((column("Sex").top.clone(), column("Sex").freq), ("male".into(), Some(577)));
}
