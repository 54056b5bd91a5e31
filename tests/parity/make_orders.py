"""Expected results of sort, distinct, join, concat, missing, pivot, melt, stack and unstack, made by real pandas.

usage: make_orders.py > orders.json     (pandas 3)

A case is {name, files: {name: csv}, args: [..], want: {columns, rows}} or {.., error: text in the message}. `args` is the command
line without the program; {name} stands for a file. Where a rule differs from pandas on purpose (missing keys match nothing, outer
joins keep the left order), the script spells the rule out in pandas' own verbs.
"""
import io
import json

import pandas as pd

FILES = {
    "left": "k,t,v\nb,1,1.5\na,2,\n,3,2.5\nb,4,\nc,5,0.5\nä東,6,-0.0\n",
    "right": "k,w,v\nb,10,x\nc,11,y\nb,12,z\nd,13,u\n,14,q\nä東,15,\n",
    "empty": "k,w,v\n",
    "floats": "f,n\n1.0,one\n2.5,half\n6.0,six\n,none\n3.0,three\n",
    "dates": "d,x,flag\n2020-02-29,3,true\n,1,false\n1999-12-31,3,\n2020-02-29,,true\n1850-01-01,2,false\n",
    "quotes": "t,s,bid\n1,a,100\n3,a,101\n3,b,200\n4,a,102\n9,b,201\n,c,7\n",
    "trades": "t,s,qty\n1,a,1\n2,a,2\n3,b,3\n5,a,4\n8,b,5\n9,c,6\n10,b,7\n",
    "long": "foo,bar,baz,zoo\none,A,1,x\none,B,2,y\none,C,3,z\ntwo,A,4,q\ntwo,B,5,w\ntwo,C,6,t\n",
    "repeat": "foo,bar,baz\none,A,1\none,A,2\ntwo,B,5.5\ntwo,A,4\n,A,9\none,B,\n",
    "wide": "id,x,y\n1,10,1.5\n2,,2.5\n1,30,\n",
    "gaps": "when,a,b,s\n2024-01-01,1,,p\n2024-01-02,,2.5,\n2024-01-05,,,\n2024-01-06,6,,q\n2024-01-07,,4.5,\n2024-01-08,8,,\n",
}


def read(name):
    return pd.read_csv(io.StringIO(FILES[name]), dtype_backend="numpy_nullable")


def table(df):
    def cell(x):
        if x is pd.NA or x is None or (isinstance(x, float) and x != x):
            return None
        if isinstance(x, (bool,)) or type(x).__name__ == "bool_":
            return bool(x)
        if hasattr(x, "item"):
            x = x.item()
        return x
    rows = [[cell(x) for x in row] for row in df.astype(object).itertuples(index=False, name=None)]
    return {"columns": [str(c) for c in df.columns], "rows": rows}


CASES = []


def case(name, args, want=None, error=None):
    c = {"name": name, "args": args}
    if error:
        c["error"] = error
    else:
        c["want"] = table(want)
    CASES.append(c)


def merge(left, right, how, on):
    """As pandas, but a missing key matches nothing."""
    left, right = left.copy(), right.copy()
    for df, sign in ((left, -1), (right, 1)):
        gone = df[on].isna().any(axis=1)
        df["__m"] = [sign * (i + 1) if g else 0 for i, g in enumerate(gone)]
    if how in ("semi", "anti"):
        keys = right[on + ["__m"]].drop_duplicates()
        both = left.merge(keys, on=on + ["__m"], how="left", indicator=True)
        keep = both["_merge"] == ("both" if how == "semi" else "left_only")
        return left[keep.values].drop(columns="__m")
    if how == "outer":
        a = left.merge(right, on=on + ["__m"], how="left")
        keys = left[on + ["__m"]].drop_duplicates()
        alone = right.merge(keys, on=on + ["__m"], how="left", indicator=True)
        alone = right[(alone["_merge"] == "left_only").values]
        empty = left.iloc[:0].merge(alone, on=on + ["__m"], how="right")
        return pd.concat([a, empty], ignore_index=True).drop(columns="__m")
    return left.merge(right, on=on + ["__m"], how=how).drop(columns="__m")


