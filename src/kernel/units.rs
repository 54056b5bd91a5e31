//! Units of measure that convert into each other by a factor and an offset.

/// Factor and offset that bring a number in units `from` to units `to`: `to = from * factor + offset`. `None` where either is not
/// known or they measure different things. Different spellings of one unit give `(1, 0)`.
///
/// The table holds what climate files mix: temperature, pressure, length, speed, mass fraction, fluxes of water, fractions.
pub fn convert(from: &str, to: &str) -> Option<(f64, f64)> {
    if from.trim() == to.trim() {
        return Some((1.0, 0.0));
    }
    let (a, b) = (unit(from)?, unit(to)?);
    (a.0 == b.0).then(|| (a.1 / b.1, (a.2 - b.2) / b.1))
}

/// What it measures, and the factor and offset that bring it to the base unit.
fn unit(name: &str) -> Option<(&'static str, f64, f64)> {
    let squeezed: Vec<&str> = name.split_whitespace().collect();
    let exact = squeezed.join(" ");
    Some(match exact.as_str() {
        "K" | "kelvin" | "Kelvin" | "degK" | "degrees_K" | "deg_K" => ("temperature", 1.0, 0.0),
        "degC" | "Celsius" | "celsius" | "°C" | "C" | "deg_C" | "degrees_C" | "degree_C" | "degrees_Celsius" | "degree_Celsius" => {
            ("temperature", 1.0, 273.15)
        }
        "degF" | "Fahrenheit" | "fahrenheit" | "°F" | "deg_F" | "degrees_F" => ("temperature", 5.0 / 9.0, 459.67 * 5.0 / 9.0),
        "Pa" | "pascal" | "Pascal" | "N m-2" | "kg m-1 s-2" => ("pressure", 1.0, 0.0),
        "hPa" | "mbar" | "mb" | "millibar" | "millibars" => ("pressure", 100.0, 0.0),
        "kPa" => ("pressure", 1_000.0, 0.0),
        "bar" => ("pressure", 100_000.0, 0.0),
        "m" | "meter" | "metre" | "meters" | "metres" => ("length", 1.0, 0.0),
        "km" | "kilometer" | "kilometers" => ("length", 1_000.0, 0.0),
        "cm" => ("length", 0.01, 0.0),
        "mm" | "millimeter" | "millimeters" => ("length", 0.001, 0.0),
        "m s-1" | "m/s" | "m s**-1" | "m s^-1" | "meters/second" => ("speed", 1.0, 0.0),
        "km h-1" | "km/h" => ("speed", 1.0 / 3.6, 0.0),
        "knot" | "knots" | "kt" => ("speed", 1_852.0 / 3_600.0, 0.0),
        // A millimetre of water on a square metre is a kilogram.
        "kg m-2 s-1" | "kg/m2/s" | "kg m**-2 s**-1" | "mm s-1" | "mm/s" => ("water flux", 1.0, 0.0),
        "mm day-1" | "mm/day" | "mm d-1" | "kg m-2 day-1" | "kg m-2 d-1" => ("water flux", 1.0 / 86_400.0, 0.0),
        "1" | "" | "kg kg-1" | "kg/kg" | "kg kg**-1" | "mol mol-1" | "m3 m-3" => ("fraction", 1.0, 0.0),
        "%" | "percent" => ("fraction", 0.01, 0.0),
        "g kg-1" | "g/kg" => ("fraction", 0.001, 0.0),
        "W m-2" | "W/m2" | "W m**-2" | "J m-2 s-1" => ("energy flux", 1.0, 0.0),
        "degrees_north" | "degree_north" | "degrees_N" | "degree_N" | "degreeN" | "degreesN" => ("latitude", 1.0, 0.0),
        "degrees_east" | "degree_east" | "degrees_E" | "degree_E" | "degreeE" | "degreesE" => ("longitude", 1.0, 0.0),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_convert_by_factor_and_offset() {
        assert_eq!(convert("degC", "K"), Some((1.0, 273.15)));
        assert_eq!(convert("K", "degC"), Some((1.0, -273.15)));
        assert_eq!(convert("hPa", "Pa"), Some((100.0, 0.0)));
        let (factor, offset) = convert("degF", "degC").unwrap();
        assert!((factor * 212.0 + offset - 100.0).abs() < 1e-12);
        assert_eq!(convert("K", "Pa"), None);
        assert_eq!(convert("furlong", "furlong"), Some((1.0, 0.0)));
        assert_eq!(convert("furlong", "m"), None);
    }

    #[test]
    fn factors_are_those_of_the_definitions() {
        let cases = [
            ("knot", "m s-1", 1852.0 / 3600.0),
            ("km h-1", "m s-1", 1000.0 / 3600.0),
            ("mm day-1", "kg m-2 s-1", 1.0 / 86400.0),
            ("kg m-2 s-1", "mm/day", 86400.0),
            ("hPa", "Pa", 100.0),
            ("kPa", "hPa", 10.0),
            ("%", "1", 0.01),
            ("g kg-1", "%", 0.1),
            ("cm", "mm", 10.0),
        ];
        for (from, to, want) in cases {
            let (factor, offset) = convert(from, to).unwrap();
            assert!((factor / want - 1.0).abs() < 1e-12 && offset == 0.0, "{from} to {to}: {factor}, {offset}");
        }
        let (factor, offset) = convert("degF", "degC").unwrap();
        assert!((212.0 * factor + offset - 100.0).abs() < 1e-9 && (32.0 * factor + offset).abs() < 1e-9);
        assert_eq!(convert("K", "Pa"), None);
    }
}
