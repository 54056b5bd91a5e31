//! Where ticks stand and what they say.

use crate::dtype::Calendar;
use crate::kernel::calendar::{Civil, civil, from_days, to_days};

/// Round numbers from `lo` to `hi`, about `most` of them at most.
pub(crate) fn numbers(lo: f64, hi: f64, most: usize) -> Vec<f64> {
    if !(lo.is_finite() && hi.is_finite()) || hi <= lo {
        return if lo.is_finite() { vec![lo] } else { Vec::new() };
    }
    let step = step((hi - lo) / most.max(1) as f64);
    multiples(lo, hi, step)
}

/// The smallest of 1, 2, 5 times a power of ten that is not below `least`.
fn step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0].iter().map(|m| m * power).find(|s| *s >= least * (1.0 - 1e-9)).unwrap_or(10.0 * power)
}

fn multiples(lo: f64, hi: f64, step: f64) -> Vec<f64> {
    let slack = step * 1e-9;
    let (first, last) = (((lo - slack) / step).ceil(), ((hi + slack) / step).floor());
    if !(first.is_finite() && last.is_finite()) || last - first > 1000.0 {
        return Vec::new();
    }
    (0..=(last - first) as i64).map(|i| (first + i as f64) * step + 0.0).collect()
}

/// Whole degrees at distances that people count in.
pub(crate) fn degrees(lo: f64, hi: f64, most: usize) -> Vec<f64> {
    let least = (hi - lo) / most.max(1) as f64;
    match [5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0].into_iter().find(|s| *s >= least) {
        Some(step) if least > 2.0 => multiples(lo, hi, step),
        _ => numbers(lo, hi, most),
    }
}

/// Ten to this power, to the digits that a place on paper tells.
pub(crate) fn power(x: f64) -> f64 {
    let value = 10f64.powf(x);
    if value > 0.0 && value.is_finite() { format!("{value:.5e}").parse().unwrap_or(value) } else { value }
}

/// Round numbers between two powers of ten, as powers: whole ones, some of them where they are many, and 2 and 5 times those where
/// they are few; within less than that, round numbers at even distances.
pub(crate) fn powers(lo: f64, hi: f64, most: usize) -> Vec<(f64, String)> {
    if !(lo.is_finite() && hi.is_finite()) || hi <= lo || lo < -400.0 || hi > 400.0 {
        return if lo.is_finite() { vec![(lo, texts(&[power(lo)])[0].clone())] } else { Vec::new() };
    }
    let most = most.max(1);
    let whole = multiples(lo, hi, 1.0);
    let of = |factors: &[f64]| -> Vec<f64> {
        let at = (lo.floor() as i32..=hi.ceil() as i32).flat_map(|p| factors.iter().map(move |f| f64::from(p) + f.log10()));
        at.filter(|t| (lo - 1e-9..=hi + 1e-9).contains(t)).collect()
    };
    let mut ticks = if whole.len() > most { multiples(lo, hi, whole.len().div_ceil(most) as f64) } else { whole };
    if ticks.len() < 3 {
        let finer = [&[1.0, 2.0, 5.0][..], &[1.0, 3.0]].map(of).into_iter().find(|t| t.len() > ticks.len().max(1) && t.len() <= most);
        let even =
            || -> Vec<f64> { numbers(10f64.powf(lo), 10f64.powf(hi), most).into_iter().filter(|v| *v > 0.0).map(f64::log10).collect() };
        let even = if finer.is_none() && hi - lo < 1.0 { even() } else { Vec::new() };
        ticks = finer.unwrap_or(if even.len() > ticks.len() { even } else { ticks });
    }
    let values: Vec<f64> = ticks.iter().map(|t| power(*t)).collect();
    let plain = values.iter().all(|v| (1e-4..1e6).contains(v));
    let text = |(t, v): (&f64, &f64)| if plain { texts(&[*v])[0].clone() } else { of_ten(*t, *v) };
    ticks.iter().zip(&values).map(text).zip(&ticks).map(|(text, t)| (*t, text)).collect()
}

