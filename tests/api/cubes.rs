//! Verbs of cubes: names, selections.

use hpda_data::ops::select::{SelectOptions, parse_isel, parse_sel};
use hpda_data::{Dataset, open_dataset};

fn climate() -> Dataset {
    open_dataset("data/climate.nc").unwrap()
}

fn dims(ds: &Dataset, name: &str) -> Vec<String> {
    ds.variable(name).unwrap().dims().iter().map(|d| d.to_string()).collect()
}

fn pair(a: &str, b: &str) -> (String, String) {
    (a.into(), b.into())
}

#[test]
fn renamed_names_are_followed_by_attributes() {
    let ds = climate().rename(&[pair("time", "t"), pair("time_bnds", "edges"), pair("height", "z")]).unwrap();
    assert_eq!(dims(&ds, "tas"), ["t", "lat", "lon"]);
    assert_eq!(dims(&ds, "edges"), ["t", "bnds"]);
    assert_eq!(&*ds.unlimited[0], "t");
    let t = ds.coords.get("t").unwrap();
    assert_eq!(t.attrs.text("bounds").or(t.encoding.attrs.text("bounds")), Some("edges"));
    let tas = ds.variable("tas").unwrap();
    assert_eq!(tas.attrs.text("cell_methods"), Some("t: mean"));
    assert_eq!(tas.encoding.attrs.text("coordinates").or(tas.attrs.text("coordinates")), Some("z"));
    // Two may change places; two may not share one name.
    let ds = climate().rename(&[pair("lat", "lon"), pair("lon", "lat")]).unwrap();
    assert_eq!((dims(&ds, "tas"), ds.dims["lat"]), (vec!["time".into(), "lon".into(), "lat".into()], 18));
    assert!(climate().rename(&[pair("lat", "lon")]).is_err());
    assert!(climate().rename(&[pair("lta", "y")]).unwrap_err().to_string().contains("lat"));
}

#[test]
fn renamed_dims_leave_coordinates_behind() {
    let ds = climate().rename_dims(&[pair("lat", "y")]).unwrap();
    assert_eq!((dims(&ds, "tas"), dims(&ds, "lat")), (vec!["time".into(), "y".into(), "lon".into()], vec!["y".into()]));
    assert!(ds.coords.index("y").unwrap().is_none());
    assert!(ds.rename_dims(&[pair("y", "lat")]).unwrap().coords.index("lat").unwrap().is_some());
    assert!(climate().rename_dims(&[pair("lat", "lon")]).is_err());
}

#[test]
fn dropped_bounds_are_forgotten() {
    let ds = climate().drop_vars(&["time_bnds", "lat_bnds", "lon_bnds"]).unwrap();
    assert!(!ds.dims.contains_key("bnds"));
    let time = ds.coords.get("time").unwrap();
    assert!(time.attrs.text("bounds").is_none() && time.encoding.attrs.text("bounds").is_none());
    assert!(climate().drop_vars(&["tass"]).unwrap_err().to_string().contains("tas"));
}

#[test]
fn longitudes_go_round_the_circle() {
    let exact = SelectOptions::default();
    let at = |ds: Dataset| ds.variable("lon").unwrap().load().unwrap().scalar(0).as_f64();
    assert_eq!(at(climate().sel(&parse_sel("lon=-70").unwrap(), &exact).unwrap()), Some(290.0));
    let near = SelectOptions::parse(Some("nearest"), Some("10")).unwrap();
    assert_eq!(at(climate().sel(&parse_sel("lon=-74").unwrap(), &near).unwrap()), Some(290.0));
    assert_eq!(at(climate().sel(&parse_sel("lon=359").unwrap(), &near).unwrap()), Some(350.0));
    assert_eq!(at(climate().sel(&parse_sel("lon=2").unwrap(), &near).unwrap()), Some(10.0));
}

#[test]
fn selections_compose() {
    let one = climate().isel_at(&parse_isel("time=10:100:3,lat=::-1").unwrap()).unwrap();
    let two = one.isel_at(&parse_isel("time=-1,lat=[0,5]").unwrap()).unwrap();
    let straight = climate().isel_at(&parse_isel("time=97,lat=[11,6]").unwrap()).unwrap();
    let (a, b) = (two.variable("tas").unwrap().load().unwrap(), straight.variable("tas").unwrap().load().unwrap());
    assert_eq!(a.to_contiguous().unwrap().as_slice::<f32>().unwrap()[30], b.to_contiguous().unwrap().as_slice::<f32>().unwrap_or(&[])[30]);
    assert!(climate().sel(&parse_sel("lat=7.5,latitude=7.5").unwrap(), &SelectOptions::default()).is_err());
}

/// Against `cdo gridarea` of the same file, on the unit sphere.
#[test]
fn areas_are_those_of_cells_between_great_circles() {
    let south = [0.0116659079, 0.0343338537, 0.0549823322, 0.0722115086, 0.0846619731, 0.091210275];
    let areas = climate().weights("area").unwrap();
    assert_eq!(areas.dims().iter().map(|d| &**d).collect::<Vec<_>>(), ["lat", "lon"]);
    assert_eq!(areas.values().len(), 12 * 18);
    for (i, area) in areas.values().iter().enumerate() {
        let lat = i / 18;
        let want = south[lat.min(11 - lat)];
        assert!((area / want - 1.0).abs() < 1e-8, "row {lat}: {area}, not {want}");
    }
}
