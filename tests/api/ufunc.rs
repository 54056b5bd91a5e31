//! Functions of the caller along core dims: what fails names its place, and results do not depend on how they are read.

use hpda_data::dtype::DType;
use hpda_data::exec::{Core, ExecOptions, MissingCoreDim, Ufunc, apply_ufunc};
use hpda_data::ops::combine::{CombineAttrs, Join};
use hpda_data::store::{Selection, Selector};
use hpda_data::{Column, DataArray, Dataset, Error, NdArray, Result, Variable};

fn cube(t: usize, y: usize, x: usize) -> Dataset {
    let mut ds = Dataset::new();
    let values: Vec<f64> = (0..t * y * x).map(|i| if i % 7 == 5 { f64::NAN } else { (i * 37 % 101) as f64 }).collect();
    ds.insert("v", Variable::from_array(["t", "y", "x"], NdArray::from_vec(values, &[t, y, x]).unwrap()).unwrap()).unwrap();
    let line = |n: usize| NdArray::from_vec((0..n as i64).collect(), &[n]).unwrap();
    ds.insert_coord("t", Variable::from_array(["t"], line(t)).unwrap()).unwrap();
    ds.insert_coord("y", Variable::from_array(["y"], line(y)).unwrap()).unwrap();
    ds
}

fn sum(of: &[Core], out: &mut [&mut [f64]]) -> Result<()> {
    out[0][0] = of[0].iter().filter(|v| !v.is_nan()).sum();
    Ok(())
}

fn values(a: &DataArray) -> Vec<f64> {
    a.variable.load().unwrap().to_contiguous().unwrap().as_slice::<f64>().unwrap().to_vec()
}

#[test]
fn errors_and_panics_of_the_function_name_their_place() {
    let (v, exec) = (cube(3, 4, 5).array("v").unwrap(), ExecOptions::default());
    let how = Ufunc::new().input(&["x"]);
    let bad = |of: &[Core]| of[0].contains(&37.0);
    let refused = move |of: &[Core], _: &mut [&mut [f64]]| if bad(of) { Err(Error::invalid("no 37, please")) } else { Ok(()) };
    let made = apply_ufunc(&how, &[&v], refused, &exec).unwrap();
    let e = made[0].variable.load().unwrap_err();
    let said = e.to_string();
    assert!(said.contains("no 37, please") && said.contains("apply_ufunc at position t=") && said.contains("\"v\""), "{said}");
    let made = apply_ufunc(&how, &[&v], |_, _| panic!("out of its mind"), &exec).unwrap();
    let said = made[0].variable.load().unwrap_err().to_string();
    assert!(said.contains("panicked: out of its mind") && said.contains("t=0,y=0"), "{said}");
    // The place is that of the whole, also where a part is read.
    let part = Selection::new(vec![Selector::At(2), Selector::span(3, 1)]);
    let said = made[0].variable.read(&part).unwrap_err().to_string();
    assert!(said.contains("t=2,y=3"), "{said}");
    // A panic is one error of the whole, whatever the number of threads.
    let far = apply_ufunc(&how, &[&cube(40, 50, 5).array("v").unwrap()], |_, _| panic!("again"), &exec).unwrap();
    assert!(far[0].variable.load().unwrap_err().to_string().contains("t=0,y=0"));
}

#[test]
fn what_does_not_go_together_is_said_before_anything_is_read() {
    let (ds, exec) = (cube(3, 4, 5), ExecOptions::default());
    let v = ds.array("v").unwrap();
    let fails = |how: Ufunc, inputs: &[&DataArray], part: &str| {
        let e = apply_ufunc(&how, inputs, sum, &exec).unwrap_err().to_string();
        assert!(e.contains(part), "{e}");
    };
    fails(Ufunc::new().input(&["x"]), &[&v, &v], "1 inputs, and 2");
    fails(Ufunc::new().input(&["z"]), &[&v], "\"z\"");
    fails(Ufunc::new().input(&["x"]).input(&[]), &[&v, &v], "core dim of the function");
    fails(Ufunc::new().input(&["x"]).output(&["m"]), &[&v], "\"m\"");
    fails(Ufunc::new().input(&["x"]).output(&["x"]).size("x", 2), &[&v], "5 long");
    let late = ds.isel(&[("y", Selector::span(1, 3))]).unwrap().array("v").unwrap();
    fails(Ufunc::new().input(&["y"]).input(&["y"]), &[&v, &late], "\"y\"");
    let mut texts = DataArray::new(
        "s",
        Variable::from_array(["x"], NdArray::from_texts(["a"; 5].map(Some).into_iter().collect(), &[5]).unwrap()).unwrap(),
    );
    fails(Ufunc::new().input(&["x"]), &[&texts], "numbers");
    texts.name = None;
    fails(Ufunc::new().input(&["x"]).output_of(DType::Str, &[]), &[&v], "numbers, not str");
    let mut other = ds.clone();
    other.insert("w", v.variable.clone()).unwrap();
    let e = ds.apply_ufunc(&Ufunc::new().input(&["x"]).input(&["x"]), &[&other], sum, &exec).unwrap_err();
    assert!(e.to_string().contains("\"w\""), "{e}");
    let lacks = ds.apply_ufunc(&Ufunc::new().input(&["z"]).on_missing_core_dim(MissingCoreDim::Raise), &[], sum, &exec).unwrap_err();
    assert!(lacks.to_string().contains("\"v\""), "{lacks}");
}