/// `10⁶`, `2×10⁶`.
fn of_ten(t: f64, value: f64) -> String {
    let whole = (t + 1e-9).floor();
    let first = value / 10f64.powf(whole);
    let text = scientific(first, &texts(&[(first * 1000.0).round() / 1000.0])[0], whole as i32);
    text.strip_prefix("1×").map(String::from).unwrap_or(text)
}

/// 2 to 9 times each power of ten, where these are not too many to be told apart.
pub(crate) fn between_powers(lo: f64, hi: f64) -> Vec<f64> {
    if !(hi - lo <= 7.0 && hi > lo) {
        return Vec::new();
    }
    let at = (lo.floor() as i32..=hi.ceil() as i32).flat_map(|p| (2..=9).map(move |f| f64::from(p) + f64::from(f).log10()));
    at.filter(|t| (lo..=hi).contains(t)).collect()
}

/// The ticks of one axis, all with the same decimals: `0.5`, `1.0`; large ones in groups, huge and tiny ones with a power of ten.
pub(crate) fn texts(ticks: &[f64]) -> Vec<String> {
    let largest = ticks.iter().map(|t| t.abs()).fold(0.0, f64::max);
    let distance = ticks.windows(2).map(|w| (w[1] - w[0]).abs()).fold(f64::INFINITY, f64::min);
    let distance = if distance.is_finite() && distance > 0.0 { distance } else { largest };
    if largest > 0.0 && !(1e-4..1e7).contains(&largest) {
        let power = largest.log10().floor() as i32;
        let scale = 10f64.powi(power);
        let plain = ticks.iter().map(|t| t / scale).collect::<Vec<_>>();
        return plain.iter().zip(fixed(&plain, distance / scale)).map(|(t, text)| scientific(*t, &text, power)).collect();
    }
    fixed(ticks, distance)
}

fn scientific(mantissa: f64, text: &str, power: i32) -> String {
    if mantissa == 0.0 {
        return "0".into();
    }
    let up = |c: char| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => digit.to_digit(10).and_then(|d| char::from_u32(0x2070 + d)).unwrap_or(digit),
    };
    format!("{text}×10{}", power.to_string().chars().map(up).collect::<String>())
}

fn fixed(ticks: &[f64], distance: f64) -> Vec<String> {
    let needed = |x: f64, d: usize| ((x * 10f64.powi(d as i32)).round() / 10f64.powi(d as i32) - x).abs() <= distance.abs() * 1e-6;
    let decimals = (0..12).find(|&d| ticks.iter().all(|&t| needed(t, d))).unwrap_or(6);
    ticks.iter().map(|t| grouped(&format!("{:.decimals$}", t + 0.0))).collect()
}

/// A true minus, and thin groups of three digits from five digits on.
fn grouped(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |d| ("−", d));
    let (whole, rest) = digits.find('.').map_or((digits, ""), |i| digits.split_at(i));
    let mut out = String::from(sign);
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && whole.len() > 4 && (whole.len() - i).is_multiple_of(3) {
            out.push('\u{00a0}');
        }
        out.push(c);
    }
    out + rest
}

/// `60°W`, `30°N`, `0°`.
pub(crate) fn degree(x: f64, north: bool) -> String {
    let x = if north { x } else { (x + 180.0).rem_euclid(360.0) - 180.0 };
    let size = format!("{}°", texts(&[x.abs()])[0]);
    let side = match (north, x) {
        (_, 0.0) => "",
        (false, x) if x.abs() == 180.0 => "",
        (true, x) => ["S", "N"][(x > 0.0) as usize],
        (false, x) => ["W", "E"][(x > 0.0) as usize],
    };
    size + side
}

/// Lengths of time that ticks stand apart.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Every {
    Seconds(f64),
    Days(i64),
    Months(i64),
    Years(i64),
}

const DAY: f64 = 86_400.0;

const EVERY: [Every; 33] = [
    Every::Seconds(1.0),
    Every::Seconds(2.0),
    Every::Seconds(5.0),
    Every::Seconds(15.0),
    Every::Seconds(30.0),
    Every::Seconds(60.0),
    Every::Seconds(120.0),
    Every::Seconds(300.0),
    Every::Seconds(900.0),
    Every::Seconds(1800.0),
    Every::Seconds(3600.0),
    Every::Seconds(7200.0),
    Every::Seconds(10_800.0),
    Every::Seconds(21_600.0),
    Every::Seconds(43_200.0),
    Every::Days(1),
    Every::Days(2),
    Every::Days(5),
    Every::Days(10),
    Every::Months(1),
    Every::Months(2),
    Every::Months(3),
    Every::Months(6),
    Every::Years(1),
    Every::Years(2),
    Every::Years(5),
    Every::Years(10),
    Every::Years(20),
    Every::Years(50),
    Every::Years(100),
    Every::Years(200),
    Every::Years(500),
    Every::Years(1000),
];

