//! `encode(decode(raw)) = raw` bit for bit; `decode(encode(x)) = x` within half a packing step.

use hpda_data::array::Data;
use hpda_data::coding::{self, DecodeOptions};
use hpda_data::dtype::{Calendar, TimeUnit};
use hpda_data::kernel::time::TimeAxis;
use hpda_data::store::AttrValue;
use hpda_data::{Attrs, DType, Dataset, NdArray, Variable};
use proptest::prelude::*;

fn one(variable: Variable) -> Dataset {
    let mut ds = Dataset::new();
    ds.insert("v", variable).unwrap();
    ds
}

fn bytes(a: &NdArray) -> Vec<u8> {
    let a = a.to_contiguous().unwrap();
    let (buffer, offset) = a.buffer().unwrap();
    let width = a.phys().width().unwrap();
    buffer[offset * width..(offset + a.len()) * width].to_vec()
}

/// Decodes, brings to memory, encodes, and compares type, bits and attributes.
fn comes_back(raw: Variable, in_memory: bool) -> Result<(), TestCaseError> {
    let (mut ds, _) = coding::decode(one(raw.clone()), &DecodeOptions::default()).unwrap();
    if in_memory {
        let v = ds.vars["v"].clone();
        ds.vars.insert("v".into(), v.with_data(Data::Memory(v.load().unwrap())).unwrap());
    }
    let (back, _) = coding::encode(&ds).unwrap();
    let back = back.variable("v").unwrap();
    let values = back.load().map_err(|e| TestCaseError::fail(e.to_string()))?;
    prop_assert_eq!(back.dtype(), raw.dtype());
    prop_assert_eq!(values.dtype(), raw.dtype());
    prop_assert_eq!(bytes(&values), bytes(&raw.load().unwrap()));
    prop_assert_eq!(&back.attrs, &raw.attrs);
    prop_assert_eq!(back.dims(), raw.dims());
    Ok(())
}

fn attrs(items: Vec<(&str, AttrValue)>) -> Attrs {
    items.into_iter().collect()
}