#[test]
fn blocks_threads_and_budgets_do_not_change_results() {
    let v = cube(60, 50, 40).array("v").unwrap();
    let how = Ufunc::new().input(&["t"]).output(&[]).output(&["m"]).size("m", 3);
    let f = |of: &[Core], out: &mut [&mut [f64]]| {
        out[0][0] = of[0].iter().filter(|v| !v.is_nan()).sum();
        out[1].copy_from_slice(&of[0][..3]);
        Ok(())
    };
    let whole = apply_ufunc(&how, &[&v], f, &ExecOptions::default()).unwrap();
    let small = ExecOptions { threads: Some(3), ..ExecOptions::default() }.with_memory(2 << 20);
    let parts = apply_ufunc(&how, &[&v], f, &small).unwrap();
    assert_eq!(parts[1].variable.shape(), [50, 40, 3]);
    for (a, b) in whole.iter().zip(&parts) {
        let want = values(a);
        let grid = b.variable.grid();
        assert!(grid.count() > 1, "{grid:?}");
        let shape = b.variable.shape().to_vec();
        for i in 0..grid.count() {
            let (start, count) = grid.block(i);
            let block = b.variable.read(&Selection::hyperslab(&start, &count)).unwrap();
            let wanted = NdArray::from_vec(want.clone(), &shape).unwrap().select(&Selection::hyperslab(&start, &count)).unwrap();
            let bits = |a: &NdArray| a.to_contiguous().unwrap().as_slice::<f64>().unwrap().iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&block), bits(&wanted));
        }
    }
    // Some positions of the output's own dim.
    let picked = whole[1].variable.read(&Selection::new(vec![Selector::At(7), Selector::All, Selector::Take(vec![2, 0].into())])).unwrap();
    assert_eq!((picked.shape(), picked.scalar(0)), (&[40, 2][..], v.variable.load().unwrap().scalar(2 * 2000 + 7 * 40)));
}

#[test]
fn cores_without_values_are_handed_over_and_other_types_come_back() {
    let (ds, exec) = (cube(3, 4, 5), ExecOptions::default());
    let none = ds.isel(&[("x", Selector::span(0, 0))]).unwrap().array("v").unwrap();
    let made = apply_ufunc(&Ufunc::new().input(&["x"]), &[&none], sum, &exec).unwrap();
    assert_eq!(values(&made[0]), vec![0.0; 12]);
    // Counts of what is there as integers; NaN is missing in them.
    let count = |of: &[Core], out: &mut [&mut [f64]]| {
        let n = of[0].iter().filter(|v| !v.is_nan()).count();
        out[0][0] = if n == 5 { f64::NAN } else { n as f64 };
        Ok(())
    };
    let v = ds.array("v").unwrap();
    let made = apply_ufunc(&Ufunc::new().input(&["x"]).output_of(DType::I32, &[]), &[&v], count, &exec).unwrap();
    let a = made[0].variable.load().unwrap().to_contiguous().unwrap();
    assert_eq!((a.dtype(), a.scalar(0).is_missing(), a.scalar(1).as_f64()), (&DType::I32, true, Some(4.0)));
    // A dim that the function makes shorter: its coordinates go, and new labels come.
    let ends = |of: &[Core], out: &mut [&mut [f64]]| {
        (out[0][0], out[0][1]) = (of[0][0], of[0][of[0].len() - 1]);
        Ok(())
    };
    let how =
        Ufunc::new().input(&["y"]).exclude("y").output(&["y"]).labels("y", Column::from(vec!["first", "last"])).attrs(CombineAttrs::Drop);
    let made = apply_ufunc(&how, &[&v], ends, &exec).unwrap();
    assert_eq!((made[0].variable.shape(), made[0].coords.get("y").unwrap().dtype()), (&[3, 5, 2][..], &DType::Str));
    // Inputs that differ along it: each gets its own length.
    let late = ds.isel(&[("y", Selector::span(1, 3))]).unwrap().array("v").unwrap();
    let lengths = |of: &[Core], out: &mut [&mut [f64]]| {
        out[0][0] = (of[0].len() * 10 + of[1].len()) as f64;
        Ok(())
    };
    let made = apply_ufunc(&Ufunc::new().input(&["y"]).input(&["y"]).exclude("y"), &[&v, &late], lengths, &exec).unwrap();
    assert_eq!(values(&made[0]), vec![43.0; 15]);
    let made = apply_ufunc(&Ufunc::new().input(&["y"]).input(&["y"]).join(Join::Inner), &[&v, &late], lengths, &exec).unwrap();
    assert_eq!((values(&made[0])[0], made[0].coords.contains("y"), made[0].coords.contains("t")), (33.0, false, true));
}