left, right, empty = read("left"), read("right"), read("empty")
for by in ("k", "-k", "v", "-v", "k,-t", "-k,v", "v,-k"):
    names = [b.lstrip("-") for b in by.split(",")]
    up = [not b.startswith("-") for b in by.split(",")]
    case(f"sort_{by}", ["sort", "{left}", "--by", by], left.sort_values(names, ascending=up, kind="stable"))
dates = read("dates")
dates["d"] = pd.to_datetime(dates["d"])
for by in ("d", "-d,x", "flag,-x", "x,d"):
    names = [b.lstrip("-") for b in by.split(",")]
    up = [not b.startswith("-") for b in by.split(",")]
    # pandas sorts by several keys of several kinds with a stable sort of the last one first
    out = dates
    for n, u in list(zip(names, up))[::-1]:
        out = out.sort_values(n, ascending=u, kind="stable")
    out = out.assign(d=out["d"].dt.strftime("%Y-%m-%d"))
    case(f"sort_dates_{by}", ["sort", "{dates}", "--by", by], out)
case("sort_empty", ["sort", "{empty}", "--by", "k"], empty.sort_values("k"))
case("sort_unknown", ["sort", "{left}", "--by", "kk"], error='column "kk" does not exist')

case("distinct_k", ["select", "{left}", "--distinct=k"], left.drop_duplicates("k"))
doubled = pd.concat([left, left], ignore_index=True)
case("distinct_all", ["select", "{left}", "{left}", "--distinct"], doubled.drop_duplicates())
case("distinct_empty", ["select", "{empty}", "--distinct"], empty.drop_duplicates())
case("distinct_missing", ["select", "{dates}", "--distinct=flag", "--columns", "x,flag"], dates.drop_duplicates("flag")[["x", "flag"]])
case("select_in_order", ["select", "{left}", "--limit", "4", "--where", "t > 1", "--rename", "t=u", "--drop", "v"],
     left.head(4).query("t > 1").rename(columns={"t": "u"}).drop(columns="v"))
case("select_unknown", ["select", "{left}", "--columns", "k,vv"], error='column "vv" does not exist')

for how in ("inner", "left", "right", "outer", "semi", "anti"):
    case(f"join_{how}", ["join", "{left}", "{right}", "--on", "k", "--how", how], merge(left, right, how, ["k"]))
    case(f"join_{how}_empty", ["join", "{left}", "{empty}", "--on", "k", "--how", how, "--dtypes", "k=str"], merge(left, empty.astype(right.dtypes), how, ["k"]))
case("join_cross", ["join", "{floats}", "{right}", "--how", "cross"], read("floats").merge(right, how="cross"))
case("join_suffixes", ["join", "{left}", "{right}", "--on", "k", "--how", "left", "--suffixes", ",_right"],
     merge(left, right, "left", ["k"]).rename(columns={"v_x": "v", "v_y": "v_right"}))
floats = read("floats")
case("join_int_float", ["join", "{left}", "{floats}", "--left-on", "t", "--right-on", "f", "--how", "left"],
     left.merge(floats[floats["f"].notna()], left_on="t", right_on="f", how="left"))
case("join_two_keys", ["join", "{left}", "{right}", "--left-on", "k,w", "--right-on", "k,w", "--with", "w = if(t == 1, 10, if(t == 4, 12, 11))"],
     merge(left.assign(w=[10, 11, 11, 12, 11, 11]), right, "inner", ["k", "w"]))
ind = left[left["k"].notna()].merge(right[right["k"].notna()], on="k", how="left", indicator=True)
case("join_indicator", ["join", "{left}", "{right}", "--on", "k", "--how", "left", "--indicator", "--where", "not is_missing(k)"],
     ind.assign(_merge=ind["_merge"].astype(str)))
