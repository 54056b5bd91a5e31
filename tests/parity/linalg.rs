//! QR and singular values of chunked matrices: those of LAPACK, and what they must be for any matrix.

use hpda_data::exec::{ExecOptions, Projection, Random};
use hpda_data::store::{Selection, Selector};
use hpda_data::{DType, DataArray, ErrorKind, NdArray, Result, Variable};
use proptest::prelude::*;
use serde_json::Value;

fn rows(v: &Value) -> (Vec<f64>, [usize; 2]) {
    let rows: Vec<Vec<f64>> = serde_json::from_value(v.clone()).unwrap();
    (rows.concat(), [rows.len(), rows[0].len()])
}

fn floats(a: &DataArray) -> Vec<f64> {
    a.variable.load().unwrap().to_contiguous().unwrap().as_slice::<f64>().unwrap().to_vec()
}

fn near(got: &[f64], want: &[f64], scale: f64, what: &str) {
    assert_eq!(got.len(), want.len(), "{what}");
    got.iter().zip(want).for_each(|(g, w)| assert!((g - w).abs() <= 1e-12 * scale.max(1.0), "{what}: {g} and {w}"));
}

fn matrix(values: Vec<f64>, shape: &[usize]) -> DataArray {
    DataArray::new("a", Variable::from_array(["row", "col"], NdArray::from_vec(values, shape).unwrap()).unwrap())
}

#[test]
fn factors_are_those_of_lapack() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/parity/linalg.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    for case in &cases {
        let name = case["name"].as_str().unwrap();
        let (values, shape) = rows(&case["a"]);
        let a = match case["dtype"].as_str() {
            Some("i64") => {
                let whole = NdArray::from_vec(values.iter().map(|x| *x as i64).collect::<Vec<i64>>(), &shape).unwrap();
                DataArray::new("a", Variable::from_array(["row", "col"], whole).unwrap())
            }
            _ => matrix(values, &shape),
        };
        let s: Vec<f64> = serde_json::from_value(case["s"].clone()).unwrap();
        let svd = a.svd(&ExecOptions::default()).unwrap();
        near(&floats(&svd.s), &s, s[0], name);
        // Vectors turn by the error of a value over its distance to the others.
        let loose = if name == "scales" { 1e9 } else { 100.0 };
        near(&floats(&svd.u), &rows(&case["u"]).0, loose, name);
        near(&floats(&svd.v), &rows(&case["v"]).0, loose, name);
        match a.qr(&ExecOptions::default()) {
            Ok((q, r)) => {
                near(&floats(&q), &rows(&case["q"]).0, loose, name);
                near(&floats(&r), &rows(&case["r"]).0, s[0], name);
            }
            Err(e) => assert_eq!((e.kind(), name), (ErrorKind::Unsupported, "wide")),
        }
        // All components of a projection are all there are.
        let k = s.len();
        let near_svd = a.svd_compressed(k, &Projection::default(), &ExecOptions::default()).unwrap();
        floats(&near_svd.s).iter().zip(&s).for_each(|(g, w)| assert!((g - w).abs() <= 1e-10 * s[0], "{name}: {g} and {w}"));
    }
}

/// `a` times `b`, the first `n` by `k`.
fn product(a: &[f64], b: &[f64], (n, k): (usize, usize)) -> Vec<f64> {
    let m = b.len() / k;
    (0..n * m).map(|i| (0..k).map(|j| a[i / m * k + j] * b[j * m + i % m]).sum()).collect()
}

fn transposed(a: &[f64], rows: usize) -> Vec<f64> {
    let columns = a.len() / rows;
    (0..a.len()).map(|i| a[i % rows * columns + i / rows]).collect()
}

