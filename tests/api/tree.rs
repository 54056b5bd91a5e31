//! Cubes with groups below them: whether two are the same, and where they are not.

use hpda_data::{Dataset, NdArray, Variable};

fn leaf(values: [f64; 3]) -> Dataset {
    let mut ds = Dataset::new();
    let x = Variable::from_array(["x"], NdArray::from_vec(values.to_vec(), &[3]).unwrap()).unwrap();
    ds.insert("v", x).unwrap();
    ds
}

fn tree(deep: [f64; 3]) -> Dataset {
    let (mut root, mut ocean) = (leaf([1.0, 2.0, f64::NAN]), leaf([4.0, 5.0, 6.0]));
    ocean.groups.insert("deep".into(), leaf(deep));
    root.groups.insert("ocean".into(), ocean);
    root
}

#[test]
fn groups_are_compared_down_to_the_last_value() {
    let (a, b) = (tree([7.0, f64::NAN, 9.0]), tree([7.0, f64::NAN, 9.0 + 1e-9]));
    assert!(a.equals(&a).unwrap().is_same() && a.identical(&a).unwrap().is_same());
    let report = a.equals(&b).unwrap();
    assert!(!report.is_same() && report.to_string().contains("ocean/deep") && report.to_string().contains('v'), "{report}");
    assert!(a.allclose(&b, 1e-5, 1e-8).unwrap().is_same());
    assert!(!a.allclose(&b, 0.0, 1e-12).unwrap().is_same());
}

#[test]
fn groups_and_attributes_that_only_one_has_are_told() {
    let a = tree([7.0, 8.0, 9.0]);
    let mut noted = a.clone();
    noted.groups["ocean"].groups["deep"].vars["v"].attrs.set("units", "m");
    assert!(a.equals(&noted).unwrap().is_same());
    let report = a.identical(&noted).unwrap().to_string();
    assert!(report.contains("ocean/deep") && report.contains("units"), "{report}");
    let mut lone = a.clone();
    lone.groups["ocean"].groups.shift_remove("deep");
    for report in [a.equals(&lone).unwrap(), lone.equals(&a).unwrap(), a.allclose(&lone, 1.0, 1.0).unwrap()] {
        assert!(!report.is_same() && report.to_string().contains("deep"), "{report}");
    }
    let empty = Dataset::new();
    assert!(empty.equals(&Dataset::new()).unwrap().is_same() && !empty.equals(&a).unwrap().is_same());
}
