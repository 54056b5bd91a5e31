"""Ugly CSV texts and what pandas reads in them: tests/files/data/csv/pandas.json.

usage: make_csv.py [FOLDER]     (pandas 3; run from the root of the repository)

Only files on which we mean to agree with pandas stand here; deliberate differences are in docs/differences.md.
"""
import io
import json
import os
import sys

import pandas as pd

CASES = [  # name, text, options of ours (the names of CsvReadOptions), the same for pandas
    ("plain", "a,b,c\n1,2.5,x\n-3,4.25e2,y z\n", {}, {}),
    ("crlf", "a,b\r\n1,x\r\n2,y\r\n", {}, {}),
    ("cr", "a,b\r1,x\r2,y\r", {}, {}),
    ("no_last_newline", "a,b\n1,x\n2,y", {}, {}),
    ("bom", "\ufeffa,b\n1,x\n", {}, {}),
    ("blank_lines", "\n\na,b\n\n1,x\n  \n2,y\n\n\n", {}, {}),
    ("quoted_separators", 'a,b\n"x,y","p\nq"\n"he said ""hi""",z\n', {}, {}),
    ("quote_inside_cell", 'a,b\n5" pipe,x"y"z\n"ab"cd,"ef" \n', {}, {}),
    ("quoted_numbers", 'a,b\n"1","2.5"\n"3","4.5"\n', {}, {}),
    ("quoted_empty_number", 'a,b\n"",x\n2,y\n', {}, {}),
    ("quoted_missing_word", 'a,b\n"NA",x\nz,"null"\n', {}, {}),
    ("missing_words", "a,b\nNA,x\nN/A,n/a\n#N/A,<NA>\nnull,NULL\nNaN,nan\nNone,\nv,w\n", {}, {}),
    ("missing_number", "a,b\n1.5,x\n,y\nnan,z\n", {}, {}),
    ("short_rows", "a,b,c\n1,2,3\n4,5\n6\n", {}, {}),
    ("duplicate_names", "a,a,b,a\n1,2,3,4\n", {}, {}),
    ("duplicate_names_taken", "a,a,a.1\n1,2,3\n", {}, {}),
    ("bools", "a,b\ntrue,False\nTRUE,True\nfalse,FALSE\n", {}, {}),
    ("bool_and_text", "a\ntrue\nyes\n", {}, {}),
    ("infinities", "a\ninf\n-inf\nInfinity\n1.5\n", {}, {}),
    ("float_forms", "a\n1.\n.5\n1e3\n1E-3\n+2.5\n-0.0\n", {}, {}),
    ("big_ints", "a,b\n9223372036854775807,18446744073709551615\n-9223372036854775808,0\n", {}, {}),
    ("exact_floats", "a\n0.1\n123456789.123456789\n2.2250738585072014e-308\n1.7976931348623157e308\n", {}, {}),
    ("spaces_kept", "a,b\n x ,y\n z,  \n", {}, {}),
    ("unicode", "naïve,東京\nÉ,🚕\n", {}, {}),
    ("no_header", "1,x\n2,y\n", {"header": "none", "names": ["n", "s"]}, {"header": None, "names": ["n", "s"]}),
    ("names_for_header", "a,b\n1,x\n", {"names": ["n", "s"]}, {"header": 0, "names": ["n", "s"]}),
    ("more_names", "1,x\n2,y\n", {"header": "none", "names": ["n", "s", "t"]}, {"header": None, "names": ["n", "s", "t"]}),
    ("skip_rows", "made by hand\nin 1912, they say\na,b\n1,x\n", {"skip_rows": 2}, {"skiprows": 2}),
    ("comment_lines", "# one\na,b\n# two, three\n1,x\n", {"comment": "#"}, {"comment": "#"}),
    ("tabs", "a\tb\n1\tx,y\n\tz\n", {"delimiter": "\t"}, {"sep": "\t"}),
    ("semicolon_decimal_comma", "a;b\n1,5;2\n-0,25;3\n", {"delimiter": ";", "decimal": ","}, {"sep": ";", "decimal": ","}),
    ("thousands", 'a,b\n"1,234",x\n"1,234,567",y\n12,z\n', {"thousands": ","}, {"thousands": ","}),
    ("thousands_and_decimal", "a;b\n1.234,5;1.000\n2;3\n", {"delimiter": ";", "decimal": ",", "thousands": "."},
     {"sep": ";", "decimal": ",", "thousands": "."}),
    ("whitespace", "  a   b c\n1  2.5\tx\n\n 3 4  y  \n", {"whitespace": True}, {"sep": r"\s+"}),
    ("single_quotes", "a,b\n'x,y',\"z\"\n", {"quote": "'"}, {"quotechar": "'"}),
    ("own_missing", "a,b\n-9999,?\n1,NA\n", {"missing": ["-9999", "?"]}, {"na_values": ["-9999", "?"], "keep_default_na": False}),
    ("bad_lines_skipped", "a,b\n1,x\n2,y,z\n3,w\n", {"bad_lines": "skip"}, {"on_bad_lines": "skip"}),
    ("parse_dates", "d,x\n2020-01-31,1\n2020-02-29,2\n", {"parse_dates": ["d"]}, {"parse_dates": ["d"]}),
    ("parse_times", "d\n2020-01-31T06:00:00\n2020-02-29 23:59:59.5\n\n", {"parse_dates": ["d"]},
     {"parse_dates": ["d"], "date_format": "ISO8601", "skip_blank_lines": False}),
    ("parse_zones", "d,x\n2020-01-31T06:00:00+01:00,1\n2020-01-31T06:00:00+01:00,2\n", {"parse_dates": ["d"]}, {"parse_dates": ["d"]}),
    ("date_format", "d,x\n31.01.2020 14h05,1\n29.02.2020 00h00,2\n", {"parse_dates": ["d"], "date_format": "%d.%m.%Y %Hh%M"},
     {"parse_dates": ["d"], "date_format": "%d.%m.%Y %Hh%M"}),
    ("dtype_text", "id,x\n007,1\n010,2\n", {"dtypes": {"id": "str"}}, {"dtype": {"id": "str"}}),
    ("dtype_small", "a,b\n1,2.5\n255,0.1\n", {"dtypes": {"a": "u8", "b": "f32"}}, {"dtype": {"a": "uint8", "b": "float32"}}),
    ("one_column", "a\n1\n2\n", {}, {}),
    ("wide_quotes", 'a,b\n"' + "x" * 70 + '","' + 'y""' * 30 + '"\n', {}, {}),
]


def value(x):
    if x is None or x is pd.NaT or (isinstance(x, float) and x != x) or x is pd.NA:
        return None
    if isinstance(x, pd.Timestamp):
        if x.tzinfo is not None:
            x = x.tz_convert("UTC").tz_localize(None)
        return x.isoformat()
    if hasattr(x, "item"):
        x = x.item()
    if isinstance(x, float) and x in (float("inf"), float("-inf")):
        return str(x)
    return x


def main():
    out = []
    for name, text, ours, theirs in CASES:
        df = pd.read_csv(io.BytesIO(text.encode()), **theirs)
        columns = [{"name": str(c), "values": [value(x) for x in df.iloc[:, i]]} for i, c in enumerate(df.columns)]
        out.append({"name": name, "text": text, "options": ours, "rows": len(df), "columns": columns})
    folder = sys.argv[1] if len(sys.argv) > 1 else "tests/files/data/csv"
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "pandas.json"), "w", encoding="utf-8") as f:
        f.write("[\n" + ",\n".join(json.dumps(c, ensure_ascii=False) for c in out) + "\n]\n")


main()