case("join_validate", ["join", "{left}", "{right}", "--on", "k", "--validate", "m:1"], error="the key k = b stands twice in the right table")
case("join_validate_left", ["join", "{left}", "{right}", "--on", "k", "--validate", "1:m"], error="the key k = b stands twice in the left table")
case("join_types", ["join", "{left}", "{right}", "--left-on", "t", "--right-on", "k"], error='key "t" is i64 in the left table and "k" is str')
case("join_nothing", ["join", "{left}", "{right}"], error="a join needs keys")

quotes, trades = read("quotes"), read("trades")
q = quotes[quotes["t"].notna()].astype({"t": "int64"})
tr = trades.astype({"t": "int64"})
for direction in ("backward", "forward", "nearest"):
    case(f"asof_{direction}", ["join", "{trades}", "{quotes}", "--asof", "t", "--direction", direction],
         pd.merge_asof(tr, q, on="t", direction=direction))
    case(f"asof_by_{direction}", ["join", "{trades}", "{quotes}", "--asof", "t", "--by", "s", "--direction", direction],
         pd.merge_asof(tr, q, on="t", by="s", direction=direction))
    case(f"asof_tolerance_{direction}", ["join", "{trades}", "{quotes}", "--asof", "t", "--by", "s", "--direction", direction, "--tolerance", "1"],
         pd.merge_asof(tr, q, on="t", by="s", direction=direction, tolerance=1))
case("asof_unsorted", ["join", "{left}", "{right}", "--asof", "k"], error="has no nearest value")
case("asof_not_in_order", ["join", "{trades}", "{quotes}", "--asof", "qty", "--with", "qty = 10 - qty", "--left-on", "s", "--right-on", "s"],
     error='column "qty" does not exist')

case("concat_outer", ["concat", "{left}", "{wide}"], pd.concat([left, read("wide")], ignore_index=True))
case("concat_inner", ["concat", "{left}", "{right}", "--join", "inner", "--dtypes", "v=str"],
     pd.concat([left.astype({"v": "string"}).assign(v=["1.5", None, "2.5", None, "0.5", "-0.0"]), right], join="inner", ignore_index=True))
case("concat_exact", ["concat", "{left}", "{right}", "--join", "exact"], error='column "t" is not in')
case("concat_side", ["concat", "{floats}", "{dates}", "--side-by-side"],
     pd.concat([floats, read("dates")], axis=1))
case("concat_side_inner", ["concat", "{floats}", "{left}", "--side-by-side", "--join", "inner"], pd.concat([floats, left], axis=1).head(5))
case("concat_side_twice", ["concat", "{left}", "{right}", "--side-by-side"], error='column "k" of')

gaps = read("gaps")
case("missing_drop_any", ["missing", "{left}", "--drop", "any"], left.dropna())
case("missing_drop_all", ["missing", "{gaps}", "--drop", "all", "--columns", "a,b"], gaps.dropna(how="all", subset=["a", "b"]))
case("missing_fill", ["missing", "{gaps}", "--fill", "0", "--columns", "a,b"], gaps.fillna({"a": 0, "b": 0}))
case("missing_fill_text", ["missing", "{gaps}", "--fill", "none"], gaps.fillna({"s": "none"}))
case("missing_fill_wrong", ["missing", "{gaps}", "--fill", "none", "--columns", "a"], error="does not go with")
case("missing_ffill", ["missing", "{gaps}", "--ffill"], gaps.ffill())
case("missing_ffill_limit", ["missing", "{gaps}", "--ffill", "--limit", "1"], gaps.ffill(limit=1))
case("missing_bfill", ["missing", "{gaps}", "--bfill", "--columns", "a,s"], gaps.assign(a=gaps["a"].bfill(), s=gaps["s"].bfill()))
f = gaps.astype({"a": "float64", "b": "float64"})
line = lambda **k: gaps.assign(a=f["a"].interpolate(limit_area="inside", **k), b=f["b"].interpolate(limit_area="inside", **k))
case("missing_linear", ["missing", "{gaps}", "--interpolate", "linear"], line())
timed = f.set_index(pd.to_datetime(gaps["when"]))
case("missing_time", ["missing", "{gaps}", "--interpolate", "time", "--on", "when"],
     gaps.assign(a=timed["a"].interpolate("time", limit_area="inside").values, b=timed["b"].interpolate("time", limit_area="inside").values))