proptest! {
    #[test]
    fn packed_integers_come_back_bit_for_bit(
        values in prop::collection::vec(any::<i16>(), 0..40),
        scale in prop::sample::select(vec![0.01f64, 1.0, 0.1, 3.0e-5, 1234.5, -0.5]),
        offset in prop::sample::select(vec![0.0f64, 273.15, -1.0e3]),
        fill in prop::option::of(any::<i16>()),
        unsigned in any::<bool>(),
        narrow in any::<bool>(),
        in_memory in any::<bool>(),
    ) {
        let narrow = narrow && scale.abs() >= 0.01;
        let number = |x: f64| if narrow { AttrValue::from(x as f32) } else { AttrValue::from(x) };
        let mut list = vec![("scale_factor", number(scale)), ("add_offset", number(offset)), ("valid_min", AttrValue::I16(vec![-5]))];
        if let Some(f) = fill {
            list.push(("_FillValue", AttrValue::I16(vec![f])));
        }
        if unsigned {
            list.push(("_Unsigned", "true".into()));
        }
        let n = values.len();
        let v = Variable::from_array(["x"], NdArray::from_vec(values, &[n]).unwrap()).unwrap().with_attrs(attrs(list));
        comes_back(v, in_memory)?;
    }

    #[test]
    fn plain_integers_of_every_width_come_back(values in prop::collection::vec(any::<i64>(), 0..40), fill in any::<i64>(), kind in 0usize..8, in_memory in any::<bool>()) {
        let n = values.len();
        macro_rules! with { ($t:ty, $a:ident) => {{
            let v: Vec<$t> = values.iter().map(|&x| x as $t).chain([fill as $t]).collect();
            (NdArray::from_vec(v, &[n + 1]).unwrap(), AttrValue::$a(vec![fill as $t]))
        }}; }
        let (array, fill) = match kind {
            0 => with!(i8, I8), 1 => with!(i16, I16), 2 => with!(i32, I32), 3 => with!(i64, I64),
            4 => with!(u8, U8), 5 => with!(u16, U16), 6 => with!(u32, U32), _ => with!(u64, U64),
        };
        let v = Variable::from_array(["x"], array).unwrap().with_attrs(attrs(vec![("_FillValue", fill), ("units", "1".into())]));
        comes_back(v, in_memory)?;
    }

    #[test]
    fn floats_with_fill_come_back(values in prop::collection::vec(prop::num::f32::ANY, 0..40), in_memory in any::<bool>()) {
        // NaN beside a fill value comes back only where nobody has touched the values.
        let values: Vec<f32> = values.into_iter().map(|x| if x.is_nan() { 1.0e20 } else { x }).collect();
        let n = values.len();
        let list = vec![("_FillValue", AttrValue::from(1.0e20f32)), ("missing_value", AttrValue::from(1.0e20f32))];
        let v = Variable::from_array(["x"], NdArray::from_vec(values, &[n]).unwrap()).unwrap().with_attrs(attrs(list));
        comes_back(v, in_memory)?;
    }

    #[test]
    fn whole_times_come_back_in_every_calendar(
        values in prop::collection::vec(-1_000_000i32..1_000_000, 1..20),
        calendar in prop::sample::select(Calendar::ALL.to_vec()),
        unit in prop::sample::select(vec!["days", "hours", "seconds", "minutes", "weeks", "months", "years"]),
        reference in prop::sample::select(vec!["1850-01-01", "0001-01-01 00:00:0.0", "2000-01-01T12:30:00Z", "1582-10-15", "1970-1-1 6:00 -6:00"]),
        floats in any::<bool>(),
        in_memory in any::<bool>(),
    ) {
        let values: Vec<i32> = if unit == "years" { values.iter().map(|v| v / 100).collect() } else { values };
        let n = values.len();
        let array = if floats { NdArray::from_vec(values.iter().map(|&v| v as f64).collect(), &[n]) } else { NdArray::from_vec(values, &[n]) };
        let list = vec![("units", AttrValue::from(format!("{unit} since {reference}"))), ("calendar", calendar.name().into())];
        let v = Variable::from_array(["x"], array.unwrap()).unwrap().with_attrs(attrs(list));
        comes_back(v, in_memory)?;
    }

    #[test]
    fn characters_come_back(texts in prop::collection::vec("[a-zA-Zæøå ]{0,6}", 1..8), in_memory in any::<bool>()) {
        let width = 14;
        let mut raw = vec![0u8; texts.len() * width];
        for (cell, t) in raw.chunks_mut(width).zip(&texts) {
            cell[..t.len()].copy_from_slice(t.as_bytes());
        }
        let mut v = Variable::from_array(["x", "len"], NdArray::from_vec(raw, &[texts.len(), width]).unwrap()).unwrap();
        v.encoding.char_dim = Some("len".into());
        comes_back(v, in_memory)?;
    }

    #[test]
    fn packed_values_are_within_half_a_step(values in prop::collection::vec(-300.0f64..300.0, 1..40)) {
        let n = values.len();
        let mut v = Variable::from_array(["x"], NdArray::from_vec(values.clone(), &[n]).unwrap()).unwrap();
        v.encoding.dtype = Some(DType::I16);
        v.encoding.attrs = attrs(vec![("scale_factor", 0.01.into()), ("_FillValue", AttrValue::I16(vec![-32768]))]);
        let (raw, _) = coding::encode(&one(v)).unwrap();
        let (back, _) = coding::decode(raw, &DecodeOptions::default()).unwrap();
        let back = back.variable("v").unwrap().load().unwrap();
        for (x, y) in values.iter().zip(back.as_slice::<f64>().unwrap()) {
            prop_assert!((x - y).abs() <= 0.005 + 1e-12);
        }
    }

    #[test]
    fn instants_survive_float_days(micros in -62_135_596_800_000_000i64..32_503_680_000_000_000) {
        // The f64 nearest to an instant leads back to it wherever f64 days are fine enough, and within their spacing elsewhere.
        let axis = TimeAxis::parse("days since 1850-01-01", Calendar::ProlepticGregorian).unwrap();
        let x = axis.float_of_instant(micros).unwrap();
        let spacing = (x.next_up() - x).abs() * 86_400e6;
        let back = axis.instant_of_float(x).unwrap();
        prop_assert!((back - micros).abs() as f64 <= 0.5 * spacing + 0.5, "{} {} {}", micros, back, spacing);
        prop_assert_eq!(axis.resolution(), TimeUnit::Us);
        // And the number comes back from the instant that it stands for.
        prop_assert!((axis.float_of_instant(back).unwrap() - x).abs() <= (x.next_up() - x).abs());
    }
}
