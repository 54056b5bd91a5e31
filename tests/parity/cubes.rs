//! Cubes and values as the expected files hold them.

use hpda_data::dtype::{DType, Scalar};
use hpda_data::{Column, NdArray};
use serde_json::Value;

pub fn times(values: &[Value]) -> Column {
    let texts: Vec<Option<&str>> = values.iter().map(Value::as_str).collect();
    Column::from(texts).cast(&DType::datetime()).unwrap()
}

pub fn array(v: &Value) -> NdArray {
    let values = v["values"].as_array().unwrap();
    let shape: Vec<usize> = v["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
    let f = || values.iter().map(|x| x.as_f64().unwrap_or(f64::NAN));
    match v["dtype"].as_str().unwrap() {
        "float64" => NdArray::from_vec(f().collect(), &shape).unwrap(),
        "float32" => NdArray::from_vec(f().map(|x| x as f32).collect::<Vec<_>>(), &shape).unwrap(),
        "int16" => NdArray::from_vec(f().map(|x| x as i16).collect::<Vec<_>>(), &shape).unwrap(),
        "int64" => NdArray::from_vec(f().map(|x| x as i64).collect::<Vec<_>>(), &shape).unwrap(),
        "bool" => {
            let bytes: Vec<u8> = values.iter().map(|x| u8::from(x == true)).collect();
            NdArray::from_buffer(bytes.into(), DType::Bool, &shape).unwrap()
        }
        t if t.starts_with("datetime64") => {
            let ticks: Vec<i64> = times(values).to_i64().unwrap().iter().map(Option::unwrap).collect();
            let dtype = times(values).dtype().clone();
            NdArray::from_vec(ticks, &shape).unwrap().reinterpret(dtype).unwrap()
        }
        _ => NdArray::from_texts(values.iter().map(Value::as_str).collect(), &shape).unwrap(),
    }
}

pub fn same(want: &Value, found: &Scalar, near: f64) -> bool {
    match (want, found) {
        (Value::Null, Scalar::Null) => true,
        (Value::Null, s) => s.as_f64().is_some_and(f64::is_nan),
        (Value::String(text), Scalar::Str(s)) => **s == **text,
        // Booleans with holes are objects in xarray.
        (Value::String(text), Scalar::Bool(b)) => text.eq_ignore_ascii_case(&b.to_string()),
        (Value::String(text), s) => text.starts_with('2') && *s == times(std::slice::from_ref(want)).scalar(0),
        (Value::Bool(b), s) => *s == Scalar::Bool(*b),
        (want, s) => {
            let (want, got) = (want.as_f64().unwrap(), s.as_f64().unwrap_or(f64::NAN));
            (want - got).abs() <= near * want.abs().max(1.0)
        }
    }
}