fn orthonormal(q: &[f64], rows: usize) {
    let k = q.len() / rows;
    let square = product(&transposed(q, rows), q, (k, rows));
    let one: Vec<f64> = (0..k * k).map(|i| f64::from(u8::from(i / k == i % k))).collect();
    near(&square, &one, 100.0, "orthonormal");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn factors_multiply_to_the_matrix_for_any_chunks_and_threads(n in 1usize..60, m in 1usize..12, chunk in 1usize..20, threads in 1usize..4, seed in 0u64..1000) {
        let a = Random::seeded(seed).normal(0.0, 3.0, &[("row", n), ("col", m)]).unwrap().chunk(&[("row", chunk)]).unwrap();
        let options = ExecOptions { threads: Some(threads), ..ExecOptions::default() };
        let values = floats(&a);
        let scale = 100.0 * values.iter().fold(1.0, |x: f64, y| x.max(y.abs()));
        let k = n.min(m);
        let svd = a.svd(&options).unwrap();
        let (u, s, v) = (floats(&svd.u), floats(&svd.s), floats(&svd.v));
        orthonormal(&u, n);
        orthonormal(&transposed(&v, k), m);
        prop_assert!(s.windows(2).all(|w| w[0] >= w[1]) && s.iter().all(|x| *x >= 0.0));
        let us: Vec<f64> = u.iter().enumerate().map(|(i, x)| x * s[i % k]).collect();
        near(&product(&us, &v, (n, k)), &values, scale, "u s v");
        if n >= m {
            let (q, r) = a.qr(&options).unwrap();
            let (q, r) = (floats(&q), floats(&r));
            orthonormal(&q, n);
            near(&product(&q, &r, (n, m)), &values, scale, "q r");
            prop_assert!((0..m * m).all(|i| i / m <= i % m || r[i] == 0.0) && (0..m).all(|i| r[i * m + i] >= 0.0));
        }
    }
}

#[test]
fn many_blocks_give_the_same_bits_for_any_threads_and_parts_of_factors_can_be_read() -> Result<()> {
    // Four blocks of rows.
    let a = Random::seeded(9).normal(0.0, 1.0, &[("row", 160_000), ("col", 20)])?;
    let options = |threads| ExecOptions { threads: Some(threads), ..ExecOptions::default() };
    let (one, many) = (a.svd(&options(1))?, a.svd(&options(3))?);
    assert_eq!(floats(&one.s), floats(&many.s));
    assert_eq!(floats(&one.v), floats(&many.v));
    let part = Selection::new(vec![Selector::Range { start: 159_999, count: 3, step: -70_000 }, Selector::span(0, 20)]);
    let (u, v) = (one.u.variable.read(&part)?, floats(&many.v));
    assert_eq!(u.as_slice::<f64>(), many.u.variable.read(&part)?.as_slice::<f64>());
    let s = floats(&one.s);
    let us: Vec<f64> = u.as_slice::<f64>().unwrap().iter().enumerate().map(|(i, x)| x * s[i % 20]).collect();
    near(&product(&us, &v, (3, 20)), a.variable.read(&part)?.as_slice::<f64>().unwrap(), 1e3, "rows of u");
    // Independent columns of variance one.
    assert!(s.iter().all(|x| (x / 160_000f64.sqrt() - 1.0).abs() < 0.03));
    Ok(())
}

#[test]
fn matrices_without_factors_are_refused() -> Result<()> {
    let options = ExecOptions::default();
    let line = DataArray::from_fn("a", &[("x", 3)], |_| 1.0)?;
    assert_eq!(line.svd(&options).unwrap_err().kind(), ErrorKind::Shape);
    let gap = matrix(vec![1.0, 2.0, f64::NAN, 4.0], &[2, 2]);
    let e = gap.qr(&options).unwrap_err();
    assert_eq!((e.message(), e.place().variable.as_deref()), ("the matrix has a missing value at [1, 0]", Some("a")));
    assert_eq!(matrix(vec![f64::INFINITY], &[1, 1]).svd(&options).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(matrix(Vec::new(), &[0, 2]).svd(&options).unwrap_err().kind(), ErrorKind::Shape);
    let names = DataArray::from_fn("a", &[("component", 3), ("x", 2)], |_| 1.0)?;
    assert_eq!(names.svd(&options).unwrap_err().kind(), ErrorKind::Shape);
    let dates = NdArray::from_vec(vec![1i32, 2], &[2, 1])?.reinterpret(DType::Date)?;
    let dates = DataArray::new("d", Variable::from_array(["a", "b"], dates)?);
    assert_eq!(dates.svd(&options).unwrap_err().kind(), ErrorKind::Type);
    let fine = matrix(vec![1.0, 2.0, 3.0, 4.0], &[2, 2]);
    for k in [0, 3] {
        assert_eq!(fine.svd_compressed(k, &Projection::default(), &options).unwrap_err().kind(), ErrorKind::Invalid);
    }
    let tall = Random::seeded(1).normal(0.0, 1.0, &[("row", 100_000), ("col", 100)])?;
    assert_eq!(tall.svd(&options.clone().with_memory(1 << 20)).unwrap_err().kind(), ErrorKind::Budget);
    Ok(())
}
