use super::Variable;

/// Whether a coordinate is a latitude: by its `standard_name`, its units, or its name.
pub fn is_latitude(name: &str, v: &Variable) -> bool {
    is_axis(name, v, "latitude", ["lat", "latitude"], ["degrees_north", "degree_north", "degree_N", "degrees_N", "degreeN", "degreesN"])
}

/// Whether a coordinate is a longitude: by its `standard_name`, its units, or its name.
pub fn is_longitude(name: &str, v: &Variable) -> bool {
    is_axis(name, v, "longitude", ["lon", "longitude"], ["degrees_east", "degree_east", "degree_E", "degrees_E", "degreeE", "degreesE"])
}

fn is_axis(name: &str, v: &Variable, standard: &str, names: [&str; 2], units: [&str; 6]) -> bool {
    v.attrs.text("standard_name") == Some(standard) || v.attrs.text("units").is_some_and(|u| units.contains(&u)) || names.contains(&name)
}