case("missing_linear_text", ["missing", "{gaps}", "--interpolate", "linear", "--columns", "s"], error="nothing between two values of type str")
case("missing_empty", ["missing", "{empty}", "--ffill"], empty)

long, repeat, wide = read("long"), read("repeat"), read("wide")
case("pivot", ["pivot", "{long}", "--index", "foo", "--columns", "bar", "--values", "baz"],
     long.pivot(index="foo", columns="bar", values="baz").reset_index())
several = long.pivot(index="foo", columns="bar", values=["baz", "zoo"])
several.columns = [f"{v}_{b}" for v, b in several.columns]
case("pivot_several_values", ["pivot", "{long}", "--index", "foo", "--columns", "bar", "--values", "baz,zoo"], several.reset_index())
case("pivot_duplicates", ["pivot", "{repeat}", "--index", "foo", "--columns", "bar", "--values", "baz"],
     error="there are several rows for foo = one, bar = A")
r = repeat.astype({"baz": "float64"})
for agg in ("mean", "sum", "count", "max"):
    want = r.pivot_table(index="foo", columns="bar", values="baz", aggfunc=agg)
    case(f"pivot_{agg}", ["pivot", "{repeat}", "--index", "foo", "--columns", "bar", "--values", "baz", "--agg", agg], want.reset_index())
keyed = r[r["foo"].notna() & r["baz"].notna()]
case("pivot_margins", ["pivot", "{repeat}", "--index", "foo", "--columns", "bar", "--values", "baz", "--agg", "mean", "--margins", "--where", "not is_missing(baz)"],
     keyed.pivot_table(index="foo", columns="bar", values="baz", aggfunc="mean", margins=True).reset_index())
case("pivot_fill", ["pivot", "{repeat}", "--index", "foo", "--columns", "bar", "--values", "baz", "--agg", "max", "--fill", "-1", "--where", "not is_missing(baz)"],
     keyed.pivot_table(index="foo", columns="bar", values="baz", aggfunc="max", fill_value=-1).reset_index())
case("pivot_empty", ["pivot", "{empty}", "--index", "k", "--columns", "w", "--values", "v"], pd.DataFrame({"k": []}))
case("melt", ["melt", "{wide}", "--id", "id"], wide.melt(id_vars="id"))
case("melt_names", ["melt", "{left}", "--id", "k", "--value", "v", "--variable-name", "what", "--value-name", "number"],
     left.melt(id_vars="k", value_vars="v", var_name="what", value_name="number"))
case("melt_empty", ["melt", "{empty}", "--id", "k", "--value", "w"], empty.melt(id_vars="k", value_vars="w"))
case("melt_types", ["melt", "{left}", "--id", "t"], error="their values do not go in one column")
st = wide.set_index("id").stack(future_stack=True).rename_axis(["id", "variable"]).rename("value").reset_index()
case("stack", ["stack", "{wide}", "--index", "id"], st)
case("stack_drop", ["stack", "{wide}", "--index", "id", "--drop-missing", "--name", "what"], st.rename(columns={"variable": "what"}).dropna())
u2 = long.set_index(["foo", "bar"]).unstack("foo")
u2.columns = [f"{v}_{b}" for v, b in u2.columns]
case("unstack_several", ["unstack", "{long}", "--index", "foo,bar", "--level", "foo"], u2.reset_index())
case("unstack_level", ["unstack", "{long}", "--index", "foo,bar", "--level", "baz"], error='level "baz" does not exist')

CASES = [c for c in CASES if c]
print(json.dumps({"files": FILES, "cases": CASES}, ensure_ascii=False, indent=0))