impl Every {
    fn seconds(self) -> f64 {
        match self {
            Every::Seconds(s) => s,
            Every::Days(d) => d as f64 * DAY,
            Every::Months(m) => m as f64 * 30.4 * DAY,
            Every::Years(y) => y as f64 * 365.2 * DAY,
        }
    }
}

/// Round moments from `lo` to `hi` (seconds since 1970 in the calendar) with what they say, about `most` at most.
pub(crate) fn times(lo: f64, hi: f64, calendar: Calendar, most: usize) -> Vec<(f64, String)> {
    if !(lo.is_finite() && hi.is_finite()) || lo.abs().max(hi.abs()) > 1e13 {
        return Vec::new();
    }
    if hi <= lo {
        return vec![(lo, moment(lo, calendar))];
    }
    let least = (hi - lo) / most.max(1) as f64;
    if least < 1.0 {
        return numbers(lo, hi, most).into_iter().map(|t| (t, moment(t, calendar))).collect();
    }
    let thousands = Every::Years(((least / (365.2 * DAY) / 1000.0).ceil() as i64 * 1000).max(1000));
    let every = EVERY.into_iter().find(|e| e.seconds() >= least * 0.95).unwrap_or(thousands);
    let day = |t: f64| from_days(calendar, (t / DAY).floor() as i64);
    let at = |y: i64, m: u8, d: u8| to_days(calendar, y, m, d) as f64 * DAY;
    let inside = |t: &f64| *t >= lo - 1.0 && *t <= hi + 1.0;
    let ((first, ..), (last, ..)) = (day(lo), day(hi));
    let ticks: Vec<f64> = match every {
        Every::Seconds(s) => multiples(lo, hi, s),
        Every::Days(1) => multiples(lo, hi, DAY),
        // Counted from the first of each month, and none close to the next first.
        Every::Days(n) => {
            let months = (first..=last).flat_map(|y| (1..=12).map(move |m| (y, m)));
            let days = (0..).map(|i| 1 + i * n).take_while(|d| d + n / 2 <= 29).collect::<Vec<_>>();
            months.flat_map(|(y, m)| days.iter().map(move |d| (y, m, *d as u8))).map(|(y, m, d)| at(y, m, d)).filter(inside).collect()
        }
        Every::Months(n) => {
            let months = (first..=last).flat_map(|y| (0..12 / n).map(move |i| (y, 1 + (i * n) as u8)));
            months.map(|(y, m)| at(y, m, 1)).filter(inside).collect()
        }
        Every::Years(n) => (first.div_euclid(n)..=last.div_euclid(n)).map(|y| at(y * n, 1, 1)).filter(inside).collect(),
    };
    let text = |t: f64| {
        let c = moment_of(t, calendar);
        match every {
            Every::Years(_) => year(c.year),
            Every::Months(_) => format!("{}-{:02}", year(c.year), c.month),
            Every::Days(_) => date(&c),
            Every::Seconds(s) => clock(&c, s < 60.0),
        }
    };
    let mut out: Vec<(f64, String)> = ticks.iter().map(|&t| (t, text(t))).collect();
    // Within days: the day where it begins, and once in any case.
    if matches!(every, Every::Seconds(_)) {
        let mut last_day = None;
        for (t, text) in &mut out {
            let c = moment_of(*t, calendar);
            if last_day.replace((c.year, c.month, c.day)) != Some((c.year, c.month, c.day)) {
                *text = if c.nanos == 0 { date(&c) } else { format!("{} {text}", date(&c)) };
            }
        }
    }
    out
}

fn moment_of(t: f64, calendar: Calendar) -> Civil {
    civil(calendar, (t * 1e3).round() as i64, 1000)
}

