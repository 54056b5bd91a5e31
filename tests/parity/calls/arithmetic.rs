use super::{Options, Out};
use hpda_data::exec::Arithmetic;
use hpda_data::plan::{BinaryOp, parse};
use hpda_data::{DataFrame, Error, Result};

const OPS: [(BinaryOp, &str); 13] = [
    (BinaryOp::Add, "add"),
    (BinaryOp::Sub, "sub"),
    (BinaryOp::Mul, "mul"),
    (BinaryOp::Div, "div"),
    (BinaryOp::FloorDiv, "floordiv"),
    (BinaryOp::Mod, "rem"),
    (BinaryOp::Pow, "pow"),
    (BinaryOp::Lt, "lt"),
    (BinaryOp::Le, "le"),
    (BinaryOp::Gt, "gt"),
    (BinaryOp::Ge, "ge"),
    (BinaryOp::Eq, "equal"),
    (BinaryOp::Ne, "not_equal"),
];

pub fn run(verb: &str, o: Options, tables: &[DataFrame]) -> Result<Out> {
    let df = &tables[0];
    let text = |key: &str| o.text(key).unwrap_or_default();
    let plain = Arithmetic::default();
    Ok(match verb {
        "eval" => df.eval(parse(text("text"))?)?.into(),
        "assign" => df.assign("w", parse(text("text"))?)?.into(),
        "query" => df.query(text("text"))?.into(),
        "operate" => {
            let how = Arithmetic { fill_value: Some(o.any("fill_value")), strict: false };
            df.operate(super::word(text("op"), &OPS)?, &tables[1], &how)?.into()
        }
        name => match name.strip_prefix("series.") {
            Some(name) => df.series("a")?.operate(super::word(name, &OPS)?, &tables[1].series("a")?, &plain)?.into(),
            None => {
                let op = super::word(name, &OPS).map_err(|_| Error::internal(format!("no call of {name}")))?;
                if o.has("value") {
                    df.operate(op, o.any("value"), &plain)?.into()
                } else if o.truth("series") {
                    df.operate(op, &tables[1].series("v")?, &plain)?.into()
                } else {
                    df.operate(op, &tables[1], &plain)?.into()
                }
            }
        },
    })
}
