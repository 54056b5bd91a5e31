//! Bins of time against pandas and xarray; the expected values are made by `make_resample.py`.

use hpda_data::dtype::Calendar;
use hpda_data::kernel::calendar::{Civil, from_days, instant};
use hpda_data::kernel::time::{Frequency, Origin, Side};
use serde_json::Value;

fn expected() -> Value {
    serde_json::from_str(include_str!("resample.json")).unwrap()
}

fn numbers(v: &Value) -> Vec<i64> {
    v.as_array().unwrap().iter().map(|x| x.as_i64().unwrap()).collect()
}

#[test]
fn bins_of_every_frequency_are_those_of_pandas() {
    let all = expected();
    for case in all["cases"].as_array().unwrap() {
        let times = numbers(&all["axes"][case["axis"].as_str().unwrap()]);
        let side = |name: &str| case[name].as_str().map(|s| Side::parse(s).unwrap());
        let origin = case["origin"].as_str().map(|s| Origin::parse(s).unwrap()).unwrap_or_default();
        let range = (*times.iter().min().unwrap(), *times.iter().max().unwrap());
        let frequency = Frequency::parse(case["freq"].as_str().unwrap()).unwrap();
        let bins = frequency.bins(range, Calendar::ProlepticGregorian, 1_000_000, side("closed"), side("label"), origin).unwrap();
        let mut counts = vec![0; bins.labels.len()];
        times.iter().filter_map(|&t| bins.of(t)).for_each(|b| counts[b] += 1);
        let context = format!("{case}");
        assert_eq!(bins.labels.len(), case["n"].as_u64().unwrap() as usize, "{context}");
        for (i, at) in numbers(&case["at"]).into_iter().enumerate() {
            assert_eq!(bins.labels[at as usize], numbers(&case["labels"])[i], "{context}");
            assert_eq!(counts[at as usize], numbers(&case["counts"])[i], "{context}");
        }
    }
}

#[test]
fn bins_of_other_calendars_are_those_of_xarray() {
    for case in expected()["calendars"].as_array().unwrap() {
        let calendar = Calendar::parse(case["calendar"].as_str().unwrap()).unwrap();
        let first = instant(calendar, &Civil { year: 1850, month: 1, day: 10, nanos: 0 }, 1_000_000).unwrap();
        let times: Vec<i64> = (0..50).map(|i| first + i * 11 * 86_400_000_000).collect();
        let frequency = Frequency::parse(case["freq"].as_str().unwrap()).unwrap();
        let bins = frequency.bins((times[0], times[49]), calendar, 1_000_000, None, None, Origin::StartDay).unwrap();
        let mut counts = vec![0; bins.labels.len()];
        times.iter().filter_map(|&t| bins.of(t)).for_each(|b| counts[b] += 1);
        let labels: Vec<String> = bins
            .labels
            .iter()
            .map(|l| from_days(calendar, l.div_euclid(86_400_000_000)))
            .map(|(y, m, d)| format!("{y:04}-{m:02}-{d:02}"))
            .collect();
        let want: Vec<&str> = case["labels"].as_array().unwrap().iter().map(|t| t.as_str().unwrap()).collect();
        assert_eq!(labels, want, "{case}");
        assert_eq!(counts, numbers(&case["counts"]), "{case}");
    }
}