fn year(y: i64) -> String {
    if (0..=9999).contains(&y) { format!("{y:04}") } else { y.to_string() }
}

fn date(c: &Civil) -> String {
    format!("{}-{:02}-{:02}", year(c.year), c.month, c.day)
}

fn clock(c: &Civil, seconds: bool) -> String {
    let s = c.nanos / 1_000_000_000;
    let minutes = format!("{:02}:{:02}", s / 3600, s / 60 % 60);
    if seconds { format!("{minutes}:{:02}", s % 60) } else { minutes }
}

/// A moment in full, as short as it can be said: a day where it is midnight.
pub(crate) fn moment(t: f64, calendar: Calendar) -> String {
    if !t.is_finite() || t.abs() > 1e13 {
        return "-".into();
    }
    let c = moment_of(t, calendar);
    if c.nanos == 0 { date(&c) } else { format!("{} {}", date(&c), clock(&c, c.nanos % 60_000_000_000 != 0)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_of_a_log_axis_are_powers_or_round_numbers_between_few() {
        let said = |lo: f64, hi: f64, most| powers(lo.log10(), hi.log10(), most).into_iter().map(|t| t.1).collect::<Vec<_>>();
        assert_eq!(said(0.7, 2000.0, 8), ["1", "10", "100", "1000"]);
        assert_eq!(said(3.0, 80.0, 8), ["5", "10", "20", "50"]);
        assert_eq!(said(1.0, 1e9, 5), ["10⁰", "10²", "10⁴", "10⁶", "10⁸"]);
        assert_eq!(said(2e-7, 3e-6, 8), ["2×10⁻⁷", "5×10⁻⁷", "10⁻⁶", "2×10⁻⁶"]);
        assert_eq!(said(40.0, 49.0, 5), ["40", "42", "44", "46", "48"]);
        assert_eq!(said(5.0, 5.0, 5), ["5"]);
        assert!(powers(f64::NEG_INFINITY, 2.0, 5).is_empty() && powers(-1e300, 1e300, 5).len() <= 1);
        assert_eq!(between_powers(0.0, 1.0).len(), 8);
        assert_eq!((power(2.0), power(3f64.log10())), (100.0, 3.0));
    }

    #[test]
    fn ticks_are_round_and_share_their_decimals() {
        assert_eq!(texts(&numbers(0.0, 1.0, 5)), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(texts(&numbers(-12.0, 31.0, 5)), ["−10", "0", "10", "20", "30"]);
        assert_eq!(texts(&[0.0, 20000.0]), ["0", "20\u{a0}000"]);
        assert_eq!(texts(&[0.0, 1e-6, 2e-6]), ["0", "1×10⁻⁶", "2×10⁻⁶"]);
        assert_eq!(texts(&[0.0, 2.5, 5.0]), ["0.0", "2.5", "5.0"]);
    }

    #[test]
    fn degrees_tell_their_side() {
        assert_eq!([-30.0, 0.0, 60.0].map(|x| degree(x, true)), ["30°S", "0°", "60°N"]);
        assert_eq!([0.0, 90.0, 180.0, 270.0].map(|x| degree(x, false)), ["0°", "90°E", "180°", "90°W"]);
    }

    #[test]
    fn times_stand_at_round_moments_of_their_calendar() {
        let t = |y, m, d| to_days(Calendar::NoLeap, y, m, d) as f64 * DAY;
        let texts: Vec<String> = times(t(1850, 1, 16), t(1859, 12, 16), Calendar::NoLeap, 6).into_iter().map(|t| t.1).collect();
        assert_eq!(texts, ["1852", "1854", "1856", "1858"]);
        let texts: Vec<String> = times(t(2000, 1, 1), t(2000, 12, 1), Calendar::NoLeap, 6).into_iter().map(|t| t.1).collect();
        assert_eq!(texts, ["2000-01", "2000-03", "2000-05", "2000-07", "2000-09", "2000-11"]);
        let day = t(2001, 3, 4);
        let texts: Vec<String> = times(day, day + DAY, Calendar::NoLeap, 5).into_iter().map(|t| t.1).collect();
        assert_eq!(texts, ["2001-03-04", "06:00", "12:00", "18:00", "2001-03-05"]);
    }
}
