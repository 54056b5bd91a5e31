"""Functions of text."""
import pandas as pd

ONE_LETTER = "letters that become several (ß, İ)"


def known(out, s):
    """A missing text is neither true nor false."""
    return out.astype(object).where(s.notna(), None).astype("boolean")


CALLS = {
    "len": [({}, lambda s: s.str.len().astype("Int64"))],
    "lower": [({}, lambda s: s.str.lower())],
    "upper": [({}, lambda s: s.str.upper())],
    "title": [({}, lambda s: s.str.title())],
    "strip": [({}, lambda s: s.str.strip())],
    "contains": [({"part": p}, lambda s, part: known(s.str.contains(part, regex=False), s)) for p in ("b", "東", ".")],
    "starts_with": [({"part": p}, lambda s, part: known(s.str.startswith(part), s)) for p in ("a", "É")],
    "ends_with": [({"part": p}, lambda s, part: known(s.str.endswith(part), s)) for p in (" ", "都")],
    "find": [({"part": p}, lambda s, part: s.str.find(part).astype("Int64")) for p in ("b", "都")],
    "replace": [({"part": "b", "to": "ß"}, lambda s, part, to: s.str.replace(part, to, regex=False))],
    "extract": [({"pattern": p}, lambda s, pattern: s.str.extract(f"({pattern})" if "(" not in pattern else pattern, expand=False)) for p in ("[0-9]+", "(.)b")],
    "matches": [({"pattern": p}, lambda s, pattern: known(s.str.contains(pattern), s)) for p in (r"\d", "^.b")],
    "count": [({"pattern": p}, lambda s, pattern: s.str.count(pattern).astype("Int64")) for p in (r"\d", "[ab]")],
    "replace_matches": [({"pattern": r"(\w)b", "to": "<$1>"}, lambda s, pattern, to: s.str.replace(pattern, "<\\1>", regex=True))],
    "pad": [({"width": 6, "side": side, "fill": "*"}, lambda s, width, side, fill: s.str.pad(width, side, fill)) for side in ("left", "right", "both")],
    "get": [({"position": p}, lambda s, position: s.str.get(position)) for p in (0, 2, -1)],
    "split": [({"at": at}, lambda s, at: s.str.split(at).astype(object).where(s.notna(), None)) for at in ("b", " ")],
    "split_get": [({"at": "b", "position": p}, lambda s, at, position: s.str.split(at).str.get(position)) for p in (0, 1, -1)],
    "split_join": [({"at": "b", "between": "+"}, lambda s, at, between: s.str.split(at).str.join(between))],
    "slice": [({"from": a, "to": b}, lambda s, **o: s.str.slice(o["from"], o["to"])) for a, b in ((1, None), (-2, None), (1, 3), (0, -1))],
    "cat": [({"between": "-"}, lambda s, between: s.str.cat(s, sep=between))],
}


def cases(area):
    texts = pd.DataFrame({"g": pd.array(["abc", " Straße ", None, "", "b12b3", "TITLE case", None, "x"], dtype="str")})
    area.table("texts", texts)
    area.table("texts0", texts.head(0))
    area.table("textsü", pd.DataFrame({"g": pd.array(["東京都", "Éa b", None, "İ", "ǅb", "naïve ", "e\u0301b", "🦀b7"], dtype="str")}, index=pd.Index(["ä", "東", "ä", "", "z", "ß", "ß", "q"], name="κ")))
    area.table("numbers", pd.DataFrame({"g": [1.5, 2.5]}))
    on = {"missing": "texts", "empty": "texts0", "labels": "textsü"}
    differs = {"replace_matches": {"labels": "`\\w` and marks above letters"}, "upper": {"missing": ONE_LETTER}, "lower": {"labels": ONE_LETTER}}
    for verb, calls in CALLS.items():
        for options, call in calls:
            area.verb(f"str.{verb}", lambda df, call=call, **o: call(df["g"], **o), options, on=on, fail_on="numbers", word="", differs=differs.get(verb))
    area.verb("str.cat_all", lambda df, between: df["g"].str.cat(sep=between), {"between": "/"}, on=on, fail_on="numbers", word="")
    area.verb("str.categories", lambda df: df["g"].astype("category"), on=on)
